/* SHA-256 with the SHA extensions of x86-64 where they are, with GLib elsewhere. Used by request.c; main-loop thread. */
#include "core/ingress/digest.h"

#include <stdbool.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static bool have_instructions(void)
{
    unsigned a, b, c, d, b7, c7, d7;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) {
        return false;
    }
    return (c & bit_SSSE3) && (c & bit_SSE4_1) && (b7 & bit_SHA);
}

/* The instructions hold the eight words as two registers, ABEF and CDGH, and do two rounds at a time; `words` is the
 * message schedule of four rounds, of which the last four rows are kept. */
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_blocks(uint32_t state[8],
                                                                        const uint8_t *bytes, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[0]), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&state[4]), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
    for (; blocks > 0; blocks--, bytes += HT_DIGEST_BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i words[4];
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i row;
            if (i < 4) {
                row = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * i)), big_endian);
            } else {
                row = _mm_sha256msg1_epu32(words[i & 3], words[(i + 1) & 3]);
                row = _mm_add_epi32(row, _mm_alignr_epi8(words[(i + 3) & 3], words[(i + 2) & 3], 4));
                row = _mm_sha256msg2_epu32(row, words[(i + 3) & 3]);
            }
            words[i & 3] = row;
            row = _mm_add_epi32(row, _mm_loadu_si128((const __m128i *)&round_constants[4 * i]));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, row);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(row, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}
#else
static bool have_instructions(void)
{
    return false;
}

static void compress_blocks(uint32_t state[8], const uint8_t *bytes, size_t blocks)
{
    (void)state;
    (void)bytes;
    (void)blocks;
}
#endif

void ht_digest_init(HtDigest *digest)
{
    static int instructions = -1;
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    if (instructions < 0) {
        instructions = have_instructions();
    }
    memcpy(digest->state, start, sizeof start);
    digest->total_bytes = 0;
    digest->slow = instructions ? NULL : g_checksum_new(G_CHECKSUM_SHA256);
}

void ht_digest_add(HtDigest *digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    if (digest->slow) {
        g_checksum_update(digest->slow, at, (gssize)size);
        return;
    }
    size_t used = digest->total_bytes % HT_DIGEST_BLOCK;
    digest->total_bytes += size;
    if (used > 0) {
        size_t part = MIN(size, HT_DIGEST_BLOCK - used);
        memcpy(digest->block + used, at, part);
        at += part;
        size -= part;
        if (used + part < HT_DIGEST_BLOCK) {
            return;
        }
        compress_blocks(digest->state, digest->block, 1);
    }
    compress_blocks(digest->state, at, size / HT_DIGEST_BLOCK);
    size_t left = size % HT_DIGEST_BLOCK;
    if (left > 0) {
        memcpy(digest->block, at + size - left, left);
    }
}

/* The end: a one bit, zeros, and the number of bits in the last eight bytes of a block. */
static void add_padding(HtDigest *digest)
{
    static const uint8_t padding[HT_DIGEST_BLOCK] = {0x80};
    uint64_t bits = digest->total_bytes * 8;
    uint8_t length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    size_t used = digest->total_bytes % HT_DIGEST_BLOCK;
    ht_digest_add(digest, padding, (used < 56 ? 56 : 56 + HT_DIGEST_BLOCK) - used);
    ht_digest_add(digest, length, sizeof length);
}

void ht_digest_finish(HtDigest *digest, uint8_t sha256[HT_DIGEST_SIZE])
{
    if (digest->slow) {
        gsize size = HT_DIGEST_SIZE;
        g_checksum_get_digest(digest->slow, sha256, &size);
        ht_digest_clear(digest);
        return;
    }
    add_padding(digest);
    for (int i = 0; i < HT_DIGEST_SIZE; i++) {
        sha256[i] = (uint8_t)(digest->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

void ht_digest_clear(HtDigest *digest)
{
    g_clear_pointer(&digest->slow, g_checksum_free);
}
