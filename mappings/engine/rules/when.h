/* Conditions of a mapping (`when`, `cancel-when`, …): compiled once (compile/when.h), held against the values of a record
 * (match/when.h). Equal conditions,
 * and equal parts of them, are one: a record is asked once what several events and elements want to know. Engine only. */
#pragma once

#include <glib.h>

#include "mappings/engine/rules/slot.h"

typedef struct HtWhen HtWhen;

/* For conditions and their parts, which belong to it. */
GPtrArray *ht_when_pool_new(void);
