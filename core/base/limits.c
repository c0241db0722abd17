/* The tables of limits, and what is made from them. No state. */
#include "core/base/limits.h"

#include "core/base/pack.h"

#include <glib.h>
#include <glib/gi18n.h>

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define G (UINT64_C(1) << 30)
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define AT(field) offsetof(HtLimits, field)
#define SPOOL(field) offsetof(HtSpoolLimits, field)

/* Three ranges are those of libxml2 and of frames: it refuses 256 levels by itself and compares each attribute of an element with each;
 * and twice a document has to fit into a frame, of which the size has 32 bits. */
/* clang-format off */
const HtLimitRow ht_limit_rows[] = {
    {"max-body", AT(body_bytes), HT_LIMIT_BYTES, 16 * M, 1 * K, 1 * G, NULL,
     N_("Largest body; a larger one is answered 413 at once.")},
    {"memory", AT(memory_bytes), HT_LIMIT_BYTES, 512 * M, 64 * M, 64 * G, NULL,
     N_("Address space of the adapter's host process.")},
    {"start-timeout", AT(start_ms), HT_LIMIT_MS, 10 * SECOND, 100, 5 * MINUTE, NULL,
     N_("Time for the host to get ready.")},
    {"message-timeout", AT(message_ms), HT_LIMIT_MS, 10 * SECOND, 50, 10 * MINUTE, NULL,
     N_("Watchdog: time for one message in the adapter, and the same again for each megabyte. The host is killed beyond it.")},
    {"idle", AT(idle_ms), HT_LIMIT_MS, 10 * MINUTE, 0, 240 * HOUR, NULL,
     N_("The host is ended after so long without work; 0: never.")},
    {"idle-cpu", AT(idle_cpu_ms), HT_LIMIT_MS, 1 * SECOND, 20, 1 * HOUR, NULL,
     N_("Watchdog: processor time that the host may take in ten times as long while it has no message. It is killed beyond it.")},
    {"strikes", AT(strikes), HT_LIMIT_COUNT, 2, 1, 100, "times",
     N_("Times that a message may kill the host before it is refused and kept in quarantine.")},
    {"waiting", AT(waiting), HT_LIMIT_COUNT, 1024, 1, 100000, "messages",
     N_("Messages that may wait for the host; more are answered 503.")},
    {"waiting-bytes", AT(waiting_bytes), HT_LIMIT_BYTES, 64 * M, 64 * K, 16 * G, NULL,
     N_("Their bytes.")},
    {"max-document", AT(document_bytes), HT_LIMIT_BYTES, 64 * M, 1 * K, 1 * G, NULL,
     N_("Bytes of a payload as UTF-8; of an archive's entries together.")},
    {"max-depth", AT(depth), HT_LIMIT_COUNT, 64, 4, 250, "levels",
     N_("Nesting of elements.")},
    {"max-elements", AT(elements), HT_LIMIT_COUNT, 5000000, 100, 1000000000, "elements",
     N_("Elements in one payload.")},
    {"max-attributes", AT(attributes), HT_LIMIT_COUNT, 256, 4, 8192, "attributes",
     N_("Attributes of one element.")},
    {"max-start-tag", AT(start_tag_bytes), HT_LIMIT_BYTES, 64 * K, 1 * K, 16 * M, NULL,
     N_("Bytes of one start tag.")},
    {"max-value", AT(value_bytes), HT_LIMIT_BYTES, 8 * M, 1 * K, 1 * G, NULL,
     N_("Bytes of one value, photos included.")},
    {"max-names", AT(names), HT_LIMIT_COUNT, 4096, 64, 1000000, "different element and attribute names",
     N_("Distinct names in one payload.")},
    {"max-name-bytes", AT(name_bytes), HT_LIMIT_BYTES, 16 * M, 64 * K, 256 * M, NULL,
     N_("Their bytes.")},
    {"cpu-per-megabyte", AT(cpu_ms_per_mb), HT_LIMIT_MS, 2 * SECOND, 10, 10 * MINUTE, NULL,
     N_("Processor time for reading and mapping, for each begun megabyte.")},
    {"max-parts", AT(parts), HT_LIMIT_COUNT, 1000, 1, 100000, "parts",
     N_("Parts of one multipart body, entries of one ZIP archive.")},
    {"max-zip-ratio", AT(zip_ratio), HT_LIMIT_COUNT, 200, 10, 10000, "times its size",
     N_("How many times its packed size an entry of a ZIP archive, or the archive, may have, if that is more than 1 MB. XML packs 10 to 50 times.")},
    {"max-records", AT(records), HT_LIMIT_COUNT, 1000000, 1, 100000000, "records",
     N_("Records in one payload.")},
    {"max-held", AT(held_bytes), HT_LIMIT_BYTES, 8 * M, 4 * K, 1 * G, NULL,
     N_("Bytes of records that wait for a value that comes behind them in the payload; beyond it they are made without. Also of the records inside of one record, which are held until that ends: beyond it the payload is refused.")},
    {"max-instances", AT(instances), HT_LIMIT_COUNT, 100, 1, 255, "instances",
     N_("Instances of a repeated group in one event; the event is marked `value-truncated` when there are more.")},
    {"max-unmapped", AT(unmapped), HT_LIMIT_COUNT, 128, 1, 10000, "elements",
     N_("Elements that no mapping names and that are kept of one record; the event is marked `value-truncated` when there are more.")},
    {"max-unmapped-bytes", AT(unmapped_bytes), HT_LIMIT_BYTES, 16 * K, 1 * K, 16 * M, NULL,
     N_("Their bytes.")},
    {0}};

const HtLimitRow ht_spool_limit_rows[] = {
    {"group", SPOOL(group), HT_LIMIT_COUNT, 256, 1, 10000, "messages",
     N_("Messages that one commit takes at most.")},
    {"queue", SPOOL(queue), HT_LIMIT_COUNT, 4096, 1, 1000000, "messages",
     N_("Messages that may wait for a commit; more are answered 503.")},
    {"queue-bytes", SPOOL(queue_bytes), HT_LIMIT_BYTES, 64 * M, 1 * M, 64 * G, NULL,
     N_("Their bytes in memory. The last one that is let in may be larger than what is left.")},
    {"queue-share", SPOOL(queue_share), HT_LIMIT_COUNT, 50, 1, 100, "percent",
     N_("How much of `queue` and `queue-bytes` one source may hold. An equal part of them is always free for each source, "
     "whatever the others send.")},
    {"large", SPOOL(large_bytes), HT_LIMIT_BYTES, 256 * K, 4 * K, 1 * G, NULL,
     N_("A message whose events have more bytes is written piece by piece beside the others, which do not wait for it, and is there when it is whole.")},
    {"wal-limit", SPOOL(wal_bytes), HT_LIMIT_BYTES, 64 * M, 1 * M, 4 * G, NULL,
     N_("Size of the write-ahead log at which a checkpoint is forced.")},
    {"reserve", SPOOL(reserve_bytes), HT_LIMIT_BYTES, 192 * M, 1 * M, 1024 * G, NULL,
     N_("Intake stops (503) when the disk has less room than this, so that deliveries can still be recorded. At least twice "
     "`wal-limit` plus 64M is advised.")},
    {"max-size", SPOOL(most_bytes), HT_LIMIT_BYTES, 0, 0, 1024 * 1024 * G, NULL,
     N_("Intake stops (503 `spool-capped`) when the spool's file has so many bytes in use, and goes on when it has a hundredth less; nothing is dropped. "
     "At 80 and 90 percent the log, `/ready` and the status say so. 0: no limit but the disk's.")},
    {"page", SPOOL(page_bytes), HT_LIMIT_BYTES, 4 * K, 4 * K, 64 * K, NULL,
     N_("Page size of a new spool file; a power of two.")},
    {"recent", SPOOL(recent_bytes), HT_LIMIT_BYTES, 2 * M, 0, 1 * G, NULL,
     N_("Events just committed stay in memory up to so much, for all consumers that are not behind together; the others, and with 0 "
     "all, read them from the disk.")},
    {"filters", SPOOL(filter_bytes), HT_LIMIT_BYTES, 32 * M, 1 * M, 16 * G, NULL,
     N_("Memory for what tells a new key, or a new number of a person, from known ones without a look at the disk: 1.5 bytes each. With more "
     "of them than fit, each message reads the disk for some.")},
    {0}};
/* clang-format on */

#define COUNT (G_N_ELEMENTS(ht_limit_rows) - 1)

G_STATIC_ASSERT(sizeof(HtLimits) == COUNT * sizeof(uint64_t));
G_STATIC_ASSERT(sizeof(HtSpoolLimits) == (G_N_ELEMENTS(ht_spool_limit_rows) - 1) * sizeof(uint64_t));

static uint64_t *field_of(const HtLimitRow *row, void *limits)
{
    return (uint64_t *)(void *)((char *)limits + row->offset);
}

static void set_defaults(const HtLimitRow *rows, void *limits)
{
    for (const HtLimitRow *row = rows; row->key; row++) {
        *field_of(row, limits) = row->fallback;
    }
}

/* What a process has before its first payload; and what a payload takes for each byte, measured with the shipped mapping that takes most
 * (hukou, whole rows): as it came, its events, and their frame, in buffers that grow. */
#define MEMORY_BASE (64 * M)
#define MEMORY_FACTOR 7

uint64_t ht_limits_memory_for(uint64_t payload_bytes)
{
    return MEMORY_BASE + MEMORY_FACTOR * payload_bytes;
}

HtLimits ht_limits_default(void)
{
    HtLimits limits;
    set_defaults(ht_limit_rows, &limits);
    return limits;
}

HtSpoolLimits ht_spool_limits_default(void)
{
    HtSpoolLimits limits;
    set_defaults(ht_spool_limit_rows, &limits);
    return limits;
}

/* ---- On their way to the host ---- */

void ht_limits_pack(const HtLimits *limits, uint8_t tag, HtBuffer *buffer)
{
    HtLimits copy = *limits;
    size_t place = ht_pack_begin(buffer, tag);
    for (size_t i = 0; i < COUNT; i++) {
        ht_pack_u64(buffer, (uint8_t)(i + 1), *field_of(&ht_limit_rows[i], &copy));
    }
    ht_pack_end(buffer, place);
}

bool ht_limits_unpack(HtText bytes, HtLimits *limits)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    size_t taken = 0;
    while (ht_unpack_next(&unpack, &tag, &value)) {
        if (tag != taken + 1 || tag > COUNT ||
            !ht_unpack_u64(value, field_of(&ht_limit_rows[taken], limits))) {
            return false;
        }
        taken++;
    }
    return !unpack.broken && taken == COUNT;
}

/* ---- Naming them ---- */

static HtLimit find_limit(const HtLimitRow *rows, size_t offset, const uint64_t *field)
{
    const HtLimitRow *row = rows;
    while (row->key && row->offset != offset) {
        row++;
    }
    g_assert(row->key);
    return (HtLimit){row->key, *field, row->unit, row->of};
}

HtLimit ht_limit_of(const HtLimits *limits, const uint64_t *field)
{
    return find_limit(ht_limit_rows, (size_t)((const char *)field - (const char *)limits), field);
}

HtLimit ht_spool_limit_of(const HtSpoolLimits *limits, const uint64_t *field)
{
    return find_limit(ht_spool_limit_rows, (size_t)((const char *)field - (const char *)limits), field);
}

const char *ht_limit_name(HtLimit limit, char text[HT_LIMIT_TEXT])
{
    char configured[HT_LIMIT_NUMBER];
    const char *of = limit.unit == HT_LIMIT_BYTES ? "bytes" : limit.unit == HT_LIMIT_MS ? "ms" : limit.of;
    ht_limit_write(limit.value, limit.unit, configured);
    if (limit.key) {
        g_snprintf(text, HT_LIMIT_TEXT, "%" G_GUINT64_FORMAT " %s (%s = %s)", limit.value, of, limit.key,
                   configured);
    } else {
        g_snprintf(text, HT_LIMIT_TEXT, "%s %s (fixed)", configured, of);
    }
    return text;
}

/* ---- Numbers as the configuration writes them ---- */

typedef struct {
    const char *suffix;
    uint64_t factor;
} Unit;

/* From the largest. */
static const Unit *units_of(HtLimitUnit unit)
{
    static const Unit bytes[] = {{"G", G}, {"M", M}, {"K", K}, {"", 1}, {0}};
    static const Unit times[] = {{"d", 24 * HOUR}, {"h", HOUR}, {"min", MINUTE},
                                 {"s", SECOND},    {"ms", 1},   {0}};
    static const Unit counts[] = {{"", 1}, {0}};
    return unit == HT_LIMIT_BYTES ? bytes : unit == HT_LIMIT_MS ? times : counts;
}

const char *ht_limit_write(uint64_t value, HtLimitUnit unit, char text[HT_LIMIT_NUMBER])
{
    const Unit *found = units_of(unit);
    while (found->factor > 1 && value % found->factor != 0) {
        found++;
    }
    g_snprintf(text, HT_LIMIT_NUMBER, "%" G_GUINT64_FORMAT "%s", value / found->factor,
               value == 0 ? "" : found->suffix);
    return text;
}

bool ht_limit_read(const char *text, HtLimitUnit unit, uint64_t *value)
{
    char *end;
    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    uint64_t number = g_ascii_strtoull(text, &end, 10);
    if (number == 0 && *end == '\0') {
        *value = 0;
        return true;
    }
    for (const Unit *found = units_of(unit); found->suffix; found++) {
        if (g_ascii_strcasecmp(end, found->suffix) == 0) {
            *value = number * found->factor;
            return number <= UINT64_MAX / found->factor && number < (UINT64_C(1) << 53);
        }
    }
    return false;
}
