/* Reading and writing public keys. */
#include "core/proof/keys.h"

#include "core/base/digest.h"

#define WORD "ed25519:"
#define KEYS_MAX_BYTES (1 << 20)

G_DEFINE_QUARK(ht_proof_error, ht_proof_error)

void ht_public_key_name(HtPublicKey *key)
{
    char hex[HT_SHA256_HEX];
    ht_sha256_hex((HtText){(const char *)key->bytes, sizeof key->bytes}, hex);
    g_strlcpy(key->id, hex, sizeof key->id);
}

void ht_public_key_format(const HtPublicKey *key, char text[HT_PUBLIC_KEY_TEXT])
{
    g_autofree char *base64 = g_base64_encode(key->bytes, sizeof key->bytes);
    g_snprintf(text, HT_PUBLIC_KEY_TEXT, WORD "%s", base64);
}

static bool parse_key(const char *line, HtPublicKey *key)
{
    char word[HT_PUBLIC_KEY_TEXT], again[HT_PUBLIC_KEY_TEXT];
    gsize size;
    if (!g_str_has_prefix(line, WORD) || strcspn(line, " \t\r") != sizeof word - 1) {
        return false;
    }
    g_strlcpy(word, line, sizeof word);
    g_autofree guchar *bytes = g_base64_decode(word + strlen(WORD), &size);
    if (size != sizeof key->bytes) {
        return false;
    }
    memcpy(key->bytes, bytes, size);
    ht_public_key_name(key);
    ht_public_key_format(key, again);
    return strcmp(word, again) == 0;
}

GArray *ht_public_keys_parse(const char *text, GError **error)
{
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(HtPublicKey));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        HtPublicKey key;
        if (!g_str_has_prefix(*line, WORD)) {
            continue;
        }
        if (!parse_key(*line, &key)) {
            g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT,
                        "line %d is no public key: \"" WORD "\" and 44 characters of base64 are expected",
                        (int)(line - lines) + 1);
            return NULL;
        }
        g_array_append_val(keys, key);
    }
    if (keys->len == 0) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT,
                    "there is no public key: a line that begins with \"" WORD
                    "\", as `hutong receipt key` prints it");
        return NULL;
    }
    return g_steal_pointer(&keys);
}

GArray *ht_public_keys_read(const char *file_or_key, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    gsize size;
    if (g_str_has_prefix(file_or_key, WORD)) {
        return ht_public_keys_parse(file_or_key, error);
    }
    if (!g_file_get_contents(file_or_key, &text, &size, &reason)) {
        g_set_error_literal(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FILE, reason->message);
        return NULL;
    }
    if (size > KEYS_MAX_BYTES || memchr(text, '\0', size)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT, "\"%s\" is no file of public keys",
                    file_or_key);
        return NULL;
    }
    GArray *keys = ht_public_keys_parse(text, error);
    if (!keys) {
        g_prefix_error(error, "\"%s\": ", file_or_key);
    }
    return keys;
}
