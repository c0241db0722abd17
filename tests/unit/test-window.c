/* The window: which of a consumer's events may go next. */
#include "core/delivery/replay.h"
#include "core/delivery/webhook.h"
#include "tests/lib/window-harness.h"

static void test_persons_go_in_parallel_and_each_in_order(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    g_assert_cmpuint(ht_window_add(&window, page_of(1, "axbacb"), all_but_x, NULL), ==, 5);
    g_autoptr(GPtrArray) first = pick(&window, 2);
    assert_picked(first, "1 3");
    g_autoptr(GPtrArray) second = pick(&window, 9);
    assert_picked(second, "5"); /* a and b are under way */
    finish(&window, second);
    g_assert_false(ht_window_advance(&window));
    finish(&window, first);
    g_assert_true(ht_window_advance(&window));
    g_assert_cmpuint(window.cursor, ==, 3);
    g_assert_false(ht_window_advance(&window));
    g_autoptr(GPtrArray) third = pick(&window, 9);
    assert_picked(third, "4 6");
    finish(&window, third);
    g_assert_true(ht_window_advance(&window));
    g_assert_cmpuint(window.cursor, ==, 6);
    g_assert_cmpuint(window.waiting, ==, 0);
    ht_window_clear(&window);
}

static void test_an_event_that_must_go_alone_goes_alone(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "aabc"), all_but_x, NULL);
    g_autoptr(GPtrArray) batch = pick(&window, 9);
    assert_picked(batch, "1 2 3 4");
    for (unsigned i = 0; i < batch->len; i++) {
        ht_window_split(&window, batch->pdata[i], 1);
    }
    g_autoptr(GPtrArray) one = pick(&window, 9), two = pick(&window, 9);
    assert_picked(one, "1");
    assert_picked(two, "3"); /* 2 waits for 1: the same person */
    ht_window_clear(&window);
}

static void test_an_event_goes_in_no_larger_company_than_it_may(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "abcdefg"), all_but_x, NULL);
    g_autoptr(GPtrArray) batch = pick(&window, 6);
    for (unsigned i = 0; i < batch->len; i++) {
        ht_window_split(&window, batch->pdata[i], i == 1 ? 2 : i == 4 ? 3 : 6);
    }
    g_autoptr(GPtrArray) one = pick(&window, 9), two = pick(&window, 9), three = pick(&window, 9);
    assert_picked(one, "1 2");
    assert_picked(two, "3 4 5");
    assert_picked(three, "6"); /* what never failed goes in no such company */
    g_autoptr(GPtrArray) four = pick(&window, 9);
    assert_picked(four, "7");
    ht_window_clear(&window);
}

/* Read again, it is found damaged: its person goes on without it. */
static void test_an_absent_event_that_is_damaged_is_passed_over(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "aab"), all_but_x, NULL);
    g_autoptr(GPtrArray) first = pick(&window, 1);
    ht_window_wait(&window, first->pdata[0], HT_ENTRY_POISON, 2000);
    for (unsigned sequence = 1; sequence <= 2; sequence++) {
        g_assert_cmpuint(ht_window_absent(&window, 2000), ==, sequence);
        HtSpoolPage *page = page_of(sequence, "aab");
        ((HtStoredEvent *)page->events->pdata[0])->state = HT_STORED_DAMAGED;
        g_assert_true(ht_window_fill(&window, page));
        ht_window_assert(&window);
        g_assert_true(ht_window_advance(&window));
        g_assert_cmpuint(window.cursor, ==, sequence);
    }
    g_autoptr(GPtrArray) rest = pick(&window, 9);
    assert_picked(rest, "3");
    ht_window_clear(&window);
}

static void test_an_event_that_waits_for_its_time_holds_back_its_person(void)
{
    static const HtEntryState states[] = {HT_ENTRY_DOUBTED, HT_ENTRY_POISON};
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        HtWindow window;
        ht_window_init(&window, 0, NULL);
        ht_window_add(&window, page_of(1, "abab"), all_but_x, NULL);
        g_autoptr(GPtrArray) first = pick(&window, 1);
        ht_window_wait(&window, first->pdata[0], states[i], 2000);
        g_autoptr(GPtrArray) others = pick(&window, 9);
        assert_picked(others, "2 4");
        g_assert_cmpint(ht_window_due(&window), ==, 2000);
        bool absent = states[i] == HT_ENTRY_POISON;
        g_autoptr(GPtrArray) none = pick_at(&window, 9, 1999);
        g_assert_cmpuint(ht_window_absent(&window, 1999), ==, 0);
        g_assert_cmpuint(ht_window_absent(&window, 2000), ==, absent ? 1 : 0);
        g_assert_true(!absent || ht_window_fill(&window, page_of(1, "abab")));
        g_autoptr(GPtrArray) later = pick_at(&window, 9, 2000);
        assert_picked(none, "");
        assert_picked(later, "1"); /* alone */
        g_assert_cmpint(ht_window_due(&window), ==, INT64_MAX);
        ht_window_finish(&window, later->pdata[0]);
        g_assert_cmpuint(ht_window_absent(&window, 2000), ==, 3);
        g_assert_true(ht_window_fill(&window, page_of(3, "ab")));
        g_autoptr(GPtrArray) behind = pick(&window, 9);
        assert_picked(behind, "3");
        ht_window_clear(&window);
    }
}

static void test_what_never_failed_goes_before_what_did(void)
{
    HtWindow window;
    g_autofree char *persons = g_strdup("abcdefghijklmnopqrst");
    g_autoptr(GString) order = g_string_new(NULL);
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, persons), all_but_x, NULL);
    g_autoptr(GPtrArray) two = pick(&window, 2);
    ht_window_wait(&window, two->pdata[0], HT_ENTRY_DOUBTED, 700);
    ht_window_wait(&window, two->pdata[1], HT_ENTRY_DOUBTED, 600);
    while (window.waiting > 0) {
        g_autoptr(GPtrArray) one = pick(&window, 1);
        g_assert_cmpuint(one->len, ==, 1);
        g_string_append_c(order, persons[((HtEntry *)one->pdata[0])->sequence - 1]);
    }
    g_assert_cmpstr(order->str, ==, "cdefghbijklmnoapqrst"); /* which has one turn in eight */
    ht_window_clear(&window);
}

static void test_what_failed_alone_is_left_out_when_the_caller_says_so(void)
{
    HtWindow window;
    HtPick others = {9, 9, 1 << 20, 1000, false};
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "ab"), all_but_x, NULL);
    g_autoptr(GPtrArray) first = pick(&window, 1);
    ht_window_try_again(&window, first->pdata[0]);
    g_autoptr(GPtrArray) second = ht_window_pick(&window, &others), third = ht_window_pick(&window, &others);
    assert_picked(second, "2");
    assert_picked(third, "");
    ht_window_clear(&window);
}

static void test_a_sign_of_life_releases_what_is_doubted(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "abc"), all_but_x, NULL);
    g_autoptr(GPtrArray) all = pick(&window, 3);
    ht_window_wait(&window, all->pdata[0], HT_ENTRY_DOUBTED, 5000);
    ht_window_wait(&window, all->pdata[1], HT_ENTRY_POISON, 6000);
    ht_window_wait(&window, all->pdata[2], HT_ENTRY_DOUBTED, 4000);
    g_assert_cmpuint(ht_window_failing(&window), ==, 3);
    ht_window_release(&window);
    g_autoptr(GPtrArray) one = pick(&window, 9), two = pick(&window, 9), three = pick(&window, 9);
    assert_picked(one, "3");
    assert_picked(two, "1");
    assert_picked(three, "");
    g_assert_cmpuint(((HtEntry *)one->pdata[0])->chances, ==, 1);
    g_assert_cmpint(ht_window_due(&window), ==, 6000);
    ht_window_clear(&window);
}

static void test_a_probe_is_what_never_failed_from_anywhere(void)
{
    HtWindow window;
    bool seen[40] = {false};
    unsigned different = 0;
    for (unsigned i = 0; i < 60; i++) {
        g_autofree char *persons = g_strdup("ABCDEFGHIJKLMNOPQRSTUVWYZabcdefghijklmn");
        ht_window_init(&window, 0, NULL);
        ht_window_add(&window, page_of(1, persons), all_but_x, NULL);
        g_autoptr(GPtrArray) first = pick(&window, 1);
        ht_window_wait(&window, first->pdata[0], HT_ENTRY_DOUBTED, 500);
        g_autoptr(GPtrArray) probe = ht_window_pick_probe(&window);
        g_assert_cmpuint(probe->len, ==, 1);
        uint64_t sequence = ((HtEntry *)probe->pdata[0])->sequence;
        g_assert_cmpuint(sequence, >, 1);
        different += !seen[sequence];
        seen[sequence] = true;
        ht_window_clear(&window);
    }
    g_assert_cmpuint(different, >, 10);
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "ab"), all_but_x, NULL);
    g_autoptr(GPtrArray) both = pick(&window, 2);
    ht_window_wait(&window, both->pdata[0], HT_ENTRY_DOUBTED, 9000);
    ht_window_wait(&window, both->pdata[1], HT_ENTRY_DOUBTED, 8000);
    g_autoptr(GPtrArray) early = ht_window_pick_probe(&window);
    assert_picked(early, "2"); /* its time has not come */
    ht_window_clear(&window);
}

static void test_a_person_whose_event_was_not_sent_keeps_its_place(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "aba"), all_but_x, NULL);
    g_autoptr(GPtrArray) sent = pick(&window, 9);
    assert_picked(sent, "1 2 3");
    ht_window_add(&window, page_of(4, "c"), all_but_x, NULL);
    ht_window_return(&window, sent->pdata[0]);
    HtPick rest = {9, 9, 1 << 20, 1000, true};
    g_autoptr(GPtrArray) other = ht_window_pick(&window, &rest);
    assert_picked(other, "4"); /* the third is still under way: so is its person */
    ht_window_return(&window, sent->pdata[1]);
    ht_window_return(&window, sent->pdata[2]);
    g_autoptr(GPtrArray) again = pick(&window, 9);
    assert_picked(again, "1 2 3");
    ht_window_clear(&window);
}

static void test_a_window_holds_only_what_is_wanted(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    g_autofree char *persons = g_strnfill(500, 'x');
    persons[250] = 'a';
    ht_window_add(&window, page_of(1, persons), all_but_x, NULL); /* which frees the page */
    const HtEntry *entry = g_queue_peek_head(&window.entries);
    g_assert_cmpuint(window.bytes, ==, entry->bytes);
    g_assert_cmpuint(window.bytes, <, 4096);
    g_assert_cmpint(entry->event->subject.data[0], ==, 'a');
    g_assert_true(ht_window_advance(&window));
    g_assert_cmpuint(window.cursor, ==, 250);
    ht_window_clear(&window);
    g_assert_cmpuint(window.bytes, ==, 0);
}

/* What the page has is not copied, and lives as long as any of it is wanted; what failed alone is taken out of it. */
static void test_events_stay_in_their_page(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    HtSpoolPage *page = ht_spool_page_ref(page_of(1, "abc"));
    ht_window_add(&window, page, all_but_x, NULL);
    g_assert_cmpuint(page->shared, ==, 3);
    g_autoptr(GPtrArray) sent = pick(&window, 3);
    g_assert_true(((HtEntry *)sent->pdata[0])->event == page->events->pdata[0]);
    ht_window_try_again(&window, sent->pdata[0]);
    g_assert_cmpuint(page->shared, ==, 2);
    ht_window_finish(&window, sent->pdata[1]);
    ht_window_finish(&window, sent->pdata[2]);
    g_assert_cmpuint(page->shared, ==, 0);
    ht_spool_page_free(page);
    g_autoptr(GPtrArray) again = pick(&window, 3);
    assert_picked(again, "1");
    ht_window_clear(&window);
}

static void test_what_is_in_the_window_already_is_not_added(void)
{
    HtWindow window;
    ht_window_init(&window, 2, NULL);
    g_assert_cmpuint(ht_window_add(&window, page_of(1, "abcd"), all_but_x, NULL), ==, 2);
    g_autoptr(GPtrArray) picked = pick(&window, 9);
    assert_picked(picked, "3 4");
    ht_window_clear(&window);
}

/* So that any number of such leaves room for others. */
static void test_of_what_waits_for_long_only_the_place_is_kept(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "aaba"), all_but_x, NULL);
    g_autoptr(GPtrArray) first = pick(&window, 1);
    ht_window_wait(&window, first->pdata[0], HT_ENTRY_POISON, 2000);
    ht_window_add(&window, page_of(5, "ac"), all_but_x, NULL);
    ht_window_assert(&window);
    g_assert_cmpuint(window.loaded, ==, 2); /* b and c */
    g_autoptr(GPtrArray) others = pick(&window, 9);
    assert_picked(others, "3 6");
    finish(&window, others);
    g_assert_cmpuint(window.bytes, ==, 0);
    g_assert_cmpuint(ht_window_absent(&window, 2000), ==, 1);
    g_assert_false(ht_window_fill(&window, page_of(2, "ab")));
    g_assert_cmpuint(ht_window_absent(&window, 2000), ==, 1);
    g_assert_cmpuint(ht_window_failing(&window), ==, 1);
    g_assert_true(ht_window_fill(&window, page_of(1, "aab")));
    ht_window_assert(&window);
    g_autoptr(GPtrArray) again = pick_at(&window, 9, 2000);
    assert_picked(again, "1");
    finish(&window, again);
    g_assert_cmpuint(ht_window_absent(&window, 2000), ==, 2);
    g_assert_true(ht_window_fill(&window, page_of(2, "abaa"))); /* nothing failed of it: all of the row */
    g_autoptr(GPtrArray) rest = pick(&window, 9);
    assert_picked(rest, "2 4 5");
    ht_window_clear(&window);
}

static void test_a_request_is_named_by_its_events(void)
{
    HtSpoolPage *page = page_of(1, "abc");
    GPtrArray *all = page->events;
    g_autofree char *three = ht_webhook_name(all), *again = ht_webhook_name(all);
    g_free(g_ptr_array_remove_index(all, 1));
    g_autofree char *two = ht_webhook_name(all);
    g_free(g_ptr_array_remove_index(all, 1));
    g_autofree char *one = ht_webhook_name(all);
    g_assert_cmpstr(three, ==, again);
    g_assert_cmpstr(three, !=, two);
    g_assert_cmpstr(one, ==, "00000000-0000-0000-0000-000000000001");
    ht_spool_page_free(page);
}

static void test_what_is_not_routed_moves_the_cursor(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    g_assert_cmpuint(ht_window_add(&window, page_of(1, "xxx"), all_but_x, NULL), ==, 0);
    g_assert_true(ht_window_advance(&window));
    g_assert_cmpuint(window.cursor, ==, 3);
    ht_window_clear(&window);
}

static void test_what_is_finished_above_the_cursor_is_told(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "axbcdex"), all_but_x, NULL);
    assert_finished(&window, 0, "2-2 7-7");
    g_autoptr(GPtrArray) all = pick(&window, 9);
    ht_window_finish(&window, all->pdata[1]); /* 3 */
    ht_window_finish(&window, all->pdata[3]); /* 5 */
    g_assert_true(window.finished);
    assert_finished(&window, 0, "2-3 5-5 7-7");
    g_assert_false(window.finished);
    ht_window_finish(&window, all->pdata[0]);
    assert_finished(&window, 3, "5-5 7-7");
    ht_window_finish(&window, all->pdata[2]);
    ht_window_finish(&window, all->pdata[4]);
    assert_finished(&window, 7, "");
    ht_window_clear(&window);
}

static void test_what_a_former_run_finished_is_passed_over(void)
{
    HtWindow window;
    ht_window_init(&window, 10, runs_of("12-15 18-18 20-29 40-49"));
    g_assert_cmpuint(ht_window_read_from(&window), ==, 10);
    assert_finished(&window, 10, "12-15 18-18 20-29 40-49"); /* none of it is forgotten before it was met */
    g_assert_cmpuint(ht_window_add(&window, page_of(11, "abc"), all_but_x, NULL), ==, 1);
    g_assert_cmpuint(ht_window_read_from(&window), ==, 15);
    assert_finished(&window, 10, "12-15 18-18 20-29 40-49");
    g_assert_cmpuint(ht_window_add(&window, page_of(16, "abcd"), all_but_x, NULL), ==, 3);
    g_assert_cmpuint(ht_window_read_from(&window), ==, 29);
    assert_finished(&window, 10, "12-15 18-18 20-29 40-49");
    g_autoptr(GPtrArray) all = pick(&window, 9);
    assert_picked(all, "11 16 17 19");
    finish(&window, all);
    assert_finished(&window, 29, "40-49");
    g_assert_cmpuint(ht_window_add(&window, page_of(30, "xxxxxxxxxx"), all_but_x, NULL), ==, 0);
    assert_finished(&window, 49, "");
    g_assert_cmpuint(ht_window_read_from(&window), ==, 49);
    ht_window_clear(&window);
}

static void finish_some(HtWindow *window, GRand *random)
{
    g_autoptr(GPtrArray) all = pick(window, (unsigned)g_rand_int_range(random, 1, 20));
    for (guint i = all->len; i-- > 0;) {
        if (g_rand_boolean(random)) {
            ht_window_return(window, all->pdata[i]);
            g_ptr_array_remove_index(all, i);
        }
    }
    finish(window, all);
}

static void assert_numbers(const HtWindow *window, const char *log)
{
    for (const GList *link = window->entries.head; link; link = link->next) {
        const HtEntry *entry = link->data;
        uint64_t number = 0;
        for (uint64_t i = 0; i < entry->sequence; i++) {
            number += log[i] != 'x';
        }
        g_assert_cmpuint(entry->number, ==, number);
    }
}

/* Each event has its number among those that the consumer gets, whatever was read, finished, written down and lost by kills before. */
static void test_numbers_follow_from_the_log_alone(void)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        GRand *random = g_rand_new_with_seed(seed);
        Written written = {0, 0, NULL};
        char log[LOG_EVENTS + 1] = "";
        for (unsigned i = 0; i < LOG_EVENTS; i++) {
            log[i] = g_rand_int_range(random, 0, 3) ? (char)('a' + g_rand_int_range(random, 0, 22)) : 'x';
        }
        for (unsigned run = 0; run < 25; run++) {
            HtWindow window;
            ht_window_init(&window, written.cursor, g_steal_pointer(&written.finished));
            ht_window_count_from(&window, written.wanted);
            write_down(&window, &written);
            for (int step = g_rand_int_range(random, 0, 30); step > 0; step--) {
                switch (g_rand_int_range(random, 0, 3)) {
                case 0: read_some(&window, log, random); break;
                case 1: finish_some(&window, random); break;
                default: write_down(&window, &written);
                }
                assert_numbers(&window, log);
            }
            ht_window_clear(&window);
        }
        g_clear_pointer(&written.finished, g_array_unref);
        g_rand_free(random);
    }
}

static void test_what_is_open_is_told(void)
{
    HtWindow window;
    HtSpoolRun run = {8, 9, 2};
    const GList *from = NULL;
    g_autoptr(GString) open = g_string_new(NULL);
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof run);
    g_array_append_val(known, run);
    ht_window_init(&window, 1, g_steal_pointer(&known));
    ht_window_add(&window, page_of(2, "axbc"), all_but_x, NULL);
    g_autoptr(GPtrArray) first = pick_at(&window, 1, 0);
    finish(&window, first);
    ht_window_advance(&window);
    for (unsigned sequence = 1; sequence <= 10; sequence++) {
        g_string_append_printf(open, "%s", ht_replay_is_open(&window, sequence, &from) ? "o" : ".");
    }
    g_assert_cmpstr(open->str, ==, "...oooo..o");
    ht_window_clear(&window);
}

/* ---- What is held ---- */

static bool hold_a(void *user, const HtStoredEvent *event)
{
    (void)user;
    return event->subject.data[0] == 'a';
}

static void test_what_is_held_waits_and_the_others_go(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_hold(&window, hold_a, NULL);
    ht_window_add(&window, page_of(1, "abacb"), all_but_x, NULL);
    g_autoptr(GPtrArray) others = pick(&window, 9);
    assert_picked(others, "2 4 5");
    finish(&window, others);
    g_assert_cmpuint(ht_window_held(&window), ==, 2);
    g_assert_cmpuint(window.loaded, ==, 0); /* only their places are kept */
    g_assert_cmpuint(ht_window_failing(&window), ==, 0);
    ht_window_advance(&window);
    g_assert_cmpuint(window.cursor, ==, 0);
    g_assert_cmpuint(ht_window_absent(&window, 1000), ==, 0);
    ht_window_add(&window, page_of(6, "a"), all_but_x, NULL);
    g_assert_cmpuint(ht_window_held(&window), ==, 3);
    g_autoptr(GPtrArray) none = pick(&window, 9);
    assert_picked(none, "");
    ht_window_hold(&window, NULL, NULL);
    ht_window_assert(&window);
    g_assert_cmpuint(ht_window_failing(&window), ==, 0); /* it is absent, and nothing of it failed */
    g_assert_cmpuint(ht_window_absent(&window, 1000), ==, 1);
    g_assert_true(ht_window_fill(&window, page_of(1, "abacba")));
    g_autoptr(GPtrArray) first = pick(&window, 1);
    assert_picked(first, "1");
    finish(&window, first);
    g_autoptr(GPtrArray) rest = pick(&window, 1);
    assert_picked(rest, "3");
    finish(&window, rest);
    ht_window_clear(&window);
}

/* Under way it is not called back; a later event of the same person is not taken along; what failed is held, too. */
static void test_what_is_in_the_window_already_is_held(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_add(&window, page_of(1, "abaca"), all_but_x, NULL);
    g_autoptr(GPtrArray) one = pick(&window, 1);
    assert_picked(one, "1");
    ht_window_hold(&window, hold_a, NULL);
    g_assert_cmpuint(ht_window_held(&window), ==, 0);
    g_assert_cmpuint(ht_window_held_sending(&window), ==, 1);
    ht_window_wait(&window, one->pdata[0], HT_ENTRY_POISON, 5000);
    ht_window_assert(&window);
    g_assert_cmpuint(ht_window_held_sending(&window), ==, 0);
    g_autoptr(GPtrArray) others = pick_at(&window, 9, 9000);
    assert_picked(others, "2 4");
    finish(&window, others);
    ht_window_hold(&window, hold_a, NULL); /* once more, as when another route is paused */
    ht_window_assert(&window);
    ht_window_hold(&window, NULL, NULL);
    while (ht_window_absent(&window, 9000) > 0) {
        g_assert_true(ht_window_fill(&window, page_of(1, "abaca")));
    }
    for (unsigned i = 0; i < 3; i++) {
        g_autoptr(GPtrArray) next = pick_at(&window, 1, 9000);
        g_assert_cmpuint(next->len, ==, 1);
        g_assert_cmpuint(((HtEntry *)next->pdata[0])->sequence, ==, 2 * i + 1);
        finish(&window, next);
        while (ht_window_absent(&window, 9000) > 0) {
            g_assert_true(ht_window_fill(&window, page_of(2 * i + 3, i == 0 ? "aca" : "a")));
        }
    }
    ht_window_clear(&window);
}

/* As when a second route is paused: it was read again, and that is no fault of the spool. */
static void test_what_is_read_again_is_held_again(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_hold(&window, hold_a, NULL);
    ht_window_add(&window, page_of(1, "aba"), all_but_x, NULL);
    ht_window_hold(&window, hold_a, NULL);
    g_assert_cmpuint(ht_window_held(&window), ==, 0);
    g_assert_cmpuint(ht_window_absent(&window, 1000), ==, 1);
    g_assert_true(ht_window_fill(&window, page_of(1, "aba")));
    ht_window_assert(&window);
    g_assert_cmpuint(ht_window_held(&window), ==, 2);
    g_assert_cmpuint(ht_window_absent(&window, 1000), ==, 0);
    g_assert_cmpuint(window.loaded, ==, 1); /* of b */
    ht_window_clear(&window);
}

static bool hold_later(void *user, const HtStoredEvent *event)
{
    (void)user;
    return event->sequence > 1;
}

static void test_a_later_event_is_held_though_the_first_goes(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_hold(&window, hold_later, NULL);
    ht_window_add(&window, page_of(1, "aa"), all_but_x, NULL);
    g_autoptr(GPtrArray) first = pick(&window, 9);
    assert_picked(first, "1");
    finish(&window, first);
    g_assert_cmpuint(ht_window_held(&window), ==, 1);
    ht_window_clear(&window);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/window/hold/what-is-held-waits-and-the-others-go",
                    test_what_is_held_waits_and_the_others_go);
    g_test_add_func("/window/hold/what-is-in-the-window-already", test_what_is_in_the_window_already_is_held);
    g_test_add_func("/window/hold/what-is-read-again-is-held-again", test_what_is_read_again_is_held_again);
    g_test_add_func("/window/hold/a-later-event-though-the-first-goes",
                    test_a_later_event_is_held_though_the_first_goes);
    g_test_add_func("/window/what-is-open-is-told", test_what_is_open_is_told);
    g_test_add_func("/window/numbers-follow-from-the-log-alone", test_numbers_follow_from_the_log_alone);
    g_test_add_func("/window/an-absent-event-that-is-damaged-is-passed-over",
                    test_an_absent_event_that_is_damaged_is_passed_over);
    g_test_add_func("/window/persons-go-in-parallel-and-each-in-order",
                    test_persons_go_in_parallel_and_each_in_order);
    g_test_add_func("/window/an-event-that-must-go-alone-goes-alone",
                    test_an_event_that_must_go_alone_goes_alone);
    g_test_add_func("/window/an-event-goes-in-no-larger-company-than-it-may",
                    test_an_event_goes_in_no_larger_company_than_it_may);
    g_test_add_func("/window/what-never-failed-goes-before-what-did",
                    test_what_never_failed_goes_before_what_did);
    g_test_add_func("/window/what-failed-alone-can-be-left-out",
                    test_what_failed_alone_is_left_out_when_the_caller_says_so);
    g_test_add_func("/window/a-sign-of-life-releases-what-is-doubted",
                    test_a_sign_of_life_releases_what_is_doubted);
    g_test_add_func("/window/a-probe-never-failed-and-is-from-anywhere",
                    test_a_probe_is_what_never_failed_from_anywhere);
    g_test_add_func("/window/what-was-not-sent-keeps-its-place",
                    test_a_person_whose_event_was_not_sent_keeps_its_place);
    g_test_add_func("/window/an-event-that-waits-holds-back-its-person",
                    test_an_event_that_waits_for_its_time_holds_back_its_person);
    g_test_add_func("/window/page-events-stay-in-it", test_events_stay_in_their_page);
    g_test_add_func("/window/page-what-is-there-already-is-not-added",
                    test_what_is_in_the_window_already_is_not_added);
    g_test_add_func("/window/holds-only-what-is-wanted", test_a_window_holds_only_what_is_wanted);
    g_test_add_func("/webhook/a-request-is-named-by-its-events", test_a_request_is_named_by_its_events);
    g_test_add_func("/window/what-is-not-routed-moves-the-cursor", test_what_is_not_routed_moves_the_cursor);
    g_test_add_func("/window/of-what-waits-for-long-only-the-place-is-kept",
                    test_of_what_waits_for_long_only_the_place_is_kept);
    g_test_add_func("/window/what-is-finished-above-the-cursor-is-told",
                    test_what_is_finished_above_the_cursor_is_told);
    g_test_add_func("/window/what-a-former-run-finished-is-passed-over",
                    test_what_a_former_run_finished_is_passed_over);
    return g_test_run();
}
