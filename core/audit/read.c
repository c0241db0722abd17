/* Reading and verifying the audit log. */
#include "core/audit/read.h"

#include "core/audit/delivery.h"
#include "core/base/digest.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

G_DEFINE_QUARK(ht_audit_error, ht_audit_error)

#define SUFFIX ".audit"
#define DIGITS 10

/* ---- Segments ---- */

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

GArray *ht_audit_segments(const char *directory, GError **error)
{
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) folder = g_dir_open(directory, 0, &reason);
    if (!folder && g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        return g_steal_pointer(&segments);
    }
    if (!folder) {
        g_set_error(error, HT_AUDIT_ERROR, HT_AUDIT_ERROR_IO, "audit: %s", reason->message);
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(folder));) {
        char *end;
        uint64_t number = g_ascii_strtoull(name, &end, 10);
        if (g_ascii_isdigit(*name) && end == name + DIGITS && g_str_equal(end, SUFFIX) && number > 0) {
            g_array_append_val(segments, number);
        }
    }
    g_array_sort(segments, compare_numbers);
    return g_steal_pointer(&segments);
}

char *ht_audit_segment_path(const char *directory, uint64_t segment)
{
    g_autofree char *name = g_strdup_printf("%0*" G_GUINT64_FORMAT SUFFIX, DIGITS, segment);
    return g_build_filename(directory, name, NULL);
}

static JsonObject *parse_body(JsonParser *parser, HtText body)
{
    bool good = json_parser_load_from_data(parser, body.data, (gssize)body.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    return root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
}

/* The first record says itself on what it stands: the reader of the whole log holds that against what came before. */
static bool read_before(HtText bytes, uint8_t before[HT_SHA256])
{
    static const uint8_t none[HT_SHA256];
    g_autoptr(JsonParser) parser = json_parser_new();
    HtAuditRecord record;
    size_t size;
    HtAuditRead read = ht_audit_record_read(bytes, none, &record, &size);
    JsonObject *body = (read == HT_AUDIT_READ || read == HT_AUDIT_FALSE) && record.kind == HT_AUDIT_OPEN
                           ? parse_body(parser, record.body)
                           : NULL;
    const char *hex = body ? json_object_get_string_member_with_default(body, "before", "") : "";
    return strlen(hex) == 2 * HT_SHA256 && ht_hex_read(hex, before, HT_SHA256);
}

static HtAuditRead read_records(HtText bytes, HtAuditPlace *place, HtAuditSee see, void *user, uint64_t *good)
{
    HtAuditRead read;
    HtAuditRecord record;
    size_t size;
    const char *begin = bytes.data;
    while ((read = ht_audit_record_read(bytes, place->hash, &record, &size)) == HT_AUDIT_READ) {
        if (place->number > 0 && record.number != place->number + 1 && record.kind != HT_AUDIT_OPEN) {
            return HT_AUDIT_FALSE;
        }
        place->number = record.number;
        memcpy(place->hash, record.hash, HT_SHA256);
        bytes = (HtText){bytes.data + size, bytes.size - size};
        *good = (uint64_t)(bytes.data - begin);
        if (see && !see(&record, place, user)) {
            return HT_AUDIT_END;
        }
    }
    return read;
}

bool ht_audit_read_segment(const char *path, HtAuditPlace *place, HtAuditSee see, void *user,
                           HtAuditRead *end, uint64_t *good_bytes, uint64_t *all_bytes, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);
    uint8_t before[HT_SHA256];
    *good_bytes = *all_bytes = 0;
    if (!file) {
        g_set_error(error, HT_AUDIT_ERROR, HT_AUDIT_ERROR_IO, "audit: %s", reason->message);
        return false;
    }
    const char *data = g_mapped_file_get_contents(file);
    HtText bytes = {data ? data : "", g_mapped_file_get_length(file)};
    *all_bytes = bytes.size;
    if (!read_before(bytes, before)) {
        *end = HT_AUDIT_TORN;
        return true;
    }
    memcpy(place->hash, before, HT_SHA256);
    *end = read_records(bytes, place, see, user, good_bytes);
    return true;
}

/* ---- The head ---- */

void ht_audit_head_write(const HtAuditHead *head, char text[HT_AUDIT_HEAD_TEXT])
{
    char hex[2 * HT_SHA256 + 1] = {0};
    ht_hex_write(head->hash, HT_SHA256, hex);
    g_snprintf(text, HT_AUDIT_HEAD_TEXT, "%" G_GUINT64_FORMAT " %s %s %s\n", head->number, hex, head->key,
               head->signature);
}

bool ht_audit_head_parse(const char *text, HtAuditHead *head)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \n", 5);
    char *end;
    if (g_strv_length(words) < 4 || strlen(words[1]) != 2 * HT_SHA256 ||
        !ht_hex_read(words[1], head->hash, HT_SHA256) || strlen(words[2]) >= sizeof head->key ||
        strlen(words[3]) >= sizeof head->signature) {
        return false;
    }
    head->number = g_ascii_strtoull(words[0], &end, 10);
    g_strlcpy(head->key, words[2], sizeof head->key);
    g_strlcpy(head->signature, words[3], sizeof head->signature);
    return *end == '\0' && head->number > 0;
}

bool ht_audit_head_load(const char *file, HtAuditHead *head)
{
    g_autofree char *text = NULL;
    return g_file_get_contents(file, &text, NULL, NULL) && ht_audit_head_parse(text, head);
}

char *ht_audit_head_signed(const HtAuditHead *head)
{
    char hex[2 * HT_SHA256 + 1] = {0};
    ht_hex_write(head->hash, HT_SHA256, hex);
    return g_strdup_printf("hutong audit 1\nnumber=%" G_GUINT64_FORMAT "\nhash=%s\n", head->number, hex);
}

/* Whether one of the keys has signed it. */
static bool is_signed(const HtAuditHead *head, const GArray *keys)
{
    g_autofree char *text = ht_audit_head_signed(head);
    for (guint i = 0; i < keys->len; i++) {
        const HtPublicKey *key = &g_array_index(keys, HtPublicKey, i);
        if (g_str_equal(key->id, head->key) &&
            ht_public_key_verify(key, ht_text_from(text), head->signature)) {
            return true;
        }
    }
    return false;
}

/* ---- All of it ---- */

typedef struct {
    const HtAuditReading *reading;
    HtAuditSum *sum;
    HtAuditPlace before; /* the record before the one at hand */
    bool head_found, stopped;
} Verifier;

static void complain(Verifier *verifier, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void complain(Verifier *verifier, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    verifier->sum->problems++;
    if (verifier->reading->complain) {
        verifier->reading->complain(text, verifier->reading->user);
    }
}

/* A seal is of the record before it. */
static void check_seal(Verifier *verifier, const HtAuditRecord *record)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *body = parse_body(parser, record->body);
    HtAuditHead head = {.number = verifier->before.number};
    memcpy(head.hash, verifier->before.hash, HT_SHA256);
    g_strlcpy(head.key, body ? json_object_get_string_member_with_default(body, "key", "") : "",
              sizeof head.key);
    g_strlcpy(head.signature, body ? json_object_get_string_member_with_default(body, "signature", "") : "",
              sizeof head.signature);
    verifier->sum->seals++;
    verifier->sum->unsealed = 0;
    if (verifier->reading->keys && !is_signed(&head, verifier->reading->keys)) {
        complain(verifier, "record %" G_GUINT64_FORMAT ": no key that is given has signed this seal",
                 record->number);
    }
}

static void check_open(Verifier *verifier, const HtAuditRecord *record)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *body = parse_body(parser, record->body);
    int64_t missing = body ? json_object_get_int_member_with_default(body, "missing", 0) : 0;
    uint8_t hash[HT_SHA256];
    const char *hex = body ? json_object_get_string_member_with_default(body, "before", "") : "";
    bool known = verifier->before.number > 0;
    bool same = strlen(hex) == 2 * HT_SHA256 && ht_hex_read(hex, hash, HT_SHA256) &&
                memcmp(hash, verifier->before.hash, HT_SHA256) == 0;
    if (missing > 0) {
        complain(verifier,
                 "record %" G_GUINT64_FORMAT ": when the bus began it found that %" G_GINT64_FORMAT
                 " records before this one were missing or altered",
                 record->number, missing);
    }
    if (known && missing == 0 && (!same || record->number != verifier->before.number + 1)) {
        complain(verifier,
                 "record %" G_GUINT64_FORMAT " does not follow record %" G_GUINT64_FORMAT
                 ": records between are missing or altered",
                 record->number, verifier->before.number);
    }
}

static void check_pruned(Verifier *verifier, const HtAuditRecord *record)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *body = parse_body(parser, record->body);
    int64_t through = body ? json_object_get_int_member_with_default(body, "through", 0) : 0;
    verifier->sum->pruned = MAX(verifier->sum->pruned, (uint64_t)MAX(through, 0));
}

static void count(Verifier *verifier, const HtAuditRecord *record)
{
    HtAuditSum *sum = verifier->sum;
    HtAuditDelivery delivery;
    if (sum->records == 0) {
        sum->first = record->number;
        sum->first_us = record->time_us;
    }
    sum->records++;
    sum->unsealed++;
    sum->last = record->number;
    sum->last_us = record->time_us;
    memcpy(sum->hash, record->hash, HT_SHA256);
    if (record->kind == HT_AUDIT_DELIVERY && ht_audit_delivery_read(record->body, &delivery)) {
        sum->deliveries++;
        sum->events += delivery.count;
    } else if (record->kind == HT_AUDIT_DELIVERY) {
        complain(verifier, "record %" G_GUINT64_FORMAT ": a delivery that cannot be read", record->number);
    }
}

static bool see_record(const HtAuditRecord *record, const HtAuditPlace *place, void *user)
{
    Verifier *verifier = user;
    const HtAuditHead *wanted = verifier->reading->head;
    count(verifier, record);
    switch (record->kind) {
    case HT_AUDIT_SEAL: check_seal(verifier, record); break;
    case HT_AUDIT_OPEN: check_open(verifier, record); break;
    case HT_AUDIT_PRUNED: check_pruned(verifier, record); break;
    default: break;
    }
    if (wanted && record->number == wanted->number) {
        verifier->head_found = memcmp(record->hash, wanted->hash, HT_SHA256) == 0;
    }
    verifier->before = *place;
    if (verifier->reading->see && !verifier->reading->see(record, place, verifier->reading->user)) {
        verifier->stopped = true;
    }
    return !verifier->stopped;
}

static bool read_one(Verifier *verifier, uint64_t segment, bool is_last, GError **error)
{
    g_autofree char *path = ht_audit_segment_path(verifier->reading->directory, segment);
    HtAuditPlace place = {.segment = segment};
    HtAuditRead end;
    uint64_t good, size;
    if (!ht_audit_read_segment(path, &place, see_record, verifier, &end, &good, &size, error)) {
        return false;
    }
    if (end == HT_AUDIT_FALSE || (end == HT_AUDIT_TORN && !is_last)) {
        complain(verifier,
                 "segment %" G_GUINT64_FORMAT ": what follows record %" G_GUINT64_FORMAT
                 " (byte %" G_GUINT64_FORMAT ") is altered or damaged",
                 segment, verifier->before.number, good);
    } else if (end == HT_AUDIT_TORN && good > 0) {
        verifier->sum->torn = size - good;
    } else if (end == HT_AUDIT_TORN) {
        complain(verifier, "segment %" G_GUINT64_FORMAT " does not begin with a record", segment);
    }
    return true;
}

static void check_ends(Verifier *verifier)
{
    const HtAuditSum *sum = verifier->sum;
    const HtAuditHead *head = verifier->reading->head;
    if (sum->first > 1 && sum->pruned + 1 < sum->first) {
        complain(verifier,
                 "the log begins with record %" G_GUINT64_FORMAT
                 ", and nothing says that those before it were pruned",
                 sum->first);
    }
    if (head && verifier->reading->keys && !is_signed(head, verifier->reading->keys)) {
        complain(verifier, "no key that is given has signed the head");
    }
    if (head && !verifier->head_found && head->number > sum->pruned) {
        complain(verifier,
                 "the head is record %" G_GUINT64_FORMAT
                 ", which is missing or another: the log ends with %" G_GUINT64_FORMAT,
                 head->number, sum->last);
    }
}

bool ht_audit_read(const HtAuditReading *reading, HtAuditSum *sum, GError **error)
{
    Verifier verifier = {.reading = reading, .sum = sum};
    *sum = (HtAuditSum){.segments = 0};
    g_autoptr(GArray) segments = ht_audit_segments(reading->directory, error);
    if (!segments) {
        return false;
    }
    if (segments->len == 0 && !reading->head) {
        g_set_error(error, HT_AUDIT_ERROR, HT_AUDIT_ERROR_NONE, "audit: there is no log in %s",
                    reading->directory);
        return false;
    }
    sum->segments = segments->len;
    for (guint i = 0; i < segments->len && !verifier.stopped; i++) {
        if (!read_one(&verifier, g_array_index(segments, uint64_t, i), i + 1 == segments->len, error)) {
            return false;
        }
    }
    if (!verifier.stopped) {
        check_ends(&verifier);
    }
    return true;
}
