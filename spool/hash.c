/* HMAC-SHA256 with GLib. Used on the writer thread; one hasher also at open, before the thread starts. */
#include "spool/hash.h"

struct HtSpoolHasher {
    GHmac *keyed; /* the key is already in; copied for each hash */
};

HtSpoolHasher *ht_spool_hasher_new(const uint8_t site_key[32])
{
    HtSpoolHasher *hasher = g_new0(HtSpoolHasher, 1);
    hasher->keyed = g_hmac_new(G_CHECKSUM_SHA256, site_key, 32);
    return hasher;
}

void ht_spool_hasher_free(HtSpoolHasher *hasher)
{
    if (hasher) {
        g_hmac_unref(hasher->keyed);
        g_free(hasher);
    }
}

void ht_spool_hash(HtSpoolHasher *hasher, HtText purpose, HtText scope, HtText value, HtSpoolHash halves[2])
{
    gsize size = 2 * sizeof(HtSpoolHash);
    GHmac *hmac = g_hmac_copy(hasher->keyed);
    g_hmac_update(hmac, (const guchar *)purpose.data, (gssize)purpose.size);
    g_hmac_update(hmac, (const guchar *)"", 1);
    g_hmac_update(hmac, (const guchar *)scope.data, (gssize)scope.size);
    g_hmac_update(hmac, (const guchar *)"", 1);
    g_hmac_update(hmac, (const guchar *)value.data, (gssize)value.size);
    g_hmac_get_digest(hmac, halves[0].bytes, &size);
    g_hmac_unref(hmac);
}

void ht_spool_hash_subject(const HtSpoolHash *hash, char subject[HT_SPOOL_SUBJECT])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0, waiting = 0;
    char *at = subject;
    *at++ = 'p';
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
