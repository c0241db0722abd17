/* Pages. Made on the reader thread, used and freed on the main thread. */
#include "spool/page.h"

typedef struct {
    GPtrArray *rows;   /* of GBytes: the texts */
    GPtrArray *arrays; /* of HtStoredEvent[]: the events of one row each */
    uint64_t last;
    bool damaged;
} PageBacking;

HtSpoolPage *ht_spool_page_new(uint64_t after)
{
    HtSpoolPage *page = g_new0(HtSpoolPage, 1);
    PageBacking *backing = g_new0(PageBacking, 1);
    backing->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    backing->arrays = g_ptr_array_new_with_free_func(g_free);
    backing->last = after;
    page->events = g_ptr_array_new();
    page->after = after;
    page->private = backing;
    return page;
}

void ht_spool_page_free(HtSpoolPage *page)
{
    if (page && page->shared > 0) {
        page->shared--;
    } else if (page) {
        PageBacking *backing = page->private;
        g_ptr_array_unref(page->events);
        g_ptr_array_unref(backing->arrays);
        g_ptr_array_unref(backing->rows);
        g_free(backing);
        g_free(page);
    }
}

uint64_t ht_spool_page_last(const HtSpoolPage *page)
{
    return ((const PageBacking *)page->private)->last;
}

void ht_spool_page_skip(HtSpoolPage *page, uint64_t last)
{
    PageBacking *backing = page->private;
    backing->last = MAX(backing->last, last);
}

bool ht_spool_page_is_damaged(const HtSpoolPage *page)
{
    return ((const PageBacking *)page->private)->damaged;
}

/* Fills the event but for its sequence. Returns the size of what it holds. */
static size_t read_event(const HtSpoolRow *row, uint32_t index, HtStoredEvent *event)
{
    static const HtStoredState states[] = {[HT_SPOOL_ROW_GOOD] = HT_STORED_WHOLE,
                                           [HT_SPOOL_ROW_GONE] = HT_STORED_REMOVED,
                                           [HT_SPOOL_ROW_DAMAGED] = HT_STORED_DAMAGED};
    HtSpoolRecord record;
    event->state = row->number == 0  ? HT_STORED_REMOVED /* it is known to be lost */
                   : row->bytes.data ? states[ht_spool_row_read(row, index, &record)]
                                     : HT_STORED_LOST;
    if (event->state == HT_STORED_WHOLE && !ht_event_unpack_head(record.head, &event->event)) {
        event->state = HT_STORED_DAMAGED;
    }
    if (event->state != HT_STORED_WHOLE) {
        return 0;
    }
    event->state = record.hollow ? HT_STORED_REMOVED : HT_STORED_WHOLE;
    event->id = record.id;
    event->recorded_us = record.recorded_us;
    event->subject = record.subject;
    event->event.data = record.data;
    return record.subject.size + record.head.size + record.data.size;
}

static bool has_room(const HtSpoolPage *page, const HtSpoolPageRoom *room)
{
    return page->events->len == 0 || (room->events > 0 && room->bytes > 0);
}

static void add(HtSpoolPage *page, HtStoredEvent *event, size_t bytes, HtSpoolPageRoom *room)
{
    PageBacking *backing = page->private;
    room->events -= MIN(room->events, 1);
    room->bytes -= MIN(room->bytes, bytes);
    backing->last = event->sequence;
    backing->damaged = backing->damaged || event->state >= HT_STORED_DAMAGED;
    g_ptr_array_add(page->events, event);
}

static HtStoredEvent *make_events(HtSpoolPage *page, uint64_t count)
{
    HtStoredEvent *events = g_new0(HtStoredEvent, count);
    g_ptr_array_add(((PageBacking *)page->private)->arrays, events);
    return events;
}

void ht_spool_page_add(HtSpoolPage *page, const HtSpoolPlace *place, GBytes *bytes, HtSpoolPageRoom *room)
{
    PageBacking *backing = page->private;
    uint64_t first = ht_spool_place_first(place), start = MAX(first, backing->last + 1);
    uint64_t count = MIN(place->last - start + 1, (uint64_t)MAX(room->events, 1));
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    HtStoredEvent *events = make_events(page, count);
    if (bytes) {
        g_ptr_array_add(backing->rows, g_bytes_ref(bytes));
    }
    for (uint64_t i = 0; i < count && has_room(page, room); i++) {
        events[i].sequence = start + i;
        add(page, &events[i], read_event(&row, (uint32_t)(start + i - first), &events[i]), room);
    }
}

void ht_spool_page_add_lost(HtSpoolPage *page, uint64_t last, HtSpoolPageRoom *room)
{
    uint64_t start = ht_spool_page_last(page) + 1;
    uint64_t count = MIN(last - start + 1, (uint64_t)MAX(room->events, 1));
    HtStoredEvent *events = make_events(page, count);
    for (uint64_t i = 0; i < count; i++) {
        events[i].sequence = start + i;
        events[i].state = HT_STORED_LOST;
        add(page, &events[i], 0, room);
    }
}
