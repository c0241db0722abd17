/* HMAC-SHA256. Used on the writer thread; one hasher also at open, before the thread starts. */
#include "spool/hash.h"

#include "core/base/digest.h"

#include <nettle/hmac.h>

struct HtSpoolHasher {
    struct hmac_sha256_ctx keyed; /* ready for the next hash: a digest brings it back to that */
};

HtSpoolHasher *ht_spool_hasher_new(const uint8_t site_key[32])
{
    HtSpoolHasher *hasher = g_new0(HtSpoolHasher, 1);
    hmac_sha256_set_key(&hasher->keyed, 32, site_key);
    return hasher;
}

void ht_spool_hasher_free(HtSpoolHasher *hasher)
{
    g_free(hasher);
}

static void add(HtSpoolHasher *hasher, HtText text)
{
    hmac_sha256_update(&hasher->keyed, text.size, (const uint8_t *)text.data);
}

void ht_spool_hash(HtSpoolHasher *hasher, HtText purpose, HtText scope, HtText value, HtSpoolHash halves[2])
{
    static const HtText end = {"", 1};
    add(hasher, purpose);
    add(hasher, end);
    add(hasher, scope);
    add(hasher, end);
    add(hasher, value);
    hmac_sha256_digest(&hasher->keyed, 2 * sizeof(HtSpoolHash), halves[0].bytes);
}

void ht_spool_hash_check(HtSpoolHasher *hasher, HtSpoolHash *check)
{
    HtSpoolHash halves[2];
    ht_spool_hash(hasher, HT_TEXT_LITERAL("key-check"), HT_TEXT_LITERAL(""), HT_TEXT_LITERAL("hutong"),
                  halves);
    *check = halves[0];
}

static void write_pseudonym(const HtSpoolHash *hash, char kind, char pseudonym[HT_SPOOL_SUBJECT])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0, waiting = 0;
    char *at = pseudonym;
    *at++ = kind;
    *at++ = '-';
    for (size_t i = 0; i < sizeof hash->bytes; i++) {
        waiting = waiting << 8 | hash->bytes[i];
        for (bits += 8; bits >= 5; bits -= 5) {
            *at++ = alphabet[waiting >> (bits - 5) & 31];
        }
        waiting &= (1u << bits) - 1;
    }
    *at++ = alphabet[waiting << (5 - bits) & 31];
    *at = '\0';
}

void ht_spool_hash_subject(const HtSpoolHash *hash, char subject[HT_SPOOL_SUBJECT])
{
    write_pseudonym(hash, 'p', subject);
}

static int digit_of(char letter)
{
    return letter >= 'a' && letter <= 'z'   ? letter - 'a'
           : letter >= '2' && letter <= '7' ? letter - '2' + 26
                                            : -1;
}

bool ht_spool_hash_of_subject(HtText subject, HtSpoolHash *hash)
{
    unsigned bits = 0, waiting = 0;
    size_t done = 0;
    if (subject.size != HT_SPOOL_SUBJECT - 1 || memcmp(subject.data, "p-", 2) != 0) {
        return false;
    }
    for (size_t i = 2; i < subject.size; i++) {
        int digit = digit_of(subject.data[i]);
        if (digit < 0) {
            return false;
        }
        waiting = waiting << 5 | (unsigned)digit;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            hash->bytes[done++] = (uint8_t)(waiting >> bits);
            waiting &= (1u << bits) - 1;
        }
    }
    return done == sizeof hash->bytes && waiting == 0;
}

void ht_spool_hash_business(const HtSpoolHash *hash, char business[HT_SPOOL_SUBJECT])
{
    write_pseudonym(hash, 'b', business);
}

#define TRACE_AT 3 /* where the parts of a trace context begin */
#define SPAN_AT 36
#define FLAGS_AT 53

void ht_spool_hash_trace(HtSpoolHasher *hasher, HtText given, HtText message_id, char trace[HT_SPOOL_TRACE])
{
    HtSpoolHash id[2], span[2];
    trace[0] = '\0';
    if (given.size != HT_SPOOL_TRACE - 1) {
        return;
    }
    HtText sent = {given.data + TRACE_AT, 2 * HT_SPOOL_HASH_SIZE};
    bool sampled = g_ascii_xdigit_value(given.data[FLAGS_AT + 1]) % 2 == 1;
    ht_spool_hash(hasher, HT_TEXT_LITERAL("trace"), HT_TEXT_LITERAL(""), sent, id);
    ht_spool_hash(hasher, HT_TEXT_LITERAL("span"), HT_TEXT_LITERAL(""), message_id, span);
    memcpy(trace, "00-", 3);
    ht_hex_write(id[0].bytes, HT_SPOOL_HASH_SIZE, trace + TRACE_AT);
    trace[SPAN_AT - 1] = '-';
    ht_hex_write(span[0].bytes, (FLAGS_AT - SPAN_AT) / 2, trace + SPAN_AT);
    memcpy(trace + FLAGS_AT - 1, sampled ? "-01" : "-00", 4);
}
