/* The window's bookkeeping. Main-loop thread. */
#include "core/delivery/window-known.h"
#include "core/delivery/window-row.h"

#define AHEAD_MOST 64          /* entries that are taken ahead, */
#define AHEAD_KNOWN_MOST 10000 /* and that were finished ahead and lie behind all that was read */
#define OVERTAKES_BIT (1U << 31)
#define FAILED_LOADED \
    200 /* rows of what failed alone that keep their first event; more are read again when they go */
#define PAGE_SHARE 4  /* events of which one in so many is wanted stay in their page */
#define FAILED_TURN 8 /* one pick in so many begins with what failed */

/* ---- Beginning and end ---- */

void ht_window_init(HtWindow *window, uint64_t cursor, GArray *known)
{
    *window = (HtWindow){.cursor = cursor, .read_to = cursor, .known = known};
    window->rows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (unsigned i = 0; i < G_N_ELEMENTS(window->clock); i++) {
        window->clock[i] = g_sequence_new(NULL);
    }
}

void ht_window_set_overtakes(HtWindow *window, bool (*overtakes)(void *user, const HtStoredEvent *event),
                             void *user)
{
    window->overtakes = overtakes;
    window->overtakes_user = user;
}

static void free_entry(HtEntry *entry)
{
    ht_row_drop_event(entry);
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

/* What waits for long keeps no page. */
static void own_event(HtEntry *entry)
{
    if (entry->page) {
        HtStoredEvent *copy = copy_event(entry->event, entry->bytes - sizeof *entry);
        ht_row_drop_event(entry);
        entry->event = copy;
    }
}

/* Keeps the places only; of the first also the event if it goes again soon, and not many do. */
static void unload(HtWindow *window, HtEntryRow *row)
{
    unsigned others =
        window->queues[HT_ENTRY_AGAIN].length + (unsigned)g_sequence_get_length(window->clock[0]);
    bool keep = ht_row_first(row)->state != HT_ENTRY_POISON && others < FAILED_LOADED;
    if (keep) {
        own_event(ht_row_first(row));
    }
    ht_row_unload(window, keep ? row->entries.head->next : row->entries.head);
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

static bool overtakes(const HtWindow *window, const HtStoredEvent *event)
{
    return window->overtakes && window->overtakes(window->overtakes_user, event);
}

/* What overtakes never shares a row with what does not, whatever their hashes are: so each row rises, whatever was taken ahead. */
static uint32_t person_of(const HtStoredEvent *event, bool is_overtaking)
{
    uint32_t hash = hash_text(event->subject);
    return is_overtaking ? hash | OVERTAKES_BIT : hash & ~OVERTAKES_BIT;
}

/* By its sequence: what was taken ahead stands behind it. */
static void link_entry(HtWindow *window, HtEntry *entry)
{
    GList *before = window->entries.tail;
    while (before && ((HtEntry *)before->data)->sequence > entry->sequence) {
        before = before->prev;
    }
    g_queue_insert_after_link(&window->entries, before, &entry->link);
    if (entry->sequence > window->read_to) {
        window->ahead = window->ahead ? window->ahead : &entry->link;
        window->ahead_count++;
    }
}

static void add_event(HtWindow *window, HtStoredEvent *event, uint64_t number, HtSpoolPage *page)
{
    HtEntry *entry = g_new0(HtEntry, 1);
    bool is_overtaking = overtakes(window, event);
    HtEntryRow *row = row_of(window, person_of(event, is_overtaking));
    entry->link.data = entry->row_link.data = entry;
    entry->row = row;
    entry->sequence = event->sequence;
    entry->number = number;
    entry->overtakes = is_overtaking;
    entry->recorded_us = event->recorded_us;
    link_entry(window, entry);
    g_queue_push_tail_link(&row->entries, &entry->row_link);
    window->waiting++;
    if (!ht_row_has_failed(ht_row_first(row)) && row->in != HT_ROW_HELD) {
        load(window, entry, event, page);
    }
    if (row->entries.length == 1) {
        ht_row_enqueue(window, row, false);
    } else {
        window->ready += row->in == HT_ENTRY_FRESH;
        window->held_events += row->in == HT_ROW_HELD;
    }
}

/* Reading has come to what was taken ahead. */
static bool catch_up(HtWindow *window, uint64_t sequence)
{
    HtEntry *entry = NULL;
    while (window->ahead && ((HtEntry *)window->ahead->data)->sequence <= sequence) {
        entry = window->ahead->data;
        entry->number = window->wanted;
        window->ahead = window->ahead->next;
        window->ahead_count--;
    }
    return entry && entry->sequence == sequence;
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
        HtSpoolRun *known = ht_window_known_run(window, event->sequence);
        window->read_to = event->sequence;
        if (catch_up(window, event->sequence)) {
            continue;
        }
        if (known && known->first <= event->sequence) {
            ht_window_pass_over(window, known);
            window->finished = true;
        } else if (!wanted(user, event)) {
            window->finished = true;
        } else {
            window->wanted += !overtakes(window, event);
            numbers[news->len] = window->wanted;
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

/* ---- What is taken ahead ---- */

uint64_t ht_window_scout_from(const HtWindow *window, uint64_t last)
{
    uint64_t from = MAX(window->scouted_to, window->read_to);
    bool full = window->ahead_count >= AHEAD_MOST ||
                (window->known && window->known->len - window->next_known >= AHEAD_KNOWN_MOST);
    return window->overtakes && !full ? from : last;
}

unsigned ht_window_scout(HtWindow *window, HtSpoolPage *page,
                         bool (*wanted)(void *user, const HtStoredEvent *event), void *user)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < page->events->len && window->ahead_count < AHEAD_MOST; i++) {
        HtStoredEvent *event = page->events->pdata[i];
        if (event->sequence <= MAX(window->scouted_to, window->read_to)) {
            continue;
        }
        window->scouted_to = event->sequence;
        if (overtakes(window, event) && wanted(user, event) && !ht_window_is_known(window, event->sequence)) {
            add_event(window, event, 0, NULL);
            taken++;
        }
    }
    ht_spool_page_free(page);
    return taken;
}

/* Out of the window, finished. */
static void unlink_entry(HtWindow *window, HtEntry *entry)
{
    if (entry->sequence > window->read_to) {
        window->ahead = window->ahead == &entry->link ? entry->link.next : window->ahead;
        window->ahead_count--;
        ht_window_note_known(window, entry->sequence);
    }
    g_queue_unlink(&window->entries, &entry->link);
    g_queue_unlink(&entry->row->entries, &entry->row_link);
    free_entry(entry);
    window->finished = true;
}

/* ---- What was only a place ---- */

uint64_t ht_window_absent(HtWindow *window, int64_t now_us)
{
    HtEntryRow *row;
    while ((row = ht_row_first_timed(window, HT_ENTRY_POISON)) && !ht_row_first(row)->event &&
           ht_row_first(row)->not_before_us <= now_us) {
        ht_row_dequeue(window, row);
        ht_row_first(row)->state = HT_ENTRY_AGAIN;
        ht_row_enqueue(window, row, false);
    }
    row = g_queue_peek_head(&window->absent);
    row = window->queues[HT_ENTRY_AGAIN].length < FAILED_LOADED ? row : NULL;
    return row ? ht_row_first(row)->sequence : 0;
}

/* Loads the entry of this event if its row is absent; a row that has its first again goes to `found`. */
static void fill(HtWindow *window, HtStoredEvent *event, GPtrArray *found)
{
    uint32_t person = person_of(event, overtakes(window, event));
    HtEntryRow *row = g_hash_table_lookup(window->rows, GUINT_TO_POINTER(person));
    GList *link = row && row->in == HT_ROW_ABSENT ? row->entries.head : NULL;
    while (link && ((HtEntry *)link->data)->sequence < event->sequence) {
        link = link->next;
    }
    HtEntry *entry = link ? link->data : NULL;
    bool wanted = entry && (entry == ht_row_first(row) || !ht_row_has_failed(ht_row_first(row)));
    if (wanted && entry->sequence == event->sequence && !entry->event) {
        load(window, entry, event, NULL);
        if (entry == ht_row_first(row)) {
            g_ptr_array_add(found, row);
        }
    }
}

/* What is absent first and was found damaged since is not delivered; its person goes on. */
static void drop_first(HtWindow *window)
{
    HtEntryRow *row = g_queue_peek_head(&window->absent);
    HtEntry *entry = ht_row_first(row);
    ht_row_dequeue(window, row);
    unlink_entry(window, entry);
    window->waiting--;
    if (row->entries.length == 0) {
        g_hash_table_remove(window->rows, GUINT_TO_POINTER(row->person));
    } else {
        ht_row_enqueue(window, row, true);
    }
}

bool ht_window_fill(HtWindow *window, HtSpoolPage *page)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    const HtEntryRow *wanted = g_queue_peek_head(&window->absent);
    const HtStoredEvent *first = page->events->len > 0 ? page->events->pdata[0] : NULL;
    if (wanted && first && first->sequence == ht_row_first(wanted)->sequence &&
        first->state != HT_STORED_WHOLE) {
        drop_first(window);
        ht_spool_page_free(page);
        return true;
    }
    for (unsigned i = 0; i < page->events->len; i++) {
        fill(window, page->events->pdata[i], found);
    }
    for (unsigned i = 0; i < found->len; i++) {
        ht_row_dequeue(window, found->pdata[i]);
        ht_row_enqueue(window, found->pdata[i], false);
    }
    ht_spool_page_free(page);
    return !wanted || wanted->in != HT_ROW_ABSENT;
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
        ht_row_dequeue(window, entry->row);
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
    HtEntryRow *row = pick->failed_too ? ht_row_first_in(window, HT_ENTRY_AGAIN) : NULL;
    for (HtEntryState state = HT_ENTRY_DOUBTED; !row && pick->failed_too && state <= HT_ENTRY_POISON;
         state++) {
        row = ht_row_first_timed(window, state);
        row =
            row && ht_row_first(row)->event && ht_row_first(row)->not_before_us <= pick->now_us ? row : NULL;
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
    unsigned from = ht_row_first_in(window, HT_ROW_OVERTAKING) ? HT_ROW_OVERTAKING
                    : ht_row_first_in(window, HT_ENTRY_SPLIT)  ? HT_ENTRY_SPLIT
                                                               : HT_ENTRY_FRESH;
    left.most = from != HT_ENTRY_SPLIT && pick->company > 0 ? pick->company : pick->most;
    if (failed && ((is_turn && from != HT_ROW_OVERTAKING) || !ht_row_first_in(window, from))) {
        take(window, ht_row_first(failed), picked, &left);
        return picked;
    }
    for (HtEntryRow *row;
         (row = ht_row_first_in(window, from)) && take(window, ht_row_first(row), picked, &left);) {
    }
    for (unsigned i = 0; i < picked->len; i++) { /* there is room: what comes next of the same persons */
        const HtEntry *entry = picked->pdata[i];
        if (entry->row_link.next && !ht_row_is_held(window, entry->row_link.next->data)) {
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
    HtEntryRow *row = ht_row_first_in(window, HT_ROW_OVERTAKING);
    if (!row && fresh->length > 0) {
        row = g_queue_peek_nth(fresh, (guint)g_random_int_range(0, (gint32)fresh->length));
    }
    row = row ? row : ht_row_first_in(window, HT_ENTRY_SPLIT);
    row = row ? row : next_failed(window, &left);
    if (row) {
        take(window, ht_row_first(row), picked, &left);
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
        if (ht_row_has_failed(ht_row_first(row))) {
            unload(window, row);
        }
        ht_row_enqueue(window, row, in_front);
    }
}

void ht_window_return(HtWindow *window, HtEntry *entry)
{
    HtEntryState state = ht_row_has_failed(entry) ? HT_ENTRY_AGAIN
                         : entry->together > 0    ? HT_ENTRY_SPLIT
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
    for (HtEntryRow *row; (row = ht_row_first_timed(window, HT_ENTRY_DOUBTED));) {
        HtEntry *entry = ht_row_first(row);
        ht_row_dequeue(window, row);
        entry->state = HT_ENTRY_AGAIN;
        entry->chances++;
        entry->failures = 0;
        ht_row_enqueue(window, row, false);
    }
}

void ht_window_finish(HtWindow *window, HtEntry *entry)
{
    HtEntryRow *row = entry->row;
    g_assert(entry->state == HT_ENTRY_SENDING);
    window->bytes -= entry->bytes;
    window->loaded--;
    unlink_entry(window, entry);
    row->sending--;
    if (row->entries.length == 0) {
        g_hash_table_remove(window->rows, GUINT_TO_POINTER(row->person));
        row = NULL;
    } else if (row->sending == 0) {
        ht_row_enqueue(window, row, false);
    }
}

bool ht_window_holds_up(const HtEntry *entry)
{
    return entry->row->sending == 0 && ht_row_first(entry->row) == entry;
}

/* As if it had been sent, and taken. */
void ht_window_give_up(HtWindow *window, HtEntry *entry)
{
    HtEntryRow *row = entry->row;
    g_assert(ht_window_holds_up(entry));
    ht_row_dequeue(window, row);
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
           (unsigned)g_sequence_get_length(window->clock[1]) + window->absent.length - window->returning;
}

int64_t ht_window_due(const HtWindow *window)
{
    const HtEntryRow *doubted = ht_row_first_timed(window, HT_ENTRY_DOUBTED);
    const HtEntryRow *poison = ht_row_first_timed(window, HT_ENTRY_POISON);
    return MIN(doubted ? ht_row_first(doubted)->not_before_us : INT64_MAX,
               poison ? ht_row_first(poison)->not_before_us : INT64_MAX);
}

bool ht_window_is_short(const HtWindow *window, unsigned most, int64_t now_us)
{
    HtPick pick = {.now_us = now_us, .failed_too = true};
    return window->ready < most && !ht_row_first_in(window, HT_ROW_OVERTAKING) &&
           !ht_row_first_in(window, HT_ENTRY_SPLIT) && !next_failed(window, &pick);
}

bool ht_window_has_untried(const HtWindow *window)
{
    return ht_row_first_in(window, HT_ROW_OVERTAKING) || ht_row_first_in(window, HT_ENTRY_FRESH) ||
           ht_row_first_in(window, HT_ENTRY_SPLIT);
}
