/* A disk that fails to read a part of the spool: after some tries what stands there is set aside, and the rest goes on. One that reads nothing at
 * all is waited for, whatever it takes.
 *
 * Kind: fault.
 * Shows: what can be read of a damaged spool is saved, the rest is listed, and no number is given out twice. */
#include "tests/lib/crash-vfs.h"
#include "tests/lib/spool-test.h"

#define EVENTS 120
#define BAD 60
#define TRIES_MAX 50

static char padding[2000];

static void append_some(Place *place)
{
    for (unsigned i = 1; i <= EVENTS; i++) {
        g_autofree char *key = g_strdup_printf("eio-%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        HtEvent *event = message_add(message, message->key.data);
        g_autofree char *mark = g_strdup_printf("marker-%u-%s", i, padding);
        HtItem item = {.kind = HT_ITEM_ELEMENT,
                       .name = HT_TEXT_LITERAL("person.note"),
                       .value = ht_text_from(keep_text(mark))};
        HtBuffer data = {0};
        ht_item_pack(&data, &item);
        static GStringChunk *kept;
        kept = kept ? kept : g_string_chunk_new(65536);
        event->data = (HtText){g_string_chunk_insert_len(kept, data.data, (gssize)data.size), data.size};
        ht_buffer_clear(&data);
        spool_take_well(place->spool, message);
    }
}

/* Where the event stands in the file. */
static sqlite3_int64 find(const Place *place, unsigned event)
{
    g_autofree char *text = NULL, *mark = g_strdup_printf("marker-%u-", event);
    gsize size;
    g_assert_true(g_file_get_contents(place->path, &text, &size, NULL));
    const char *at = memmem(text, size, mark, strlen(mark));
    g_assert_nonnull(at);
    return at - text;
}

typedef struct {
    bool done;
    HtSpoolPage *page;
    bool failed;
} Asked;

static void on_page(HtSpoolPage *page, const GError *error, void *user)
{
    Asked *asked = user;
    *asked = (Asked){true, page, error != NULL};
    g_assert_true(!error || g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO));
}

/* NULL: the disk failed. */
static HtSpoolPage *ask(Place *place, uint64_t after)
{
    Asked asked = {false, NULL, false};
    ht_spool_read(place->spool, after, 10, 1 << 20, on_page, &asked);
    while (!asked.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_true((asked.page == NULL) == asked.failed);
    return asked.page;
}

static void open_with_a_bad_part(Place *place, bool all)
{
    place_set_up(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF; /* markers are looked for in the file */
    place->options.limits.recent_bytes = 0;
    ht_spool_hooks.patience_us = 0;
    shim_install(true);
    shim_reset();
    place_open(place);
    append_some(place);
    place_close(place);
    sqlite3_int64 at = find(place, BAD);
    place_open(place);
    shim.bad_from = all ? 0 : at;
    shim.bad_to = all ? INT64_MAX : at + 1;
}

static void clean_up(Place *place)
{
    shim.bad_from = shim.bad_to = 0;
    place_remove(place);
    shim_reset();
    shim_install(false);
    ht_spool_hooks.patience_us = HT_SPOOL_PATIENCE_US;
}

static void test_what_cannot_be_read_is_set_aside(void)
{
    Place place;
    unsigned whole = 0, lost = 0, failed = 0;
    open_with_a_bad_part(&place, false);
    for (uint64_t after = 0; after < EVENTS;) {
        HtSpoolPage *page = ask(&place, after);
        if (!page) {
            g_assert_cmpuint(++failed, <, TRIES_MAX);
            continue;
        }
        for (guint i = 0; i < page->events->len; i++) {
            const HtStoredEvent *event = page_event(page, i);
            g_assert_cmpuint(event->sequence, ==, ++after);
            whole += event->state == HT_STORED_WHOLE;
            lost += event->state == HT_STORED_LOST;
        }
        ht_spool_page_free(page);
    }
    g_assert_cmpuint(failed, >, 1); /* not at once */
    g_assert_cmpuint(lost, >=, 1);
    g_assert_cmpuint(lost, <, 5);
    g_assert_cmpuint(whole + lost, ==, EVENTS);
    uint64_t cursor; /* waits for a commit */
    g_assert_true(ht_spool_cursor_open(place.spool, "platform", 0, &cursor, NULL));
    HtSpoolStatus status;
    ht_spool_status(place.spool, &status);
    g_assert_cmpuint(status.damaged, ==, lost);
    g_assert_false(status.failed);
    clean_up(&place);
}

static void test_a_disk_that_reads_nothing_is_waited_for(void)
{
    Place place;
    open_with_a_bad_part(&place, true);
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        g_assert_null(ask(&place, BAD));
    }
    shim.bad_from = shim.bad_to = 0;
    HtSpoolPage *page = ask(&place, BAD);
    g_assert_nonnull(page);
    g_assert_cmpint(page_event(page, 0)->state, ==, HT_STORED_WHOLE);
    ht_spool_page_free(page);
    HtSpoolStatus status;
    ht_spool_status(place.spool, &status);
    g_assert_cmpuint(status.damaged, ==, 0);
    clean_up(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    memset(padding, 'x', sizeof padding - 1);
    g_test_add_func("/spool/eio/what-cannot-be-read-is-set-aside", test_what_cannot_be_read_is_set_aside);
    g_test_add_func("/spool/eio/a-disk-that-reads-nothing-is-waited-for",
                    test_a_disk_that_reads_nothing_is_waited_for);
    return g_test_run();
}
