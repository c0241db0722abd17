/* Keys, certificates and signed messages; see signing.h. */
#include "tests/lib/signing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

struct Signer {
    EVP_PKEY *key;
    X509 *certificate;
};

static void add_extension(X509 *certificate, const X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, (X509 *)issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    g_assert_nonnull(extension);
    g_assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void add_name(X509 *certificate, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"hutong-test", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
}

static EVP_PKEY *make_key(const SignerOptions *options)
{
    if (options->renews) {
        EVP_PKEY_up_ref(options->renews->key);
        return options->renews->key;
    }
    return options->rsa_bits > 0 ? EVP_RSA_gen(options->rsa_bits) : EVP_EC_gen("P-256");
}

Signer *signer_new(const SignerOptions *options)
{
    static long number = 4711;
    const long day = 24 * 60 * 60;
    bool usual = options->from_days == 0 && options->to_days == 0;
    Signer *signer = g_new0(Signer, 1);
    signer->key = make_key(options);
    g_assert_nonnull(signer->key);
    signer->certificate = X509_new();
    const X509 *issuer = options->issuer ? options->issuer->certificate : signer->certificate;
    X509_set_version(signer->certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(signer->certificate), number++);
    X509_gmtime_adj(X509_getm_notBefore(signer->certificate), (usual ? -1 : options->from_days) * day);
    X509_gmtime_adj(X509_getm_notAfter(signer->certificate), (usual ? 1 : options->to_days) * day);
    add_name(signer->certificate, options->name);
    X509_set_issuer_name(signer->certificate, X509_get_subject_name(issuer));
    X509_set_pubkey(signer->certificate, signer->key);
    add_extension(signer->certificate, issuer, NID_basic_constraints,
                  options->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(signer->certificate, issuer, NID_key_usage,
                  options->authority      ? "critical,keyCertSign,digitalSignature"
                  : options->for_exchange ? "critical,keyAgreement"
                                          : "critical,digitalSignature");
    add_extension(signer->certificate, issuer, NID_subject_key_identifier, "hash");
    g_assert_cmpint(
        X509_sign(signer->certificate, options->issuer ? options->issuer->key : signer->key, EVP_sha256()), >,
        0);
    return signer;
}

void signer_free(Signer *signer)
{
    if (signer) {
        X509_free(signer->certificate);
        EVP_PKEY_free(signer->key);
        g_free(signer);
    }
}

char *signer_pem(const Signer *signer)
{
    BIO *output = BIO_new(BIO_s_mem());
    char *text = NULL;
    g_assert_true(PEM_write_bio_X509(output, signer->certificate));
    long size = BIO_get_mem_data(output, &text);
    char *copy = g_strndup(text, (gsize)size);
    BIO_free(output);
    return copy;
}

char *signer_base64(const Signer *signer)
{
    unsigned char *bytes = NULL;
    int size = i2d_X509(signer->certificate, &bytes);
    char *text = g_base64_encode(bytes, (gsize)size);
    OPENSSL_free(bytes);
    return text;
}

char *signer_serial(const Signer *signer)
{
    return g_strdup_printf("%ld", ASN1_INTEGER_get(X509_get0_serialNumber(signer->certificate)));
}

char *signer_key_id(const Signer *signer)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(signer->certificate);
    return g_base64_encode(ASN1_STRING_get0_data(id), (gsize)ASN1_STRING_length(id));
}

char *signer_thumbprint(const Signer *signer)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(signer->certificate, EVP_sha1(), digest, &size);
    return g_base64_encode(digest, size);
}

char *signing_digest(const char *text, const char *hash)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    g_assert_true(EVP_Digest(text, strlen(text), digest, &size, EVP_get_digestbyname(hash), NULL));
    return g_base64_encode(digest, size);
}

/* XML Signature has both numbers of an ECDSA signature one behind the other, OpenSSL in a structure. */
static char *flatten(const unsigned char *bytes, size_t size)
{
    unsigned char both[64];
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &bytes, (long)size);
    g_assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), both, 32) == 32 &&
                  BN_bn2binpad(ECDSA_SIG_get0_s(numbers), both + 32, 32) == 32);
    ECDSA_SIG_free(numbers);
    return g_base64_encode(both, sizeof both);
}

char *signing_sign(const Signer *signer, const char *text, const char *hash)
{
    unsigned char bytes[1024];
    size_t size = sizeof bytes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_true(EVP_DigestSignInit(context, NULL, EVP_get_digestbyname(hash), NULL, signer->key) == 1 &&
                  EVP_DigestSign(context, bytes, &size, (const unsigned char *)text, strlen(text)) == 1);
    EVP_MD_CTX_free(context);
    return EVP_PKEY_get_base_id(signer->key) == EVP_PKEY_EC ? flatten(bytes, size)
                                                            : g_base64_encode(bytes, size);
}

/* ---- Messages ---- */

static char *now_and(int seconds)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, seconds);
    return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

char *signing_timestamp(int created_s, int expires_s)
{
    g_autofree char *created = now_and(created_s), *expires = now_and(expires_s);
    return g_strdup_printf("<u:Timestamp xmlns:u=\"" SIGNING_WSU "\" u:Id=\"stamp\"><u:Created>%s</u:Created>"
                           "<u:Expires>%s</u:Expires></u:Timestamp>",
                           created, expires);
}

char *signing_body(const char *id, const char *inside)
{
    return g_strdup_printf(
        "<s:Body xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:u=\"" SIGNING_WSU
        "\" u:Id=\"%s\">%s</s:Body>",
        id, inside);
}

char *signing_reference(const char *uri, const char *text)
{
    g_autofree char *digest = signing_digest(text, "sha256");
    return g_strdup_printf(
        "<ds:Reference URI=\"%s\"><ds:Transforms><ds:Transform Algorithm=\"" SIGNING_EXCLUSIVE
        "\"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\""
        "http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>%s"
        "</ds:DigestValue></ds:Reference>",
        uri, digest);
}

char *signing_signature(const SignatureOptions *options)
{
    bool elliptic = EVP_PKEY_get_base_id(options->signer->key) == EVP_PKEY_EC;
    const char *usual = elliptic ? "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
                                 : "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    g_autofree char *info = g_strdup_printf(
        "<ds:SignedInfo xmlns:ds=\"" SIGNING_DS "\"><ds:CanonicalizationMethod Algorithm=\"%s\">"
        "</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"%s\"></ds:SignatureMethod>%s</ds:SignedInfo>",
        options->canonical ? options->canonical : SIGNING_EXCLUSIVE,
        options->method ? options->method : usual, options->references);
    g_autofree char *value = signing_sign(options->signer, info, options->hash ? options->hash : "sha256");
    return g_strdup_printf(
        "<ds:Signature xmlns:ds=\"" SIGNING_DS "\">%s<ds:SignatureValue>%s</ds:SignatureValue><ds:KeyInfo>"
        "<w:SecurityTokenReference>%s</w:SecurityTokenReference></ds:KeyInfo></ds:Signature>",
        info, value,
        options->key_info ? options->key_info
                          : "<w:Reference URI=\"#token\" ValueType=\"" SIGNING_X509 "#X509v3\"/>");
}

char *signing_token(const Signer *signer)
{
    g_autofree char *text = signer_base64(signer);
    return g_strdup_printf("<w:BinarySecurityToken u:Id=\"token\" ValueType=\"" SIGNING_X509
                           "#X509v3\" EncodingType=\"x#Base64Binary\">%s</w:BinarySecurityToken>",
                           text);
}

char *signing_envelope(const char *security, const char *beside, const char *rest)
{
    return g_strdup_printf("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>"
                           "<w:Security s:mustUnderstand=\"1\" xmlns:w=\"" SIGNING_WSSE
                           "\" xmlns:u=\"" SIGNING_WSU "\">%s</w:Security>%s</s:Header>%s</s:Envelope>",
                           security, beside, rest);
}

char *signing_message(const Signer *signer, const char *inside)
{
    g_autofree char *body = signing_body("body", inside), *stamp = signing_timestamp(0, 60);
    g_autofree char *first = signing_reference("#body", body), *second = signing_reference("#stamp", stamp);
    g_autofree char *references = g_strconcat(first, second, NULL), *token = signing_token(signer);
    g_autofree char *signature =
        signing_signature(&(SignatureOptions){.signer = signer, .references = references});
    g_autofree char *security = g_strconcat(token, stamp, signature, NULL);
    return signing_envelope(security, "", body);
}
