/* Signing webhooks. Main-loop thread. */
#include "core/delivery/signature.h"

#include "core/base/clock.h"

#define SECRET_MIN 24
#define SECRET_MAX 64

struct HtSecret {
    uint8_t key[SECRET_MAX];
    size_t size;
};

HtSecret *ht_secret_load(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return NULL;
    }
    char *base64 = g_strstrip(text);
    base64 += g_str_has_prefix(base64, "whsec_") ? strlen("whsec_") : 0;
    gsize size;
    g_autofree guchar *key = g_base64_decode(base64, &size);
    g_autofree char *again = g_base64_encode(key, size);
    if (size < SECRET_MIN || size > SECRET_MAX || !g_str_equal(again, base64)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: not a secret: whsec_ and base64 of 24 to 64 bytes", path);
        return NULL;
    }
    HtSecret *secret = g_new0(HtSecret, 1);
    memcpy(secret->key, key, size);
    secret->size = size;
    return secret;
}

void ht_secret_free(HtSecret *secret)
{
    memset(secret->key, 0, sizeof secret->key);
    g_free(secret);
}

char **ht_secret_sign(const HtSecret *secret, const char *id, int64_t now_us, HtText body)
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, secret->key, secret->size);
    g_autofree char *head = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", id, now_us / HT_SECOND);
    uint8_t digest[32];
    gsize size = sizeof digest;
    g_hmac_update(hmac, (const guchar *)head, (gssize)strlen(head));
    g_hmac_update(hmac, (const guchar *)body.data, (gssize)body.size);
    g_hmac_get_digest(hmac, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    char **headers = g_new0(char *, 4);
    headers[0] = g_strconcat("webhook-id: ", id, NULL);
    headers[1] = g_strdup_printf("webhook-timestamp: %" G_GINT64_FORMAT, now_us / HT_SECOND);
    headers[2] = g_strconcat("webhook-signature: v1,", base64, NULL);
    return headers;
}
