/* The site's signing key. Opened by the bus at its start and by commands. */
#include "core/proof/signer.h"

#include "core/base/clock.h"
#include "core/proof/sm2.h"
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/eddsa.h>
#include <unistd.h>

struct HtSigner {
    uint8_t private_key[ED25519_KEY_SIZE];
    HtSm2Key *sm2; /* of this kind; then the bytes are blank */
    HtPublicKey key;
};

G_STATIC_ASSERT(ED25519_KEY_SIZE == HT_SM2_SECRET);

static bool set_error(GError **error, const char *file)
{
    g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FILE, "\"%s\": %s", file, g_strerror(errno));
    return false;
}

/* One write of a line: what a crash cut off is no key, and the next start adds it again. */
static bool append(const char *file, const char *line, GError **error)
{
    int descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) {
        return set_error(error, file);
    }
    ssize_t size = (ssize_t)strlen(line);
    bool good = write(descriptor, line, (size_t)size) == size && fsync(descriptor) == 0;
    good = good || set_error(error, file);
    close(descriptor);
    return good;
}

static bool add_line(const char *file, const HtPublicKey *key, bool on_new_line, GError **error)
{
    char text[HT_PUBLIC_KEY_TEXT], since[HT_CLOCK_TEXT];
    ht_public_key_format(key, text);
    ht_clock_format(ht_clock_now(), since);
    g_autofree char *line = g_strdup_printf("%s%s %s %s\n", on_new_line ? "" : "\n", text, key->id, since);
    return append(file, line, error);
}

/* A line that was cut off (a crash while it was written) does not count. */
static bool is_listed(const char *text, const HtPublicKey *key)
{
    char own[HT_PUBLIC_KEY_TEXT];
    ht_public_key_format(key, own);
    g_autofree char *line = g_strconcat("\n", own, " ", NULL);
    return g_str_has_prefix(text, line + 1) || strstr(text, line);
}

/* With the beginning of a key at its end no list can be read: nothing that any key has signed could be verified by it. */
static bool cut_off(const char *file, char *text, GError **error)
{
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    g_autoptr(GArray) keys = ht_public_keys_parse(line, NULL);
    if (keys || !ht_public_key_begins(line)) {
        return true;
    }
    *line = '\0';
    return truncate(file, line - text) == 0 || set_error(error, file);
}

static bool list_key(const char *state, const HtPublicKey *key, GError **error)
{
    g_autofree char *file = g_build_filename(state, HT_SIGNER_PUBLIC, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, NULL)) {
        return add_line(file, key, true, error);
    }
    return cut_off(file, text, error) &&
           (is_listed(text, key) ||
            add_line(file, key, *text == '\0' || g_str_has_suffix(text, "\n"), error));
}

const char *ht_signer_file(HtSignatureKind kind)
{
    return kind == HT_SIGNATURE_SM2 ? HT_SIGNER_KEY_SM2 : HT_SIGNER_KEY;
}

static bool take_key(HtSigner *signer, const char *file, GError **error)
{
    if (signer->key.kind == HT_SIGNATURE_ED25519) {
        ed25519_sha512_public_key(signer->key.bytes, signer->private_key);
        return true;
    }
    signer->sm2 = ht_sm2_key_new(signer->private_key, signer->key.bytes);
    explicit_bzero(signer->private_key, sizeof signer->private_key);
    if (!signer->sm2) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT,
                    "\"%s\" holds no private key of SM2: remove it, and another one is made", file);
    }
    return signer->sm2 != NULL;
}

HtSigner *ht_signer_open(const char *state, HtSignatureKind kind, GError **error)
{
    g_autoptr(HtSigner) signer = g_new0(HtSigner, 1);
    g_autofree char *file = g_build_filename(state, ht_signer_file(kind), NULL);
    signer->key.kind = kind;
    if (!ht_spool_load_key(file, true, signer->private_key, error) || !take_key(signer, file, error)) {
        return NULL;
    }
    ht_public_key_name(&signer->key);
    return list_key(state, &signer->key, error) ? g_steal_pointer(&signer) : NULL;
}

void ht_signer_free(HtSigner *signer)
{
    if (signer) {
        ht_sm2_key_free(signer->sm2);
        explicit_bzero(signer, sizeof *signer);
        g_free(signer);
    }
}

HtSigner *ht_signer_rotate(const char *state, HtSignatureKind kind, GError **error)
{
    g_autofree char *file = g_build_filename(state, ht_signer_file(kind), NULL);
    g_autoptr(HtSigner) former = ht_signer_open(state, kind, error); /* its public half is listed then */
    if (!former) {
        return NULL;
    }
    if (unlink(file) != 0) {
        set_error(error, file);
        return NULL;
    }
    return ht_signer_open(state, kind, error);
}

bool ht_signer_keep_keys(const char *state, const char *former, GError **error)
{
    g_autofree char *file = g_build_filename(state, HT_SIGNER_PUBLIC, NULL);
    g_autofree char *listed = NULL, *before = NULL;
    if (!g_file_get_contents(former, &before, NULL, NULL) ||
        !g_file_get_contents(file, &listed, NULL, NULL)) {
        return true; /* there is no other, or none in its place */
    }
    g_auto(GStrv) lines = g_strsplit(before, "\n", -1);
    g_autoptr(GString) missing = g_string_new(*listed && !g_str_has_suffix(listed, "\n") ? "\n" : "");
    for (char **line = lines; *line; line++) {
        g_autoptr(GArray) keys = ht_public_keys_parse(*line, NULL);
        if (keys && !is_listed(listed, &g_array_index(keys, HtPublicKey, 0))) {
            g_string_append_printf(missing, "%s\n", *line);
        }
    }
    return append(file, missing->str, error);
}

const HtPublicKey *ht_signer_key(const HtSigner *signer)
{
    return &signer->key;
}

void ht_signer_sign(const HtSigner *signer, HtText text, char signature[HT_SIGNATURE_TEXT])
{
    uint8_t bytes[HT_SIGNATURE_SIZE];
    if (signer->sm2) {
        ht_sm2_sign(signer->sm2, text, bytes);
    } else {
        ed25519_sha512_sign(signer->key.bytes, signer->private_key, text.size, (const uint8_t *)text.data,
                            bytes);
    }
    g_autofree char *base64 = g_base64_encode(bytes, sizeof bytes);
    g_strlcpy(signature, base64, HT_SIGNATURE_TEXT);
}
