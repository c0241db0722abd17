/* What overtakes in a window: it goes first, in its own order, and nothing is lost or doubled by that. */
#include "tests/lib/window-harness.h"

/* Capitals are warnings. */
static bool is_capital(void *user, const HtStoredEvent *event)
{
    (void)user;
    return g_ascii_isupper(event->subject.data[0]);
}

static void scout_some(HtWindow *window, const char *log, GRand *random)
{
    uint64_t from = ht_window_scout_from(window, LOG_EVENTS);
    unsigned count = MIN((unsigned)g_rand_int_range(random, 1, 60), (unsigned)(LOG_EVENTS - from));
    g_autofree char *persons = g_strndup(log + from, count);
    ht_window_scout(window, page_of(from + 1, persons), all_but_x, NULL);
    ht_window_assert(window);
}

static void test_what_overtakes_goes_first(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_set_overtakes(&window, is_capital, NULL);
    ht_window_add(&window, page_of(1, "abA"), all_but_x, NULL);
    g_assert_cmpuint(ht_window_scout_from(&window, 11), ==, 3);
    g_assert_cmpuint(ht_window_scout(&window, page_of(4, "cdBAAx"), all_but_x, NULL), ==, 3);
    g_assert_cmpuint(ht_window_scout(&window, page_of(4, "cdBAAx"), all_but_x, NULL), ==, 0);
    g_assert_cmpuint(ht_window_scout_from(&window, 11), ==, 9);
    g_assert_false(ht_window_is_short(&window, 100, 1000));
    g_autoptr(GPtrArray) first = pick(&window, 1);
    assert_picked(first, "3");
    g_autoptr(GPtrArray) second = pick(&window, 9); /* the first of A is out, so its others wait */
    assert_picked(second, "6");
    finish(&window, second);
    finish(&window, first);
    assert_finished(&window, 0, "3-3 6-6");
    g_autoptr(GPtrArray) third = pick(&window, 9);
    assert_picked(third, "7 8");
    finish(&window, third);
    assert_finished(&window, 0, "3-3 6-8");
    g_assert_cmpuint(ht_window_read_from(&window), ==, 3);
    g_assert_cmpuint(ht_window_add(&window, page_of(4, "cdBAAx"), all_but_x, NULL), ==, 2);
    g_autoptr(GPtrArray) last = pick(&window, 9);
    assert_picked(last, "1 2 4 5");
    finish(&window, last);
    assert_finished(&window, 9, "");
    g_assert_cmpuint(ht_window_wanted(&window), ==, 4);
    ht_window_clear(&window);
}

/* However many there are, so many are taken ahead; the others when those are gone. */
static void test_what_is_taken_ahead_is_bounded(void)
{
    HtWindow window;
    g_autofree char *alerts = g_strnfill(200, 'A');
    ht_window_init(&window, 0, NULL);
    ht_window_set_overtakes(&window, is_capital, NULL);
    g_assert_cmpuint(ht_window_scout(&window, page_of(1, alerts), all_but_x, NULL), ==, 64);
    g_assert_cmpuint(ht_window_scout_from(&window, 200), ==, 200);
    g_autoptr(GPtrArray) some = pick(&window, 10);
    finish(&window, some);
    g_assert_cmpuint(ht_window_scout_from(&window, 200), ==, 64);
    g_assert_cmpuint(ht_window_scout(&window, page_of(65, alerts + 64), all_but_x, NULL), ==, 10);
    assert_finished(&window, 10, "");
    ht_window_clear(&window);
}

/* Damage is found when it is to go: it is passed over, read or not. */
static void test_an_alert_ahead_that_is_damaged_is_passed_over(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_set_overtakes(&window, is_capital, NULL);
    ht_window_add(&window, page_of(1, "a"), all_but_x, NULL);
    ht_window_scout(&window, page_of(2, "bA"), all_but_x, NULL);
    g_autoptr(GPtrArray) one = pick(&window, 1);
    assert_picked(one, "3");
    ht_window_wait(&window, one->pdata[0], HT_ENTRY_POISON, 2000);
    g_assert_cmpuint(ht_window_absent(&window, 2000), ==, 3);
    HtSpoolPage *page = page_of(3, "A");
    ((HtStoredEvent *)page->events->pdata[0])->state = HT_STORED_DAMAGED;
    g_assert_true(ht_window_fill(&window, page));
    ht_window_assert(&window);
    assert_finished(&window, 0, "3-3");
    ht_window_add(&window, page_of(2, "bA"), all_but_x, NULL);
    g_autoptr(GPtrArray) rest = pick(&window, 9);
    assert_picked(rest, "1 2");
    finish(&window, rest);
    assert_finished(&window, 3, "");
    ht_window_clear(&window);
}

static bool hold_a(void *user, const HtStoredEvent *event)
{
    (void)user;
    return event->subject.data[0] == 'A';
}

/* Read or taken ahead; the others overtake still, and when it may go, it does so before what never failed. */
static void test_an_alert_by_a_paused_route_waits(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_set_overtakes(&window, is_capital, NULL);
    ht_window_hold(&window, hold_a, NULL);
    ht_window_add(&window, page_of(1, "abA"), all_but_x, NULL);
    g_assert_cmpuint(ht_window_scout(&window, page_of(4, "cAB"), all_but_x, NULL), ==, 2);
    g_assert_cmpuint(ht_window_held(&window), ==, 2);
    g_autoptr(GPtrArray) alert = pick(&window, 9);
    assert_picked(alert, "6");
    finish(&window, alert);
    g_autoptr(GPtrArray) others = pick(&window, 9);
    assert_picked(others, "1 2");
    finish(&window, others);
    assert_finished(&window, 2, "6-6");
    g_assert_cmpuint(ht_window_add(&window, page_of(4, "cAB"), all_but_x, NULL), ==, 1);
    ht_window_hold(&window, NULL, NULL);
    ht_window_assert(&window);
    g_assert_cmpuint(ht_window_absent(&window, 1000), ==, 3);
    g_assert_true(ht_window_fill(&window, page_of(3, "AcAB")));
    g_autoptr(GPtrArray) held = pick(&window, 9);
    assert_picked(held, "3 5");
    finish(&window, held);
    g_autoptr(GPtrArray) last = pick(&window, 9);
    assert_picked(last, "4");
    finish(&window, last);
    assert_finished(&window, 6, "");
    ht_window_clear(&window);
}

/* Read before the route was paused, and not out yet. */
static void test_an_alert_that_was_to_go_is_held(void)
{
    HtWindow window;
    ht_window_init(&window, 0, NULL);
    ht_window_set_overtakes(&window, is_capital, NULL);
    ht_window_add(&window, page_of(1, "aAB"), all_but_x, NULL);
    ht_window_hold(&window, hold_a, NULL);
    ht_window_assert(&window);
    g_assert_cmpuint(ht_window_held(&window), ==, 1);
    g_autoptr(GPtrArray) alert = pick(&window, 9);
    assert_picked(alert, "3");
    finish(&window, alert);
    g_autoptr(GPtrArray) other = pick(&window, 9);
    assert_picked(other, "1");
    finish(&window, other);
    ht_window_clear(&window);
}

/* What goes out, in which order, over restarts: each warning's own in order, and nothing twice that was written down. */
typedef struct {
    uint64_t last['Z' + 1];
    bool seen[LOG_EVENTS + 1], gone[LOG_EVENTS + 1], written[LOG_EVENTS + 1];
} Gone;

static void note_gone(Gone *gone, const char *log, const GPtrArray *picked)
{
    for (unsigned i = 0; i < picked->len; i++) {
        const HtEntry *entry = picked->pdata[i];
        char who = log[entry->sequence - 1];
        g_assert_false(gone->written[entry->sequence]);
        g_assert_true(entry->overtakes == g_ascii_isupper(who));
        if (entry->overtakes && !gone->seen[entry->sequence]) {
            g_assert_cmpuint(entry->sequence, >, gone->last[(int)who]);
            gone->last[(int)who] = entry->sequence;
        }
        gone->seen[entry->sequence] = true;
    }
}

static void finish_all_of(HtWindow *window, Gone *gone, GPtrArray *picked)
{
    for (unsigned i = 0; i < picked->len; i++) {
        gone->gone[((HtEntry *)picked->pdata[i])->sequence] = true;
    }
    finish(window, picked);
}

static void test_what_overtakes_is_not_lost_nor_doubled(void)
{
    for (guint32 seed = 1; seed <= 40; seed++) {
        GRand *random = g_rand_new_with_seed(seed);
        Written written = {0, 0, NULL};
        Gone gone = {{0}, {false}, {false}, {false}};
        char log[LOG_EVENTS + 1] = "";
        unsigned counted = 0;
        for (unsigned i = 0; i < LOG_EVENTS; i++) {
            log[i] = g_rand_int_range(random, 0, 8) ? (char)('a' + g_rand_int_range(random, 0, 24))
                                                    : (char)('A' + g_rand_int_range(random, 0, 3));
            counted += g_ascii_islower(log[i]) && log[i] != 'x';
        }
        bool over = false;
        for (unsigned run = 0; !over; run++) {
            HtWindow window;
            g_assert_cmpuint(run, <, 10000);
            memcpy(gone.gone, gone.written, sizeof gone.gone);
            ht_window_init(&window, written.cursor, g_steal_pointer(&written.finished));
            ht_window_count_from(&window, written.wanted);
            ht_window_set_overtakes(&window, is_capital, NULL);
            write_down(&window, &written);
            for (int step = g_rand_int_range(random, 0, 40); step > 0; step--) {
                g_autoptr(GPtrArray) picked = NULL;
                switch (g_rand_int_range(random, 0, 4)) {
                case 0: read_some(&window, log, random); break;
                case 1: scout_some(&window, log, random); break;
                case 2:
                    picked = pick(&window, (unsigned)g_rand_int_range(random, 1, 20));
                    note_gone(&gone, log, picked);
                    finish_all_of(&window, &gone, picked);
                    break;
                default: write_down(&window, &written); memcpy(gone.written, gone.gone, sizeof gone.gone);
                }
                ht_window_assert(&window);
            }
            over = written.cursor == LOG_EVENTS;
            ht_window_clear(&window);
        }
        for (unsigned i = 1; i <= LOG_EVENTS; i++) {
            g_assert_true(gone.gone[i] == (log[i - 1] != 'x'));
        }
        g_assert_cmpuint(written.wanted, ==, counted);
        g_clear_pointer(&written.finished, g_array_unref);
        g_rand_free(random);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/window/what-overtakes-goes-first", test_what_overtakes_goes_first);
    g_test_add_func("/window/what-is-taken-ahead-is-bounded", test_what_is_taken_ahead_is_bounded);
    g_test_add_func("/window/an-alert-ahead-that-is-damaged-is-passed-over",
                    test_an_alert_ahead_that_is_damaged_is_passed_over);
    g_test_add_func("/window/an-alert-by-a-paused-route-waits", test_an_alert_by_a_paused_route_waits);
    g_test_add_func("/window/an-alert-that-was-to-go-is-held", test_an_alert_that_was_to_go_is_held);
    g_test_add_func("/window/what-overtakes-is-not-lost-nor-doubled",
                    test_what_overtakes_is_not_lost_nor_doubled);
    return g_test_run();
}
