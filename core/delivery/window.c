/* The window's bookkeeping. Main-loop thread. */
#include "core/delivery/window.h"

#define NAME_HEX 32

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

/* Entry, event and texts in one block of memory. */
static HtEntry *copy_event(const HtStoredEvent *event)
{
    size_t bytes = sizeof(HtEntry) + sizeof(HtStoredEvent) + event->subject.size + event->event.data.size;
    for (unsigned i = 0; i < HT_ATTR_COUNT; i++) {
        bytes += event->event.attr[i].size;
    }
    HtEntry *entry = g_malloc(bytes);
    HtStoredEvent *copy = (HtStoredEvent *)(entry + 1);
    char *at = (char *)(copy + 1);
    *copy = *event;
    copy->subject = move_text(&at, event->subject);
    for (unsigned i = 0; i < HT_ATTR_COUNT; i++) {
        copy->event.attr[i] = move_text(&at, event->event.attr[i]);
    }
    copy->event.data = move_text(&at, event->event.data);
    *entry =
        (HtEntry){.link.data = entry, .event = copy, .bytes = bytes, .person = hash_text(event->subject)};
    return entry;
}

void ht_window_clear(HtWindow *window)
{
    for (HtEntry *entry; (entry = g_queue_peek_head(&window->entries));) {
        g_queue_unlink(&window->entries, &entry->link);
        g_free(entry);
    }
    window->waiting = 0;
    window->bytes = 0;
}

unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user)
{
    unsigned count = 0;
    for (unsigned i = 0; i < page->events->len; i++) {
        const HtStoredEvent *event = page->events->pdata[i];
        window->read_to = event->sequence;
        if (wanted(user, event)) {
            HtEntry *entry = copy_event(event);
            g_queue_push_tail_link(&window->entries, &entry->link);
            window->bytes += entry->bytes;
            count++;
        }
    }
    window->waiting += count;
    ht_spool_page_free(page);
    return count;
}

/* Persons with an event that must go before: a set of hashes. Two persons with one hash only wait for each other. */
static bool is_held(GHashTable *held, const HtEntry *entry)
{
    return g_hash_table_contains(held, GUINT_TO_POINTER(entry->person));
}

GPtrArray *ht_window_pick(HtWindow *window, unsigned most, size_t most_bytes, int64_t now_us)
{
    GPtrArray *picked = g_ptr_array_new();
    g_autoptr(GHashTable) held = g_hash_table_new(NULL, NULL);
    size_t bytes = 0;
    for (GList *link = window->entries.head; link && picked->len < most && bytes < most_bytes;
         link = link->next) {
        HtEntry *entry = link->data;
        bool crowded = entry->together > 0 && picked->len >= entry->together;
        if (entry->sending || entry->not_before_us > now_us || crowded || is_held(held, entry)) {
            g_hash_table_add(held, GUINT_TO_POINTER(entry->person));
            continue;
        }
        entry->sending = true;
        window->waiting--;
        g_ptr_array_add(picked, entry);
        bytes += entry->event->event.data.size;
        most = entry->together > 0 ? MIN(most, entry->together) : most;
    }
    return picked;
}

void ht_window_return(HtWindow *window, HtEntry *entry, int64_t not_before_us)
{
    entry->sending = false;
    entry->not_before_us = not_before_us;
    window->waiting++;
}

void ht_window_finish(HtWindow *window, HtEntry *entry)
{
    window->waiting -= !entry->sending;
    window->bytes -= entry->bytes;
    g_queue_unlink(&window->entries, &entry->link);
    g_free(entry);
}

int64_t ht_window_due(const HtWindow *window, int64_t now_us)
{
    int64_t due_us = 0;
    for (GList *link = window->entries.head; link; link = link->next) {
        const HtEntry *entry = link->data;
        if (!entry->sending && entry->not_before_us > now_us &&
            (due_us == 0 || entry->not_before_us < due_us)) {
            due_us = entry->not_before_us;
        }
    }
    return due_us;
}

bool ht_window_advance(HtWindow *window)
{
    uint64_t before = window->cursor;
    const HtEntry *first = g_queue_peek_head(&window->entries);
    window->cursor = MAX(before, first ? first->event->sequence - 1 : window->read_to);
    return window->cursor != before;
}

char *ht_window_name(const GPtrArray *entries)
{
    if (entries->len == 1) {
        char id[HT_UUID_TEXT];
        ht_uuid_format(&((const HtEntry *)entries->pdata[0])->event->id, id);
        return g_strdup(id);
    }
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (unsigned i = 0; i < entries->len; i++) {
        const HtEntry *entry = entries->pdata[i];
        g_checksum_update(sum, entry->event->id.bytes, HT_UUID_SIZE);
    }
    return g_strdup_printf("batch-%.*s", NAME_HEX, g_checksum_get_string(sum));
}
