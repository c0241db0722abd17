/* OpenSSL's SM2; see sm2.h. */
#include "core/proof/sm2.h"

#include <glib.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#define IDENTITY "1234567812345678"
#define HALF 32
#define OCTETS (1 + HT_SM2_POINT) /* a point as SEC 1 has it, not compressed */
#define DER_MAX 80                /* of a signature */

static void want(bool good, const char *what)
{
    if (!good) {
        g_error("OpenSSL cannot %s", what);
    }
}

/* ---- Keys ---- */

/* `secret` NULL: the public half only. NULL when they are none. */
static EVP_PKEY *make_key(const BIGNUM *secret, const uint8_t octets[OCTETS])
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    want(build && context && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
             OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets, OCTETS) &&
             (!secret || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret)),
         "make an SM2 key");
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *key_of_point(const uint8_t point[HT_SM2_POINT])
{
    uint8_t octets[OCTETS] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(octets + 1, point, HT_SM2_POINT);
    return make_key(NULL, octets);
}

/* The private half is from 1 to the order less 2 (GB/T 32918.1, 6.1). */
static bool is_secret(const EC_GROUP *group, const BIGNUM *secret)
{
    BIGNUM *most = BN_dup(EC_GROUP_get0_order(group));
    want(most && BN_sub_word(most, 2), "make an SM2 key");
    bool is = !BN_is_zero(secret) && BN_cmp(secret, most) <= 0;
    BN_free(most);
    return is;
}

HtSm2Key *ht_sm2_key_new(const uint8_t secret[HT_SM2_SECRET], uint8_t point[HT_SM2_POINT])
{
    uint8_t octets[OCTETS];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *public = group ? EC_POINT_new(group) : NULL;
    BIGNUM *number = BN_secure_new();
    want(public && number && BN_bin2bn(secret, HT_SM2_SECRET, number), "make an SM2 key");
    BN_set_flags(number, BN_FLG_CONSTTIME);
    bool good = is_secret(group, number);
    if (good) {
        want(EC_POINT_mul(group, public, number, NULL, NULL, NULL) == 1 &&
                 EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, octets, OCTETS, NULL) ==
                     OCTETS,
             "make an SM2 key");
        memcpy(point, octets + 1, HT_SM2_POINT);
    }
    EVP_PKEY *key = good ? make_key(number, octets) : NULL;
    BN_clear_free(number);
    EC_POINT_free(public);
    EC_GROUP_free(group);
    return key;
}

void ht_sm2_key_free(HtSm2Key *key)
{
    EVP_PKEY_free(key);
}

bool ht_sm2_is_point(const uint8_t point[HT_SM2_POINT])
{
    EVP_PKEY *key = key_of_point(point);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    bool is = context && EVP_PKEY_public_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return is;
}

/* ---- Signing and verifying ---- */

/* With the identity in it. The caller frees the context, and the one of the key. */
static EVP_MD_CTX *new_context(EVP_PKEY *key, EVP_PKEY_CTX **of_key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *of_key = EVP_PKEY_CTX_new(key, NULL);
    want(context && *of_key && EVP_PKEY_CTX_set1_id(*of_key, IDENTITY, strlen(IDENTITY)) == 1, "use SM2");
    EVP_MD_CTX_set_pkey_ctx(context, *of_key);
    return context;
}

static void free_context(EVP_MD_CTX *context, EVP_PKEY_CTX *of_key)
{
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(of_key);
}

void ht_sm2_sign(const HtSm2Key *key, HtText text, uint8_t signature[HT_SM2_SIGNATURE])
{
    uint8_t der[DER_MAX];
    size_t size = sizeof der;
    const uint8_t *at = der;
    const BIGNUM *r, *s;
    EVP_PKEY_CTX *of_key;
    EVP_MD_CTX *context = new_context((EVP_PKEY *)(uintptr_t)key, &of_key);
    want(EVP_DigestSignInit(context, NULL, EVP_sm3(), NULL, (EVP_PKEY *)(uintptr_t)key) == 1 &&
             EVP_DigestSign(context, der, &size, (const uint8_t *)text.data, text.size) == 1,
         "sign with SM2");
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    want(pair != NULL, "sign with SM2");
    ECDSA_SIG_get0(pair, &r, &s);
    want(BN_bn2binpad(r, signature, HALF) == HALF && BN_bn2binpad(s, signature + HALF, HALF) == HALF,
         "sign with SM2");
    ECDSA_SIG_free(pair);
    free_context(context, of_key);
}

static int write_der(const uint8_t signature[HT_SM2_SIGNATURE], uint8_t **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, HALF, NULL), *s = BN_bin2bn(signature + HALF, HALF, NULL);
    want(pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1, "use SM2");
    *der = NULL;
    int size = i2d_ECDSA_SIG(pair, der);
    ECDSA_SIG_free(pair);
    return size;
}

bool ht_sm2_verify(const uint8_t point[HT_SM2_POINT], HtText text, const uint8_t signature[HT_SM2_SIGNATURE])
{
    uint8_t *der;
    EVP_PKEY_CTX *of_key;
    EVP_PKEY *key = key_of_point(point);
    if (!key) {
        return false;
    }
    int size = write_der(signature, &der);
    EVP_MD_CTX *context = new_context(key, &of_key);
    bool good = size > 0 && EVP_DigestVerifyInit(context, NULL, EVP_sm3(), NULL, key) == 1 &&
                EVP_DigestVerify(context, der, (size_t)size, (const uint8_t *)text.data, text.size) == 1;
    OPENSSL_free(der);
    free_context(context, of_key);
    EVP_PKEY_free(key);
    return good;
}

void ht_sm3(HtText text, uint8_t digest[32])
{
    unsigned size = 0;
    want(EVP_Digest(text.data, text.size, digest, &size, EVP_sm3(), NULL) == 1 && size == 32, "compute SM3");
}
