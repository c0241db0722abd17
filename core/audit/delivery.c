/* Bodies of deliveries and sets. */
#include "core/audit/delivery.h"

#include "core/base/digest.h"

#define ENTRY ((size_t)(HT_UUID_SIZE + HT_AUDIT_SUBJECT + 4))
#define BASE32 26

/* RFC 4648 in lower case; -1 for what is none. */
static int digit_of(char character)
{
    if (character >= 'a' && character <= 'z') {
        return character - 'a';
    }
    return character >= '2' && character <= '7' ? character - '2' + 26 : -1;
}

static bool decode(const char *text, uint8_t bytes[HT_AUDIT_SUBJECT])
{
    uint32_t held = 0, bits = 0;
    size_t size = 0;
    for (size_t i = 0; i < BASE32; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0) {
            return false;
        }
        held = (held << 5 | (uint32_t)digit) & 0xfff;
        bits += 5;
        if (bits >= 8 && size < HT_AUDIT_SUBJECT) {
            bits -= 8;
            bytes[size++] = (uint8_t)(held >> bits);
        }
    }
    return true;
}

void ht_audit_subject(HtText subject, uint8_t bytes[HT_AUDIT_SUBJECT])
{
    uint8_t digest[HT_SHA256];
    if (subject.size == BASE32 + 2 && memcmp(subject.data, "p-", 2) == 0 && decode(subject.data + 2, bytes)) {
        return;
    }
    ht_sha256(subject, digest);
    memcpy(bytes, digest, HT_AUDIT_SUBJECT);
}

void ht_audit_subject_write(const uint8_t bytes[HT_AUDIT_SUBJECT], char text[HT_AUDIT_SUBJECT_TEXT])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    memcpy(text, "p-", 2);
    for (size_t i = 0; i < BASE32; i++) {
        size_t bit = 5 * i, byte = bit / 8;
        unsigned pair = (unsigned)bytes[byte] << 8 | (byte + 1 < HT_AUDIT_SUBJECT ? bytes[byte + 1] : 0U);
        text[2 + i] = digits[pair >> (11 - bit % 8) & 31];
    }
    text[2 + BASE32] = '\0';
}

/* ---- Writing ---- */

static void add_u32(HtBuffer *body, uint32_t number)
{
    number = GUINT32_TO_LE(number);
    ht_buffer_add(body, &number, sizeof number);
}

static void add_short_text(HtBuffer *body, HtText text)
{
    uint16_t size = GUINT16_TO_LE((uint16_t)text.size);
    ht_buffer_add(body, &size, sizeof size);
    ht_buffer_add_text(body, text);
}

void ht_audit_delivery_begin(const HtAuditDelivery *delivery, HtBuffer *body)
{
    int64_t replay = GINT64_TO_LE(delivery->replay);
    add_short_text(body, delivery->consumer);
    add_short_text(body, delivery->version);
    ht_buffer_add(body, &replay, sizeof replay);
    add_u32(body, delivery->count);
}

void ht_audit_delivery_add(const HtAuditShown *shown, HtBuffer *body)
{
    ht_buffer_add(body, shown->id.bytes, HT_UUID_SIZE);
    ht_buffer_add(body, shown->subject, HT_AUDIT_SUBJECT);
    add_u32(body, shown->set);
}

void ht_audit_set_write(uint32_t number, HtText names, HtBuffer *body)
{
    add_u32(body, number);
    ht_buffer_add_text(body, names);
}

/* ---- Reading ---- */

static bool take(HtText *bytes, void *into, size_t size)
{
    if (bytes->size < size) {
        return false;
    }
    memcpy(into, bytes->data, size);
    *bytes = (HtText){bytes->data + size, bytes->size - size};
    return true;
}

static bool take_short_text(HtText *bytes, HtText *text)
{
    uint16_t size;
    if (!take(bytes, &size, sizeof size) || bytes->size < GUINT16_FROM_LE(size)) {
        return false;
    }
    *text = (HtText){bytes->data, GUINT16_FROM_LE(size)};
    *bytes = (HtText){bytes->data + text->size, bytes->size - text->size};
    return true;
}

bool ht_audit_delivery_read(HtText body, HtAuditDelivery *delivery)
{
    uint32_t count = 0;
    bool good = take_short_text(&body, &delivery->consumer) && take_short_text(&body, &delivery->version) &&
                take(&body, &delivery->replay, sizeof delivery->replay) && take(&body, &count, sizeof count);
    delivery->replay = GINT64_FROM_LE(delivery->replay);
    delivery->count = GUINT32_FROM_LE(count);
    delivery->entries = body.data;
    return good && body.size == delivery->count * ENTRY;
}

void ht_audit_delivery_at(const HtAuditDelivery *delivery, uint32_t index, HtAuditShown *shown)
{
    const char *at = delivery->entries + index * ENTRY;
    memcpy(shown->id.bytes, at, HT_UUID_SIZE);
    memcpy(shown->subject, at + HT_UUID_SIZE, HT_AUDIT_SUBJECT);
    memcpy(&shown->set, at + HT_UUID_SIZE + HT_AUDIT_SUBJECT, sizeof shown->set);
    shown->set = GUINT32_FROM_LE(shown->set);
}

bool ht_audit_delivery_is_of(const HtAuditDelivery *delivery, uint32_t index,
                             const uint8_t subject[HT_AUDIT_SUBJECT])
{
    return memcmp(delivery->entries + index * ENTRY + HT_UUID_SIZE, subject, HT_AUDIT_SUBJECT) == 0;
}

bool ht_audit_set_read(HtText body, uint32_t *number, HtText *names)
{
    bool good = take(&body, number, sizeof *number);
    *number = GUINT32_FROM_LE(*number);
    *names = body;
    return good;
}
