/* A date's text as tokens, for dates-words.c only. */
#pragma once

#include "mappings/engine/values/dates-parts.h"

typedef enum {
    HT_DATE_END,
    HT_DATE_NUMBER, /* value, and how many digits it was written with */
    HT_DATE_MONTH,  /* a name: 1 to 12 */
    HT_DATE_HALF,   /* HtDateHalf */
    HT_DATE_ZONE,   /* its offset in minutes */
    HT_DATE_UNIT,   /* 年 'y', 月 'm', 日 'd', 时 'h', 分 'i', 秒 's' */
    HT_DATE_ERA,    /* the year before the era's first: 1911 for 民国 */
    HT_DATE_SIGN,   /* one of - / . , : + ( ) */
    HT_DATE_SKIP,   /* says nothing of its own: a weekday, the T before a time */
} HtDateKind;

/* The part of the day that a time is in. */
typedef enum {
    HT_DATE_HALF_NONE,
    HT_DATE_MORNING,   /* AM, 上午, 凌晨 */
    HT_DATE_NOON,      /* 中午 */
    HT_DATE_AFTERNOON, /* PM, 下午 */
    HT_DATE_EVENING,   /* 晚上 */
} HtDateHalf;

typedef struct {
    HtDateKind kind;
    int value;
    uint8_t digits;
} HtDateToken;

#define HT_DATE_TOKENS_MAX 40 /* with the end */

/* Splits the text, ending with HT_DATE_END. Width is folded, blanks go; letters count without case. False when there is
 * something in it that no date has, or more than fits. */
bool ht_date_split(HtText text, HtDateToken tokens[HT_DATE_TOKENS_MAX]);
