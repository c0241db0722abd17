/* Identifiers of messages and events: UUID version 7 (RFC 9562), so that they sort by time. */
#pragma once

#include "core/base/buffer.h"

#define HT_UUID_SIZE 16
#define HT_UUID_TEXT 37 /* 36 characters and the end */

typedef struct {
    uint8_t bytes[HT_UUID_SIZE];
} HtUuid;

/* A new identifier: 48 bits of milliseconds, 12 bits that count within one, 62 random bits. Any thread. */
HtUuid ht_uuid_new(void);

void ht_uuid_format(const HtUuid *uuid, char text[HT_UUID_TEXT]);

/* False when the text is not 36 characters of a UUID. */
bool ht_uuid_parse(HtText text, HtUuid *uuid);
