/* Runs of what is finished. Main-loop thread. */
#include "core/delivery/window-known.h"

HtSpoolRun *ht_window_known_run(HtWindow *window, uint64_t sequence)
{
    HtSpoolRun *run = NULL;
    while (window->known && window->next_known < window->known->len && !run) {
        run = &g_array_index(window->known, HtSpoolRun, window->next_known);
        if (run->last < sequence) {
            window->next_known++;
            run = NULL;
        }
    }
    return run;
}

void ht_window_pass_over(HtWindow *window, HtSpoolRun *run)
{
    window->wanted += run->wanted;
    run->wanted = 0;
}

uint64_t ht_window_read_from(HtWindow *window)
{
    HtSpoolRun *run = ht_window_known_run(window, window->read_to + 1);
    while (run && run->first <=
                      window->read_to + 1) { /* two may touch when what was between them was finished ahead */
        ht_window_pass_over(window, run);
        window->read_to = run->last;
        window->finished = true;
        run = ht_window_known_run(window, window->read_to + 1);
    }
    return window->read_to;
}

bool ht_window_is_known(const HtWindow *window, uint64_t sequence)
{
    unsigned low = window->next_known, high = window->known ? window->known->len : low;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const HtSpoolRun *run = &g_array_index(window->known, HtSpoolRun, middle);
        if (run->first <= sequence && sequence <= run->last) {
            return true;
        }
        low = run->last < sequence ? middle + 1 : low;
        high = run->last < sequence ? high : middle;
    }
    return false;
}

void ht_window_note_known(HtWindow *window, uint64_t sequence)
{
    HtSpoolRun run = {sequence, sequence, 0};
    window->known = window->known ? window->known : g_array_new(FALSE, FALSE, sizeof run);
    HtSpoolRun *runs = (HtSpoolRun *)(void *)window->known->data;
    unsigned at = window->known->len;
    while (at > window->next_known && runs[at - 1].first > sequence) {
        at--;
    }
    if (at > window->next_known && runs[at - 1].last + 1 == sequence) {
        runs[at - 1].last = sequence;
    } else if (at < window->known->len && runs[at].first == sequence + 1) {
        runs[at].first = sequence;
    } else {
        g_array_insert_val(window->known, at, run);
    }
}

static void add_run(GArray *runs, uint64_t first, uint64_t last, uint64_t wanted)
{
    HtSpoolRun run = {first, last, wanted};
    HtSpoolRun *before = runs->len > 0 ? &g_array_index(runs, HtSpoolRun, runs->len - 1) : NULL;
    if (before && before->last + 1 >= first) {
        before->last = MAX(before->last, last);
        before->wanted += wanted;
    } else if (first <= last) {
        g_array_append_val(runs, run);
    }
}

/* The first of what was read; NULL when there is none. */
static const HtEntry *first_read(const HtWindow *window)
{
    const GList *link = window->entries.head;
    return link && link != window->ahead ? link->data : NULL;
}

/* The number of the last one before it. */
static uint64_t number_before(const HtEntry *entry)
{
    return entry->overtakes ? entry->number : entry->number - 1;
}

/* Between the entries, and what a former run finished behind all that was read, or was finished ahead. */
GArray *ht_window_finished(HtWindow *window)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    const HtSpoolRun *known = ht_window_known_run(window, window->read_to + 1);
    const GList *link = window->entries.head;
    for (; link && link != window->ahead; link = link->next) {
        const HtEntry *entry = link->data;
        const HtEntry *next = link->next && link->next != window->ahead ? link->next->data : NULL;
        add_run(runs, entry->sequence + 1, next ? next->sequence - 1 : window->read_to,
                (next ? number_before(next) : window->wanted) - entry->number);
    }
    for (unsigned i = window->next_known; known && i < window->known->len; i++) {
        known = &g_array_index(window->known, HtSpoolRun, i);
        add_run(runs, MAX(known->first, window->read_to + 1), known->last, known->wanted);
    }
    window->finished = false;
    return runs;
}

void ht_window_count_from(HtWindow *window, uint64_t wanted)
{
    window->wanted = wanted;
}

uint64_t ht_window_wanted(const HtWindow *window)
{
    const HtEntry *first = first_read(window);
    return first ? number_before(first) : window->wanted;
}

bool ht_window_advance(HtWindow *window)
{
    uint64_t before = window->cursor;
    const HtEntry *first = first_read(window);
    window->cursor = MAX(before, first ? first->sequence - 1 : ht_window_read_from(window));
    return window->cursor != before;
}
