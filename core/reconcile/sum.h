/* A digest of a set, whatever its order: the sum of the SHA-256 of its members, modulo 2^256. Both sides add up what they have, and compare
 * one number. (XOR would not see a member that is there twice.) Pure; any thread. */
#pragma once

#include "core/base/buffer.h"

#define HT_SUM_SIZE 32
#define HT_SUM_TEXT 65

typedef struct {
    uint8_t bytes[HT_SUM_SIZE]; /* the most significant first */
} HtSum;

/* Adds the SHA-256 of the text. */
void ht_sum_add(HtSum *sum, HtText text);

/* Adds what is a digest already. */
void ht_sum_add_digest(HtSum *sum, const uint8_t digest[HT_SUM_SIZE]);

/* 64 hexadecimal digits. */
void ht_sum_format(const HtSum *sum, char text[HT_SUM_TEXT]);
