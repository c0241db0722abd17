/* Standard Webhooks signatures (standardwebhooks.com, v1): webhook-id, webhook-timestamp, webhook-signature. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct HtSecret HtSecret;

#define HT_SECRETS_MAX 8

/* Reads files with "whsec_" + base64, or base64 alone, of 24 to 64 bytes: one, or while secrets change the new one and the old one,
 * HT_SECRETS_MAX at most. G_FILE_ERROR. `paths` ends with NULL. */
HtSecret *ht_secret_load(const char *const *paths, GError **error);
void ht_secret_free(HtSecret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSecret, ht_secret_free)

/* The three headers, signed with each secret (signatures stand side by side, in the order of the files), NULL-terminated; the caller frees with g_strfreev(). */
char **ht_secret_sign(const HtSecret *secret, const char *id, int64_t now_us, HtText body);
