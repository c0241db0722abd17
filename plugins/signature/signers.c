/* Certificates by OpenSSL; see signers.h. xmlsec is given a key, and never looks for one. */
#include "plugins/signature/signers.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define CERTIFICATE_MAX 16384 /* bytes of one in a message */
#define CERTIFICATES_MAX 256  /* that a file may hold */
#define CHAIN_MAX 5
#define RSA_MIN 2048
#define RSA_MAX 8192
#define EC_MIN 256
#define AUTH_LEVEL 2 /* of what vouches for it: RSA from 2048 bits, no SHA-1 */

struct HtSigners {
    GPtrArray *own; /* of X509 *: signature-certificate */
    X509_STORE *authorities;
    const char *const *subjects; /* NULL: any */
};

static bool fail(GError **error, const char *key, const char *reason)
{
    g_set_error(error, HT_SIGNATURE_ERROR, 0, "%s: %s", key, reason);
    return false;
}

static void free_certificate(void *data)
{
    X509_free(data);
}

static bool read_all(HtText text, const char *key, GPtrArray *list, GError **error)
{
    BIO *input = BIO_new_mem_buf(text.data, (int)text.size);
    X509 *certificate;
    while (list->len <= CERTIFICATES_MAX && (certificate = PEM_read_bio_X509(input, NULL, NULL, NULL))) {
        g_ptr_array_add(list, certificate);
    }
    unsigned long last = ERR_peek_last_error();
    ERR_clear_error();
    BIO_free(input);
    if (list->len > CERTIFICATES_MAX) {
        return fail(error, key, "more than 256 certificates in the file");
    }
    if (list->len == 0) {
        return fail(error, key, "there is no certificate in PEM in the file");
    }
    return ERR_GET_REASON(last) == PEM_R_NO_START_LINE ||
           fail(error, key, "a certificate in the file is broken");
}

static bool read_authorities(HtSigners *signers, HtText text, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_certificate);
    if (!read_all(text, "signature-ca", list, error)) {
        return false;
    }
    signers->authorities = X509_STORE_new();
    for (unsigned i = 0; i < list->len; i++) {
        X509_STORE_add_cert(signers->authorities, list->pdata[i]);
    }
    return true;
}

HtSigners *ht_signers_new(const HtSignatureKeys *keys, GError **error)
{
    HtSigners *signers = g_new0(HtSigners, 1);
    signers->own = g_ptr_array_new_with_free_func(free_certificate);
    signers->subjects = keys->subjects;
    bool good = (!keys->certificates.data ||
                 read_all(keys->certificates, "signature-certificate", signers->own, error)) &&
                (!keys->authorities.data || read_authorities(signers, keys->authorities, error));
    if (!good) {
        g_clear_pointer(&signers, ht_signers_free);
    }
    return signers;
}

void ht_signers_free(HtSigners *signers)
{
    if (signers) {
        g_ptr_array_unref(signers->own);
        X509_STORE_free(signers->authorities);
        g_free(signers);
    }
}

/* ---- Which certificate is meant ---- */

/* Free it. NULL: not base64, or too long. */
static guchar *decode(const xmlChar *value, gsize *size)
{
    return strlen((const char *)value) <= 2 * CERTIFICATE_MAX ? g_base64_decode((const char *)value, size)
                                                              : NULL;
}

static X509 *read_carried(const xmlChar *value)
{
    gsize size = 0;
    g_autofree guchar *bytes = decode(value, &size);
    const unsigned char *at = bytes;
    X509 *certificate = bytes ? d2i_X509(NULL, &at, (long)size) : NULL;
    if (certificate && at != bytes + size) {
        g_clear_pointer(&certificate, X509_free);
    }
    ERR_clear_error();
    return certificate;
}

static bool has_key_id(X509 *certificate, const guchar *bytes, gsize size)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate);
    return id && (gsize)ASN1_STRING_length(id) == size && memcmp(ASN1_STRING_get0_data(id), bytes, size) == 0;
}

static bool has_thumbprint(const X509 *certificate, const guchar *bytes, gsize size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    return X509_digest(certificate, EVP_sha1(), digest, &length) == 1 && length == size &&
           memcmp(digest, bytes, size) == 0;
}

static bool has_serial(X509 *certificate, const char *decimal)
{
    BIGNUM *own = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *text = own ? BN_bn2dec(own) : NULL;
    bool same = text && strcmp(text, decimal) == 0;
    OPENSSL_free(text);
    BN_free(own);
    return same;
}

/* Which of ours is meant; if it is not the right one the signature will say so. */
static bool is_meant(X509 *certificate, const HtParts *parts, const guchar *bytes, gsize size)
{
    switch (parts->named) {
    case HT_NAMED_KEY_ID: return bytes && has_key_id(certificate, bytes, size);
    case HT_NAMED_THUMBPRINT: return bytes && has_thumbprint(certificate, bytes, size);
    case HT_NAMED_SERIAL: return has_serial(certificate, (const char *)parts->value);
    case HT_NAMED_CARRIED: break;
    }
    return false;
}

static bool holds_now(const X509 *certificate, time_t now)
{
    return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

/* The first that holds now: who renews his certificate may keep his key, and with it its identifier. If none does, the first. */
static X509 *find_own(const HtSigners *signers, const HtParts *parts, time_t now)
{
    gsize size = 0;
    g_autofree guchar *bytes = parts->named == HT_NAMED_SERIAL ? NULL : decode(parts->value, &size);
    X509 *found = NULL;
    g_strstrip((char *)parts->value);
    for (unsigned i = 0; i < signers->own->len; i++) {
        X509 *certificate = signers->own->pdata[i];
        bool better = !found || (!holds_now(found, now) && holds_now(certificate, now));
        found = better && is_meant(certificate, parts, bytes, size) ? certificate : found;
    }
    if (found) {
        X509_up_ref(found);
    }
    return found;
}

/* ---- Whether it may ---- */

static bool is_own(const HtSigners *signers, const X509 *certificate)
{
    for (unsigned i = 0; i < signers->own->len; i++) {
        if (X509_cmp(signers->own->pdata[i], certificate) == 0) {
            return true;
        }
    }
    return false;
}

/* Where it says what its key is for, signing must be among it. */
static bool may_sign(X509 *certificate)
{
    return (X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

static bool is_long_enough(EVP_PKEY *key)
{
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    switch (key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_RSA: return bits >= RSA_MIN && bits <= RSA_MAX;
    case EVP_PKEY_EC: return bits >= EC_MIN;
    default: return false;
    }
}

/* Each certificate of `signature-ca` is an authority by itself, as those of `client-ca` are. */
static bool leads_to_authority(const HtSigners *signers, X509 *certificate, time_t now)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool good = X509_STORE_CTX_init(context, signers->authorities, certificate, NULL) == 1;
    if (good) {
        X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_depth(how, CHAIN_MAX);
        X509_VERIFY_PARAM_set_auth_level(how, AUTH_LEVEL);
        X509_VERIFY_PARAM_set_time(how, now);
        good = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* As RFC 4514 writes it; without subjects any name is right. */
static bool has_right_name(const HtSigners *signers, const X509 *certificate)
{
    if (!signers->subjects) {
        return true;
    }
    BIO *output = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(output, X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    char *text = NULL;
    long size = BIO_get_mem_data(output, &text);
    bool found = ht_text_is_one_of((HtText){text, (size_t)size}, signers->subjects);
    BIO_free(output);
    return found;
}

static bool is_admitted(const HtSigners *signers, X509 *certificate, time_t now, HtFault *fault)
{
    bool ours = is_own(signers, certificate);
    bool by_authority = !ours && signers->authorities && leads_to_authority(signers, certificate, now) &&
                        has_right_name(signers, certificate);
    if (!holds_now(certificate, now)) {
        ht_fault_set(fault, "signature-refused", "The certificate that signed has ended, or has not begun.");
    } else if (!ours && !by_authority) {
        ht_fault_set(fault, "signature-refused", "The certificate that signed is none that belongs here.");
    } else if (!may_sign(certificate)) {
        ht_fault_set(fault, "signature-refused", "The certificate that signed is not for signing.");
    } else if (!is_long_enough(X509_get0_pubkey(certificate))) {
        ht_fault_set(fault, "signature-refused",
                     "The key that signed is not taken: RSA from 2048 to 8192 bits, or ECDSA from 256.");
    } else {
        return true;
    }
    return false;
}

EVP_PKEY *ht_signers_find(const HtSigners *signers, const HtParts *parts, int64_t now_us, HtFault *fault)
{
    time_t now = (time_t)(now_us / G_USEC_PER_SEC);
    EVP_PKEY *key = NULL;
    X509 *certificate =
        parts->named == HT_NAMED_CARRIED ? read_carried(parts->value) : find_own(signers, parts, now);
    if (!certificate) {
        ht_fault_set(
            fault, "signature-refused",
            parts->named == HT_NAMED_CARRIED
                ? "The certificate in the message cannot be read."
                : "The signature names a certificate that is not known here: send it in a BinarySecurityToken, or "
                  "give it to the administrator.");
    } else if (is_admitted(signers, certificate, now, fault)) {
        key = X509_get_pubkey(certificate);
    }
    X509_free(certificate);
    return key;
}
