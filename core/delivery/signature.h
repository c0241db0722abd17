/* Standard Webhooks signatures (standardwebhooks.com, v1): webhook-id, webhook-timestamp, webhook-signature. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct HtSecret HtSecret;

/* Reads "whsec_" + base64, or base64 alone, of 24 to 64 bytes. G_FILE_ERROR or G_IO_ERROR-like text in `error`. */
HtSecret *ht_secret_load(const char *path, GError **error);
void ht_secret_free(HtSecret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSecret, ht_secret_free)

/* The three headers, NULL-terminated; the caller frees with g_strfreev(). */
char **ht_secret_sign(const HtSecret *secret, const char *id, int64_t now_us, HtText body);
