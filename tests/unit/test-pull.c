/* A consumer that asks: what is out to whom, what comes again, and what it may send. The spool and the door are the test's. */
#include "core/base/log.h"
#include "core/delivery/pull-request.h"
#include "tests/lib/pull-harness.h"

/* What is told to have been taken survives a kill; one commit is enough for all that said so meanwhile. */
static void test_an_acknowledgement_is_answered_when_it_is_on_disk(void)
{
    Fixture f;
    begin_pull(&f, "", "abcdefgh");
    assert_gets(&f, "", "1 2 3 4 5 6 7 8 ");
    spool.holds_commits = true;
    Call *first = ask(&f, HT_OUT_ACK, "", PULL_JSON, "{\"sequences\":[1]}");
    Call *second = ask(&f, HT_OUT_ACK, "", PULL_JSON, "{\"sequences\":[2]}");
    Call *third = ask(&f, HT_OUT_REFUSE, "", PULL_JSON, "{\"sequences\":[3]}");
    run_until_idle();
    g_assert_cmpuint(spool.commits, ==, 1);
    g_assert_cmpuint(first->status + second->status + third->status, ==, 0);
    release_commit(NULL);
    g_assert_cmpuint(first->status, ==, 200);
    g_assert_cmpuint(second->status + third->status, ==, 0);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 3);
    g_assert_cmpuint(spool.commits, ==, 2);
    end_call(third, false); /* its client has gone */
    release_commit(NULL);
    g_assert_cmpuint(second->status, ==, 200);
    spool.holds_commits = false;
    end_pull(&f);
}

static void test_an_acknowledgement_that_is_not_on_disk_is_told_so(void)
{
    g_autoptr(GError) full = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOSPC, "full");
    Fixture f;
    begin_pull(&f, "", "ab");
    assert_gets(&f, "", "1 2 ");
    spool.holds_commits = true;
    Call *ack = ask(&f, HT_OUT_ACK, "", PULL_JSON, "{\"sequences\":[1]}");
    run_until_idle();
    release_commit(full);
    g_assert_cmpuint(ack->status, ==, 503);
    g_assert_cmpstr(ack->code, ==, "not-kept-yet");
    end_pull(&f);
}

/* Whoever waits for a commit that ends after the consumer has. */
static void test_a_commit_outlives_its_consumer(void)
{
    Fixture f;
    begin_pull(&f, "", "ab");
    assert_gets(&f, "", "1 2 ");
    spool.holds_commits = true;
    ask(&f, HT_OUT_ACK, "", PULL_JSON, "{\"sequences\":[1]}");
    ask(&f, HT_OUT_ACK, "", PULL_JSON, "{\"sequences\":[2]}");
    end_pull(&f);
    release_commit(NULL);
}

static void test_a_poll_gets_what_there_is(void)
{
    Fixture f;
    begin_pull(&f, "batch = 3\n", "abcde");
    assert_gets(&f, "limit=2", "1 2 ");
    assert_gets(&f, "", "3 4 5 ");
    assert_gets(&f, "", "");
    g_assert_cmpuint(spool.cursor, ==, 0);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":\"00000000000000000003\"}", "\"acknowledged\":3"), ==,
                     200);
    g_assert_cmpuint(spool.cursor, ==, 3);
    g_assert_cmpuint(
        say(&f, HT_OUT_ACK, "{\"sequences\":[5, \"4\", 9]}", "{\"acknowledged\":2,\"notOut\":1}"), ==, 200);
    g_assert_cmpuint(spool.cursor, ==, 5);
    g_assert_cmpuint(status_of(&f).delivered, ==, 5);
    end_pull(&f);
}

static void test_a_poll_waits_for_what_comes(void)
{
    Fixture f;
    begin_pull(&f, "", "");
    Call *call = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    run_until_idle();
    g_assert_cmpuint(call->status, ==, 0);
    spool.persons = "a";
    ht_consumer_wake(f.consumer);
    await_answer(call);
    g_assert_nonnull(strstr(call->body->str, "\"sequence\":\"00000000000000000001\""));
    end_pull(&f);
}

static void test_a_poll_waits_as_long_as_the_key_says(void)
{
    Fixture f;
    begin_pull(&f, "wait = 20ms\n", "");
    Call *call = ask(&f, HT_OUT_GET, "wait=86400", NULL, NULL);
    await_answer(call);
    g_assert_cmpstr(call->body->str, ==, "[]");
    end_pull(&f);
}

/* Who asks while an administrator holds the consumer gets nothing, and hears why. */
static void test_who_is_held_back_hears_it(void)
{
    Fixture f;
    begin_pull(&f, "wait = 20ms\n", "ab");
    spool.pause = (HtSpoolPause){.kind = HT_SPOOL_PAUSE_ADMIN, .reason = (char *)"looked at"};
    ht_consumer_wake(f.consumer);
    Call *held = ask(&f, HT_OUT_GET, "wait=1", NULL, NULL);
    await_answer(held);
    g_assert_cmpstr(held->body->str, ==, "[]");
    g_assert_true(held->paused);
    end_call(held, true);
    spool.pause.kind = HT_SPOOL_PAUSE_NONE;
    ht_consumer_wake(f.consumer);
    Call *again = ask(&f, HT_OUT_GET, "wait=1", NULL, NULL);
    await_answer(again);
    g_assert_nonnull(strstr(again->body->str, "sequence"));
    g_assert_false(again->paused);
    end_pull(&f);
}

static void test_a_person_is_with_one_worker_at_a_time(void)
{
    Fixture f;
    begin_pull(&f, "batch = 2\n", "aaabab");
    assert_gets(&f, "worker=x", "1 4 ");
    assert_gets(&f, "worker=y", "");
    say(&f, HT_OUT_ACK, "{\"sequences\":[4]}", "\"acknowledged\":1");
    assert_gets(&f, "worker=y", "6 ");
    say(&f, HT_OUT_ACK, "{\"sequences\":[1]}", "\"acknowledged\":1");
    assert_gets(&f, "worker=z", "2 3 ");
    assert_gets(&f, "worker=y", "");
    say(&f, HT_OUT_ACK, "{\"through\":3,\"worker\":\"z\"}", "\"acknowledged\":2");
    assert_gets(&f, "worker=y", "5 ");
    end_pull(&f);
}

/* Whoever says who they are says nothing of what another has, by any of the three; who does not, means whoever has it. */
static void test_a_worker_speaks_of_its_own_events(void)
{
    Fixture f;
    begin_pull(&f, "batch = 2\nattempts = 9\n", "abcd");
    assert_gets(&f, "worker=x", "1 2 ");
    assert_gets(&f, "worker=y", "3 4 ");
    say(&f, HT_OUT_ACK, "{\"sequences\":[1,3],\"worker\":\"y\"}", "{\"acknowledged\":1,\"notOut\":1}");
    say(&f, HT_OUT_RETRY, "{\"sequences\":[1,2],\"worker\":\"y\"}", "{\"givenBack\":0,\"notOut\":2}");
    say(&f, HT_OUT_REFUSE, "{\"worker\":\"\",\"sequences\":[\"1\"]}", "\"notOut\":1");
    assert_gets(&f, "worker=y", ""); /* x has them still */
    say(&f, HT_OUT_ACK, "{\"sequences\":[1,2],\"worker\":\"x\"}", "{\"acknowledged\":2,\"notOut\":0}");
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[4],\"worker\":\"y y\"}", NULL), ==, 400);
    say(&f, HT_OUT_ACK, "{\"sequences\":[4]}", "{\"acknowledged\":1,\"notOut\":0}");
    g_assert_cmpuint(spool.cursor, ==, 4);
    end_pull(&f);
}

/* What comes again to a worker while its acknowledgement is on its way is not acknowledged by it, though its number is lower. */
static void test_through_means_what_was_there_before(void)
{
    Fixture f;
    begin_pull(&f, "batch = 2\n", "abcd");
    assert_gets(&f, "worker=x", "1 2 ");
    assert_gets(&f, "worker=y", "3 4 ");
    say(&f, HT_OUT_RETRY, "{\"sequences\":[1]}", "\"givenBack\":1");
    assert_gets(&f, "worker=y", "1 ");
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":4,\"worker\":\"y\"}", "\"acknowledged\":2"), ==, 200);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":2,\"worker\":\"y\"}", NULL), ==, 409);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":2,\"worker\":\"x\"}", "\"acknowledged\":1"), ==, 200);
    g_assert_cmpuint(spool.cursor, ==, 0);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":1,\"worker\":\"y\"}", "\"acknowledged\":1"), ==, 200);
    g_assert_cmpuint(spool.cursor, ==, 4);
    end_pull(&f);
}

static void test_what_is_not_acknowledged_comes_again(void)
{
    Fixture f;
    begin_pull(&f, "batch = 4\nlease = 100ms\n", "abcd");
    assert_gets(&f, "", "1 2 3 4 ");
    say(&f, HT_OUT_ACK, "{\"sequences\":[2]}", "\"acknowledged\":1");
    assert_gets(&f, "wait=9", "1 "); /* in halves: nobody knows which one the worker died of */
    assert_gets(&f, "wait=9", "3 ");
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[1,3]}", "\"acknowledged\":2"), ==, 200);
    assert_gets(&f, "wait=9", "4 ");
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[4,1]}", "{\"acknowledged\":1,\"notOut\":1}"), ==,
                     200);
    g_assert_cmpuint(spool.cursor, ==, 4);
    end_pull(&f);
}

static void test_an_event_that_workers_die_of_becomes_a_dead_letter(void)
{
    Fixture f;
    begin_pull(&f, "batch = 1\nlease = 100ms\nattempts = 3\n", "a");
    for (unsigned i = 0; i < 3; i++) {
        assert_gets(&f, "wait=9", "1 ");
        while (status_of(&f).failures == i) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_assert_cmpstr(spool.dead->str, ==, "1:3 ");
    g_assert_cmpstr(spool.reason, ==, "not acknowledged before its lease ended");
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 1);
    end_pull(&f);
}

static void test_what_is_given_back_goes_again_with_what_follows_it(void)
{
    Fixture f;
    begin_pull(&f, "batch = 5\n", "aabab");
    assert_gets(&f, "", "1 2 3 4 5 ");
    g_assert_cmpuint(say(&f, HT_OUT_RETRY, "{\"sequences\":[2],\"reason\":\"no room\"}", "\"givenBack\":1"),
                     ==, 200);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[4]}", "{\"acknowledged\":0,\"notOut\":1}"), ==,
                     200);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[1,3,5]}", "{\"acknowledged\":3,\"notOut\":0}"), ==,
                     200);
    assert_gets(&f, "wait=9", "2 ");
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"sequences\":[2]}", "\"acknowledged\":1"), ==, 200);
    assert_gets(&f, "wait=9", "4 ");
    end_pull(&f);
}

static void test_what_is_refused_is_a_dead_letter(void)
{
    Fixture f;
    begin_pull(&f, "", "ab");
    assert_gets(&f, "", "1 2 ");
    g_assert_cmpuint(say(&f, HT_OUT_REFUSE,
                         "{\"sequences\":[1],\"reason\":\"\\u001b[31m 990104 19800101 9915 [wrong\"}",
                         "\"refused\":1"),
                     ==, 200);
    g_assert_cmpstr(spool.dead->str, ==, "1:1 ");
    g_assert_cmpstr(spool.reason, ==, "refused: [31m [number] [wrong");
    g_assert_cmpuint(status_of(&f).dead, ==, 1);
    end_pull(&f);
}

static void test_an_answer_that_did_not_arrive_counts_for_nothing(void)
{
    Fixture f;
    begin_pull(&f, "attempts = 1\n", "aab");
    for (unsigned i = 0; i < 3; i++) {
        Call *call = ask(&f, HT_OUT_GET, "wait=9", NULL, NULL);
        await_answer(call);
        end_call(call, false);
    }
    assert_gets(&f, "", "1 2 3 ");
    g_assert_cmpuint(status_of(&f).failures, ==, 0);
    end_pull(&f);
}

static void test_polls_are_bounded(void)
{
    Fixture f;
    begin_pull(&f, "polls = 2\n", "");
    Call *first = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    Call *stream = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    Call *third = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    Call *fourth = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    g_assert_cmpuint(third->status, ==, 429);
    g_assert_cmpuint(fourth->status, ==, 429);
    g_assert_cmpuint(stream->status, ==, 200);
    end_call(first, false);
    Call *fifth = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    g_assert_cmpuint(fifth->status, ==, 0);
    end_pull(&f);
}

static void test_nothing_goes_to_who_was_hurried(void)
{
    Fixture f;
    begin_pull(&f, "", "");
    Call *poll = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    Call *stream = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    stream->call.room(&stream->call);
    poll->call.hurry(&poll->call);
    stream->call.hurry(&stream->call);
    g_assert_cmpuint(poll->status, ==, 503);
    g_assert_true(stream->closed);
    spool.persons = "ab";
    ht_consumer_wake(f.consumer);
    run_until_idle();
    g_assert_cmpuint(status_of(&f).attempts, ==, 0);
    end_pull(&f);
}

/* Takes what was written; the reader has room again. */
static char *read_on(Call *stream, bool has_room)
{
    char *got = sequences_in(stream->body->str);
    g_string_truncate(stream->body, 0);
    if (has_room && !stream->closed) {
        stream->call.room(&stream->call);
    }
    return got;
}

static void await_written(const Call *stream)
{
    guint deadline = g_timeout_add_seconds(DEADLINE_S, fail_late, NULL);
    while (stream->body->len == 0 && !stream->closed) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(deadline);
}

static void assert_streams(Call *stream, const char *sequences)
{
    g_autoptr(GString) got = g_string_new(NULL);
    while (got->len < strlen(sequences)) {
        await_written(stream);
        g_autofree char *piece = read_on(stream, true);
        g_string_append(got, piece);
        g_assert_true(*piece || !stream->closed);
    }
    g_assert_cmpstr(got->str, ==, sequences);
}

static void test_a_stream_goes_on_with_acknowledgements(void)
{
    Fixture f;
    begin_pull(&f, "batch = 2\n", "abcd");
    Call *stream = ask(&f, HT_OUT_STREAM, "worker=x", NULL, NULL);
    g_assert_cmpstr(stream->body->str, ==, "retry: 1000\n\n");
    assert_streams(stream, "1 2 ");
    run_until_idle();
    g_assert_cmpuint(stream->body->len, ==, 0);
    say(&f, HT_OUT_ACK, "{\"sequences\":[2]}", "\"acknowledged\":1");
    await_written(stream);
    g_assert_true(g_str_has_prefix(stream->body->str, "id: 00000000000000000003\ndata: {\""));
    g_assert_nonnull(strstr(stream->body->str, "\"specversion\":\"1.0\","));
    g_assert_nonnull(strstr(stream->body->str, "\"consumersequence\":\"00000000000000000003\""));
    assert_streams(stream, "3 ");
    say(&f, HT_OUT_ACK, "{\"through\":\"3\",\"worker\":\"x\"}", "\"acknowledged\":2");
    assert_streams(stream, "4 ");
    end_pull(&f);
}

static void test_a_slow_reader_is_not_written_for(void)
{
    Fixture f;
    begin_pull(&f, "heartbeat = 100ms\nlinger = 1h\n", "a");
    Call *stream = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    assert_streams(stream, "1 ");
    await_written(stream); /* a heartbeat, which it does not take */
    g_assert_cmpstr(stream->body->str, ==, ": \n\n");
    spool.persons = "ab";
    ht_consumer_wake(f.consumer);
    Call *poll = ask(&f, HT_OUT_GET, "wait=1", NULL, NULL);
    await_answer(poll);
    g_assert_nonnull(strstr(poll->body->str, "\"sequence\":\"00000000000000000002\""));
    g_assert_cmpstr(stream->body->str, ==, ": \n\n");
    end_pull(&f);
}

static void test_a_stream_that_is_not_acknowledged_ends_and_goes_on(void)
{
    Fixture f;
    begin_pull(&f, "linger = 20ms\nbatch = 3\n", "abcde");
    Call *first = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    assert_streams(first, "1 2 3 ");
    await_written(first);
    g_assert_true(first->closed);
    Call *second = ask(&f, HT_OUT_STREAM, "", "Last-Event-ID: 00000000000000000001", NULL);
    assert_streams(second, "2 3 4 "); /* what it did not say it has comes again */
    g_assert_cmpuint(spool.cursor, ==, 1);
    Call *third = ask(&f, HT_OUT_STREAM, "", "Last-Event-ID: 4", NULL);
    g_assert_true(second->closed); /* a worker has one stream */
    assert_streams(third, "5 ");
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 4);
    ask(&f, HT_OUT_STREAM, "worker=other", "Last-Event-ID: 5", NULL);
    run_until_idle();
    g_assert_cmpuint(spool.cursor, ==, 4); /* it is not out to that one */
    end_pull(&f);
}

static void test_the_same_id_again(void)
{
    Fixture f;
    begin_pull(&f, "linger = 1h\nbatch = 3\n", "abcdef");
    assert_streams(ask(&f, HT_OUT_STREAM, "", NULL, NULL), "1 2 3 ");
    for (unsigned i = 0; i < 6; i++) {
        assert_streams(ask(&f, HT_OUT_STREAM, "", i < 3 ? "Last-Event-ID: 1" : "Last-Event-ID: 2", NULL),
                       i < 3 ? "2 3 4 " : "3 4 5 ");
    }
    end_pull(&f);
}

static void test_bad_requests_change_nothing(void)
{
    static const char *const queries[] = {
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=x",
        "wait=x",
        "wait=1.5",
        "wait=99999999999999999999",
        "worker=a b",
        "worker=%41",
        "worker=a/b",
        "worker=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "1",
        "null",
        "{}",
        "{\"through\":0}",
        "{\"through\":-1}",
        "{\"through\":1.5}",
        "{\"through\":\"\"}",
        "{\"through\":\"1x\"}",
        "{\"through\":\" 1\"}",
        "{\"through\":null}",
        "{\"through\":[1]}",
        "{\"through\":1,\"sequences\":[1]}",
        "{\"sequences\":[]}",
        "{\"sequences\":[[1]]}",
        "{\"sequences\":[1,null]}",
        "{\"sequences\":{\"1\":1}}",
        "{\"through\":99999999999999999999999}",
        "{\"through\":1,\"worker\":1}",
        "{\"through\":1,\"worker\":\"a b\"}",
        "{\"through\":1,\"other\":1}",
        "{\"through\":1,\"reason\":\"x\"}",
        "{\"through\":true}",
        "{\"sequences\":[\"9223372036854775808\"]}",
        "{\"through\":1}}",
        "\xff\xfe{\"through\":1}",
    };
    Fixture f;
    begin_pull(&f, "", "a");
    assert_gets(&f, "", "1 ");
    for (unsigned i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_test_message("query %u", i);
        Call *call = ask(&f, HT_OUT_GET, queries[i], NULL, NULL);
        g_assert_cmpuint(call->status, ==, 400);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_test_message("body %u", i);
        g_assert_cmpuint(say(&f, HT_OUT_ACK, bodies[i], NULL), ==, 400);
    }
    g_autofree char *deep = g_strnfill(60000, '[');
    g_assert_cmpuint(say(&f, HT_OUT_ACK, deep, NULL), ==, 400);
    g_assert_cmpuint(say(&f, HT_OUT_RETRY, "{\"through\":1}", NULL), ==, 400);
    Call *untyped = ask(&f, HT_OUT_ACK, "", NULL, "{\"through\":1}");
    g_assert_cmpuint(untyped->status, ==, 415);
    Call *html = ask(&f, HT_OUT_GET, "", "Accept: text/html", NULL);
    g_assert_cmpuint(html->status, ==, 406);
    Call *id = ask(&f, HT_OUT_STREAM, "", "Last-Event-ID: one", NULL);
    g_assert_cmpuint(id->status, ==, 400);
    g_assert_cmpuint(spool.cursor, ==, 0);
    g_assert_cmpuint(say(&f, HT_OUT_ACK, "{\"through\":1}", "\"acknowledged\":1"), ==, 200);
    end_pull(&f);
}

/* What is at its limit is taken, in whatever letters and with whatever parameters. */
static void test_good_requests_at_their_limits(void)
{
    static const struct {
        const char *type;
        unsigned status;
    } types[] = {
        {"Content-Type: application/json", 200},
        {"Content-Type: Application/JSON; charset=utf-8", 200},
        {"Content-Type: application/json;charset=utf-8", 200},
        {"Content-Type: application/jsonl", 415},
        {"Content-Type: application/jso", 415},
        {"Content-Type: text/json", 415},
        {"Content-Type: ;application/json", 415},
    };
    Fixture f;
    g_autofree char *worker = g_strnfill(64, 'w'), *query = g_strconcat("limit=1000&worker=", worker, NULL);
    begin_pull(&f, "batch = 1000\n", "ab");
    assert_gets(&f, query, "1 2 ");
    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        Call *call = ask(&f, HT_OUT_ACK, "", types[i].type, "{\"sequences\":[9]}");
        await_answer(call);
        g_test_message("type %u", i);
        g_assert_cmpuint(call->status, ==, types[i].status);
    }
    Call *stream = ask(&f, HT_OUT_STREAM, "limit=1", "Last-Event-ID: ", NULL);
    g_assert_cmpuint(stream->status, ==, 200);
    end_pull(&f);
}

static void test_an_answer_says_whether_there_is_more(void)
{
    Fixture f;
    begin_pull(&f, "batch = 1\n", "ab");
    for (unsigned i = 0; i < 3; i++) {
        Call *call = ask(&f, HT_OUT_GET, "", NULL, NULL);
        await_answer(call);
        g_assert_cmpint(call->more, ==, i == 0);
        end_call(call, true);
    }
    end_pull(&f);
}

/* Another takes its place: who waits is let go, nobody new is let in, and what is out is still acknowledged. */
static void test_who_waits_is_let_go_when_another_takes_its_place(void)
{
    Fixture f;
    begin_pull(&f, "", "a");
    HtTransport *transport = ht_consumer_transport(f.consumer);
    assert_gets(&f, "", "1 ");
    Call *poll = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL), *stream = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    transport->send_away(transport);
    g_assert_cmpstr(poll->body->str, ==, "[]");
    g_assert_true(stream->closed);
    end_call(poll, true);
    end_call(stream, true);
    Call *again = ask(&f, HT_OUT_GET, "wait=60", NULL, NULL);
    g_assert_cmpuint(again->status, ==, 0);
    transport->retire(transport);
    g_assert_cmpstr(again->body->str, ==, "[]");
    Call *late = ask(&f, HT_OUT_GET, "", NULL, NULL), *stream_late = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    g_assert_cmpstr(late->code, ==, "consumer-changed");
    g_assert_cmpstr(stream_late->code, ==, "consumer-changed");
    say(&f, HT_OUT_ACK, "{\"sequences\":[1]}", "\"acknowledged\":1");
    g_assert_false(transport->finish(transport));
    end_call(again, true);
    g_assert_true(transport->finish(transport));
    end_pull(&f);
}

/* One at a time; and where nothing is out, nothing is waited for: it stays, and says that it is paused. */
static void test_a_stream_of_one_event_at_a_time(void)
{
    Fixture f;
    begin_pull(&f, "batch = 1\nlinger = 20ms\nheartbeat = 100ms\n", "ab");
    Call *stream = ask(&f, HT_OUT_STREAM, "", NULL, NULL);
    for (unsigned i = 1; i <= 2; i++) {
        g_autofree char *got = g_strdup_printf("%u ", i), *ack = g_strdup_printf("{\"through\":%u}", i);
        assert_streams(stream, got);
        g_assert_cmpuint(say(&f, HT_OUT_ACK, ack, "\"acknowledged\":1"), ==, 200);
    }
    await_written(stream);
    g_assert_false(stream->closed);
    g_assert_cmpstr(stream->body->str, ==, ": \n\n");
    spool.pause = (HtSpoolPause){.kind = HT_SPOOL_PAUSE_ADMIN, .reason = (char *)"looked at"};
    ht_consumer_wake(f.consumer);
    g_free(read_on(stream, true));
    await_written(stream);
    g_assert_cmpstr(stream->body->str, ==, ": paused\n\n");
    spool.pause.kind = HT_SPOOL_PAUSE_NONE;
    end_pull(&f);
}

/* ---- Workers as they please ---- */

#define WORKERS 4
#define PERSONS 12

typedef struct {
    unsigned holder[2000]; /* by sequence: which answer it is in; 0: none */
    unsigned taken[2000];
    unsigned answers;
} Book;

/* Every event that comes is the first of its person that is not taken, or follows one that came in the same answer. */
static void note_got(Book *book, const char *persons, const char *got)
{
    g_auto(GStrv) numbers = g_strsplit(got, " ", -1);
    book->answers++;
    for (char **number = numbers; *number && **number; number++) {
        unsigned sequence = (unsigned)atoi(*number);
        unsigned char person = (unsigned char)persons[sequence - 1];
        for (unsigned before = 1; before < sequence; before++) {
            if ((unsigned char)persons[before - 1] == person && !book->taken[before]) {
                g_assert_cmpuint(book->holder[before], ==, book->answers);
            }
        }
        g_assert_false(book->taken[sequence]);
        book->holder[sequence] = book->answers;
    }
}

static void do_something(Fixture *f, Book *book, unsigned count, const char *persons)
{
    unsigned sequence = (unsigned)g_random_int_range(1, (gint32)count + 1);
    g_autofree char *body = g_strdup_printf("{\"sequences\":[%u]}", sequence);
    switch (g_random_int_range(0, 8)) {
    case 0: {
        Call *call = ask(f, HT_OUT_GET, "limit=5&wait=0", NULL, NULL);
        if (call->status == 200 && g_random_boolean()) {
            end_call(call, false);
            break;
        }
        while (call->status == 0) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_autofree char *got = sequences_in(call->body->str);
        note_got(book, persons, got);
        end_call(call, true);
        break;
    }
    case 1: say(f, HT_OUT_RETRY, body, NULL); break;
    default: {
        Call *call = ask(f, HT_OUT_ACK, "", PULL_JSON, body);
        await_answer(call);
        book->taken[sequence] |= strstr(call->body->str, "\"acknowledged\":1") != NULL;
        end_call(call, true);
    }
    }
    g_main_context_iteration(NULL, FALSE);
}

static void test_workers_as_they_please_lose_nothing(void)
{
    Fixture f;
    g_autofree char *persons = g_strnfill(400, 'a');
    for (unsigned i = 0; i < 400; i++) {
        persons[i] = (char)('a' + g_random_int_range(0, PERSONS));
    }
    g_autofree Book *book = g_new0(Book, 1);
    begin_pull(&f, "lease = 100ms\nretry-first = 10ms\nretry-max = 10ms\n", persons);
    while (status_of(&f).delivered < 400) {
        do_something(&f, book, 400, persons);
    }
    for (unsigned i = 1; i <= 400; i++) {
        g_assert_true(book->taken[i]);
    }
    run_until_idle();
    g_assert_cmpuint(status_of(&f).delivered, ==, 400);
    g_assert_cmpuint(spool.cursor, ==, 400);
    end_pull(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/pull/a-poll-gets-what-there-is", test_a_poll_gets_what_there_is);
    g_test_add_func("/pull/an-acknowledgement-is-answered-when-it-is-on-disk",
                    test_an_acknowledgement_is_answered_when_it_is_on_disk);
    g_test_add_func("/pull/an-acknowledgement-that-is-not-on-disk-is-told-so",
                    test_an_acknowledgement_that_is_not_on_disk_is_told_so);
    g_test_add_func("/pull/a-commit-outlives-its-consumer", test_a_commit_outlives_its_consumer);
    g_test_add_func("/pull/a-poll-waits-for-what-comes", test_a_poll_waits_for_what_comes);
    g_test_add_func("/pull/a-poll-waits-as-long-as-the-key-says", test_a_poll_waits_as_long_as_the_key_says);
    g_test_add_func("/pull/who-is-held-back-hears-it", test_who_is_held_back_hears_it);
    g_test_add_func("/pull/a-person-is-with-one-worker-at-a-time",
                    test_a_person_is_with_one_worker_at_a_time);
    g_test_add_func("/pull/a-worker-speaks-of-its-own-events", test_a_worker_speaks_of_its_own_events);
    g_test_add_func("/pull/through-means-what-was-there-before", test_through_means_what_was_there_before);
    g_test_add_func("/pull/what-is-not-acknowledged-comes-again", test_what_is_not_acknowledged_comes_again);
    g_test_add_func("/pull/what-workers-die-of-becomes-a-dead-letter",
                    test_an_event_that_workers_die_of_becomes_a_dead_letter);
    g_test_add_func("/pull/what-is-given-back-goes-again-with-what-follows-it",
                    test_what_is_given_back_goes_again_with_what_follows_it);
    g_test_add_func("/pull/what-is-refused-is-a-dead-letter", test_what_is_refused_is_a_dead_letter);
    g_test_add_func("/pull/an-answer-that-did-not-arrive-counts-for-nothing",
                    test_an_answer_that_did_not_arrive_counts_for_nothing);
    g_test_add_func("/pull/polls-are-bounded", test_polls_are_bounded);
    g_test_add_func("/pull/nothing-goes-to-who-was-hurried", test_nothing_goes_to_who_was_hurried);
    g_test_add_func("/pull/stream/goes-on-with-acknowledgements",
                    test_a_stream_goes_on_with_acknowledgements);
    g_test_add_func("/pull/stream/a-slow-reader-is-not-written-for", test_a_slow_reader_is_not_written_for);
    g_test_add_func("/pull/stream/that-is-not-acknowledged-ends-and-goes-on",
                    test_a_stream_that_is_not_acknowledged_ends_and_goes_on);
    g_test_add_func("/pull/stream/the-same-id-again", test_the_same_id_again);
    g_test_add_func("/pull/bad-requests-change-nothing", test_bad_requests_change_nothing);
    g_test_add_func("/pull/good-requests-at-their-limits", test_good_requests_at_their_limits);
    g_test_add_func("/pull/an-answer-says-whether-there-is-more", test_an_answer_says_whether_there_is_more);
    g_test_add_func("/pull/who-waits-is-let-go-when-another-takes-its-place",
                    test_who_waits_is_let_go_when_another_takes_its_place);
    g_test_add_func("/pull/stream/one-event-at-a-time", test_a_stream_of_one_event_at_a_time);
    g_test_add_func("/pull/workers-as-they-please-lose-nothing", test_workers_as_they_please_lose_nothing);
    return g_test_run();
}
