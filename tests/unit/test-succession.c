/* Consumers and another configuration: who stays as they are, and who takes whose place. With a spool and a network that the test
 * plays. */
#include "core/base/log.h"
#include "core/delivery/delivery.h"
#include "core/delivery/succession.h"
#include "tests/lib/data.h"
#include "tests/lib/delivery-harness.h"

#include <glib/gstdio.h>

/* ---- Another configuration ---- */

/* Of two the one is as before; the other's request ends under its old settings, then the next goes by the new ones. */
static void test_a_change_leaves_alone_who_is_the_same(void)
{
    All a;
    HtConsumerStatus status;
    begin(&a, WAY("a") "connections = 1\n" WAY("b") "connections = 1\n" TO("a;b"), "***");
    assert_takes("b", "1 ");
    run_until_idle();
    const HtTransport *same = ht_delivery_transport(a.delivery, "a");
    const HtTransport *former = ht_delivery_transport(a.delivery, "b");
    change(&a, WAY_TO("b", "new") "connections = 1\n" WAY("a") "connections = 1\n" TO("a;b"));
    g_assert_true(ht_delivery_is_changing(a.delivery));
    g_assert_true(ht_delivery_transport(a.delivery, "a") == same);
    g_assert_true(ht_delivery_transport(a.delivery, "b") == former);
    g_assert_cmpuint(count_at("a") + count_at("b"), ==, 2);
    g_assert_nonnull(strstr(ht_delivery_test(a.delivery, "b", NULL, NULL), "being changed"));
    HtStoredEvent event = {.sequence = 2};
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "b", &event, "x"), "being changed"));
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 2);
    assert_takes("b", "2 ");
    g_assert_cmpuint(count_at("b"), ==, 0); /* nothing more goes there */
    finish_change(&a);
    ht_delivery_status(a.delivery, 0, &status);
    g_assert_cmpstr(status.name, ==, "b");
    g_assert_cmpuint(status.delivered, ==, 2);
    g_assert_cmpuint(status.attempts, ==, 2);
    assert_takes("new", "3 ");
    assert_takes("a", "1 2 3 ");
    g_assert_cmpuint(state_of(&a, "b").delivered, ==, 3);
    g_assert_cmpuint(state_of(&a, "b").cursor, ==, 3);
    end(&a);
}

/* All figures go on, whoever takes the place. */
static void test_figures_outlive_a_change(void)
{
    All a;
    begin(&a, WAY("a") QUICK "connections = 1\n" TO("a") "types = person.*\n", "*!**");
    g_free(answer_at_path("a", 500));
    g_free(answer_at_path("a", 422));
    assert_takes("a", "4 1 ");
    HtConsumerStatus before = state_of(&a, "a");
    g_assert_cmpuint(before.attempts, ==, 4);
    g_assert_cmpuint(before.failures, ==, 2);
    g_assert_cmpuint(before.dead + before.delivered, ==, 3);
    g_assert_cmpuint(before.skipped, ==, 1);
    change(&a, WAY("a") QUICK "connections = 2\n" TO("a"));
    finish_change(&a);
    HtConsumerStatus after = state_of(&a, "a");
    g_assert_cmpuint(after.attempts, ==, before.attempts);
    g_assert_cmpuint(after.failures, ==, before.failures);
    g_assert_cmpuint(after.delivered, ==, before.delivered);
    g_assert_cmpuint(after.dead, ==, before.dead);
    g_assert_cmpuint(after.skipped, ==, before.skipped);
    end(&a);
}

static void test_who_is_configured_no_more_ends_and_who_is_new_begins(void)
{
    All a;
    HtConsumerStatus status;
    begin(&a, WAY("a") WAY("b") TO("a;b"), "*");
    assert_takes("a", "1 ");
    await(1); /* b's, which is never answered before */
    change(&a, WAY("a") WAY("c") TO("a;c"));
    assert_takes("c", "1 ");
    assert_takes("b", "1 ");
    finish_change(&a);
    g_assert_false(ht_delivery_find(a.delivery, "b", &status));
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 2);
    g_assert_cmpuint(state_of(&a, "c").delivered, ==, 1);
    g_assert_cmpuint(state_of(&a, "a").attempts, ==, 1);
    end(&a);
}

/* Another route makes no other consumer, and counts from the next event on. */
static void test_routes_change_where_the_consumer_stays(void)
{
    All a;
    begin(&a, WAY("a") TO("a"), "*");
    assert_takes("a", "1 ");
    const HtTransport *same = ht_delivery_transport(a.delivery, "a");
    change(&a, WAY("a") TO("a") "types = alert.*\n");
    g_assert_true(ht_delivery_transport(a.delivery, "a") == same);
    spool.persons = "**!";
    ht_delivery_wake(a.delivery, 3);
    assert_takes("a", "3 ");
    g_assert_cmpuint(state_of(&a, "a").skipped, ==, 1);
    end(&a);
}

/* What cannot be opened at a change is tried again, and the others go on meanwhile. */
static void test_who_cannot_be_opened_is_tried_again(void)
{
    All a;
    HtConsumerStatus status;
    begin(&a, WAY("a") TO("a"), "*");
    ht_log_set_level(HT_LOG_NOTHING);
    spool.bad_cursors = 1;
    change(&a, WAY("a") WAY("b") WAY("c") TO("a;b;c"));
    g_assert_false(ht_delivery_find(a.delivery, "b", &status));
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 2);
    assert_takes("a", "1 ");
    assert_takes("c", "1 ");
    gint64 began = g_get_monotonic_time();
    assert_takes("b", "1 ");
    g_assert_cmpint(g_get_monotonic_time() - began, >, G_USEC_PER_SEC / 2);
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 3);
    spool.bad_cursors = 2;
    change(&a, WAY_TO("b", "new") TO("b")); /* and who was there before is there no more */
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 0);
    spool.persons = "**";
    assert_takes("new", "2 ");
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 1);
    ht_log_set_level(HT_LOG_ERROR);
    end(&a);
}

/* Who may come to the door for it is not what it runs by; all else is, what its files hold now as well. */
static void test_what_makes_another_consumer(void)
{
    static const struct {
        const char *keys, *next;
        bool same;
    } cases[] = {
        {"", "", true},
        {"", "peers = 10.0.0.0/8\n", true},
        {"", "token-file = /absent/token\n", true},
        {"", "batch = 7\n", false},
        {"", "connections = 3\n", false},
        {"", "timeout = 7s\n", false},
        {"", "[bus]\npublic-url = https://bus.example\n", true},
        {"validate = yes\n", "validate = yes\n", true},
        {"validate = yes\n", "validate = yes\n[bus]\npublic-url = https://bus.example\n", true},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        g_test_message("case %u", i);
        start(&f, cases[i].keys, "");
        g_autofree char *sections =
            g_strconcat("[consumer c]\ntype = webhook\nurl = http://127.0.0.1/\nretry-first = "
                        "10ms\nretry-max = 40ms\n",
                        cases[i].next, TO("c"), NULL);
        g_autoptr(HtConfig) next = config_of(sections);
        const HtConsumerConfig *config = next->consumers->pdata[0];
        g_assert_cmpint(ht_consumer_is_as(f.consumer, config, f.dictionary), ==, cases[i].same);
        g_autoptr(HtDictionary) other = test_dictionary();
        g_assert_false(ht_consumer_is_as(f.consumer, config, other));
        stop(&f);
    }
}

/* The same file with another secret in it is another setting. */
static void test_another_secret_in_its_file_makes_another_consumer(void)
{
    Fixture f;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-secret-XXXXXX", NULL);
    g_autofree char *keys = g_strdup_printf("secret-file = %s\n", path);
    g_close(g_mkstemp(path), NULL);
    g_free(keys);
    keys = g_strdup_printf("secret-file = %s\n", path);
    g_assert_true(g_file_set_contents_full(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    start(&f, keys, "");
    const HtConsumerConfig *config = f.config->consumers->pdata[0];
    g_assert_true(ht_consumer_is_as(f.consumer, config, f.dictionary));
    g_assert_true(g_file_set_contents_full(path, "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_false(ht_consumer_is_as(f.consumer, config, f.dictionary));
    g_unlink(path);
    g_assert_false(ht_consumer_is_as(f.consumer, config, f.dictionary));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/consumers/change/leaves-alone-who-is-the-same",
                    test_a_change_leaves_alone_who_is_the_same);
    g_test_add_func("/consumers/change/figures-outlive-it", test_figures_outlive_a_change);
    g_test_add_func("/consumers/change/who-goes-and-who-comes",
                    test_who_is_configured_no_more_ends_and_who_is_new_begins);
    g_test_add_func("/consumers/change/routes-where-the-consumer-stays",
                    test_routes_change_where_the_consumer_stays);
    g_test_add_func("/consumers/change/who-cannot-be-opened-is-tried-again",
                    test_who_cannot_be_opened_is_tried_again);
    g_test_add_func("/consumers/change/what-makes-another", test_what_makes_another_consumer);
    g_test_add_func("/consumers/change/another-secret-makes-another",
                    test_another_secret_in_its_file_makes_another_consumer);
    return g_test_run();
}
