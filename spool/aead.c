/* OpenSSL's ciphers; see aead.h. */
#include "spool/aead.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>
#include <sys/random.h>

#define SM4_KEY 16
#define SM3_SIZE 32
#define POOL 4096

struct HtSpoolAead {
    HtSpoolCipher cipher;
    EVP_CIPHER_CTX *context;
    EVP_MAC_CTX *mac; /* SM4_SM3 */
    uint8_t mac_key[SM3_SIZE];
};

static void want(bool good, const char *what)
{
    if (!good) {
        g_error("OpenSSL cannot %s", what);
    }
}

/* ---- Random bytes ---- */

void ht_spool_random(void *bytes, size_t size)
{
    static GMutex lock;
    static uint8_t pool[POOL];
    static size_t left;
    g_assert(size <= POOL);
    g_mutex_lock(&lock);
    if (left < size) {
        for (left = 0; left < POOL;) {
            ssize_t more = getrandom(pool + left, POOL - left, 0);
            left += more > 0 ? (size_t)more : 0;
        }
    }
    left -= size;
    memcpy(bytes, pool + left, size);
    explicit_bzero(pool + left, size);
    g_mutex_unlock(&lock);
}

/* ---- HMAC-SM3 ---- */

static EVP_MAC_CTX *new_mac(void)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    want(context != NULL, "make HMAC-SM3");
    return context;
}

static void mac_of(EVP_MAC_CTX *context, const uint8_t key[SM3_SIZE], const HtText *parts, unsigned count,
                   uint8_t result[SM3_SIZE])
{
    char digest[] = "SM3";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    size_t size = 0;
    bool good = EVP_MAC_init(context, key, SM3_SIZE, params) == 1;
    for (unsigned i = 0; good && i < count; i++) {
        good =
            parts[i].size == 0 || EVP_MAC_update(context, (const uint8_t *)parts[i].data, parts[i].size) == 1;
    }
    want(good && EVP_MAC_final(context, result, &size, SM3_SIZE) == 1 && size == SM3_SIZE,
         "compute HMAC-SM3");
}

/* ---- A key made ready ---- */

static void begin_aes(HtSpoolAead *aead, const uint8_t key[HT_SPOOL_KEY_BYTES])
{
    want(EVP_CipherInit_ex2(aead->context, EVP_aes_256_gcm(), key, NULL, 1, NULL) == 1, "begin AES-256-GCM");
}

static void begin_sm4(HtSpoolAead *aead, const uint8_t key[HT_SPOOL_KEY_BYTES])
{
    const HtText encrypt = HT_TEXT_LITERAL("encrypt"), authenticate = HT_TEXT_LITERAL("authenticate");
    uint8_t cipher_key[SM3_SIZE];
    aead->mac = new_mac();
    mac_of(aead->mac, key, &encrypt, 1, cipher_key);
    mac_of(aead->mac, key, &authenticate, 1, aead->mac_key);
    want(EVP_CipherInit_ex2(aead->context, EVP_sm4_ctr(), cipher_key, NULL, 1, NULL) == 1, "begin SM4-CTR");
    explicit_bzero(cipher_key, sizeof cipher_key);
}

HtSpoolAead *ht_spool_aead_new(HtSpoolCipher cipher, const uint8_t key[HT_SPOOL_KEY_BYTES])
{
    HtSpoolAead *aead = g_new0(HtSpoolAead, 1);
    aead->cipher = cipher;
    aead->context = EVP_CIPHER_CTX_new();
    want(aead->context != NULL, "make a cipher");
    if (cipher == HT_SPOOL_CIPHER_SM4_SM3) {
        begin_sm4(aead, key);
    } else {
        begin_aes(aead, key);
    }
    return aead;
}

void ht_spool_aead_free(HtSpoolAead *aead)
{
    if (aead) {
        EVP_CIPHER_CTX_free(aead->context);
        EVP_MAC_CTX_free(aead->mac);
        OPENSSL_cleanse(aead->mac_key, sizeof aead->mac_key);
        g_free(aead);
    }
}

/* ---- Values ---- */

/* Encrypts or decrypts; `from` and `to` may be the same. */
static void run(HtSpoolAead *aead, const uint8_t *iv, HtText bound, const uint8_t *from, size_t size,
                uint8_t *to, int encrypt)
{
    int done = 0;
    bool good = EVP_CipherInit_ex2(aead->context, NULL, NULL, iv, encrypt, NULL) == 1;
    if (bound.size > 0) {
        good = good && EVP_CipherUpdate(aead->context, NULL, &done, (const uint8_t *)bound.data,
                                        (int)bound.size) == 1;
    }
    good = good && (size == 0 || EVP_CipherUpdate(aead->context, to, &done, from, (int)size) == 1);
    want(good, "encrypt");
}

static void tag_of_sm4(HtSpoolAead *aead, const uint8_t *nonce, HtText bound, const uint8_t *sealed,
                       size_t size, uint8_t tag[SM3_SIZE])
{
    uint64_t bound_size = GUINT64_TO_LE((uint64_t)bound.size);
    const HtText parts[] = {{(const char *)nonce, HT_SPOOL_NONCE},
                            {(const char *)&bound_size, sizeof bound_size},
                            bound,
                            {(const char *)sealed, size}};
    mac_of(aead->mac, aead->mac_key, parts, G_N_ELEMENTS(parts), tag);
}

void ht_spool_aead_seal(HtSpoolAead *aead, const uint8_t nonce[HT_SPOOL_NONCE], HtText bound, HtText plain,
                        HtBuffer *to)
{
    uint8_t iv[16] = {0}, tag[SM3_SIZE];
    g_assert(plain.size <= INT_MAX && bound.size <= INT_MAX);
    memcpy(iv, nonce, HT_SPOOL_NONCE);
    uint8_t *sealed = (uint8_t *)ht_buffer_reserve(to, plain.size + HT_SPOOL_TAG);
    if (aead->cipher == HT_SPOOL_CIPHER_SM4_SM3) {
        run(aead, iv, HT_TEXT_NONE, (const uint8_t *)plain.data, plain.size, sealed, 1);
        tag_of_sm4(aead, nonce, bound, sealed, plain.size, tag);
    } else {
        int none = 0;
        uint8_t last[16];
        run(aead, iv, bound, (const uint8_t *)plain.data, plain.size, sealed, 1);
        want(EVP_CipherFinal_ex(aead->context, last, &none) == 1 &&
                 EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, HT_SPOOL_TAG, tag) == 1,
             "encrypt");
    }
    memcpy(sealed + plain.size, tag, HT_SPOOL_TAG);
    to->size += plain.size + HT_SPOOL_TAG;
}

bool ht_spool_aead_open(HtSpoolAead *aead, const uint8_t nonce[HT_SPOOL_NONCE], HtText bound, uint8_t *bytes,
                        size_t size)
{
    uint8_t iv[16] = {0};
    if (size < HT_SPOOL_TAG || size > INT_MAX) {
        return false;
    }
    size_t plain = size - HT_SPOOL_TAG;
    memcpy(iv, nonce, HT_SPOOL_NONCE);
    if (aead->cipher == HT_SPOOL_CIPHER_SM4_SM3) {
        uint8_t tag[SM3_SIZE];
        tag_of_sm4(aead, nonce, bound, bytes, plain, tag);
        bool genuine = CRYPTO_memcmp(tag, bytes + plain, HT_SPOOL_TAG) == 0;
        if (genuine) {
            run(aead, iv, HT_TEXT_NONE, bytes, plain, bytes, 0);
        }
        return genuine;
    }
    int none = 0;
    uint8_t last[16];
    run(aead, iv, bound, bytes, plain, bytes, 0);
    want(EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, HT_SPOOL_TAG, bytes + plain) == 1,
         "decrypt");
    return EVP_CipherFinal_ex(aead->context, last, &none) == 1;
}
