/* Bearer tokens (RFC 6750) and the files that they are known by. A token is 256 random bits; its file holds what it is recognised by and
 * never the token, so whoever reads the file, or a copy of it, cannot come in:
 *
 *   # comment
 *   hmac-sha256:SALT:DIGEST NAME
 *
 * SALT is 16 bytes and DIGEST 32, in hexadecimal: HMAC-SHA-256 of the token with the salt as key. NAME, of letters, digits and hyphens, says
 * whose it is and may be missing. Up to HT_TOKENS_MAX lines: each of them opens, so a token is changed without a gap. An older form, the
 * token itself in one line, is still read, and told of (ht_tokens_are_plain()). No state; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/base/digest.h"

#include <glib.h>

#define HT_TOKENS_MAX 8
#define HT_TOKEN_MIN_BYTES 16 /* of a token that others made */
#define HT_TOKEN_MAX_BYTES 512
#define HT_TOKEN_SALT 16
#define HT_TOKEN_NAME_MAX 64

typedef struct {
    uint8_t salt[HT_TOKEN_SALT], digest[HT_SHA256];
} HtToken;

typedef struct {
    unsigned count;
    bool plain; /* the file holds the token itself */
    HtToken list[HT_TOKENS_MAX];
} HtTokens;

/* Reads a token file, which must be a secret (core/base/private.h). G_FILE_ERROR with the path, the line and what is wrong with it, never
 * with what stands there. */
bool ht_tokens_read(const char *path, HtTokens *tokens, GError **error);

/* Whether it is one of them. All are looked at, each in a time that does not tell how far it fits. */
bool ht_tokens_have(const HtTokens *tokens, HtText token);

/* Whether `text` is the hash of a token, "hmac-sha256:SALT:DIGEST", and it; and whether it wants to be one. */
bool ht_token_read_hash(const char *text, HtToken *token);
bool ht_token_is_hash(const char *text);

/* Whether `text` can be a token: 16 to 512 visible ASCII characters. */
bool ht_token_is(const char *text);

/* A new one; the caller clears and frees. */
char *ht_token_make(void);

/* The line of a token file by which the token is known; `name` may be NULL. The caller frees. */
char *ht_token_line(const char *token, const char *name);

/* Whether it can be the name of one. */
bool ht_token_is_name(const char *name);
