/* XML Signature with libxmlsec, on its shortest way: a key that is given, so that it looks at no KeyInfo; ids of the document alone; the algorithms of the list, a second time, so that
 * a form that parts.c reads otherwise than xmlsec does is refused by one of the two. What xmlsec would say of a failure may hold what stands in the message: nobody hears it. */
#include "plugins/signature/verify.h"

#include <xmlsec/xmlsec.h>

#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>

static void be_silent(const char *file, int line, const char *function, const char *object,
                      const char *subject, int reason, const char *text)
{
    (void)file;
    (void)line;
    (void)function;
    (void)object;
    (void)subject;
    (void)reason;
    (void)text;
}

/* libxmlsec has one state, and loses memory when it is begun again. One thread. */
static unsigned users;

bool ht_verify_begin(void)
{
    if (users > 0) {
        users++;
        return true;
    }
    bool good = xmlSecInit() >= 0 && xmlSecCheckVersion() == 1;
    good = good && xmlSecOpenSSLAppInit(NULL) >= 0 && xmlSecOpenSSLInit() >= 0;
    xmlSecErrorsSetCallback(be_silent); /* last: OpenSSL's part sets its own */
    xmlSecIOCleanupCallbacks();         /* no URI has a reader any more */
    users += good;
    return good;
}

void ht_verify_end(void)
{
    if (--users > 0) {
        return;
    }
    xmlSecOpenSSLShutdown();
    xmlSecOpenSSLAppShutdown();
    xmlSecShutdown();
}

static bool allow(xmlSecDSigCtxPtr context, bool allows_sha1)
{
    const xmlSecTransformId signing[] = {
        xmlSecTransformInclC14NId,           xmlSecTransformExclC14NId,
        xmlSecOpenSSLTransformRsaSha256Id,   xmlSecOpenSSLTransformRsaSha384Id,
        xmlSecOpenSSLTransformRsaSha512Id,   xmlSecOpenSSLTransformEcdsaSha256Id,
        xmlSecOpenSSLTransformEcdsaSha384Id, xmlSecOpenSSLTransformEcdsaSha512Id};
    const xmlSecTransformId referring[] = {xmlSecTransformInclC14NId, xmlSecTransformExclC14NId,
                                           xmlSecOpenSSLTransformSha256Id, xmlSecOpenSSLTransformSha384Id,
                                           xmlSecOpenSSLTransformSha512Id};
    bool good = true;
    for (size_t i = 0; i < G_N_ELEMENTS(signing); i++) {
        good = good && xmlSecDSigCtxEnableSignatureTransform(context, signing[i]) >= 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(referring); i++) {
        good = good && xmlSecDSigCtxEnableReferenceTransform(context, referring[i]) >= 0;
    }
    if (allows_sha1) {
        good = good && xmlSecDSigCtxEnableSignatureTransform(context, xmlSecOpenSSLTransformRsaSha1Id) >= 0 &&
               xmlSecDSigCtxEnableReferenceTransform(context, xmlSecOpenSSLTransformSha1Id) >= 0;
    }
    return good;
}

static bool give_key(xmlSecDSigCtxPtr context, EVP_PKEY *key)
{
    xmlSecKeyDataPtr data = xmlSecOpenSSLEvpKeyAdopt(key);
    if (!data) {
        EVP_PKEY_free(key);
        return false;
    }
    context->signKey = xmlSecKeyCreate();
    if (!context->signKey || xmlSecKeySetValue(context->signKey, data) < 0) {
        xmlSecKeyDataDestroy(data);
        return false;
    }
    return true;
}

/* What it says of the whole, and of each reference that parts.c has counted. */
static bool is_good(xmlSecDSigCtxPtr context, const HtParts *parts)
{
    bool good = context->status == xmlSecDSigStatusSucceeded &&
                xmlSecPtrListGetSize(&context->signedInfoReferences) == parts->references;
    for (unsigned i = 0; good && i < parts->references; i++) {
        xmlSecDSigReferenceCtxPtr reference = xmlSecPtrListGetItem(&context->signedInfoReferences, i);
        xmlChar *id = xmlGetNsProp(parts->signed_nodes[i], BAD_CAST "Id", BAD_CAST ht_parts_wsu);
        good = reference && reference->status == xmlSecDSigStatusSucceeded && reference->uri && id &&
               strcmp((const char *)reference->uri + 1, (const char *)id) == 0;
        xmlFree(id);
    }
    return good;
}

bool ht_verify(const HtParts *parts, EVP_PKEY *key, bool allows_sha1)
{
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (!context) {
        EVP_PKEY_free(key);
        return false;
    }
    context->flags |= XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    bool good = give_key(context, key) && allow(context, allows_sha1) &&
                xmlSecDSigCtxVerify(context, parts->signature) >= 0 && is_good(context, parts);
    xmlSecDSigCtxDestroy(context);
    return good;
}
