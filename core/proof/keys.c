/* Reading and writing public keys. */
#include "core/proof/keys.h"

#include "core/base/digest.h"
#include "core/proof/sm2.h"

#include <nettle/eddsa.h>

#define ID_DIGITS 16
#define KEYS_MAX_BYTES (1 << 20)

G_DEFINE_QUARK(ht_proof_error, ht_proof_error)

static bool verify_ed25519(const uint8_t *key, HtText text, const uint8_t *signature)
{
    return ed25519_sha512_verify(key, text.size, (const uint8_t *)text.data, signature) != 0;
}

/* What differs between the kinds. */
static const struct {
    const char *name, *word, *id; /* of the configuration; before a key; before its id */
    size_t size;                  /* of a key */
    void (*digest)(HtText text, uint8_t digest[HT_SHA256]);
    bool (*verify)(const uint8_t *key, HtText text, const uint8_t *signature);
} kinds[HT_SIGNATURE_KINDS] = {
    [HT_SIGNATURE_ED25519] = {"ed25519", "ed25519:", "", ED25519_KEY_SIZE, ht_sha256, verify_ed25519},
    [HT_SIGNATURE_SM2] = {"sm2", "sm2:", "sm2-", HT_SM2_POINT, ht_sm3, ht_sm2_verify},
};

G_STATIC_ASSERT(HT_SIGNATURE_SIZE == ED25519_SIGNATURE_SIZE && HT_SIGNATURE_SIZE == HT_SM2_SIGNATURE);

HtSignatureKind ht_signature_kind(const char *name)
{
    return g_str_equal(name, kinds[HT_SIGNATURE_SM2].name) ? HT_SIGNATURE_SM2 : HT_SIGNATURE_ED25519;
}

const char *ht_signature_name(HtSignatureKind kind)
{
    return kinds[kind].name;
}

void ht_public_key_name(HtPublicKey *key)
{
    uint8_t digest[HT_SHA256];
    char hex[HT_SHA256_HEX] = "";
    kinds[key->kind].digest((HtText){(const char *)key->bytes, kinds[key->kind].size}, digest);
    ht_hex_write(digest, sizeof digest, hex);
    g_snprintf(key->id, sizeof key->id, "%s%.*s", kinds[key->kind].id, ID_DIGITS, hex);
}

bool ht_public_key_verify(const HtPublicKey *key, HtText text, const char *signature)
{
    gsize size;
    g_autofree guchar *bytes = g_base64_decode(signature, &size);
    g_autofree char *again = g_base64_encode(bytes, size);
    return size == HT_SIGNATURE_SIZE && strcmp(again, signature) == 0 &&
           kinds[key->kind].verify(key->bytes, text, bytes);
}

void ht_public_key_format(const HtPublicKey *key, char text[HT_PUBLIC_KEY_TEXT])
{
    g_autofree char *base64 = g_base64_encode(key->bytes, kinds[key->kind].size);
    g_snprintf(text, HT_PUBLIC_KEY_TEXT, "%s%s", kinds[key->kind].word, base64);
}

/* Whether the line begins as one of a key does. */
static bool is_key(const char *line, HtSignatureKind *kind)
{
    for (unsigned i = 0; i < HT_SIGNATURE_KINDS; i++) {
        if (g_str_has_prefix(line, kinds[i].word)) {
            *kind = (HtSignatureKind)i;
            return true;
        }
    }
    return false;
}

bool ht_public_key_begins(const char *line)
{
    HtSignatureKind kind;
    return is_key(line, &kind);
}

static bool parse_key(const char *line, HtSignatureKind kind, HtPublicKey *key)
{
    char word[HT_PUBLIC_KEY_TEXT], again[HT_PUBLIC_KEY_TEXT];
    gsize size, length = strcspn(line, " \t\r");
    *key = (HtPublicKey){.kind = kind};
    if (length >= sizeof word) {
        return false;
    }
    g_strlcpy(word, line, length + 1);
    g_autofree guchar *bytes = g_base64_decode(word + strlen(kinds[kind].word), &size);
    if (size != kinds[kind].size) {
        return false;
    }
    memcpy(key->bytes, bytes, size);
    ht_public_key_name(key);
    ht_public_key_format(key, again);
    return strcmp(word, again) == 0 && (kind != HT_SIGNATURE_SM2 || ht_sm2_is_point(key->bytes));
}

GArray *ht_public_keys_parse(const char *text, GError **error)
{
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(HtPublicKey));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        HtPublicKey key;
        HtSignatureKind kind;
        if (!is_key(*line, &kind)) {
            continue;
        }
        if (!parse_key(*line, kind, &key)) {
            g_set_error(
                error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT,
                "line %d is no public key: \"ed25519:\" and 44 characters of base64 are expected, or \"sm2:\" and 88",
                (int)(line - lines) + 1);
            return NULL;
        }
        g_array_append_val(keys, key);
    }
    if (keys->len == 0) {
        g_set_error(
            error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT,
            "there is no public key: a line that begins with \"ed25519:\" or \"sm2:\", as `hutong receipt key` prints it");
        return NULL;
    }
    return g_steal_pointer(&keys);
}

GArray *ht_public_keys_read(const char *file_or_key, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    gsize size;
    HtSignatureKind kind;
    if (is_key(file_or_key, &kind)) {
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
