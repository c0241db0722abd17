/* Identifiers of messages and events: UUID version 7 (RFC 9562), so that they sort by time. */
#pragma once

#include "core/base/buffer.h"

#define HT_UUID_SIZE 16
#define HT_UUID_TEXT 37 /* 36 characters and the end */

typedef struct {
    uint8_t bytes[HT_UUID_SIZE];
} HtUuid;

/* A new identifier: 48 bits of milliseconds, 12 bits that count within one, 62 random bits. A clock that is set back gives none that is
 * below an earlier one of the process: they go on from there. Any thread. */
HtUuid ht_uuid_new(void);

/* All identifiers from now on are above this one, of an earlier run. Any thread. */
void ht_uuid_rise_above(const HtUuid *uuid);

void ht_uuid_format(const HtUuid *uuid, char text[HT_UUID_TEXT]);

/* False when the text is not 36 characters of a UUID. */
bool ht_uuid_parse(HtText text, HtUuid *uuid);
