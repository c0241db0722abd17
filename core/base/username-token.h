/* What a WS-Security header says of who sends: a UsernameToken (OASIS WSS UsernameToken Profile 1.1.1) and a Timestamp (WSS SOAP Message Security, section 10). The
 * host reads it from the envelope; the bus, which knows the passwords, judges it. It holds a password: whoever has it clears it. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

#define HT_USERNAME_TOKEN_TEXT 256 /* bytes of each text */

typedef struct {
    bool has_token, has_stamp;
    bool digest; /* the password is Base64(SHA-1(nonce, created, password)) */
    HtText username, password, nonce /* base64 */, created;
    HtText stamp_created, stamp_expires;
} HtUsernameToken;

/* Appends it packed. */
void ht_username_token_pack(const HtUsernameToken *token, HtBuffer *buffer);

/* Of bytes of a stranger: the texts point into them. False when they are broken. */
bool ht_username_token_unpack(HtText bytes, HtUsernameToken *token);
