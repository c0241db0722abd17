/* Signed messages: which are taken, and that nothing else is. Each hostile one is a good one with one thing changed. */
#include "plugins/signature/signature.h"
#include "tests/lib/signing.h"

#include "core/base/clock.h"

#include <string.h>

#define INSIDE "<m:Submit xmlns:m=\"urn:hutong:source:x\"><ROW>990104</ROW></m:Submit>"
#define OTHER "<m:Submit xmlns:m=\"urn:hutong:source:x\"><ROW>990999</ROW></m:Submit>"
#define SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"

/* Made once: keys take time. */
static Signer *authority, *signer, *elliptic, *stranger, *impostor;
static HtSignature *checker;
static HtSignatureKeys keys;
static HtLimits limits;
static char said[HT_FAULT_TEXT]; /* of the last fault */

/* The texts are taken over. */
static void begin_with(char *authorities, char *certificates, const char *const *subjects, bool timestamp,
                       bool sha1)
{
    static char *pem, *certificate;
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&checker, ht_signature_free);
    g_free(pem);
    g_free(certificate);
    pem = authorities;
    certificate = certificates;
    keys = (HtSignatureKeys){.authorities = ht_text_from(pem),
                             .certificates = ht_text_from(certificate),
                             .subjects = subjects,
                             .age_us = 300 * HT_SECOND,
                             .needs_timestamp = timestamp,
                             .allows_sha1 = sha1};
    limits = ht_limits_default();
    checker = ht_signature_new(&keys, &limits, &error);
    g_assert_no_error(error);
}

static void begin(const Signer *own, const char *const *subjects, bool timestamp, bool sha1)
{
    begin_with(own ? NULL : signer_pem(authority), own ? signer_pem(own) : NULL, subjects, timestamp, sha1);
}

static void expect_text(HtText text, const char *code)
{
    HtFault fault = {.code = "", .text = ""};
    HtSigned found;
    bool good = ht_signature_check(checker, text, HT_TEXT_NONE, ht_clock_now(), &found, &fault);
    g_strlcpy(said, fault.text, sizeof said);
    g_test_message("%s: %s", fault.code, fault.text);
    g_assert_cmpstr(good ? "" : fault.code, ==, code);
    g_assert_null(strstr(fault.text, "9901"));
}

static void expect(const char *message, const char *code)
{
    expect_text(ht_text_from(message), code);
}

/* A message of these parts is taken or not. */
static void expect_parts(const char *security, const char *beside, const char *rest, const char *code)
{
    g_autofree char *message = signing_envelope(security, beside, rest);
    expect(message, code);
}

static char *sign(const Signer *by, const char *references)
{
    g_autofree char *token = signing_token(by);
    g_autofree char *signature =
        signing_signature(&(SignatureOptions){.signer = by, .references = references});
    return g_strconcat(token, signature, NULL);
}

static char *replace(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) changed = g_string_new(text);
    g_assert_cmpuint(g_string_replace(changed, from, to, 1), ==, 1);
    return g_string_free(g_steal_pointer(&changed), FALSE);
}

static void expect_replaced(const char *text, const char *from, const char *to, const char *code)
{
    g_autofree char *changed = replace(text, from, to);
    expect(changed, code);
}

/* ---- Tests ---- */

static void test_who_may_gets_in(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *rsa = signing_message(signer, INSIDE), *ec = signing_message(elliptic, INSIDE);
    expect(rsa, "");
    expect(ec, "");
    g_autofree char *declared = g_strconcat("<?xml version='1.0' encoding='UTF-8'?>\n<!-- a -->", rsa, NULL);
    expect(declared, "");
    static const char *const names[] = {"CN=police,O=hutong-test", NULL}, *const others[] = {"CN=another",
                                                                                             NULL};
    begin(NULL, names, true, false);
    expect(rsa, "");
    begin(NULL, others, false, false);
    expect(rsa, "signature-refused");
}

static void test_text_in_gb18030_is_the_same_text(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *message = signing_message(signer, "<m xmlns=\"urn:x\">测试丁𠮷</m>");
    g_autofree char *whole = g_strconcat("<?xml version=\"1.0\" encoding=\"GB18030\"?>", message, NULL);
    gsize size = 0;
    g_autofree char *bytes = g_convert(whole, -1, "GB18030", "UTF-8", NULL, &size, NULL);
    expect_text((HtText){bytes, size}, "");
    g_autofree char *altered = replace(whole, "丁", "甲");
    g_autofree char *others = g_convert(altered, -1, "GB18030", "UTF-8", NULL, &size, NULL);
    expect_text((HtText){others, size}, "signature-refused");
}

/* Named by what stands in its certificate, which is known here. */
static void test_a_known_certificate_need_not_be_sent(void)
{
    begin(stranger, NULL, false, false);
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    g_autofree char *id = signer_key_id(stranger), *print = signer_thumbprint(stranger),
                    *serial = signer_serial(stranger), *whole = signer_base64(stranger);
    g_autofree char *by_id = g_strdup_printf(
        "<w:KeyIdentifier ValueType=\"" SIGNING_X509 "#X509SubjectKeyIdentifier\">%s</w:KeyIdentifier>", id);
    g_autofree char *by_print =
        g_strdup_printf("<w:KeyIdentifier ValueType=\"x#ThumbprintSHA1\">%s</w:KeyIdentifier>", print);
    g_autofree char *by_whole =
        g_strdup_printf("<w:KeyIdentifier ValueType=\"" SIGNING_X509 "#X509v3\">%s</w:KeyIdentifier>", whole);
    g_autofree char *by_serial =
        g_strdup_printf("<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName>"
                        "<ds:X509SerialNumber>%s</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>",
                        serial);
    const struct {
        const char *key_info, *code;
    } cases[] = {
        {by_id, ""},
        {by_print, ""},
        {by_whole, ""},
        {by_serial, ""},
        {"<w:KeyIdentifier ValueType=\"x#ThumbprintSHA1\">AAAA</w:KeyIdentifier>", "signature-refused"},
        {"<w:KeyIdentifier ValueType=\"x#SAMLAssertionID\">AAAA</w:KeyIdentifier>", "signature-unsupported"},
        {"<ds:KeyName>police</ds:KeyName>", "signature-unsupported"},
        {"<w:Reference URI=\"#none\"/>", "signature-unsupported"},
        {"<w:Reference URI=\"http://127.0.0.1/token\"/>", "signature-unsupported"},
        {"<w:Reference URI=\"#body\"/>", "signature-unsupported"},
        {"", "signature-unsupported"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *signature = signing_signature(
            &(SignatureOptions){.signer = stranger, .references = reference, .key_info = cases[i].key_info});
        g_test_message("case %u", i);
        expect_parts(signature, "", body, cases[i].code);
    }
    g_autofree char *other =
        signing_signature(&(SignatureOptions){.signer = signer, .references = reference, .key_info = by_id});
    expect_parts(other, "", body, "signature-refused");
}

/* Both have the key, and so its identifier; the one that has ended stands first, as it was there first. */
static void test_a_certificate_is_renewed_with_its_key(void)
{
    g_autoptr(Signer) old = signer_new(&(SignerOptions){.name = "police", .from_days = -10, .to_days = -1});
    g_autoptr(Signer) new = signer_new(&(SignerOptions){.name = "police", .renews = old});
    g_autofree char *first = signer_pem(old), *second = signer_pem(new), *id = signer_key_id(old);
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    g_autofree char *key_info = g_strdup_printf(
        "<w:KeyIdentifier ValueType=\"" SIGNING_X509 "#X509SubjectKeyIdentifier\">%s</w:KeyIdentifier>", id);
    g_autofree char *signature =
        signing_signature(&(SignatureOptions){.signer = new, .references = reference, .key_info = key_info});
    begin_with(NULL, g_strconcat(first, second, NULL), NULL, false, false);
    expect_parts(signature, "", body, "");
    begin_with(NULL, g_strconcat(second, first, NULL), NULL, false, false);
    expect_parts(signature, "", body, "");
    begin(old, NULL, false, false);
    expect_parts(signature, "", body, "signature-refused");
}

static void test_whose_certificate_does_not_count_stays_out(void)
{
    begin(NULL, NULL, false, false);
    const SignerOptions options[] = {
        {.name = "police", .issuer = authority, .from_days = -10, .to_days = -1},
        {.name = "police", .issuer = authority, .from_days = 1, .to_days = 10},
        {.name = "police", .issuer = authority, .for_exchange = true},
        {.name = "police", .issuer = authority, .rsa_bits = 1024},
        {.name = "police"},                     /* by itself */
        {.name = "police", .issuer = impostor}, /* an authority of the same name */
        {.name = "police", .issuer = signer},   /* by one that may not issue */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(Signer) other = signer_new(&options[i]);
        g_autofree char *message = signing_message(other, INSIDE);
        g_test_message("case %u", i);
        expect(message, "signature-refused");
    }
    /* another's certificate beside one's own signature */
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    g_autofree char *token = signing_token(signer);
    g_autofree char *signature =
        signing_signature(&(SignatureOptions){.signer = stranger, .references = reference});
    g_autofree char *both = g_strconcat(token, signature, NULL);
    expect_parts(both, "", body, "signature-refused");
}

static void test_what_was_altered_is_refused(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *good = signing_message(signer, INSIDE);
    expect_replaced(good, "990104", "990105", "signature-refused");
    expect_replaced(good, "<ROW>", "<ROW a=\"1\">", "signature-refused");
    expect_replaced(good, "<ROW>", "<ROW> ", "signature-refused");
    expect_replaced(good, "</ROW>", "</ROW><ROW>1</ROW>", "signature-refused");
    expect_replaced(good, "<u:Created>20", "<u:Created>21", "signature-refused");
    expect_replaced(good, "<ROW>", "<!-- a comment is no part of it --><ROW>", "");
    expect_replaced(good, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", "signature-refused");
    expect_replaced(good, "<ROW>990104</ROW>", "<ROW>&x;</ROW>", "not-well-formed");
    expect_replaced(good, "<s:Envelope", "<!DOCTYPE a><s:Envelope", "doctype-refused");
    expect_replaced(good, "<s:Header", "<s:Header a:x=\"1\"", "namespace-not-well-formed");
    expect_replaced(good, "<s:Header", "<s:Header xmlns:a=\"urn:a\" xmlns:b=\"urn:a\" a:x=\"1\" b:x=\"1\"",
                    "namespace-not-well-formed");
}

static void test_what_is_not_signed_is_missed(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *body = signing_body("body", INSIDE);
    expect_parts("", "", body, "signature-missing");
    expect("<ROWS><ROW/></ROWS>", "signature-missing");
    expect("{\"a\": 1}", "not-well-formed");
    expect("", "empty");
    g_autofree char *good = signing_message(signer, INSIDE);
    expect_replaced(good, SIGNING_WSSE, "urn:other", "signature-missing");
    expect_replaced(good, "<s:Header>", "<s:Header xmlns:s=\"urn:other\">", "signature-missing");
    expect_replaced(good, "<w:Security ", "<w:Security s:actor=\"urn:gateway\" ", "signature-missing");
    g_autofree char *elsewhere =
        replace(good, "<ds:Signature xmlns:ds=\"" SIGNING_DS "\">", "<ds:Signature xmlns:ds=\"urn:x\">");
    expect(elsewhere, "signature-missing");
    g_autofree char *stamp = signing_timestamp(0, 60), *reference = signing_reference("#stamp", stamp);
    g_autofree char *signature = sign(signer, reference), *security = g_strconcat(stamp, signature, NULL);
    expect_parts(security, "", body, "signature-refused"); /* a header is signed, the Body is not */
}

/* The signed Body is put elsewhere, and another in its place: Jensen, Schwenk and others, "How to break XML signature and XML encryption", and what came after it. */
static void test_a_wrapped_body_is_refused(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    g_autofree char *security = sign(signer, reference);
    g_autofree char *plain = signing_body("other", OTHER), *same = signing_body("body", OTHER);
    g_autofree char *without = replace(plain, " u:Id=\"other\"", "");
    g_autofree char *in_wrapper = g_strconcat("<x>", body, "</x>", NULL);
    g_autofree char *in_security = g_strconcat(security, in_wrapper, NULL);
    g_autofree char *in_object =
        replace(security, "</ds:Signature>", "<ds:Object>BODY</ds:Object></ds:Signature>");
    g_autofree char *with_object = replace(in_object, "BODY", body);
    g_autofree char *in_body = signing_body("other", body);
    g_autofree char *two = g_strconcat(plain, body, NULL), *two_reversed = g_strconcat(body, plain, NULL);
    g_autofree char *as_block = g_strconcat(body, NULL);
    g_autofree char *outside =
        g_strconcat("<x xmlns:w=\"" SIGNING_WSSE "\" xmlns:u=\"" SIGNING_WSU "\">", security, "</x>", NULL);
    g_autofree char *behind = g_strconcat(plain, in_wrapper, NULL),
                    *before = g_strconcat(in_wrapper, plain, NULL);
    const struct {
        const char *security, *beside, *rest, *code;
    } cases[] = {
        {security, "", body, ""},
        {security, in_wrapper, plain, "signature-refused"},   /* in a header */
        {security, in_wrapper, without, "signature-refused"}, /* the new one has no id */
        {security, in_wrapper, same, "signature-refused"},    /* both have it */
        {in_security, "", plain, "signature-refused"},        /* in the Security header */
        {with_object, "", plain, "signature-unsupported"},    /* in the signature */
        {security, "", in_body, "signature-refused"},         /* in the new Body */
        {security, "", two, "signature-unsupported"},         /* behind it */
        {security, "", two_reversed, "signature-unsupported"},
        {security, as_block, plain,
         "signature-refused"}, /* as a header itself: it is named, the Body is not */
        {security, "", behind, "signature-unsupported"},
        {security, "", before, "signature-unsupported"},
        {"", outside, body, "signature-missing"}, /* the signature outside of the Security header */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("case %u", i);
        expect_parts(cases[i].security, cases[i].beside, cases[i].rest, cases[i].code);
    }
    g_autofree char *as_id = replace(in_wrapper, "u:Id", "xml:id"),
                    *lower = replace(in_wrapper, "u:Id", "id");
    expect_parts(security, as_id, plain, "signature-unsupported");
    expect_parts(security, lower, plain, "signature-refused");
    g_autofree char *good = signing_envelope(security, "", body),
                    *around = g_strconcat("<a>", good, "</a>", NULL);
    expect(around, "signature-missing");
    g_autofree char *twice = g_strconcat(security, security, NULL);
    expect_parts(twice, "", body, "signature-refused"); /* ids twice */
    g_autofree char *signature =
        signing_signature(&(SignatureOptions){.signer = signer, .references = reference});
    g_autofree char *two_signatures = g_strconcat(security, signature, NULL);
    expect_parts(two_signatures, "", body, "signature-unsupported");
    g_autofree char *inner = replace(security, "<ds:SignedInfo", "<ds:Signature/><ds:SignedInfo");
    expect_parts(inner, "", body, "signature-unsupported");
}

static void test_other_references_are_refused(void)
{
    begin(NULL, NULL, false, false);
    static const char *const uris[] = {"",
                                       "#",
                                       "#none",
                                       "#xpointer(/)",
                                       "#xpointer(id('body'))",
                                       "http://127.0.0.1:1/x",
                                       "file:///etc/passwd",
                                       "cid:part",
                                       "body",
                                       "# body",
                                       "#body&#10;"};
    g_autofree char *body = signing_body("body", INSIDE);
    for (unsigned i = 0; i < G_N_ELEMENTS(uris); i++) {
        g_autofree char *first = signing_reference("#body", body), *second = signing_reference(uris[i], body);
        g_autofree char *both = g_strconcat(first, second, NULL), *security = sign(signer, both),
                        *alone = sign(signer, second);
        g_test_message("%s", uris[i]);
        expect_parts(security, "", body,
                     strcmp(uris[i], "#none") == 0 ? "signature-refused" : "signature-unsupported");
        expect_parts(alone, "", body,
                     strcmp(uris[i], "#none") == 0 ? "signature-refused" : "signature-unsupported");
    }
    g_autofree char *reference = signing_reference("#body", body),
                    *twice = g_strconcat(reference, reference, NULL);
    g_autofree char *security = sign(signer, twice);
    expect_parts(security, "", body, "signature-unsupported");
    g_autofree char *no_uri = replace(reference, " URI=\"#body\"", ""), *by_nothing = sign(signer, no_uri);
    expect_parts(by_nothing, "", body, "signature-unsupported");
    g_autofree char *none = sign(signer, "");
    expect_parts(none, "", body, "signature-refused");
}

static void test_other_algorithms_are_refused(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    static const char *const transforms[] = {
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        ""};
    for (unsigned i = 0; i < G_N_ELEMENTS(transforms); i++) {
        g_autofree char *other = replace(reference, SIGNING_EXCLUSIVE, transforms[i]),
                        *security = sign(signer, other);
        expect_parts(security, "", body, "signature-unsupported");
        g_autofree char *form = signing_signature(
            &(SignatureOptions){.signer = signer, .references = reference, .canonical = transforms[i]});
        g_autofree char *token = signing_token(signer), *formed = g_strconcat(token, form, NULL);
        expect_parts(formed, "", body, "signature-unsupported");
        g_assert_nonnull(strstr(said, "algorithm"));
    }
    g_autofree char *transform =
        g_strdup("<ds:Transform Algorithm=\"" SIGNING_EXCLUSIVE "\"></ds:Transform>");
    g_autoptr(GString) many = g_string_new(NULL);
    for (unsigned i = 0; i < 10000; i++) {
        g_string_append(many, transform);
    }
    g_autofree char *huge = replace(reference, transform, many->str), *by_huge = sign(signer, huge);
    expect_parts(by_huge, "", body, "signature-unsupported");
    static const char *const methods[] = {"http://www.w3.org/2000/09/xmldsig#hmac-sha1",
                                          "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
                                          "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
                                          "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                                          "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
                                          "urn:none"};
    for (unsigned i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autofree char *signature = signing_signature(&(SignatureOptions){
            .signer = signer, .references = reference, .method = methods[i], .hash = "sha1"});
        g_autofree char *token = signing_token(signer), *security = g_strconcat(token, signature, NULL);
        expect_parts(security, "", body, "signature-unsupported");
        g_assert_nonnull(strstr(said, "algorithm"));
    }
    /* of the list, and not this key's */
    g_autofree char *crossed = signing_signature(
        &(SignatureOptions){.signer = signer,
                            .references = reference,
                            .method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"});
    g_autofree char *token = signing_token(signer), *security = g_strconcat(token, crossed, NULL);
    expect_parts(security, "", body, "signature-refused");
}

static void test_sha1_is_taken_where_a_key_says_so(void)
{
    g_autofree char *body = signing_body("body", INSIDE), *usual = signing_reference("#body", body);
    g_autofree char *new = signing_digest(body, "sha256"), *old = signing_digest(body, "sha1");
    g_autofree char *half = replace(usual, new, old), *reference = replace(half, SHA256, SIGNING_DS "sha1");
    g_autofree char *by_digest = sign(signer, reference), *token = signing_token(signer);
    g_autofree char *signature = signing_signature(&(SignatureOptions){
        .signer = signer, .references = usual, .method = SIGNING_DS "rsa-sha1", .hash = "sha1"});
    g_autofree char *by_method = g_strconcat(token, signature, NULL);
    begin(NULL, NULL, false, false);
    expect_parts(by_digest, "", body, "signature-unsupported");
    expect_parts(by_method, "", body, "signature-unsupported");
    begin(NULL, NULL, false, true);
    expect_parts(by_digest, "", body, "");
    expect_parts(by_method, "", body, "");
}

static void test_a_timestamp_is_signed_and_fresh(void)
{
    static const struct {
        int created_s, expires_s;
        const char *code;
    } cases[] = {{0, 60, ""},
                 {-200, 1, ""},
                 {200, 400, ""},
                 {-400, 60, "signature-stale"},
                 {400, 600, "signature-stale"},
                 {-60, -1, "signature-stale"}};
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    begin(NULL, NULL, true, false);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *stamp = signing_timestamp(cases[i].created_s, cases[i].expires_s);
        g_autofree char *second = signing_reference("#stamp", stamp),
                        *both = g_strconcat(reference, second, NULL);
        g_autofree char *signature = sign(signer, both), *security = g_strconcat(stamp, signature, NULL);
        g_test_message("case %u", i);
        expect_parts(security, "", body, cases[i].code);
    }
    g_autofree char *stamp = signing_timestamp(0, 60), *signature = sign(signer, reference);
    g_autofree char *unsigned_stamp = g_strconcat(stamp, signature, NULL);
    expect_parts(unsigned_stamp, "", body, "signature-refused");
    expect_parts(signature, "", body, "signature-refused"); /* required */
    begin(NULL, NULL, false, false);
    expect_parts(unsigned_stamp, "", body, "signature-refused");
    expect_parts(signature, "", body, "");
}

/* Else whoever kept a message could send it again for ever: he moves its Timestamp to where nobody looks at it. */
static void test_a_timestamp_stays_where_it_was_signed(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *body = signing_body("body", INSIDE), *stamp = signing_timestamp(-4000, -3700);
    g_autofree char *first = signing_reference("#body", body), *second = signing_reference("#stamp", stamp);
    g_autofree char *both = g_strconcat(first, second, NULL), *signature = sign(signer, both);
    g_autofree char *security = g_strconcat(stamp, signature, NULL);
    expect_parts(security, "", body, "signature-stale");
    expect_parts(signature, stamp, body, "signature-refused");
    g_autofree char *fresh = signing_timestamp(0, 60), *other = replace(fresh, "\"stamp\"", "\"other\"");
    g_autofree char *third = signing_reference("#other", other), *three = g_strconcat(both, third, NULL),
                    *by_three = sign(signer, three);
    g_autofree char *with_other = g_strconcat(other, by_three, NULL);
    expect_parts(with_other, stamp, body, "signature-refused"); /* a fresh one beside it */
}

/* What chooses an operation, and what says which message it is, count only when they are signed. */
static void test_addressing_counts_when_signed(void)
{
    begin(NULL, NULL, false, false);
    static const char action[] =
        "<a:Action xmlns:a=\"http://www.w3.org/2005/08/addressing\" xmlns:u=\"" SIGNING_WSU
        "\" u:Id=\"action\">urn:x</a:Action>";
    g_autofree char *body = signing_body("body", INSIDE), *first = signing_reference("#body", body),
                    *second = signing_reference("#action", action);
    g_autofree char *both = g_strconcat(first, second, NULL);
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *security = sign(signer, i ? both : first),
                        *message = signing_envelope(security, action, body);
        HtSigned found;
        HtFault fault;
        g_assert_true(
            ht_signature_check(checker, ht_text_from(message), HT_TEXT_NONE, ht_clock_now(), &found, &fault));
        g_assert_true(found.action == (i == 1));
        g_assert_false(found.message_id);
        g_assert_cmpint(found.soap, ==, HT_SOAP_11);
    }
}

/* With the number of each for "#". */
static char *repeat(const char *begin_text, const char *end_text, unsigned count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        g_auto(GStrv) parts = g_strsplit(begin_text, "#", -1);
        g_autofree char *numbered = g_strjoinv(number, parts);
        g_string_append(text, numbered);
    }
    for (unsigned i = 0; i < count; i++) {
        g_string_append(text, end_text);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_size_is_bounded(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *deep = repeat("<a>", "</a>", 2000),
                    *declared = repeat("<a xmlns:p#='urn:#'>", "</a>", 65);
    g_autofree char *too_deep = signing_body("body", deep), *too_declared = signing_body("body", declared);
    expect_parts("", "", too_deep, "too-deep");
    expect_parts("", "", too_declared, "signature-unsupported");
    g_autofree char *attributes = repeat(" a#='#'", "", 2000), *tag = g_strdup_printf("<a%s/>", attributes);
    expect_parts("", "", tag, "too-many-attributes");
}

/* Little to send must be little to do, whoever sends it. */
static void test_work_is_bounded(void)
{
    begin(NULL, NULL, false, false);
    g_autofree char *enough = repeat("<a u:Id='#'/>", "", 1000), *more = repeat("<a u:Id='#'/>", "", 1025);
    g_autofree char *good = signing_body("body", enough), *bad = signing_body("body", more);
    expect_parts("", "", good, "signature-missing");
    expect_parts("", "", bad, "signature-unsupported");
    g_autofree char *body = signing_body("body", INSIDE), *reference = signing_reference("#body", body);
    for (unsigned count = 64; count <= 65; count++) {
        g_autofree char *prefixes = repeat(" p#", "", count);
        g_autofree char *list =
            g_strdup_printf("<i:InclusiveNamespaces xmlns:i=\"" SIGNING_EXCLUSIVE
                            "\" PrefixList=\"%s\"></i:InclusiveNamespaces></ds:Transform>",
                            prefixes);
        g_autofree char *changed = replace(reference, "</ds:Transform>", list),
                        *security = sign(signer, changed);
        expect_parts(security, "", body, count == 64 ? "" : "signature-unsupported");
    }
}

static void test_bad_certificates_are_told(void)
{
    static const char *const texts[] = {"", "nothing",
                                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        const HtSignatureKeys bad = {.certificates = ht_text_from(texts[i])};
        g_assert_null(ht_signature_new(&bad, &limits, &error));
        g_assert_error(error, HT_SIGNATURE_ERROR, 0);
        g_assert_true(g_str_has_prefix(error->message, "signature-certificate: "));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    authority = signer_new(&(SignerOptions){.name = "authority", .authority = true});
    impostor = signer_new(&(SignerOptions){.name = "authority", .authority = true});
    signer = signer_new(&(SignerOptions){.name = "police", .issuer = authority, .rsa_bits = 2048});
    elliptic = signer_new(&(SignerOptions){.name = "police", .issuer = authority});
    stranger = signer_new(&(SignerOptions){.name = "stranger"});
    g_test_add_func("/signature/who-may-gets-in", test_who_may_gets_in);
    g_test_add_func("/signature/text-in-gb18030-is-the-same-text", test_text_in_gb18030_is_the_same_text);
    g_test_add_func("/signature/a-known-certificate-need-not-be-sent",
                    test_a_known_certificate_need_not_be_sent);
    g_test_add_func("/signature/a-certificate-is-renewed-with-its-key",
                    test_a_certificate_is_renewed_with_its_key);
    g_test_add_func("/signature/whose-certificate-does-not-count-stays-out",
                    test_whose_certificate_does_not_count_stays_out);
    g_test_add_func("/signature/what-was-altered-is-refused", test_what_was_altered_is_refused);
    g_test_add_func("/signature/what-is-not-signed-is-missed", test_what_is_not_signed_is_missed);
    g_test_add_func("/signature/a-wrapped-body-is-refused", test_a_wrapped_body_is_refused);
    g_test_add_func("/signature/other-references-are-refused", test_other_references_are_refused);
    g_test_add_func("/signature/other-algorithms-are-refused", test_other_algorithms_are_refused);
    g_test_add_func("/signature/sha1-is-taken-where-a-key-says-so", test_sha1_is_taken_where_a_key_says_so);
    g_test_add_func("/signature/a-timestamp-is-signed-and-fresh", test_a_timestamp_is_signed_and_fresh);
    g_test_add_func("/signature/a-timestamp-stays-where-it-was-signed",
                    test_a_timestamp_stays_where_it_was_signed);
    g_test_add_func("/signature/addressing-counts-when-signed", test_addressing_counts_when_signed);
    g_test_add_func("/signature/size-is-bounded", test_size_is_bounded);
    g_test_add_func("/signature/work-is-bounded", test_work_is_bounded);
    g_test_add_func("/signature/bad-certificates-are-told", test_bad_certificates_are_told);
    int status = g_test_run();
    g_clear_pointer(&checker, ht_signature_free);
    signer_free(authority);
    signer_free(impostor);
    signer_free(signer);
    signer_free(elliptic);
    signer_free(stranger);
    return status;
}
