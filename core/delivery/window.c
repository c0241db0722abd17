/* The window's bookkeeping. Main-loop thread. */
#include "core/delivery/window.h"

static void free_entry(void *data)
{
    HtEntry *entry = data;
    if (entry->page) {
        ht_spool_page_free(entry->page);
    }
    g_free(entry);
}

void ht_window_clear(HtWindow *window)
{
    g_queue_clear_full(&window->entries, free_entry);
}

static uint32_t hash_text(HtText text)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (uint8_t)text.data[i]) * 16777619U;
    }
    return hash;
}

unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user)
{
    unsigned count = 0;
    HtEntry *last = NULL;
    for (unsigned i = 0; i < page->events->len; i++) {
        const HtStoredEvent *event = page->events->pdata[i];
        window->read_to = event->sequence;
        if (wanted(user, event)) {
            last = g_new0(HtEntry, 1);
            *last = (HtEntry){.event = event, .person = hash_text(event->subject)};
            g_queue_push_tail(&window->entries, last);
            count++;
        }
    }
    window->waiting += count;
    if (last) {
        last->page = page;
    } else {
        ht_spool_page_free(page);
    }
    return count;
}

void ht_window_set(HtWindow *window, HtEntry *entry, HtEntryState state)
{
    window->waiting += (state == HT_ENTRY_WAITING) - (entry->state == HT_ENTRY_WAITING);
    entry->state = state;
}

/* Persons with an event that must go before: a set of hashes. Two persons with one hash only wait for each other. */
static bool is_held(GHashTable *held, const HtEntry *entry)
{
    return g_hash_table_contains(held, GUINT_TO_POINTER(entry->person));
}

static void hold(GHashTable *held, const HtEntry *entry)
{
    g_hash_table_add(held, GUINT_TO_POINTER(entry->person));
}

GPtrArray *ht_window_pick(HtWindow *window, unsigned most, size_t most_bytes)
{
    GPtrArray *picked = g_ptr_array_new();
    g_autoptr(GHashTable) held = g_hash_table_new(NULL, NULL);
    size_t bytes = 0;
    for (GList *link = window->entries.head; link && picked->len < most && bytes < most_bytes;
         link = link->next) {
        HtEntry *entry = link->data;
        if (entry->state == HT_ENTRY_DONE) {
            continue;
        }
        if (entry->state == HT_ENTRY_SENDING || is_held(held, entry) || (entry->alone && picked->len > 0)) {
            hold(held, entry);
            continue;
        }
        ht_window_set(window, entry, HT_ENTRY_SENDING);
        g_ptr_array_add(picked, entry);
        bytes += entry->event->event.data.size;
        if (entry->alone) {
            break;
        }
    }
    return picked;
}

bool ht_window_advance(HtWindow *window)
{
    uint64_t before = window->cursor;
    HtEntry *entry;
    while ((entry = g_queue_peek_head(&window->entries)) && entry->state == HT_ENTRY_DONE) {
        window->cursor = entry->event->sequence;
        free_entry(g_queue_pop_head(&window->entries));
    }
    if (!entry) {
        window->cursor = MAX(window->cursor, window->read_to);
    }
    return window->cursor != before;
}
