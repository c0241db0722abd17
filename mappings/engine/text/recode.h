/*
 * text/recode.h: UTF-8 that somebody read as another encoding before it was sent: 测试 as 娴嬭瘯 (GBK) or æµ‹è¯• (Latin-1, Windows
 * 1252). No state; any thread.
 */
#pragma once

#include "core/base/buffer.h"

typedef enum {
    HT_RECODE_NOTHING, /* the value is what it seems to be */
    HT_RECODE_DONE,    /* it was turned back */
    HT_RECODE_LOST, /* it is such a text, but the wrong reading has lost bytes of it: it cannot be turned back */
} HtRecode;

/*
 * Looks at one value (UTF-8) and, when it was read wrongly and nothing is lost, appends what was meant to `out`. Honest text stays: the
 * whole value must become sound UTF-8 of at least two Chinese characters, more frequent ones than it shows now. Values longer
 * than HT_RECODE_MAX bytes are not looked at. Most values are told by their first character above ASCII.
 * When the value lies in `out`, that has room for value.size bytes more already.
 */
HtRecode ht_text_recode(HtText value, HtBuffer *out);

#define HT_RECODE_MAX 4096
