/* Replays beside the live delivery: what goes again, how, and until when. With a spool and a network that the test plays. */
#include "core/base/log.h"
#include "core/delivery/delivery.h"
#include "core/delivery/replay.h"
#include "tests/lib/delivery-harness.h"

static void finish_replay(const HtSpoolReplay *replay)
{
    while (replay->state == HT_SPOOL_REPLAY_RUNS) {
        g_main_context_iteration(NULL, TRUE);
    }
    run_until_idle();
}

static void test_a_replay_sends_what_it_names_again(void)
{
    static const struct {
        const char *types, *sources, *sequences;
        uint64_t skipped;
    } cases[] = {
        {"", "", "3 1 2 4 ", 0},          {"person.*", "", "1 2 4 ", 1},
        {"alert.issued.v1", "", "3 ", 3}, {"alert.issued.v1;person.died.v1", "", "3 1 2 4 ", 0},
        {"alert.issued.v", "", "", 4},    {"alert.issued.v12", "", "", 4},
        {"birth.*;alert.*", "", "3 ", 3}, {"", "nobody", "", 4},
        {"alert.*", "nobody", "", 4},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        All a;
        HtSpoolReplay replay = replay_of(4, cases[i].types, cases[i].sources);
        g_test_message("case %u", i);
        begin(&a, WAY("a") "connections = 1\n" TO("a"), "**!***");
        while (state_of(&a, "a").delivered < 6) {
            g_free(answer_at_path("a", 204));
        }
        begin_replay(&a, &replay);
        run_until_idle();
        assert_takes("a", cases[i].sequences);
        finish_replay(&replay);
        g_assert_cmpint(replay.state, ==, HT_SPOOL_REPLAY_DONE);
        g_assert_cmpuint(replay.delivered, ==, strlen(cases[i].sequences) / 2);
        g_assert_cmpuint(replay.skipped, ==, cases[i].skipped);
        g_assert_cmpuint(replay.dead, ==, 0);
        g_assert_cmpint(replay.ended_us, >, 0);
        g_assert_cmpuint(spool.replay_notes, >, 0);
        g_assert_cmpuint(state_of(&a, "a").delivered, ==, 6); /* it is not the live delivery's */
        g_assert_cmpuint(requests->len, ==, 0);
        end(&a);
    }
}

/* It takes a quarter of the connections, and leaves to the live delivery what that has not finished. */
static void test_a_replay_stands_back(void)
{
    All a;
    HtSpoolReplay replay = replay_of(20, "", "");
    g_autofree char *persons = g_strnfill(20, '*');
    begin(&a, WAY("a") "connections = 8\n" TO("a"), persons);
    for (unsigned i = 0; i < 12; i++) {
        g_free(answer_at_path("a", 204));
    }
    run_until_idle();
    g_assert_cmpuint(count_at("a"), ==, 8); /* the last of them */
    begin_replay(&a, &replay);
    run_until_idle();
    g_assert_cmpuint(count_at("a"), ==, 8 + 2);
    while (requests->len > 0) {
        answer(204, 0);
        run_until_idle();
    }
    finish_replay(&replay);
    g_assert_cmpuint(replay.delivered, ==, 12);
    g_assert_cmpuint(replay.skipped, ==, 8);
    g_assert_cmpuint(posts, ==, 20 + 12);
    end(&a);
}

/* Also where order is strict it comes to its end: what is refused is a dead letter; and one that it delivers is none any more. */
static void test_a_replay_ends_with_what_is_refused(void)
{
    All a;
    HtSpoolReplay replay = replay_of(3, "", "");
    begin(&a, WAY("a") QUICK "connections = 1\norder = strict\n" TO("a"), "***");
    assert_takes("a", "1 2 3 ");
    spool.letter = 2;
    begin_replay(&a, &replay);
    g_free(answer_at_path("a", 422));
    assert_takes("a", "2 3 ");
    finish_replay(&replay);
    g_assert_cmpstr(spool.dead->str, ==, "1:1 ");
    g_assert_cmpint(spool.letter_replay, ==, 1);
    g_assert_cmpuint(spool.letter, ==, 0);
    g_assert_cmpuint(replay.delivered, ==, 2);
    g_assert_cmpuint(replay.dead, ==, 1);
    g_assert_cmpuint(state_of(&a, "a").dead, ==, 0);
    end(&a);
}

static void test_a_cancelled_replay_sends_nothing_more(void)
{
    All a;
    HtSpoolReplay replay = replay_of(3, "", "");
    begin(&a, WAY("a") "connections = 1\n" TO("a"), "***");
    assert_takes("a", "1 2 3 ");
    begin_replay(&a, &replay);
    await(1);
    unsigned notes = spool.replay_notes;
    ht_delivery_cancel(a.delivery, &replay);
    g_assert_cmpint(replay.state, ==, HT_SPOOL_REPLAY_CANCELLED);
    g_assert_cmpint(replay.ended_us, >, 0);
    g_assert_cmpuint(spool.replay_notes, >, notes);
    answer(204, 0); /* which was under way */
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 0);
    g_assert_cmpuint(posts, ==, 4);
    g_assert_cmpint(replay.state, ==, HT_SPOOL_REPLAY_CANCELLED);
    end(&a);
}

/* After a restart, with what it has counted, from where it was; one that is done does not begin again. */
static void test_replays_go_on_where_they_were(void)
{
    All a;
    HtSpoolReplay runs = replay_of(3, "", ""), done = replay_of(3, "", ""), orphan = replay_of(3, "", "");
    runs.delivered = 7;
    runs.dead = 5;
    runs.skipped = 3;
    done.id = 2;
    done.state = HT_SPOOL_REPLAY_DONE;
    orphan.id = 3;
    orphan.consumer = (char *)"nobody";
    play("***");
    g_ptr_array_add(spool.replays, &done);
    g_ptr_array_add(spool.replays, &orphan);
    g_ptr_array_add(spool.replays, &runs);
    open_all(&a, WAY("a") "start = now\nconnections = 1\n" TO("a"), NULL);
    assert_takes("a", "1 ");
    spool.pause.kind = HT_SPOOL_PAUSE_ADMIN;
    assert_takes("a", "2 "); /* which was under way */
    ht_delivery_free(a.delivery);
    g_assert_cmpuint(runs.delivered, ==, 7 + 2);
    spool.pause.kind = HT_SPOOL_PAUSE_NONE;
    a.delivery = ht_delivery_new(&a.options, NULL);
    assert_takes("a", "3 ");
    finish_replay(&runs);
    g_assert_cmpuint(runs.delivered, ==, 7 + 3);
    g_assert_cmpuint(runs.dead, ==, 5);
    g_assert_cmpuint(runs.skipped, ==, 3);
    g_assert_cmpuint(posts, ==, 3);
    g_assert_cmpint(orphan.state, ==, HT_SPOOL_REPLAY_RUNS); /* until it is configured, or cancelled */
    end(&a);
}

/* What is under way ends as it was begun; the rest goes by the new settings, and nothing goes twice. */
static void test_a_replay_goes_on_after_a_change(void)
{
    All a;
    HtSpoolReplay replay = replay_of(3, "", "");
    begin(&a, WAY("a") "connections = 1\n" TO("a"), "***");
    assert_takes("a", "1 2 3 ");
    begin_replay(&a, &replay);
    await(1);
    change(&a, WAY_TO("a", "new") "connections = 1\n" TO("a"));
    run_until_idle();
    g_assert_true(ht_delivery_is_changing(a.delivery));
    assert_takes("a", "1 ");
    g_assert_cmpuint(count_at("a"), ==, 0);
    finish_change(&a);
    assert_takes("new", "2 3 ");
    finish_replay(&replay);
    g_assert_cmpuint(replay.delivered, ==, 3);
    g_assert_cmpuint(posts, ==, 6);
    end(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/consumers/replay/sends-what-it-names-again", test_a_replay_sends_what_it_names_again);
    g_test_add_func("/consumers/replay/stands-back", test_a_replay_stands_back);
    g_test_add_func("/consumers/replay/ends-with-what-is-refused", test_a_replay_ends_with_what_is_refused);
    g_test_add_func("/consumers/replay/cancelled-sends-nothing-more",
                    test_a_cancelled_replay_sends_nothing_more);
    g_test_add_func("/consumers/replay/goes-on-where-it-was", test_replays_go_on_where_they_were);
    g_test_add_func("/consumers/replay/goes-on-after-a-change", test_a_replay_goes_on_after_a_change);
    return g_test_run();
}
