/* What was committed last, shared by all who are at the end. */
#include "spool/tail.h"
#include "tests/lib/spool-test.h"

typedef void (*Test)(Place *place, gconstpointer unused);

static HtReceipt take(Place *place, unsigned number)
{
    g_autofree char *key = g_strdup_printf("m%u", number);
    HtSpoolMessage *message = message_new("hukou", keep_text(key));
    message_add(message, keep_text(key))->data = HT_TEXT_LITERAL("packed");
    return spool_take_well(place->spool, message);
}

static void assert_same(const HtSpoolPage *page, const HtSpoolPage *read)
{
    g_assert_cmpuint(page->events->len, ==, read->events->len);
    for (guint i = 0; i < page->events->len; i++) {
        const HtStoredEvent *event = page_event(page, i), *other = page_event(read, i);
        g_assert_cmpuint(event->sequence, ==, other->sequence);
        g_assert_cmpint(event->state, ==, HT_STORED_WHOLE);
        g_assert_cmpint(event->recorded_us, ==, other->recorded_us);
        g_assert_cmpmem(&event->id, sizeof event->id, &other->id, sizeof other->id);
        g_assert_true(ht_text_equal(event->subject, other->subject));
        g_assert_true(ht_text_equal(event->event.data, other->event.data));
    }
}

static void test_one_page_is_everybodys(Place *place, gconstpointer unused)
{
    (void)unused;
    take(place, 1);
    HtSpoolPage *page = ht_spool_recent(place->spool, 0), *again = ht_spool_recent(place->spool, 0);
    HtSpoolPage *read = spool_page(place->spool, 0, 10, 1 << 20);
    g_assert_true(page && page == again);
    assert_same(page, read);
    g_assert_null(ht_spool_recent(place->spool, 1));
    ht_spool_page_free(page);
    assert_same(again, read);
    ht_spool_page_free(again);
    ht_spool_page_free(read);
}

static void test_a_page_outlives_its_place_in_memory(Place *place, gconstpointer unused)
{
    (void)unused;
    place_close(place);
    place->options.limits.recent_bytes = 2000;
    place_open(place);
    take(place, 1);
    HtSpoolPage *page = ht_spool_recent(place->spool, 0);
    for (unsigned i = 2; i < 20; i++) {
        take(place, i);
    }
    HtSpoolPage *last = ht_spool_recent(place->spool, 18);
    g_assert_null(ht_spool_recent(place->spool, 0));
    g_assert_cmpuint(page_event(last, 0)->sequence, ==, 19);
    g_assert_true(ht_text_is(page_event(page, 0)->event.data, "packed"));
    ht_spool_page_free(last);
    ht_spool_page_free(page);
}

static void test_with_no_room_all_is_read(Place *place, gconstpointer unused)
{
    (void)unused;
    place_close(place);
    place->options.limits.recent_bytes = 0;
    place_open(place);
    take(place, 1);
    g_assert_null(ht_spool_recent(place->spool, 0));
    HtSpoolPage *read = spool_page(place->spool, 0, 10, 1 << 20);
    g_assert_cmpuint(read->events->len, ==, 1);
    ht_spool_page_free(read);
}

static void test_after_a_start_all_is_read(Place *place, gconstpointer unused)
{
    (void)unused;
    take(place, 1);
    place_close(place);
    place_open(place);
    g_assert_null(ht_spool_recent(place->spool, 0));
    take(place, 2);
    g_assert_null(ht_spool_recent(place->spool, 0));
    HtSpoolPage *page = ht_spool_recent(place->spool, 1);
    g_assert_cmpuint(page_event(page, 0)->sequence, ==, 2);
    ht_spool_page_free(page);
}

/* ---- The tail alone ---- */

static void add_row(HtSpoolTail *tail, uint64_t last, unsigned count)
{
    HtSpoolRowMaker maker = {0};
    HtBuffer bytes = {0}, head = {0};
    HtEvent event = {0};
    event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    ht_event_pack_head(&event, &head);
    ht_spool_row_begin(&maker, last);
    for (unsigned i = 0; i < count; i++) {
        HtSpoolRecord record = {.subject = HT_TEXT_LITERAL("s"), .head = ht_buffer_text(&head)};
        ht_spool_row_add(&maker, &record);
    }
    ht_spool_row_finish(&maker, &bytes);
    HtSpoolPlace place = {.last = last, .row = last, .count = count};
    ht_spool_tail_add(tail, &place, ht_buffer_text(&bytes));
    ht_spool_row_clear(&maker);
    ht_buffer_clear(&bytes);
    ht_buffer_clear(&head);
}

static void expect(HtSpoolTail *tail, uint64_t after, uint64_t first, unsigned count)
{
    HtSpoolPage *page = ht_spool_tail_page(tail, after);
    g_assert_cmpuint(page ? page->events->len : 0, ==, count);
    if (page) {
        g_assert_cmpuint(page_event(page, 0)->sequence, ==, first);
        ht_spool_page_free(page);
    }
}

static void test_what_is_not_committed_is_not_shown(void)
{
    g_autoptr(HtSpoolTail) tail = ht_spool_tail_new(1 << 20);
    add_row(tail, 3, 3);
    expect(tail, 0, 0, 0);
    ht_spool_tail_rolled_back(tail);
    add_row(tail, 2, 2);
    ht_spool_tail_committed(tail);
    expect(tail, 0, 1, 2);
    expect(tail, 1, 1, 2); /* the row as it is, with what comes before */
    expect(tail, 2, 0, 0);
}

static void test_what_nobody_asks_for_does_not_gather(void)
{
    g_autoptr(HtSpoolTail) tail = ht_spool_tail_new(10000);
    for (unsigned i = 1; i <= 1000; i++) {
        add_row(tail, i * 10, 10);
        ht_spool_tail_committed(tail);
    }
    expect(tail, 0, 0, 0);
    expect(tail, 9995, 9991, 10);
}

int main(int argc, char **argv)
{
    const struct {
        const char *path;
        Test test;
    } tests[] = {
        {"/spool/recent/one-page-is-everybodys", test_one_page_is_everybodys},
        {"/spool/recent/a-page-outlives-its-place-in-memory", test_a_page_outlives_its_place_in_memory},
        {"/spool/recent/with-no-room-all-is-read", test_with_no_room_all_is_read},
        {"/spool/recent/after-a-start-all-is-read", test_after_a_start_all_is_read},
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        place_add_open_test(tests[i].path, NULL, tests[i].test);
    }
    g_test_add_func("/spool/recent/what-is-not-committed-is-not-shown",
                    test_what_is_not_committed_is_not_shown);
    g_test_add_func("/spool/recent/what-nobody-asks-for-does-not-gather",
                    test_what_nobody_asks_for_does_not_gather);
    return g_test_run();
}
