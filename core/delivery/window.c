/* The window's bookkeeping. Main-loop thread. */
#include "core/delivery/window.h"

#define ABSENT HT_ENTRY_SENDING + 1 /* where a row may be, beside the queues of the states */
#define FAILED_LOADED \
    200 /* rows of what failed alone that keep their first event; more are read again when they go */
#define PAGE_SHARE 4      /* events of which one in so many is wanted stay in their page */
#define FAILED_TURN 8     /* one pick in so many begins with what failed */
#define ASSERT_ENTRIES 64 /* larger windows are looked at as a whole now and then only */
#define ASSERT_TURN 512

/* One person's entries. */
struct HtEntryRow {
    GList link; /* in one of the queues */
    GSequenceIter *place;
    GQueue entries; /* of HtEntry, ascending sequence */
    uint32_t person;
    unsigned sending; /* of its entries */
    unsigned in;      /* the queue in which it is: a state, or ABSENT; SENDING: in none */
};

static HtEntry *first_of(const HtEntryRow *row)
{
    return g_queue_peek_head((GQueue *)&row->entries);
}

/* ---- Invariants, by the numbers of the header ---- */

static void assert_entry(const HtWindow *window, const HtEntry *entry)
{
    const HtEntry *next = entry->link.next ? entry->link.next->data : NULL;
    g_assert(entry->sequence > window->cursor && entry->sequence <= window->read_to); /* 1 */
    g_assert(!next || entry->sequence < next->sequence);
    next = entry->row_link.next ? entry->row_link.next->data : NULL;
    g_assert(!next || entry->sequence < next->sequence);                                    /* 2 */
    g_assert(!next || entry->state == HT_ENTRY_SENDING || next->state != HT_ENTRY_SENDING); /* 3 */
    g_assert(entry->state != HT_ENTRY_DOUBTED || entry->together == 1);                     /* 6 */
    g_assert(entry->state != HT_ENTRY_POISON || entry->together == 1);
}

static void assert_row(const HtEntryRow *row)
{
    g_assert(!g_queue_is_empty((GQueue *)&row->entries)); /* 2 */
    g_assert(row->sending <= row->entries.length);        /* 3 */
    g_assert((row->sending > 0) == (first_of(row)->state == HT_ENTRY_SENDING));
    g_assert(row->in == first_of(row)->state || (row->in == ABSENT && !first_of(row)->event)); /* 4 */
}

static void assert_all(const HtWindow *window)
{
    unsigned waiting = 0, ready = 0, rowed = 0, loaded = 0;
    size_t bytes = 0;
    GHashTableIter iter;
    void *value;
    for (const GList *link = window->entries.head; link; link = link->next) {
        const HtEntry *entry = link->data;
        assert_entry(window, entry);
        waiting += entry->state != HT_ENTRY_SENDING;
        loaded += entry->event != NULL;
        g_assert(entry->event || entry->state != HT_ENTRY_SENDING); /* 4 */
        bytes += entry->bytes;
    }
    g_hash_table_iter_init(&iter, window->rows);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HtEntryRow *row = value;
        assert_row(row);
        rowed += row->entries.length;
        ready += row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
    }
    g_assert_cmpuint(rowed, ==, window->entries.length);
    g_assert_cmpuint(waiting, ==, window->waiting); /* 5 */
    g_assert_cmpuint(ready, ==, window->ready);
    g_assert_cmpuint(loaded, ==, window->loaded);
    g_assert_cmpuint(bytes, ==, window->bytes);
}

void ht_window_assert(const HtWindow *window)
{
#ifndef G_DISABLE_ASSERT
    static unsigned turn;
    if (window->entries.length <= ASSERT_ENTRIES || ++turn % ASSERT_TURN == 0) {
        assert_all(window);
    }
#endif
}

/* ---- Rows in queues ---- */

static int compare_times(const void *a, const void *b, void *unused)
{
    (void)unused;
    int64_t left = first_of(a)->not_before_us, right = first_of(b)->not_before_us;
    return left < right ? -1 : left > right;
}

static bool is_timed(unsigned in)
{
    return in == HT_ENTRY_DOUBTED || in == HT_ENTRY_POISON;
}

static GQueue *queue_of(HtWindow *window, unsigned in)
{
    return in == ABSENT ? &window->absent : &window->queues[in];
}

/* Puts the row, none of which is SENDING, where its first entry's state says. What is as it was goes back to the front. */
static void enqueue(HtWindow *window, HtEntryRow *row, bool in_front)
{
    const HtEntry *first = first_of(row);
    row->in = first->event || is_timed(first->state) ? first->state : ABSENT;
    assert_row(row);
    if (is_timed(row->in)) {
        row->place =
            g_sequence_insert_sorted(window->clock[row->in - HT_ENTRY_DOUBTED], row, compare_times, NULL);
        return;
    }
    window->ready += row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
    if (in_front) {
        g_queue_push_head_link(queue_of(window, row->in), &row->link);
    } else {
        g_queue_push_tail_link(queue_of(window, row->in), &row->link);
    }
}

static void dequeue(HtWindow *window, HtEntryRow *row)
{
    if (is_timed(row->in)) {
        g_sequence_remove(row->place);
    } else {
        window->ready -= row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
        g_queue_unlink(queue_of(window, row->in), &row->link);
    }
    row->in = HT_ENTRY_SENDING;
}

static HtEntryRow *first_row(const HtWindow *window, HtEntryState state)
{
    return g_queue_peek_head((GQueue *)&window->queues[state]);
}

static HtEntryRow *first_timed(const HtWindow *window, HtEntryState state)
{
    GSequence *clock = window->clock[state - HT_ENTRY_DOUBTED];
    return g_sequence_is_empty(clock) ? NULL : g_sequence_get(g_sequence_get_begin_iter(clock));
}

/* ---- Beginning and end ---- */

void ht_window_init(HtWindow *window, uint64_t cursor, GArray *known)
{
    *window = (HtWindow){.cursor = cursor, .read_to = cursor, .known = known};
    window->rows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (unsigned i = 0; i < G_N_ELEMENTS(window->clock); i++) {
        window->clock[i] = g_sequence_new(NULL);
    }
}

static void drop_event(HtEntry *entry)
{
    if (entry->page) {
        g_clear_pointer(&entry->page, ht_spool_page_free);
        entry->event = NULL;
    }
    g_clear_pointer(&entry->event, g_free);
}

static void free_entry(HtEntry *entry)
{
    drop_event(entry);
    g_free(entry);
}

void ht_window_clear(HtWindow *window)
{
    for (HtEntry *entry; (entry = g_queue_peek_head(&window->entries));) {
        g_queue_unlink(&window->entries, &entry->link);
        free_entry(entry);
    }
    g_clear_pointer(&window->rows, g_hash_table_unref);
    g_clear_pointer(&window->known, g_array_unref);
    for (unsigned i = 0; i < G_N_ELEMENTS(window->clock); i++) {
        g_clear_pointer(&window->clock[i], g_sequence_free);
    }
    *window = (HtWindow){0};
}

/* ---- What comes in ---- */

static HtText move_text(char **at, HtText text)
{
    HtText moved = {text.data ? *at : NULL, text.size};
    if (text.size > 0) {
        memcpy(*at, text.data, text.size);
        *at += text.size;
    }
    return moved;
}

static uint32_t hash_text(HtText text)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (uint8_t)text.data[i]) * 16777619U;
    }
    return hash;
}

/* Event and texts in one block of memory, of `bytes`. */
static HtStoredEvent *copy_event(const HtStoredEvent *event, size_t bytes)
{
    HtStoredEvent *copy = g_malloc(bytes);
    char *at = (char *)(copy + 1);
    *copy = *event;
    copy->subject = move_text(&at, event->subject);
    for (unsigned i = 0; i < HT_ATTR_COUNT; i++) {
        copy->event.attr[i] = move_text(&at, event->event.attr[i]);
    }
    copy->event.data = move_text(&at, event->event.data);
    return copy;
}

static size_t measure_event(const HtStoredEvent *event)
{
    size_t bytes = sizeof *event + event->subject.size + event->event.data.size;
    for (unsigned i = 0; i < HT_ATTR_COUNT; i++) {
        bytes += event->event.attr[i].size;
    }
    return bytes;
}

/* `page`: the event stays in it; NULL: it is copied. */
static void load(HtWindow *window, HtEntry *entry, HtStoredEvent *event, HtSpoolPage *page)
{
    entry->bytes = measure_event(event) + sizeof *entry;
    entry->page = page ? ht_spool_page_ref(page) : NULL;
    entry->event = page ? event : copy_event(event, entry->bytes - sizeof *entry);
    window->bytes += entry->bytes;
    window->loaded++;
}

static bool has_failed(const HtEntry *entry)
{
    bool waits = entry->state >= HT_ENTRY_AGAIN && entry->state <= HT_ENTRY_POISON;
    return waits || entry->failures_alone > 0 || entry->chances > 0;
}

/* What waits for long keeps no page. */
static void own_event(HtEntry *entry)
{
    if (entry->page) {
        HtStoredEvent *copy = copy_event(entry->event, entry->bytes - sizeof *entry);
        drop_event(entry);
        entry->event = copy;
    }
}

/* Keeps the places only; of the first also the event if it goes again soon, and not many do. */
static void unload(HtWindow *window, HtEntryRow *row)
{
    unsigned others =
        window->queues[HT_ENTRY_AGAIN].length + (unsigned)g_sequence_get_length(window->clock[0]);
    bool keep = first_of(row)->state != HT_ENTRY_POISON && others < FAILED_LOADED;
    if (keep) {
        own_event(first_of(row));
    }
    for (GList *link = keep ? row->entries.head->next : row->entries.head; link; link = link->next) {
        HtEntry *entry = link->data;
        if (entry->event) {
            window->bytes -= entry->bytes;
            window->loaded--;
            entry->bytes = 0;
            drop_event(entry);
        }
    }
}

static HtEntryRow *row_of(HtWindow *window, uint32_t person)
{
    HtEntryRow *row = g_hash_table_lookup(window->rows, GUINT_TO_POINTER(person));
    if (!row) {
        row = g_new0(HtEntryRow, 1);
        row->link.data = row;
        row->person = person;
        row->in = HT_ENTRY_SENDING;
        g_hash_table_insert(window->rows, GUINT_TO_POINTER(person), row);
    }
    return row;
}

static void add_event(HtWindow *window, HtStoredEvent *event, uint64_t number, HtSpoolPage *page)
{
    HtEntry *entry = g_new0(HtEntry, 1);
    HtEntryRow *row = row_of(window, hash_text(event->subject));
    entry->link.data = entry->row_link.data = entry;
    entry->row = row;
    entry->sequence = event->sequence;
    entry->number = number;
    entry->recorded_us = event->recorded_us;
    g_queue_push_tail_link(&window->entries, &entry->link);
    g_queue_push_tail_link(&row->entries, &entry->row_link);
    window->waiting++;
    if (!has_failed(first_of(row))) {
        load(window, entry, event, page);
    }
    if (row->entries.length == 1) {
        enqueue(window, row, false);
    } else {
        window->ready += row->in == HT_ENTRY_FRESH;
    }
}

/* The first run that was known and does not lie wholly below the sequence; NULL when there is none. */
static HtSpoolRun *known_run(HtWindow *window, uint64_t sequence)
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

/* Counts what of the run was the consumer's, once. */
static void pass_over(HtWindow *window, HtSpoolRun *run)
{
    window->wanted += run->wanted;
    run->wanted = 0;
}

uint64_t ht_window_read_from(HtWindow *window)
{
    HtSpoolRun *run = known_run(window, window->read_to + 1);
    if (run && run->first <= window->read_to + 1) {
        pass_over(window, run);
        window->read_to = run->last;
        window->finished = true;
    }
    return window->read_to;
}

unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user)
{
    g_autoptr(GPtrArray) news = g_ptr_array_sized_new(page->events->len);
    g_autofree uint64_t *numbers = g_new(uint64_t, page->events->len);
    for (unsigned i = 0; i < page->events->len; i++) {
        HtStoredEvent *event = page->events->pdata[i];
        if (event->sequence <= window->read_to) {
            continue;
        }
        HtSpoolRun *known = known_run(window, event->sequence);
        window->read_to = event->sequence;
        if (known && known->first <= event->sequence) {
            pass_over(window, known);
            window->finished = true;
        } else if (!wanted(user, event)) {
            window->finished = true;
        } else {
            numbers[news->len] = ++window->wanted;
            g_ptr_array_add(news, event);
        }
    }
    bool stays = news->len * PAGE_SHARE >= page->events->len;
    for (unsigned i = 0; i < news->len; i++) {
        add_event(window, news->pdata[i], numbers[i], stays ? page : NULL);
    }
    ht_spool_page_free(page);
    return news->len;
}

/* ---- What was only a place ---- */

uint64_t ht_window_absent(HtWindow *window, int64_t now_us)
{
    HtEntryRow *row;
    while ((row = first_timed(window, HT_ENTRY_POISON)) && !first_of(row)->event &&
           first_of(row)->not_before_us <= now_us) {
        dequeue(window, row);
        first_of(row)->state = HT_ENTRY_AGAIN;
        enqueue(window, row, false);
    }
    row = g_queue_peek_head(&window->absent);
    row = window->queues[HT_ENTRY_AGAIN].length < FAILED_LOADED ? row : NULL;
    return row ? first_of(row)->sequence : 0;
}

/* Loads the entry of this event if its row is absent; a row that has its first again goes to `found`. */
static void fill(HtWindow *window, HtStoredEvent *event, GPtrArray *found)
{
    HtEntryRow *row = g_hash_table_lookup(window->rows, GUINT_TO_POINTER(hash_text(event->subject)));
    GList *link = row && row->in == ABSENT ? row->entries.head : NULL;
    while (link && ((HtEntry *)link->data)->sequence < event->sequence) {
        link = link->next;
    }
    HtEntry *entry = link ? link->data : NULL;
    bool wanted = entry && (entry == first_of(row) || !has_failed(first_of(row)));
    if (wanted && entry->sequence == event->sequence && !entry->event) {
        load(window, entry, event, NULL);
        if (entry == first_of(row)) {
            g_ptr_array_add(found, row);
        }
    }
}

/* What is absent first and was found damaged since is not delivered; its person goes on. */
static void drop_first(HtWindow *window)
{
    HtEntryRow *row = g_queue_peek_head(&window->absent);
    HtEntry *entry = first_of(row);
    dequeue(window, row);
    g_queue_unlink(&window->entries, &entry->link);
    g_queue_unlink(&row->entries, &entry->row_link);
    free_entry(entry);
    window->waiting--;
    window->finished = true;
    if (row->entries.length == 0) {
        g_hash_table_remove(window->rows, GUINT_TO_POINTER(row->person));
    } else {
        enqueue(window, row, true);
    }
}

bool ht_window_fill(HtWindow *window, HtSpoolPage *page)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    const HtEntryRow *wanted = g_queue_peek_head(&window->absent);
    const HtStoredEvent *first = page->events->len > 0 ? page->events->pdata[0] : NULL;
    if (wanted && first && first->sequence == first_of(wanted)->sequence && first->state != HT_STORED_WHOLE) {
        drop_first(window);
        ht_spool_page_free(page);
        return true;
    }
    for (unsigned i = 0; i < page->events->len; i++) {
        fill(window, page->events->pdata[i], found);
    }
    for (unsigned i = 0; i < found->len; i++) {
        dequeue(window, found->pdata[i]);
        enqueue(window, found->pdata[i], false);
    }
    ht_spool_page_free(page);
    return !wanted || first_of(wanted)->event;
}

/* ---- What goes out ---- */

/* Marks the entry SENDING if it fits into the request, in which none may have more company than it bears. */
static bool take(HtWindow *window, HtEntry *entry, GPtrArray *picked, HtPick *left)
{
    unsigned most = entry->together > 0 ? MIN(left->most, entry->together) : left->most;
    if (picked->len >= most || left->most_bytes == 0 || !entry->event) {
        return false;
    }
    if (entry->row->sending == 0) {
        dequeue(window, entry->row);
    }
    left->most = most;
    left->most_bytes -= MIN(left->most_bytes, entry->event->event.data.size);
    entry->state = HT_ENTRY_SENDING;
    entry->row->sending++;
    window->waiting--;
    g_ptr_array_add(picked, entry);
    return true;
}

/* The row of an entry that failed alone and may go now; NULL when there is none. */
static HtEntryRow *next_failed(const HtWindow *window, const HtPick *pick)
{
    HtEntryRow *row = pick->failed_too ? first_row(window, HT_ENTRY_AGAIN) : NULL;
    for (HtEntryState state = HT_ENTRY_DOUBTED; !row && pick->failed_too && state <= HT_ENTRY_POISON;
         state++) {
        row = first_timed(window, state);
        row = row && first_of(row)->event && first_of(row)->not_before_us <= pick->now_us ? row : NULL;
    }
    return row;
}

static int compare_sequences(const void *a, const void *b)
{
    uint64_t left = (*(HtEntry *const *)a)->sequence, right = (*(HtEntry *const *)b)->sequence;
    return left < right ? -1 : left > right;
}

GPtrArray *ht_window_pick(HtWindow *window, const HtPick *pick)
{
    GPtrArray *picked = g_ptr_array_new();
    HtPick left = *pick;
    bool is_turn = ++window->picks % FAILED_TURN == 0;
    HtEntryRow *failed = next_failed(window, pick);
    HtEntryState from = first_row(window, HT_ENTRY_SPLIT) ? HT_ENTRY_SPLIT : HT_ENTRY_FRESH;
    left.most = from == HT_ENTRY_FRESH && pick->company > 0 ? pick->company : pick->most;
    if (failed && (is_turn || !first_row(window, from))) {
        take(window, first_of(failed), picked, &left);
        return picked;
    }
    for (HtEntryRow *row; (row = first_row(window, from)) && take(window, first_of(row), picked, &left);) {
    }
    for (unsigned i = 0; i < picked->len; i++) { /* there is room: what comes next of the same persons */
        const HtEntry *entry = picked->pdata[i];
        if (entry->row_link.next) {
            take(window, entry->row_link.next->data, picked, &left);
        }
    }
    if (picked->len > 1) {
        g_ptr_array_sort(picked, compare_sequences);
    }
    return picked;
}

GPtrArray *ht_window_pick_probe(HtWindow *window)
{
    GPtrArray *picked = g_ptr_array_new();
    HtPick left = {1, 1, SIZE_MAX, INT64_MAX, true};
    GQueue *fresh = &window->queues[HT_ENTRY_FRESH];
    HtEntryRow *row = fresh->length > 0
                          ? g_queue_peek_nth(fresh, (guint)g_random_int_range(0, (gint32)fresh->length))
                          : first_row(window, HT_ENTRY_SPLIT);
    row = row ? row : next_failed(window, &left);
    if (row) {
        take(window, first_of(row), picked, &left);
    }
    return picked;
}

/* ---- What comes back ---- */

/* Ends the entry's request; the last of its row that comes back puts it into its queue. */
static void put_back(HtWindow *window, HtEntry *entry, HtEntryState state, bool in_front)
{
    HtEntryRow *row = entry->row;
    g_assert(entry->state == HT_ENTRY_SENDING);
    entry->state = state;
    window->waiting++;
    if (--row->sending == 0) {
        if (has_failed(first_of(row))) {
            unload(window, row);
        }
        enqueue(window, row, in_front);
    }
}

void ht_window_return(HtWindow *window, HtEntry *entry)
{
    HtEntryState state = has_failed(entry)     ? HT_ENTRY_AGAIN
                         : entry->together > 0 ? HT_ENTRY_SPLIT
                                               : HT_ENTRY_FRESH;
    put_back(window, entry, state, true);
}

void ht_window_split(HtWindow *window, HtEntry *entry, unsigned together)
{
    entry->together = together;
    put_back(window, entry, HT_ENTRY_SPLIT, false);
}

void ht_window_try_again(HtWindow *window, HtEntry *entry)
{
    entry->together = 1;
    entry->chances++;
    put_back(window, entry, HT_ENTRY_AGAIN, false);
}

void ht_window_wait(HtWindow *window, HtEntry *entry, HtEntryState state, int64_t not_before_us)
{
    g_assert(state == HT_ENTRY_DOUBTED || state == HT_ENTRY_POISON);
    entry->together = 1;
    entry->not_before_us = not_before_us;
    put_back(window, entry, state, false);
}

void ht_window_release(HtWindow *window)
{
    for (HtEntryRow *row; (row = first_timed(window, HT_ENTRY_DOUBTED));) {
        HtEntry *entry = first_of(row);
        dequeue(window, row);
        entry->state = HT_ENTRY_AGAIN;
        entry->chances++;
        entry->failures = 0;
        enqueue(window, row, false);
    }
}

void ht_window_finish(HtWindow *window, HtEntry *entry)
{
    HtEntryRow *row = entry->row;
    g_assert(entry->state == HT_ENTRY_SENDING);
    window->bytes -= entry->bytes;
    window->loaded--;
    g_queue_unlink(&window->entries, &entry->link);
    g_queue_unlink(&row->entries, &entry->row_link);
    free_entry(entry);
    window->finished = true;
    row->sending--;
    if (row->entries.length == 0) {
        g_hash_table_remove(window->rows, GUINT_TO_POINTER(row->person));
        row = NULL;
    } else if (row->sending == 0) {
        enqueue(window, row, false);
    }
}

bool ht_window_holds_up(const HtEntry *entry)
{
    return entry->row->sending == 0 && first_of(entry->row) == entry;
}

/* As if it had been sent, and taken. */
void ht_window_give_up(HtWindow *window, HtEntry *entry)
{
    HtEntryRow *row = entry->row;
    g_assert(ht_window_holds_up(entry));
    dequeue(window, row);
    if (!entry->event) {
        window->loaded++;
    }
    entry->state = HT_ENTRY_SENDING;
    row->sending = 1;
    window->waiting--;
    ht_window_finish(window, entry);
}

/* ---- What others ask ---- */

unsigned ht_window_failing(const HtWindow *window)
{
    return window->queues[HT_ENTRY_AGAIN].length + (unsigned)g_sequence_get_length(window->clock[0]) +
           (unsigned)g_sequence_get_length(window->clock[1]) + window->absent.length;
}

int64_t ht_window_due(const HtWindow *window)
{
    const HtEntryRow *doubted = first_timed(window, HT_ENTRY_DOUBTED);
    const HtEntryRow *poison = first_timed(window, HT_ENTRY_POISON);
    return MIN(doubted ? first_of(doubted)->not_before_us : INT64_MAX,
               poison ? first_of(poison)->not_before_us : INT64_MAX);
}

bool ht_window_is_short(const HtWindow *window, unsigned most, int64_t now_us)
{
    HtPick pick = {.now_us = now_us, .failed_too = true};
    return window->ready < most && !first_row(window, HT_ENTRY_SPLIT) && !next_failed(window, &pick);
}

bool ht_window_has_untried(const HtWindow *window)
{
    return first_row(window, HT_ENTRY_FRESH) || first_row(window, HT_ENTRY_SPLIT);
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

/* Between the entries, and what a former run finished behind all that was read. */
GArray *ht_window_finished(HtWindow *window)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    const HtSpoolRun *known = known_run(window, window->read_to + 1);
    const GList *link = window->entries.head;
    for (; link; link = link->next) {
        const HtEntry *entry = link->data, *next = link->next ? link->next->data : NULL;
        add_run(runs, entry->sequence + 1, next ? next->sequence - 1 : window->read_to,
                (next ? next->number - 1 : window->wanted) - entry->number);
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
    const HtEntry *first = g_queue_peek_head((GQueue *)&window->entries);
    return first ? first->number - 1 : window->wanted;
}

bool ht_window_advance(HtWindow *window)
{
    uint64_t before = window->cursor;
    const HtEntry *first = g_queue_peek_head(&window->entries);
    window->cursor = MAX(before, first ? first->sequence - 1 : ht_window_read_from(window));
    return window->cursor != before;
}
