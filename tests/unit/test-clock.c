/* Clocks that are set: what ages, and what rises all the same. */
#include "core/base/clock-steps.h"
#include "core/base/uuid.h"

#include <glib.h>
#include <string.h>

#define HOUR_US (3600 * HT_SECOND)
#define YEAR_US (365 * 24 * HOUR_US)
#define NOW_US (56 * YEAR_US)

static void test_ages_follow_the_clock(void)
{
    HtClockSteps ages = {.begun = false};
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US, 0), ==, NOW_US);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + HOUR_US, HOUR_US), ==, NOW_US + HOUR_US);
    int64_t slow = NOW_US + 2 * HOUR_US + 30 * HT_SECOND; /* it is brought right */
    g_assert_cmpint(ht_clock_steps_look(&ages, slow, 2 * HOUR_US), ==, slow);
}

static void test_a_step_forward_waits_for_a_day(void)
{
    HtClockSteps ages = {.begun = false};
    ht_clock_steps_look(&ages, NOW_US, 0);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + YEAR_US, 0), ==, NOW_US);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + YEAR_US + 23 * HOUR_US, 23 * HOUR_US), ==,
                    NOW_US + 23 * HOUR_US);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + YEAR_US + 24 * HOUR_US, 24 * HOUR_US), ==,
                    NOW_US + YEAR_US + 24 * HOUR_US);
}

static void test_a_step_that_is_taken_back_was_none(void)
{
    HtClockSteps ages = {.begun = false};
    ht_clock_steps_look(&ages, NOW_US, 0);
    ht_clock_steps_look(&ages, NOW_US + YEAR_US, 0);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + HOUR_US, HOUR_US), ==, NOW_US + HOUR_US);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + 2 * HOUR_US, 2 * HOUR_US), ==, NOW_US + 2 * HOUR_US);
}

/* Many small steps forward are a large one. */
static void test_steps_add_up(void)
{
    HtClockSteps ages = {.begun = false};
    ht_clock_steps_look(&ages, NOW_US, 0);
    for (int64_t i = 1; i <= 100; i++) {
        g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US + i * HOUR_US, i), <=, NOW_US + i);
    }
}

static void test_a_step_back_is_believed(void)
{
    HtClockSteps ages = {.begun = false};
    ht_clock_steps_look(&ages, NOW_US, 0);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US - YEAR_US, 0), ==, NOW_US - YEAR_US);
    g_assert_cmpint(ht_clock_steps_look(&ages, NOW_US - YEAR_US + HOUR_US, HOUR_US), ==,
                    NOW_US - YEAR_US + HOUR_US);
}

static void *make_id(void *user)
{
    HtUuid *id = user;
    *id = ht_uuid_new();
    return NULL;
}

/* Also those of another thread, and of one that begins later. */
static void test_ids_rise_above_those_of_an_earlier_run(void)
{
    HtUuid before = ht_uuid_new(), last = before, other;
    before.bytes[1] += 1; /* some decades ahead */
    ht_uuid_rise_above(&before);
    for (unsigned i = 0; i < 10000; i++) {
        HtUuid id = ht_uuid_new();
        g_assert_cmpint(memcmp(&id, &before, sizeof id), >, 0);
        g_assert_cmpint(memcmp(&id, &last, sizeof id), >, 0);
        last = id;
    }
    g_thread_join(g_thread_new("other", make_id, &other));
    g_assert_cmpint(memcmp(&other, &before, sizeof other), >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ages/follow-the-clock", test_ages_follow_the_clock);
    g_test_add_func("/ages/a-step-forward-waits-for-a-day", test_a_step_forward_waits_for_a_day);
    g_test_add_func("/ages/a-step-that-is-taken-back-was-none", test_a_step_that_is_taken_back_was_none);
    g_test_add_func("/ages/steps-add-up", test_steps_add_up);
    g_test_add_func("/ages/a-step-back-is-believed", test_a_step_back_is_believed);
    g_test_add_func("/uuid/rises-above-those-of-an-earlier-run", test_ids_rise_above_those_of_an_earlier_run);
    return g_test_run();
}
