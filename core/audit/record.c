/* Records of the audit log. */
#include "core/audit/record.h"

#include <nettle/sha2.h>

#define VERSION 1
#define HEAD ((size_t)24)

const char *ht_audit_kind_name(HtAuditKind kind)
{
    static const char *const names[] = {
        [HT_AUDIT_OPEN] = "open",     [HT_AUDIT_SET] = "set",       [HT_AUDIT_DELIVERY] = "delivery",
        [HT_AUDIT_POLICY] = "policy", [HT_AUDIT_CONFIG] = "config", [HT_AUDIT_ADMIN] = "admin",
        [HT_AUDIT_SEAL] = "seal",     [HT_AUDIT_PRUNED] = "pruned", [HT_AUDIT_STATE] = "state"};
    return kind < G_N_ELEMENTS(names) ? names[kind] : NULL;
}

static void hash_record(const uint8_t before[HT_SHA256], const char *bytes, size_t size,
                        uint8_t hash[HT_SHA256])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, HT_SHA256, before);
    sha256_update(&context, size, (const uint8_t *)bytes);
    sha256_digest(&context, HT_SHA256, hash);
}

void ht_audit_record_write(HtAuditRecord *record, const uint8_t before[HT_SHA256], HtBuffer *out)
{
    size_t start = out->size;
    const uint32_t size = GUINT32_TO_LE((uint32_t)(HEAD + record->body.size + HT_SHA256));
    const uint16_t words[2] = {GUINT16_TO_LE(VERSION), GUINT16_TO_LE((uint16_t)record->kind)};
    const uint64_t numbers[2] = {GUINT64_TO_LE(record->number), GUINT64_TO_LE((uint64_t)record->time_us)};
    g_assert(record->body.size <= HT_AUDIT_RECORD_MAX - HEAD - HT_SHA256);
    ht_buffer_add(out, &size, sizeof size);
    ht_buffer_add(out, words, sizeof words);
    ht_buffer_add(out, numbers, sizeof numbers);
    ht_buffer_add_text(out, record->body);
    hash_record(before, out->data + start, out->size - start, record->hash);
    ht_buffer_add(out, record->hash, HT_SHA256);
}

HtAuditRead ht_audit_record_read(HtText bytes, const uint8_t before[HT_SHA256], HtAuditRecord *record,
                                 size_t *size)
{
    uint32_t total;
    uint16_t words[2];
    uint64_t numbers[2];
    if (bytes.size == 0) {
        return HT_AUDIT_END;
    }
    if (bytes.size < HEAD + HT_SHA256) {
        return HT_AUDIT_TORN;
    }
    memcpy(&total, bytes.data, sizeof total);
    memcpy(words, bytes.data + sizeof total, sizeof words);
    memcpy(numbers, bytes.data + sizeof total + sizeof words, sizeof numbers);
    total = GUINT32_FROM_LE(total);
    if (total < HEAD + HT_SHA256 || total > HT_AUDIT_RECORD_MAX || total > bytes.size) {
        return HT_AUDIT_TORN;
    }
    *size = total;
    *record = (HtAuditRecord){.kind = (HtAuditKind)GUINT16_FROM_LE(words[1]),
                              .number = GUINT64_FROM_LE(numbers[0]),
                              .time_us = (int64_t)GUINT64_FROM_LE(numbers[1]),
                              .body = {bytes.data + HEAD, total - HEAD - HT_SHA256}};
    hash_record(before, bytes.data, total - HT_SHA256, record->hash);
    bool same = memcmp(record->hash, bytes.data + total - HT_SHA256, HT_SHA256) == 0;
    return same && GUINT16_FROM_LE(words[0]) == VERSION ? HT_AUDIT_READ : HT_AUDIT_FALSE;
}
