/* The spool, the network and the consumer of a test, see consumer-harness.h. One at a time in a program. */
#include "tests/lib/consumer-harness.h"

#include "core/base/log.h"
#include "tests/lib/data.h"

#include <glib/gstdio.h>

#define POSTS_MOST 15000 /* more than most tests need: nothing may be sent again and again without a pause */
#define OWN_SIZE 16      /* of a subject of its own */

/* ---- The spool: one event for each letter of `persons`, which names whom it is about; each * is somebody else ---- */

TestSpool spool;

uint64_t ht_spool_last_sequence(HtSpool *none)
{
    (void)none;
    return strlen(spool.persons);
}

void ht_spool_page_free(HtSpoolPage *page)
{
    if (page->shared > 0) {
        page->shared--;
        return;
    }
    spool.held -= page->events->len;
    g_ptr_array_unref(page->events);
    g_free(page);
}

HtSpoolPage *ht_spool_recent(HtSpool *none, uint64_t after)
{
    (void)none, (void)after;
    return NULL;
}

typedef struct {
    HtSpoolPage *page;
    HtSpoolPageDone done;
    void *user;
} Reading;

static gboolean end_reading(void *user)
{
    Reading *reading = user;
    g_autoptr(GError) error = NULL;
    if (spool.bad_reads > 0) {
        spool.bad_reads--;
        ht_spool_page_free(reading->page);
        error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "spool: the disk does not answer");
    }
    reading->done(error ? NULL : reading->page, error, reading->user);
    g_free(reading);
    return G_SOURCE_REMOVE;
}

static HtStoredEvent *make_event(uint64_t sequence)
{
    HtStoredEvent *event = g_malloc0(sizeof *event + spool.data_bytes + OWN_SIZE);
    char *own = (char *)(event + 1) + spool.data_bytes;
    event->sequence = sequence;
    event->id.bytes[HT_UUID_SIZE - 1] = (uint8_t)sequence;
    event->subject = (HtText){spool.persons + sequence - 1, 1};
    if (spool.persons[sequence - 1] == '*') {
        event->subject = (HtText){own, (size_t)g_snprintf(own, OWN_SIZE, "%u", (unsigned)sequence)};
    }
    bool is_alert = strchr("!?", spool.persons[sequence - 1]) != NULL;
    event->event.attr[HT_ATTR_TYPE] =
        is_alert ? HT_TEXT_LITERAL("alert.issued.v1") : HT_TEXT_LITERAL("person.died.v1");
    event->event.data = (HtText){(char *)(event + 1), spool.data_bytes};
    return event;
}

void ht_spool_read(HtSpool *none, uint64_t after, unsigned limit, size_t limit_bytes, HtSpoolPageDone done,
                   void *user)
{
    (void)none;
    spool.reads++;
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){g_new0(HtSpoolPage, 1), done, user};
    reading->page->events = g_ptr_array_new_with_free_func(g_free);
    size_t bytes = 0;
    for (; spool.persons[after] && reading->page->events->len < limit && bytes < limit_bytes; after++) {
        g_ptr_array_add(reading->page->events, make_event(after + 1));
        bytes += spool.data_bytes;
    }
    spool.read_to = after;
    spool.held += reading->page->events->len;
    g_idle_add(end_reading, reading);
}

/* What is on disk for one name. A replay is from the beginning. */
typedef struct {
    uint64_t cursor, counted;
    GArray *finished;
} TestCursor;

static void free_cursor(void *data)
{
    TestCursor *cursor = data;
    g_array_unref(cursor->finished);
    g_free(cursor);
}

static TestCursor *cursor_of(const char *consumer)
{
    return g_hash_table_lookup(spool.cursors, consumer);
}

bool ht_spool_cursor_open(HtSpool *none, const char *consumer, uint64_t initial, uint64_t *cursor,
                          GError **error)
{
    (void)none;
    if (spool.bad_cursors > 0) {
        spool.bad_cursors--;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "spool: no cursor");
        return false;
    }
    if (!cursor_of(consumer)) {
        TestCursor *made = g_new0(TestCursor, 1);
        *made = (TestCursor){strchr(consumer, '/') ? 0 : initial, 0,
                             g_array_new(FALSE, FALSE, sizeof(HtSpoolRun))};
        g_hash_table_insert(spool.cursors, g_strdup(consumer), made);
    }
    *cursor = cursor_of(consumer)->cursor;
    return true;
}

GArray *ht_spool_cursor_finished(HtSpool *none, const char *consumer)
{
    (void)none;
    return g_array_copy(cursor_of(consumer)->finished);
}

uint64_t ht_spool_cursor_counted(HtSpool *none, const char *consumer)
{
    (void)none;
    return cursor_of(consumer)->counted;
}

void ht_spool_cursor_count(HtSpool *none, const char *consumer, uint64_t wanted)
{
    (void)none;
    cursor_of(consumer)->counted = wanted;
}

/* Of a replay only the cursor is kept. */
void ht_spool_cursor_move(HtSpool *none, const char *consumer, uint64_t cursor, const GArray *finished)
{
    TestCursor *moved = cursor_of(consumer);
    (void)none;
    g_assert_cmpuint(cursor, >=, moved->cursor);
    moved->cursor = cursor;
    g_array_set_size(moved->finished, 0);
    g_array_append_vals(moved->finished, finished->data, finished->len);
    if (strchr(consumer, '/')) {
        return;
    }
    spool.cursor = cursor;
    spool.above = 0;
    for (unsigned i = 0; i < finished->len; i++) {
        const HtSpoolRun *run = &g_array_index(finished, HtSpoolRun, i);
        spool.above += run->last - run->first + 1;
    }
}

void ht_spool_dead_letter(HtSpool *none, const char *consumer, const HtSpoolLetter *letter)
{
    (void)none, (void)consumer;
    g_string_append_printf(spool.dead, "%u:%u ", (unsigned)letter->sequence, letter->attempts);
    g_free(spool.reason);
    spool.reason = g_strdup(letter->reason);
    spool.letters++;
    spool.letter_replay = letter->replay;
}

uint64_t ht_spool_dead_count(HtSpool *none, const char *consumer)
{
    (void)none, (void)consumer;
    return spool.letters;
}

bool ht_spool_dead_has(HtSpool *none, const char *consumer, uint64_t sequence)
{
    (void)none, (void)consumer, (void)sequence;
    return false;
}

bool ht_spool_dead_remove(HtSpool *none, const char *consumer, uint64_t sequence)
{
    (void)none, (void)consumer;
    bool was = sequence > 0 && sequence == spool.letter;
    spool.letter = was ? 0 : spool.letter;
    return was;
}

void ht_spool_pause(HtSpool *none, HtSpoolParty party, const char *name, const HtSpoolPause *pause)
{
    (void)none, (void)name;
    g_assert_cmpint(party, ==, HT_SPOOL_CONSUMER);
    spool.pause = *pause;
}

/* Any route but "open" is paused while `routes_paused`. */
const HtSpoolPause *ht_spool_paused(HtSpool *none, HtSpoolParty party, const char *name)
{
    static const HtSpoolPause of_route = {.kind = HT_SPOOL_PAUSE_ADMIN};
    (void)none;
    if (party == HT_SPOOL_ROUTE) {
        return spool.routes_paused && !g_str_equal(name, "open") ? &of_route : NULL;
    }
    return spool.pause.kind == HT_SPOOL_PAUSE_NONE ? NULL : &spool.pause;
}

uint64_t ht_spool_pause_turn(HtSpool *none)
{
    (void)none;
    return spool.pause_turn + 1;
}

unsigned ht_spool_pauses(HtSpool *none, HtSpoolParty party)
{
    (void)none;
    return party == HT_SPOOL_ROUTE && spool.routes_paused;
}

/* ---- Its commits ---- */

typedef struct {
    void (*done)(const GError *error, void *user);
    void *user;
} Commit;

static Commit *held_commit;

static gboolean end_commit(void *user)
{
    g_autofree Commit *commit = user;
    commit->done(NULL, commit->user);
    return G_SOURCE_REMOVE;
}

void ht_spool_settle(HtSpool *none, void (*done)(const GError *error, void *user), void *user)
{
    (void)none;
    Commit *commit = g_new(Commit, 1);
    *commit = (Commit){done, user};
    spool.commits++;
    if (spool.holds_commits) {
        g_assert_null(held_commit); /* one at a time, for all that wait */
        held_commit = commit;
    } else {
        g_idle_add(end_commit, commit);
    }
}

void release_commit(const GError *error)
{
    g_autofree Commit *commit = g_steal_pointer(&held_commit);
    commit->done(error, commit->user);
}

char *ht_spool_replay_cursor(const HtSpoolReplay *replay)
{
    return g_strdup_printf("%s/%d", replay->consumer, (int)replay->id);
}

void ht_spool_replay_note(HtSpool *none, const HtSpoolReplay *replay)
{
    (void)none, (void)replay;
    spool.replay_notes++;
}

const GPtrArray *ht_spool_replays(HtSpool *none)
{
    (void)none;
    return spool.replays;
}

/* ---- The network: requests wait here until the test answers ---- */

GPtrArray *requests;

unsigned posts, signed_posts;

unsigned posts_most = POSTS_MOST;

static void free_request(void *data)
{
    Request *request = data;
    if (request->drop) {
        request->drop(request->user);
    }
    g_free(request->events);
    g_free(request->url);
    g_free(request->method);
    g_free(request->headers);
    g_free(request);
}

HtSender *ht_sender_new(void)
{
    return (HtSender *)&requests;
}

void ht_sender_free(HtSender *none)
{
    (void)none;
    g_ptr_array_set_size(requests, 0);
}

HtBuffer ht_sender_body(HtSender *none)
{
    (void)none;
    return (HtBuffer){0};
}

void ht_sender_post(HtSender *none, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                    void *user)
{
    (void)none;
    static const char key[] = "\"sequence\":\"";
    g_autoptr(GString) events = g_string_new(NULL);
    ht_buffer_add_char(&post->body, '\0');
    for (const char *at = post->body.data; (at = strstr(at, key)); at++) {
        g_string_append_printf(events, "%u ", (unsigned)g_ascii_strtoull(at + strlen(key), NULL, 10));
    }
    ht_buffer_clear(&post->body);
    Request *request = g_new0(Request, 1);
    *request = (Request){g_strdup(events->str),
                         g_strdup(post->url),
                         g_strdup(post->method ? post->method : "POST"),
                         post->headers ? g_strjoinv("\n", (char **)post->headers) : g_strdup(""),
                         done,
                         post->drop,
                         user};
    g_ptr_array_add(requests, request);
    posts++;
    signed_posts += post->headers && post->headers[0] && post->headers[1] && post->headers[2] &&
                    g_str_has_prefix(post->headers[2], "webhook-signature: v1,");
}

void answer_at(unsigned index, const HtPosted *posted)
{
    Request *request = g_ptr_array_steal_index(requests, index);
    g_assert_cmpuint(posts, <, posts_most);
    request->drop = NULL;
    request->done(posted, request->user);
    free_request(request);
}

void answer_with(const HtPosted *posted)
{
    answer_at(0, posted);
}

void answer(long status, uint64_t retry_after_ms)
{
    HtPosted posted = {.status = MAX(status, 0),
                       .error = status > 0 ? NULL : "Couldn't connect to server",
                       .unsent = status == UNREACHED,
                       .retry_after_ms = retry_after_ms,
                       .body = HT_TEXT_LITERAL("no: \33[31m990104 19800101 9915 is wrong")};
    answer_with(&posted);
}

bool holds(const char *events, unsigned sequence)
{
    g_autofree char *padded = g_strdup_printf(" %s", events);
    g_autofree char *wanted = g_strdup_printf(" %u ", sequence);
    return strstr(padded, wanted) != NULL;
}

/* ---- The consumer ---- */

static HtConfig *config_of(const char *keys)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-consumer-XXXXXX", NULL);
    g_close(g_mkstemp(path), NULL);
    g_autofree char *text =
        g_strdup_printf("[bus]\nname = b\n[source s]\ndepartment = police\nadapter = xml\nmapping = m\n"
                        "[consumer c]\n%s%s%s[route r]\nto = c\n",
                        strstr(keys, "type =") ? "" : "type = webhook\nurl = http://127.0.0.1/\n",
                        strstr(keys, "retry") ? "" : "retry-first = 10ms\nretry-max = 40ms\n", keys);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConfig *config = ht_config_load(path, errors);
    g_unlink(path);
    g_assert_cmpstr(errors->str, ==, "");
    return config;
}

void play(const char *persons)
{
    spool.persons = persons;
    spool.read_to = spool.cursor = 0;
    spool.reads = 0;
    spool.letters = spool.letter = spool.commits = 0;
    spool.holds_commits = false;
    spool.pause.kind = HT_SPOOL_PAUSE_NONE;
    spool.routes_paused = false;
    spool.cursors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cursor);
    spool.replays = g_ptr_array_new();
    spool.replay_notes = spool.bad_cursors = 0;
    spool.dead = g_string_new(NULL);
    requests = g_ptr_array_new_with_free_func(free_request);
    posts = signed_posts = 0;
    posts_most = POSTS_MOST;
}

void end_play(void)
{
    g_ptr_array_unref(requests);
    g_hash_table_unref(spool.cursors);
    g_ptr_array_unref(spool.replays);
    g_string_free(spool.dead, TRUE);
    g_clear_pointer(&spool.reason, g_free);
    spool.data_bytes = 0;
}

void start(Fixture *f, const char *keys, const char *persons)
{
    play(persons);
    f->dictionary = test_dictionary();
    f->config = config_of(keys);
    f->options = (HtDeliveryOptions){.config = f->config, .dictionary = f->dictionary};
    g_autoptr(GString) errors = g_string_new(NULL);
    f->consumer = ht_consumer_new(f->config->consumers->pdata[0], &f->options, NULL, NULL, errors);
    g_assert_cmpstr(errors->str, ==, "");
}

void stop(Fixture *f)
{
    ht_consumer_stop(f->consumer);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    g_ptr_array_set_size(requests, 0);
    ht_consumer_free(f->consumer);
    ht_config_free(f->config);
    ht_dictionary_free(f->dictionary);
    end_play();
}

gboolean fail_late(void *user)
{
    (void)user;
    g_assert_cmpstr("no request", ==, "a request");
    return G_SOURCE_REMOVE;
}

void await(unsigned under_way)
{
    guint deadline = g_timeout_add_seconds(DEADLINE_S, fail_late, NULL);
    while (requests->len < under_way) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(deadline);
}

void run_until_idle(void)
{
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

HtConsumerStatus status_of(const Fixture *f)
{
    HtConsumerStatus status;
    ht_consumer_status(f->consumer, &status);
    return status;
}

void serve(Fixture *f, unsigned poison, long status, uint64_t delivered)
{
    while (status_of(f).delivered < delivered) {
        await(1);
        Request *first = requests->pdata[0];
        answer(holds(first->events, poison) ? status : 204, 0);
    }
}
