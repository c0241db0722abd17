/* plugins/said: what hosts say, on its way to the log: each thing once, and no more of it than a person can read. The log is standard
 * error, of a process of its own for each test. */
#include "plugins/said.h"

#include <string.h>

/* So that no second ends between the lines. */
static void await_a_new_second(void)
{
    gint64 begin = g_get_monotonic_time() / G_USEC_PER_SEC;
    while (g_get_monotonic_time() / G_USEC_PER_SEC == begin) {
        g_thread_yield();
    }
}

/* Runs the test again in a child, where this is true. */
static bool is_child(void)
{
    if (g_test_subprocess()) {
        ht_log_set_level(HT_LOG_INFO);
        return true;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    return false;
}

static void test_twenty_lines_a_second(void)
{
    if (is_child()) {
        HtSaid said = {0};
        await_a_new_second();
        for (unsigned i = 1; i <= 30; i++) {
            g_autofree char *text = g_strdup_printf("line %u.", i);
            ht_said_log(&said, "host s", HT_LOG_INFO, text);
        }
        await_a_new_second();
        ht_said_log(&said, "host s", HT_LOG_INFO, "after");
        ht_said_clear(&said);
        return;
    }
    g_test_trap_assert_stderr(
        "*host s: adapter: line 1.*adapter: line 20.*warning*its adapter logs more than 20 lines a "
        "second; the rest of this one is left out*adapter: after*");
    g_test_trap_assert_stderr_unmatched("*line 21.*");
    g_test_trap_assert_stderr_unmatched("*left out*left out*");
}

static void warn(HtSaid *said, bool silent, const char *one, const char *other)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new();
    g_ptr_array_add(warnings, (char *)one);
    g_ptr_array_add(warnings, (char *)other);
    ht_said_warnings(said, "host s", warnings, silent);
}

static void test_a_warning_is_told_once(void)
{
    if (is_child()) {
        HtSaid said = {0};
        warn(&said, false, "one.", "number 990104198001019915");
        warn(&said, false, "one.", "two.");
        warn(&said, true, "two.", "three.");
        warn(&said, false, "one.", "three."); /* that one was gone meanwhile */
        g_assert_cmpuint(said.warnings->len, ==, 2);
        ht_said_clear(&said);
        return;
    }
    g_test_trap_assert_stderr("*host s: mapping: one.*mapping: number ?number?*mapping: two.*mapping: one.*");
    g_test_trap_assert_stderr_unmatched("*one.*one.*one.*");
    g_test_trap_assert_stderr_unmatched("*two.*two.*");
    g_test_trap_assert_stderr_unmatched("*three.*");
    g_test_trap_assert_stderr_unmatched("*9901*");
}

static void test_what_a_box_lacks_is_told_when_it_changes(void)
{
    if (is_child()) {
        HtSaid said = {0};
        HtBox box = {0};
        for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
            ht_layer_stands(&box, (HtLayer)layer);
        }
        ht_said_box(&said, "host s", &box, false);
        g_assert_true(said.knows_box);
        g_assert_null(said.missing);
        ht_layer_misses(&box, HT_LAYER_NETWORK, 1);
        ht_said_box(&said, "host s", &box, false);
        ht_said_box(&said, "host s", &box, false);
        ht_layer_misses(&box, HT_LAYER_IPC, 1);
        ht_said_box(&said, "host s", &box, true);
        ht_said_box(&said, "host s", &box, false);
        g_assert_cmpint(memcmp(&said.box, &box, sizeof box), ==, 0);
        g_assert_nonnull(strstr(said.missing, "; "));
        ht_said_clear(&said);
        return;
    }
    g_test_trap_assert_stderr("*host s: its adapter's box lacks: network namespace (missing:*");
    g_test_trap_assert_stderr_unmatched("*lacks*lacks*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/said/twenty-lines-a-second", test_twenty_lines_a_second);
    g_test_add_func("/said/a-warning-is-told-once", test_a_warning_is_told_once);
    g_test_add_func("/said/what-a-box-lacks-is-told-when-it-changes",
                    test_what_a_box_lacks_is_told_when_it_changes);
    return g_test_run();
}
