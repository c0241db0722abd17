/* What is kept of messages without events goes by its age, a little at a time, whatever the clock did when they came. */
#include "core/keep/eventless.h"
#include "tests/lib/spool-test.h"

#define TEST(name) static void name(Place *place, const void *unused)
#define LARGE ((size_t)400 << 10)

typedef struct {
    HtConfig config;
    HtRetentionConfig section;
    unsigned calls, most; /* how often something was to be forgotten, and how much at once */
    GArray *numbers;      /* of uint64_t */
} Forgotten;

static bool note(GArray *numbers, void *user, uint64_t *count, GError **error)
{
    Forgotten *forgotten = user;
    (void)error;
    for (guint i = 0; i < numbers->len; i++) {
        g_array_append_val(forgotten->numbers, g_array_index(numbers, HtSpoolRun, i).first);
    }
    forgotten->calls++;
    forgotten->most = MAX(forgotten->most, numbers->len);
    *count = numbers->len;
    return true;
}

static void sweep(Place *place, uint64_t keep_ms, Forgotten *forgotten)
{
    uint64_t at = 0, all = 0;
    g_autoptr(GError) error = NULL;
    *forgotten = (Forgotten){.section = {.keep_ms = keep_ms}};
    forgotten->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    forgotten->config.retentions = g_ptr_array_new();
    g_ptr_array_add(forgotten->config.retentions, &forgotten->section);
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    g_assert_no_error(error);
    g_assert_true(ht_eventless_sweep(look, &forgotten->config, &forgotten->section, ht_clock_now(), &at, note,
                                     forgotten, &all, &error));
    g_assert_cmpuint(all, ==, forgotten->numbers->len);
}

static void clear(Forgotten *forgotten)
{
    g_array_unref(forgotten->numbers);
    g_ptr_array_unref(forgotten->config.retentions);
}

static void take_empty(Place *place, unsigned number, int64_t received_us, size_t size)
{
    g_autofree char *key = g_strdup_printf("empty-%u", number);
    HtSpoolMessage *message = message_new("hukou", key);
    message->received_us = received_us;
    message->payload = g_bytes_new_take(g_strnfill(size, 'x'), size);
    spool_take_well(place->spool, message);
}

/* The writer takes as much as is said at once, before it looks at anybody's message. */
TEST(test_large_payloads_go_a_few_at_a_time)
{
    Forgotten forgotten;
    (void)unused;
    for (unsigned i = 0; i < 10; i++) {
        take_empty(place, i, ht_clock_now() - HT_SECOND, LARGE);
    }
    sweep(place, 1, &forgotten);
    g_assert_cmpuint(forgotten.numbers->len, ==, 10);
    g_assert_cmpuint(forgotten.most, ==, 3);
    g_assert_cmpuint(forgotten.calls, ==, 4);
    for (guint i = 1; i < 10; i++) {
        g_assert_cmpuint(g_array_index(forgotten.numbers, uint64_t, i), ==,
                         g_array_index(forgotten.numbers, uint64_t, i - 1) + 1);
    }
    clear(&forgotten);
}

/* Years ahead, and set right: what came meanwhile is as old as what came after it, and does not keep that for years. */
TEST(test_a_clock_that_was_ahead_keeps_nothing)
{
    Forgotten forgotten;
    (void)unused;
    int64_t now_us = ht_clock_now(), hour_us = 3600 * HT_SECOND;
    take_empty(place, 0, now_us + 90000 * hour_us, 10);
    take_empty(place, 1, now_us + 90000 * hour_us, 10);
    take_empty(place, 2, now_us - 3 * hour_us, 10);
    take_empty(place, 3, now_us, 10);
    sweep(place, 2 * 3600 * 1000, &forgotten);
    g_assert_cmpuint(forgotten.numbers->len, ==, 3);
    clear(&forgotten);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/keep/eventless/large-payloads-go-a-few-at-a-time", NULL,
                        test_large_payloads_go_a_few_at_a_time);
    place_add_open_test("/keep/eventless/a-clock-that-was-ahead-keeps-nothing", NULL,
                        test_a_clock_that_was_ahead_keeps_nothing);
    return g_test_run();
}
