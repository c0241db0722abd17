/* Exporting. */
#include "core/keep/export.h"

#include "core/delivery/route.h"
#include "spool/keeping.h"

#include <errno.h>
#include <stdio.h>

#define WINDOW 2048

typedef struct {
    const HtExport *asked;
    HtExported *made;
    HtDelivered *delivered;
    HtArchive *archive; /* NULL: standard output */
    HtBuffer line;
    GError *error;
} Exporter;

static bool write_line(Exporter *exporter, uint64_t sequence, GError **error)
{
    HtArchiveSum *sum = &exporter->made->sum;
    HtText line = ht_buffer_text(&exporter->line);
    if (exporter->archive) {
        return ht_archive_add(exporter->archive, sequence, line, error);
    }
    if (fwrite(line.data, 1, line.size, stdout) != line.size || putchar('\n') == EOF) {
        g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_IO, "export: standard output: %s",
                    g_strerror(errno));
        return false;
    }
    sum->first = sum->events++ == 0 ? sequence : sum->first;
    sum->last = sequence;
    sum->plain_bytes += line.size + 1;
    return true;
}

static void see_event(const HtStoredEvent *event, void *user)
{
    Exporter *exporter = user;
    const HtExport *asked = exporter->asked;
    if (event->state != HT_STORED_WHOLE) {
        bool pruned = event->state == HT_STORED_REMOVED;
        exporter->made->pruned += pruned;
        exporter->made->damaged += !pruned;
        return;
    }
    bool in_time = event->recorded_us >= asked->since_us && event->recorded_us < asked->before_us;
    if (exporter->error || !in_time || !ht_route_names(asked->sources, asked->types, &event->event)) {
        return;
    }
    ht_keep_line(asked->config, exporter->delivered, event, &exporter->line);
    write_line(exporter, event->sequence, &exporter->error);
}

/* The events of the messages of that time. */
typedef struct {
    uint64_t first, last;
} Range;

static void see_message(const HtSpoolKept *kept, void *user)
{
    Range *range = user;
    const HtReceipt *receipt = &kept->receipt;
    if (receipt->events > 0) {
        range->first = range->first ? MIN(range->first, receipt->sequence) : receipt->sequence;
        range->last = MAX(range->last, receipt->sequence + receipt->events - 1);
    }
}

static bool write_all(Exporter *exporter, HtSpoolLook *look, GError **error)
{
    const HtExport *asked = exporter->asked;
    HtSpoolSpan span = {asked->since_us, asked->before_us};
    Range range = {0, 0};
    if (!ht_spool_look_messages(look, &span, see_message, &range, error)) {
        return false;
    }
    for (uint64_t at = range.first; range.last > 0 && at <= range.last; at += WINDOW) {
        uint64_t until = MIN(at + WINDOW - 1, range.last);
        if (!ht_delivered_load(exporter->delivered, look, at, until, error) ||
            !ht_spool_look_events(look, at - 1, until, see_event, exporter, error)) {
            return false;
        }
        if (exporter->error) {
            g_propagate_error(error, g_steal_pointer(&exporter->error));
            return false;
        }
        if (asked->progress) {
            asked->progress(until - range.first + 1, range.last - range.first + 1, asked->user);
        }
    }
    return true;
}

static bool write_to(Exporter *exporter, HtSpoolLook *look, const char *path, GError **error)
{
    g_autofree char *part = g_strconcat(path, ".part", NULL);
    exporter->archive = ht_archive_begin(part, g_str_has_suffix(path, ".zst"), NULL, error);
    bool good = exporter->archive && write_all(exporter, look, error);
    g_autofree char *made = good ? ht_archive_end(exporter->archive, path, error) : NULL;
    if (made) {
        exporter->made->sum = *ht_archive_sum(exporter->archive);
    }
    g_clear_pointer(&exporter->archive, ht_archive_free);
    return made != NULL;
}

bool ht_export(const HtExport *asked, HtExported *made, GError **error)
{
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(asked->config->bus.state, error);
    g_autoptr(HtDelivered) delivered = ht_delivered_new(asked->config, asked->dictionary);
    Exporter exporter = {.asked = asked, .made = made, .delivered = delivered};
    *made = (HtExported){.pruned = 0};
    bool good = look && (asked->path ? write_to(&exporter, look, asked->path, error)
                                     : write_all(&exporter, look, error));
    if (good && !asked->path && fflush(stdout) != 0) {
        g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_IO, "export: standard output: %s",
                    g_strerror(errno));
        good = false;
    }
    ht_buffer_clear(&exporter.line);
    return good;
}
