/* Signing webhooks. Main-loop thread. */
#include "core/delivery/signature.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/private.h"

#include <glib/gi18n.h>

#define FILE_MAX 4096
#define SECRET_MIN 24
#define SECRET_MAX 64

struct HtSecret {
    struct {
        uint8_t key[SECRET_MAX];
        size_t size;
    } keys[HT_SECRETS_MAX];
    unsigned count;
};

static bool load_key(HtSecret *secret, const char *path, GError **error)
{
    size_t text_size;
    g_autofree char *text = ht_private_read(path, HT_PRIVATE_SECRET, FILE_MAX, &text_size, error);
    if (!text) {
        return false;
    }
    char *base64 = g_strstrip(text);
    base64 += g_str_has_prefix(base64, "whsec_") ? strlen("whsec_") : 0;
    gsize size;
    g_autofree guchar *key = g_base64_decode(base64, &size);
    g_autofree char *again = g_base64_encode(key, size);
    bool good = size >= SECRET_MIN && size <= SECRET_MAX && g_str_equal(again, base64);
    if (good) {
        memcpy(secret->keys[secret->count].key, key, size);
        secret->keys[secret->count++].size = size;
    } else {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    _("\"%s\": not a secret: whsec_ and base64 of 24 to 64 bytes"), path);
    }
    explicit_bzero(key, size);
    explicit_bzero(again, strlen(again));
    explicit_bzero(base64, strlen(base64));
    return good;
}

HtSecret *ht_secret_load(const char *const *paths, GError **error)
{
    g_autoptr(HtSecret) secret = g_new0(HtSecret, 1);
    for (; *paths; paths++) {
        if (secret->count == HT_SECRETS_MAX) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _("%s: at most %u secrets may sign"), *paths,
                        HT_SECRETS_MAX);
            return NULL;
        }
        if (!load_key(secret, *paths, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&secret);
}

void ht_secret_free(HtSecret *secret)
{
    explicit_bzero(secret, sizeof *secret);
    g_free(secret);
}

/* "v1," and base64. The caller frees. */
static char *sign(const void *key, size_t key_size, const char *head, HtText body)
{
    HtText signed_parts[] = {ht_text_from(head), body};
    uint8_t digest[HT_SHA256];
    ht_hmac_sha256((HtText){key, key_size}, signed_parts, G_N_ELEMENTS(signed_parts), digest);
    g_autofree char *base64 = g_base64_encode(digest, sizeof digest);
    return g_strconcat("v1,", base64, NULL);
}

char **ht_secret_sign(const HtSecret *secret, const char *id, int64_t now_us, HtText body)
{
    g_autofree char *head = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", id, now_us / HT_SECOND);
    char *signatures[HT_SECRETS_MAX + 1] = {NULL};
    for (unsigned i = 0; i < secret->count; i++) {
        signatures[i] = sign(secret->keys[i].key, secret->keys[i].size, head, body);
    }
    g_autofree char *joined = g_strjoinv(" ", signatures);
    for (unsigned i = 0; i < secret->count; i++) {
        g_free(signatures[i]);
    }
    char **headers = g_new0(char *, 4);
    headers[0] = g_strconcat("webhook-id: ", id, NULL);
    headers[1] = g_strdup_printf("webhook-timestamp: %" G_GINT64_FORMAT, now_us / HT_SECOND);
    headers[2] = g_strconcat("webhook-signature: ", joined, NULL);
    return headers;
}
