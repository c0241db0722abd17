/* See window-harness.h. */
#include "tests/lib/window-harness.h"

/* The window frees its pages; these are not the spool's. */
void ht_spool_page_free(HtSpoolPage *page)
{
    if (page->shared > 0) {
        page->shared--;
        return;
    }
    for (unsigned i = 0; i < page->events->len; i++) {
        g_free(page->events->pdata[i]);
    }
    g_ptr_array_unref(page->events);
    g_free(page);
}

HtSpoolPage *page_of(uint64_t first, const char *persons)
{
    HtSpoolPage *page = g_new0(HtSpoolPage, 1);
    page->events = g_ptr_array_new();
    for (size_t i = 0; persons[i]; i++) {
        HtStoredEvent *event = g_new0(HtStoredEvent, 1);
        event->sequence = first + i;
        event->id.bytes[HT_UUID_SIZE - 1] = (uint8_t)event->sequence;
        event->subject = (HtText){persons + i, 1};
        g_ptr_array_add(page->events, event);
    }
    return page;
}

bool all_but_x(void *user, const HtStoredEvent *event)
{
    (void)user;
    return event->subject.data[0] != 'x';
}

void assert_picked(GPtrArray *picked, const char *sequences)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < picked->len; i++) {
        g_string_append_printf(text, "%s%u", i ? " " : "",
                               (unsigned)((HtEntry *)picked->pdata[i])->event->sequence);
    }
    g_assert_cmpstr(text->str, ==, sequences);
}

void finish(HtWindow *window, GPtrArray *picked)
{
    for (unsigned i = 0; i < picked->len; i++) {
        ht_window_finish(window, picked->pdata[i]);
    }
}

GPtrArray *pick_at(HtWindow *window, unsigned most, int64_t now_us)
{
    HtPick pick = {most, most, 1 << 20, now_us, true};
    GPtrArray *picked = ht_window_pick(window, &pick);
    ht_window_assert(window);
    return picked;
}

GPtrArray *pick(HtWindow *window, unsigned most)
{
    return pick_at(window, most, 1000);
}

GArray *runs_of(const char *text)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word && **word; word++) {
        HtSpoolRun run = {strtoul(*word, NULL, 10), strtoul(strchr(*word, '-') + 1, NULL, 10), 0};
        g_array_append_val(runs, run);
    }
    return runs;
}

void assert_finished(HtWindow *window, uint64_t cursor, const char *wanted)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ht_window_advance(window);
    g_assert_cmpuint(window->cursor, ==, cursor);
    g_autoptr(GArray) runs = ht_window_finished(window);
    for (unsigned i = 0; i < runs->len; i++) {
        const HtSpoolRun *run = &g_array_index(runs, HtSpoolRun, i);
        g_string_append_printf(text, "%s%u-%u", i ? " " : "", (unsigned)run->first, (unsigned)run->last);
    }
    g_assert_cmpstr(text->str, ==, wanted);
}

void write_down(HtWindow *window, Written *written)
{
    ht_window_advance(window);
    g_clear_pointer(&written->finished, g_array_unref);
    *written = (Written){window->cursor, ht_window_wanted(window), ht_window_finished(window)};
}

void read_some(HtWindow *window, const char *log, GRand *random)
{
    uint64_t after = ht_window_read_from(window);
    unsigned most = (unsigned)g_rand_int_range(random, 1, 30),
             count = MIN(most, (unsigned)(LOG_EVENTS - after));
    if (count > 0) {
        g_autofree char *persons = g_strndup(log + after, count);
        ht_window_add(window, page_of(after + 1, persons), all_but_x, NULL);
    }
}
