/* National cryptography: the examples of the standards, and signatures of receipts by SM2 beside those by Ed25519, of which neither passes for the other. */
#include "core/base/digest.h"
#include "core/proof/signer.h"
#include "core/proof/sm2.h"
#include "core/proof/verify.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>

/* GB/T 32918.5-2017, Annex A.2: the private half, the public one, and the signature of "message digest" by "1234567812345678". */
#define SECRET "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define POINT                                                          \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define SIGNATURE                                                      \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3" \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
#define ORDER "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"

static const HtText message = HT_TEXT_LITERAL("message digest");

static void assert_hex(const uint8_t *bytes, size_t size, const char *wanted)
{
    char hex[2 * 64 + 1] = "";
    ht_hex_write(bytes, size, hex);
    g_assert_cmpstr(hex, ==, wanted);
}

/* ---- The standards' examples ---- */

/* GB/T 32905-2016, Annex A. */
static void sm3_is_that_of_the_standard(void)
{
    uint8_t digest[32];
    ht_sm3(HT_TEXT_LITERAL("abc"), digest);
    assert_hex(digest, sizeof digest, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    ht_sm3(HT_TEXT_LITERAL("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"), digest);
    assert_hex(digest, sizeof digest, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* GB/T 32907-2016, Annex A.1: the block is the counter's, so what zeros become is the block encrypted. */
static void sm4_is_that_of_the_standard(void)
{
    uint8_t block[16], zeros[16] = {0}, out[16];
    int size = 0;
    g_assert_true(ht_hex_read("0123456789abcdeffedcba9876543210", block, sizeof block));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    g_assert_cmpint(EVP_EncryptInit_ex2(context, EVP_sm4_ctr(), block, block, NULL), ==, 1);
    g_assert_cmpint(EVP_EncryptUpdate(context, out, &size, zeros, sizeof zeros), ==, 1);
    assert_hex(out, sizeof out, "681edf34d206965e86b3e94f536e4246");
    EVP_CIPHER_CTX_free(context);
}

static void sm2_is_that_of_the_standard(void)
{
    uint8_t secret[HT_SM2_SECRET], point[HT_SM2_POINT], signature[HT_SM2_SIGNATURE];
    g_assert_true(ht_hex_read(SECRET, secret, sizeof secret));
    g_assert_true(ht_hex_read(SIGNATURE, signature, sizeof signature));
    HtSm2Key *key = ht_sm2_key_new(secret, point);
    g_assert_nonnull(key);
    assert_hex(point, sizeof point, POINT);
    g_assert_true(ht_sm2_verify(point, message, signature));
    ht_sm2_key_free(key);
}

/* ---- What is no signature, and no key ---- */

static void only_what_was_signed_is_verified(void)
{
    uint8_t secret[HT_SM2_SECRET], point[HT_SM2_POINT], signature[HT_SM2_SIGNATURE], other[HT_SM2_POINT];
    g_assert_true(ht_hex_read(SECRET, secret, sizeof secret));
    HtSm2Key *key = ht_sm2_key_new(secret, point);
    ht_sm2_sign(key, message, signature);
    g_assert_true(ht_sm2_verify(point, message, signature));
    g_assert_false(ht_sm2_verify(point, HT_TEXT_LITERAL("message digesu"), signature));
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        g_assert_false(ht_sm2_verify(point, message, signature));
        signature[i] ^= 1;
    }
    for (unsigned i = 0; i < 4; i++) { /* nothing, or the order, for r or s */
        uint8_t bad[HT_SM2_SIGNATURE];
        memcpy(bad, signature, sizeof bad);
        if (i < 2) {
            memset(bad + 32 * i, 0, 32);
        } else {
            g_assert_true(ht_hex_read(ORDER, bad + 32 * (i - 2), 32));
        }
        g_assert_false(ht_sm2_verify(point, message, bad));
    }
    secret[31] ^= 1;
    HtSm2Key *another = ht_sm2_key_new(secret, other);
    g_assert_false(ht_sm2_verify(other, message, signature));
    ht_sm2_key_free(key);
    ht_sm2_key_free(another);
}

static void what_is_no_key_is_refused(void)
{
    static const char *const secrets[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                          "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
                                          ORDER};
    uint8_t secret[HT_SM2_SECRET], point[HT_SM2_POINT];
    for (unsigned i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_assert_true(ht_hex_read(secrets[i], secret, sizeof secret));
        g_assert_null(ht_sm2_key_new(secret, point));
    }
    g_assert_true(ht_hex_read(POINT, point, sizeof point));
    g_assert_true(ht_sm2_is_point(point));
    point[63] ^= 1;
    g_assert_false(ht_sm2_is_point(point));
    memset(point, 0, sizeof point);
    g_assert_false(ht_sm2_is_point(point));
}

/* ---- Keys of both kinds ---- */

typedef struct {
    char *folder;
    HtSigner *signers[HT_SIGNATURE_KINDS];
    char signatures[HT_SIGNATURE_KINDS][HT_SIGNATURE_TEXT];
} Both;

/* One after the other in the same state, as when the configuration changes. */
static void set_up(Both *both, gconstpointer data)
{
    (void)data;
    both->folder = g_dir_make_tmp("sm2-XXXXXX", NULL);
    for (unsigned i = 0; i < HT_SIGNATURE_KINDS; i++) {
        g_autoptr(GError) error = NULL;
        both->signers[i] = ht_signer_open(both->folder, (HtSignatureKind)i, &error);
        g_assert_no_error(error);
        ht_signer_sign(both->signers[i], message, both->signatures[i]);
    }
}

static void tear_down(Both *both, gconstpointer data)
{
    static const char *const files[] = {HT_SIGNER_KEY, HT_SIGNER_KEY_SM2, HT_SIGNER_PUBLIC};
    (void)data;
    for (unsigned i = 0; i < HT_SIGNATURE_KINDS; i++) {
        ht_signer_free(both->signers[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(both->folder, files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(both->folder), ==, 0);
    g_free(both->folder);
}

static GArray *read_keys(const Both *both)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(both->folder, HT_SIGNER_PUBLIC, NULL);
    GArray *keys = ht_public_keys_read(file, &error);
    g_assert_no_error(error);
    return keys;
}

static void both_kinds_are_verified(Both *both, gconstpointer data)
{
    (void)data;
    g_autoptr(GArray) keys = read_keys(both);
    g_assert_cmpuint(keys->len, ==, 2);
    for (unsigned i = 0; i < HT_SIGNATURE_KINDS; i++) {
        g_autoptr(GError) error = NULL;
        const char *id = ht_signer_key(both->signers[i])->id;
        g_assert_cmpint(g_str_has_prefix(id, "sm2-"), ==, i == HT_SIGNATURE_SM2);
        g_assert_true(ht_proof_verify(message, keys, id, both->signatures[i], &error));
        g_assert_no_error(error);
    }
    HtSigner *next = ht_signer_rotate(both->folder, HT_SIGNATURE_SM2, NULL);
    g_assert_cmpstr(ht_signer_key(next)->id, !=, ht_signer_key(both->signers[HT_SIGNATURE_SM2])->id);
    g_autoptr(GArray) more = read_keys(both);
    g_assert_cmpuint(more->len, ==, 3);
    ht_signer_free(next);
}

/* The key says how a signature is verified: what names one key and was signed by the other is false, and what names a key of which only the other kind is known is unknown. */
static void no_kind_passes_for_the_other(Both *both, gconstpointer data)
{
    (void)data;
    g_autoptr(GArray) keys = read_keys(both);
    for (unsigned i = 0; i < HT_SIGNATURE_KINDS; i++) {
        g_autoptr(GError) crossed = NULL, unknown = NULL;
        char text[HT_PUBLIC_KEY_TEXT];
        const HtPublicKey *own = ht_signer_key(both->signers[i]),
                          *other = ht_signer_key(both->signers[1 - i]);
        g_assert_false(ht_proof_verify(message, keys, own->id, both->signatures[1 - i], &crossed));
        g_assert_error(crossed, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE);
        ht_public_key_format(other, text);
        g_autoptr(GArray) only = ht_public_keys_parse(text, NULL);
        g_assert_cmpuint(only->len, ==, 1);
        g_assert_false(ht_proof_verify(message, only, own->id, both->signatures[i], &unknown));
        g_assert_error(unknown, HT_PROOF_ERROR, HT_PROOF_ERROR_KEY);
        HtPublicKey wrong = *own; /* bytes of the one taken for the other */
        wrong.kind = other->kind;
        g_assert_false(ht_public_key_verify(&wrong, message, both->signatures[i]));
    }
}

static void a_list_has_whole_keys_only(Both *both, gconstpointer data)
{
    (void)both;
    (void)data;
    static const char *const bad[] = {
        "sm2:", "sm2:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "sm2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "ed25519:CfnfMR5UIaFQ3X0WHkvFxnIXn60YM/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw=="};
    g_autoptr(GArray) good = ht_public_keys_parse(
        "sm2:CfnfMR5UIaFQ3X0WHkvFxnIXn60YM/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw== x",
        NULL);
    g_assert_nonnull(good);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_public_keys_parse(bad[i], &error));
        g_assert_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sm2/sm3-is-that-of-the-standard", sm3_is_that_of_the_standard);
    g_test_add_func("/sm2/sm4-is-that-of-the-standard", sm4_is_that_of_the_standard);
    g_test_add_func("/sm2/is-that-of-the-standard", sm2_is_that_of_the_standard);
    g_test_add_func("/sm2/only-what-was-signed-is-verified", only_what_was_signed_is_verified);
    g_test_add_func("/sm2/what-is-no-key-is-refused", what_is_no_key_is_refused);
    g_test_add("/sm2/both-kinds-are-verified", Both, NULL, set_up, both_kinds_are_verified, tear_down);
    g_test_add("/sm2/no-kind-passes-for-the-other", Both, NULL, set_up, no_kind_passes_for_the_other,
               tear_down);
    g_test_add("/sm2/a-list-has-whole-keys-only", Both, NULL, set_up, a_list_has_whole_keys_only, tear_down);
    return g_test_run();
}
