/* All consumers together: what is wrong is told at once, each gets what goes to it, recorded, and what an administrator does with
 * one. With a spool and a network that the test plays. */
#include "core/base/log.h"
#include "core/delivery/delivery.h"
#include "core/delivery/judge.h"
#include "core/delivery/out.h"
#include "core/delivery/test-event.h"
#include "tests/lib/data.h"
#include "tests/lib/delivery-harness.h"

#include <glib/gstdio.h>

/* ---- Beginning ---- */

static void test_every_problem_is_told_at_once(void)
{
    static const char *const problems[] = {
        ": error: [consumer a] \"/absent/a\"",
        ": error: [consumer b] deny: 'person.idNumbr' is no element",
        ": error: [route r] types: 'persn.*' fits no event type",
    };
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) bad = config_of(WAY("a") "secret-file = /absent/a\n" WAY(
        "b") "deny = person.idNumbr\n" TO("a;b") "types = persn.*\n");
    g_autoptr(HtConfig) good = config_of(WAY("a") WAY("b") TO("a;b"));
    g_autoptr(GString) errors = g_string_new("before\n");
    g_autoptr(GError) error = NULL;
    HtDeliveryOptions options = {.config = bad, .dictionary = dictionary};
    play("");
    g_assert_true(ht_delivery_check(good, dictionary, errors));
    g_assert_cmpstr(errors->str, ==, "before\n");
    g_assert_false(ht_delivery_check(bad, dictionary, errors));
    g_assert_null(ht_delivery_new(&options, &error));
    g_assert_error(error, HT_DELIVERY_ERROR, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(problems); i++) {
        g_test_message("problem %u", i);
        g_assert_nonnull(strstr(errors->str, problems[i]));
        g_assert_nonnull(strstr(error->message, problems[i]));
    }
    g_assert_false(g_str_has_suffix(error->message, "\n"));
    end_play();
}

static void test_each_is_found_by_its_name(void)
{
    All a;
    HtConsumerStatus status;
    begin(&a, WAY("b") WAY("a") TO("a;b"), "");
    g_assert_cmpuint(ht_delivery_consumers(a.delivery), ==, 2);
    ht_delivery_status(a.delivery, 0, &status);
    g_assert_cmpstr(status.name, ==, "b"); /* as they are configured */
    ht_delivery_status(a.delivery, 1, &status);
    g_assert_cmpstr(status.name, ==, "a");
    g_assert_cmpstr(state_of(&a, "b").name, ==, "b");
    g_assert_false(ht_delivery_find(a.delivery, "c", &status));
    g_assert_true(ht_delivery_transport(a.delivery, "b") == state_of(&a, "b").transport);
    g_assert_true(ht_delivery_transport(a.delivery, "a") == state_of(&a, "a").transport);
    g_assert_null(ht_delivery_transport(a.delivery, "c"));
    g_assert_false(ht_delivery_is_changing(a.delivery));
    end(&a);
}

/* Each has its own place: what one does not take, the other has. */
static void test_each_gets_all_that_goes_to_it(void)
{
    All a;
    begin(&a, WAY("a") WAY("b") WAY("c") TO("a;b;c"), "*");
    spool.persons = "**";
    ht_delivery_wake(a.delivery, 2);
    assert_takes("b", "1 2 ");
    assert_takes("c", "1 2 ");
    g_assert_cmpuint(state_of(&a, "b").delivered, ==, 2);
    g_assert_cmpuint(state_of(&a, "a").delivered, ==, 0);
    assert_takes("a", "1 2 ");
    g_assert_cmpuint(state_of(&a, "a").cursor, ==, 2);
    end(&a);
}

static gboolean answer_late(void *user)
{
    *(bool *)user = true;
    answer(204, 0);
    return G_SOURCE_REMOVE;
}

/* At the end nothing more is sent, and what is under way may still be answered. */
static void test_the_end_waits_for_answers(void)
{
    All a;
    bool answered = false;
    begin(&a, WAY("a") "connections = 1\n" TO("a"), "**");
    await(1);
    g_idle_add(answer_late, &answered);
    gint64 began = g_get_monotonic_time();
    ht_delivery_free(a.delivery);
    g_assert_cmpint(g_get_monotonic_time() - began, <, G_USEC_PER_SEC);
    g_assert_true(answered);
    g_assert_cmpuint(posts, ==, 1);
    g_assert_cmpuint(spool.cursor, ==, 1);
    ht_config_free(a.config);
    ht_dictionary_free(a.dictionary);
    end_play();
}

static void note_end(void *user)
{
    ++*(unsigned *)user;
}

/* An endpoint that never answers holds up the end for a second, and no longer. */
static void test_the_end_does_not_wait_for_ever(void)
{
    All a;
    unsigned dropped = 0;
    begin(&a, WAY("a") TO("a"), "*");
    await(1);
    Request *request = requests->pdata[0];
    void (*drop)(void *user) = request->drop;
    void *user = request->user;
    request->drop = note_end;
    request->user = &dropped;
    gint64 began = g_get_monotonic_time();
    ht_delivery_free(a.delivery);
    drop(user);
    g_assert_cmpint(g_get_monotonic_time() - began, >=, G_USEC_PER_SEC);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 10 * G_USEC_PER_SEC);
    g_assert_cmpuint(dropped, ==, 1);
    g_assert_cmpuint(spool.cursor, ==, 0);
    ht_config_free(a.config);
    ht_dictionary_free(a.dictionary);
    end_play();
}

/* ---- Pages ---- */

typedef struct {
    HtPageCall call;
    unsigned status;
    char *body; /* or the refusal's code */
    bool streams;
} Asked;

static void take_answer(HtPageCall *call, HtPageAnswer *answer)
{
    Asked *asked = (Asked *)call;
    asked->status = answer->status;
    asked->body = g_strndup(answer->body.data, answer->body.size);
    ht_buffer_clear(&answer->body);
}

static void take_refusal(HtPageCall *call, const HtRefusal *refusal)
{
    Asked *asked = (Asked *)call;
    asked->status = refusal->status;
    asked->body = g_strdup(refusal->code);
}

static const char *find_header(const HtPageCall *call, const char *name)
{
    return call->body.size > 0 && g_str_equal(name, "Content-Type") ? "application/json" : NULL;
}

static const char *find_query(const HtPageCall *call, const char *name)
{
    (void)call, (void)name;
    return NULL;
}

static void begin_stream(HtPageCall *call, HtPageAnswer *head)
{
    Asked *asked = (Asked *)call;
    asked->streams = true;
    asked->status = head->status;
}

static void take_piece(HtPageCall *call, HtText text)
{
    (void)call, (void)text;
}

static void take_end(HtPageCall *call)
{
    (void)call;
}

static void ask_page(const HtPages *pages, const char *path, const char *body, unsigned status,
                     const char *answer)
{
    static const HtPageWays ways = {take_answer,  take_refusal, find_header, find_query,
                                    begin_stream, take_piece,   take_end};
    HtPageMethod method = body ? HT_PAGE_POST : HT_PAGE_TAKE;
    HtPageMatch match;
    g_test_message("%s", path);
    g_assert_true(ht_pages_find(pages, path, &match));
    g_assert_nonnull(match.pages[method]);
    Asked asked = {
        .call = {
            .ways = &ways, .party = match.party, .name = match.name, .body = ht_text_from(body ? body : "")}};
    match.pages[method]->serve(&asked.call, match.users[method]);
    while (asked.status == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpuint(asked.status, ==, status);
    g_assert_true(answer ? strstr(asked.body, answer) != NULL : asked.streams);
    if (asked.call.ended) {
        asked.call.ended(&asked.call, true);
    }
    g_free(asked.body);
    ht_page_match_clear(&match);
}

/* Each says of the events what its name says; nobody else's way out is asked. */
static void test_each_page_does_what_its_name_says(void)
{
    static const char *const pulled[] = {"/out/a", "/out/a/stream", "/out/a/ack", "/out/a/retry",
                                         "/out/a/refuse"};
    All a;
    begin(&a, "[consumer p]\ntype = pull\n" WAY("a") TO("p;a"), "***");
    g_autoptr(HtPages) pages = ht_pages_new(a.config, NULL);
    ht_delivery_add_pages(a.delivery, pages);
    run_until_idle();
    ask_page(pages, "/out/p", NULL, 200, "00000000000000000003\"");
    ask_page(pages, "/out/p/ack", "{\"sequences\":[1]}", 200, "{\"acknowledged\":1");
    ask_page(pages, "/out/p/retry", "{\"sequences\":[2]}", 200, "{\"givenBack\":1");
    ask_page(pages, "/out/p/refuse", "{\"sequences\":[3]}", 200, "{\"refused\":1");
    ask_page(pages, "/out/p/stream", NULL, 200, NULL);
    ask_page(pages, "/out/p/confirm", NULL, 404, "not-validated");
    ask_page(pages, "/out/a/confirm", NULL, 404, "not-validated");
    ask_page(pages, "/out/a/confirm", "x", 404, "not-validated");
    ask_page(pages, "/out/nobody/confirm", NULL, 404, "not-validated");
    for (unsigned i = 0; i < G_N_ELEMENTS(pulled); i++) {
        ask_page(pages, pulled[i], i > 1 ? "{\"sequences\":[1]}" : NULL, 404, "not-pulled");
    }
    g_assert_cmpuint(state_of(&a, "p").delivered, ==, 1);
    g_assert_cmpuint(state_of(&a, "p").dead, ==, 1);
    end(&a);
}

/* ---- What an administrator does ---- */

static void test_only_what_holds_up_its_person_is_skipped(void)
{
    All a;
    HtStoredEvent poison = {.sequence = 1}, later = {.sequence = 2}, other = {.sequence = 3},
                  none = {.sequence = 9};
    begin(
        &a,
        WAY("a") "retry-first = 1h\nretry-max = 1h\nconnections = 1\norder = strict\ndead-max = 1\n" TO("a"),
        "aab");
    poison.event.attr[HT_ATTR_SOURCE] = HT_TEXT_LITERAL("s");
    poison.event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    await(1);
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "a", &poison, "x"), "under way"));
    g_free(answer_at_path("a", 422));
    assert_takes("a", "3 ");
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "a", &later, "x"), "has not failed"));
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "a", &other, "x"), "has not failed"));
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "a", &none, "x"), "has not failed"));
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "b", &poison, "x"), "no consumer of this name"));
    spool.letters = 1;
    g_assert_nonnull(strstr(ht_delivery_skip(a.delivery, "a", &poison, "x"), "dead-max"));
    g_assert_cmpstr(spool.dead->str, ==, "");
    spool.letters = 0;
    g_assert_null(ht_delivery_skip(a.delivery, "a", &poison, "wrong since May"));
    g_assert_cmpstr(spool.dead->str, ==, "1:1 ");
    g_assert_cmpstr(spool.reason, ==, "skipped by an administrator: wrong since May");
    assert_takes("a", "2 ");
    g_assert_cmpuint(state_of(&a, "a").dead, ==, 1);
    g_assert_cmpuint(state_of(&a, "a").delivered, ==, 2);
    g_assert_cmpuint(state_of(&a, "a").cursor, ==, 3);
    end(&a);
}

typedef struct {
    unsigned times;
    bool dropped, has_id;
    HtSentKind kind;
    char *reason;
} Tested;

static void note_test(const HtUuid *id, const HtSent *sent, void *user)
{
    Tested *tested = user;
    static const HtUuid none;
    tested->times++;
    tested->dropped = sent == NULL;
    tested->has_id = memcmp(id, &none, sizeof none) != 0;
    tested->kind = sent ? sent->kind : HT_SENT_BACK;
    tested->reason = g_strdup(sent ? sent->reason : NULL);
}

static void test_a_test_event_is_nobodys(void)
{
    All a;
    Tested tested = {0}, dropped = {0};
    begin(&a, WAY("a") TO("a"), "");
    g_assert_null(ht_delivery_test(a.delivery, "a", note_test, &tested));
    g_assert_cmpstr(((const Request *)requests->pdata[0])->events, ==, "0 ");
    g_free(answer_at_path("a", 422));
    g_assert_cmpuint(tested.times, ==, 1);
    g_assert_true(tested.has_id);
    g_assert_cmpint(tested.kind, ==, HT_SENT_REFUSED);
    g_assert_cmpstr(tested.reason, ==, "HTTP 422");
    g_assert_cmpuint(state_of(&a, "a").attempts + state_of(&a, "a").dead, ==, 0);
    g_assert_nonnull(
        strstr(ht_delivery_test(a.delivery, "x", note_test, &tested), "no consumer of this name"));
    g_assert_null(ht_delivery_test(a.delivery, "a", note_test, &dropped));
    ht_delivery_free(a.delivery); /* its way out ends first */
    g_assert_cmpuint(dropped.times, ==, 1);
    g_assert_true(dropped.dropped);
    g_free(tested.reason);
    ht_config_free(a.config);
    ht_dictionary_free(a.dictionary);
    end_play();
}

static void test_a_test_event_by_each_way(void)
{
    All a;
    Tested tested = {0}, failed = {0};
    g_autofree char *folder = g_dir_make_tmp("hutong-test-event-XXXXXX", NULL);
    g_autofree char *sections = g_strconcat("[consumer f]\ntype = file\ndirectory = ", folder,
                                            "\n[consumer p]\ntype = pull\n" TO("f;p"), NULL);
    begin(&a, sections, "");
    g_assert_nonnull(strstr(ht_delivery_test(a.delivery, "p", note_test, &tested), "fetches"));
    g_assert_null(ht_delivery_test(a.delivery, "f", note_test, &tested));
    while (tested.times == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(tested.kind, ==, HT_SENT_TAKEN);
    g_assert_cmpstr(tested.reason, ==, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned found = 0;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        if (g_str_has_prefix(name, "f.test-") && g_str_has_suffix(name, ".jsonl")) {
            g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
            g_assert_nonnull(strstr(text, "\"bus.test.v1\""));
            g_assert_true(g_str_has_suffix(text, "}\n") && strchr(text, '\n') == text + strlen(text) - 1);
            found++;
        }
        g_unlink(path);
    }
    g_assert_cmpuint(found, ==, 1);
    g_rmdir(folder);
    g_assert_null(ht_delivery_test(a.delivery, "f", note_test, &failed));
    while (failed.times == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(failed.kind, ==, HT_SENT_REST);
    g_assert_nonnull(failed.reason);
    g_free(failed.reason);
    end(&a);
}

/* ---- Who is told of what goes out ---- */

typedef struct {
    bool allows, records;
    unsigned events;
    int64_t replay;
} Book;

static bool book_allows(void *user, const HtPolicy *policy)
{
    g_assert_nonnull(policy);
    return ((const Book *)user)->allows;
}

static bool book_record(void *user, const HtGiven *given)
{
    Book *book = user;
    g_assert_cmpstr(given->consumer->name, ==, "a");
    g_assert_nonnull(given->policy);
    if (book->records) {
        book->events += given->events->len;
        book->replay = given->replay;
    }
    return book->records;
}

/* Whether nothing may be picked, or what was picked cannot be written down: it does not go, is as it was, and goes when it can. */
static void test_nothing_goes_out_unrecorded(void)
{
    for (unsigned i = 0; i < 2; i++) {
        All a;
        Book book = {.allows = i == 0, .records = i == 1};
        HtAccessRecorder recorder = {book_record, book_allows, &book};
        HtSpoolReplay replay = replay_of(2, "", "");
        play("**");
        open_all(&a, WAY("a") "connections = 1\n" TO("a"), &recorder);
        run_until_idle();
        g_assert_cmpuint(posts, ==, 0);
        g_assert_cmpstr(state_of(&a, "a").state, ==, "stopped");
        g_assert_cmpstr(state_of(&a, "a").last_error, ==, "the audit log cannot be written");
        book.allows = book.records = true;
        ht_delivery_wake(a.delivery, 2);
        assert_takes("a", "1 2 ");
        g_assert_cmpuint(book.events, ==, 2);
        g_assert_cmpint(book.replay, ==, 0);
        g_assert_cmpuint(state_of(&a, "a").attempts, ==, 2);
        g_assert_cmpstr(state_of(&a, "a").state, ==, "idle");
        g_assert_cmpstr(state_of(&a, "a").last_error, ==, NULL);
        begin_replay(&a, &replay);
        assert_takes("a", "1 2 ");
        g_assert_cmpuint(book.events, ==, 4);
        g_assert_cmpint(book.replay, ==, 1);
        end(&a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/consumers/every-problem-is-told-at-once", test_every_problem_is_told_at_once);
    g_test_add_func("/consumers/each-is-found-by-its-name", test_each_is_found_by_its_name);
    g_test_add_func("/consumers/each-gets-all-that-goes-to-it", test_each_gets_all_that_goes_to_it);
    g_test_add_func("/consumers/the-end-waits-for-answers", test_the_end_waits_for_answers);
    g_test_add_func("/consumers/the-end-does-not-wait-for-ever", test_the_end_does_not_wait_for_ever);
    g_test_add_func("/consumers/each-page-does-what-its-name-says", test_each_page_does_what_its_name_says);
    g_test_add_func("/consumers/only-what-holds-up-its-person-is-skipped",
                    test_only_what_holds_up_its_person_is_skipped);
    g_test_add_func("/consumers/test-event/is-nobodys", test_a_test_event_is_nobodys);
    g_test_add_func("/consumers/test-event/by-each-way", test_a_test_event_by_each_way);
    g_test_add_func("/consumers/nothing-goes-out-unrecorded", test_nothing_goes_out_unrecorded);
    return g_test_run();
}
