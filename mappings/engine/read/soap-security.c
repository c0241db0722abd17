/* Reading a Security block; see soap-security.h. Host process, the reader's thread. */
#include "mappings/engine/read/soap-security.h"

#include "mappings/engine/text/value.h"

#define WSU_URI "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define DS_URI "http://www.w3.org/2000/09/xmldsig#"
#define TEXT_TYPE "#PasswordText"
#define DIGEST_TYPE "#PasswordDigest"
#define BASE64_TYPE "#Base64Binary"

typedef enum { USERNAME, PASSWORD, NONCE, CREATED, STAMP_CREATED, STAMP_EXPIRES, PARTS } Part;

struct HtSoapSecurity {
    HtSax *sax;
    bool usernames, signatures; /* what is understood */
    HtName wsse, wsu, ds, security, username_token, timestamp, type, encoding_type, signature, binary_token;
    HtName names[PARTS];
    bool found, in_token, in_stamp, digest;
    bool in_verified; /* in a child that was looked at before */
    bool has_token, has_stamp;
    int part;              /* whose text comes; PARTS: nobody's */
    HtBuffer texts[PARTS]; /* with data: it was there */
    HtBuffer packed;
};

HtSoapSecurity *ht_soap_security_new(HtSax *sax, bool usernames, bool signatures)
{
    static const char *const names[PARTS] = {"Username", "Password", "Nonce",
                                             "Created",  "Created",  "Expires"};
    HtSoapSecurity *security = g_new0(HtSoapSecurity, 1);
    security->sax = sax;
    security->usernames = usernames;
    security->signatures = signatures;
    security->ds = ht_sax_intern(sax, DS_URI);
    security->signature = ht_sax_intern(sax, "Signature");
    security->binary_token = ht_sax_intern(sax, "BinarySecurityToken");
    security->wsse = ht_sax_intern(sax, HT_WSSE_URI);
    security->wsu = ht_sax_intern(sax, WSU_URI);
    security->security = ht_sax_intern(sax, "Security");
    security->username_token = ht_sax_intern(sax, "UsernameToken");
    security->timestamp = ht_sax_intern(sax, "Timestamp");
    security->type = ht_sax_intern(sax, "Type");
    security->encoding_type = ht_sax_intern(sax, "EncodingType");
    for (unsigned i = 0; i < PARTS; i++) {
        security->names[i] = ht_sax_intern(sax, names[i]);
    }
    return security;
}

static void clear_texts(HtSoapSecurity *security)
{
    for (unsigned i = 0; i < PARTS; i++) {
        if (security->texts[i].data) {
            explicit_bzero(security->texts[i].data, security->texts[i].size);
        }
        ht_buffer_clear(&security->texts[i]);
    }
    if (security->packed.data) {
        explicit_bzero(security->packed.data, security->packed.size);
    }
    security->packed.size = 0;
}

void ht_soap_security_free(HtSoapSecurity *security)
{
    if (security) {
        clear_texts(security);
        ht_buffer_clear(&security->packed);
        g_free(security);
    }
}

void ht_soap_security_begin(HtSoapSecurity *security)
{
    clear_texts(security);
    security->found = security->in_token = security->in_stamp = security->digest = false;
    security->in_verified = false;
    security->has_token = security->has_stamp = false;
    security->part = PARTS;
}

bool ht_soap_security_is(const HtSoapSecurity *security, const HtSaxElement *block)
{
    return block->uri == security->wsse && block->name == security->security;
}

static void refuse(HtSoapSecurity *security, const char *text)
{
    ht_sax_refuse(security->sax, "soap-header-malformed", text);
}

static void refuse_unknown(HtSoapSecurity *security)
{
    ht_sax_refuse(
        security->sax, "soap-security-unsupported",
        security->signatures
            ? "The Security header holds more than a Signature, a BinarySecurityToken, a Timestamp, and a UsernameToken "
              "where the source asks for one: encryption and others are not understood."
            : "The Security header holds more than a UsernameToken with Username, Password, Nonce and Created, and a "
              "Timestamp: signatures, certificates and encryption are not understood.");
}

void ht_soap_security_block(HtSoapSecurity *security)
{
    if (security->found) {
        refuse(security, "There are two Security headers for the bus: send one.");
    }
    security->found = true;
}

static HtText attribute_of(const HtSaxElement *element, HtName name)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (element->attributes[i].name == name && !element->attribute_uris[i]) {
            return element->attributes[i].value;
        }
    }
    return HT_TEXT_NONE;
}

static bool ends_with(HtText text, const char *end)
{
    size_t size = strlen(end);
    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* A password is plain when nothing is said; what a nonce is written in can only be base64. */
static bool is_known_form(HtSoapSecurity *security, Part part, const HtSaxElement *element)
{
    HtText type = attribute_of(element, security->type),
           coding = attribute_of(element, security->encoding_type);
    if (part == PASSWORD) {
        security->digest = ends_with(type, DIGEST_TYPE);
        return type.size == 0 || security->digest || ends_with(type, TEXT_TYPE);
    }
    return part != NONCE || coding.size == 0 || ends_with(coding, BASE64_TYPE);
}

static void start_part(HtSoapSecurity *security, Part part, const HtSaxElement *element)
{
    if (security->texts[part].data) {
        refuse(security, "The Security header says something twice: a name, a password, a nonce or a time.");
    } else if (!is_known_form(security, part, element)) {
        refuse_unknown(security);
    } else {
        ht_buffer_reserve(&security->texts[part], HT_USERNAME_TOKEN_TEXT + 2);
        security->part = (int)part;
    }
}

static bool was_verified(const HtSoapSecurity *security, const HtSaxElement *element)
{
    bool known = (element->uri == security->ds && element->name == security->signature) ||
                 (element->uri == security->wsse && element->name == security->binary_token);
    return security->signatures && known;
}

static void start_child(HtSoapSecurity *security, const HtSaxElement *element)
{
    bool *has = NULL;
    if (was_verified(security, element)) {
        security->in_verified = true;
        return;
    }
    if (security->usernames && element->uri == security->wsse && element->name == security->username_token) {
        security->in_token = true;
        has = &security->has_token;
    } else if (element->uri == security->wsu && element->name == security->timestamp) {
        security->in_stamp = true;
        has = &security->has_stamp;
    }
    if (!has) {
        refuse_unknown(security);
    } else if (*has) {
        refuse(security, "The Security header has two UsernameTokens or two Timestamps: send one of each.");
    } else {
        *has = true;
    }
}

static Part find_part(const HtSoapSecurity *security, const HtSaxElement *element)
{
    unsigned from = security->in_token ? USERNAME : STAMP_CREATED,
             to = security->in_token ? STAMP_CREATED : PARTS;
    for (unsigned i = from; i < to; i++) {
        HtName uri = i == CREATED || i >= STAMP_CREATED ? security->wsu : security->wsse;
        if (element->name == security->names[i] && element->uri == uri) {
            return (Part)i;
        }
    }
    return PARTS;
}

void ht_soap_security_start(HtSoapSecurity *security, const HtSaxElement *element, unsigned level)
{
    Part part = PARTS;
    if (security->in_verified) {
        return;
    }
    if (level == 1) {
        start_child(security, element);
        return;
    }
    if (level == 2) {
        part = find_part(security, element);
    }
    if (part == PARTS) {
        refuse_unknown(security);
    } else {
        start_part(security, part, element);
    }
}

void ht_soap_security_text(HtSoapSecurity *security, const char *text, size_t size)
{
    if (security->part < PARTS && security->texts[security->part].size <= HT_USERNAME_TOKEN_TEXT) {
        ht_buffer_add(&security->texts[security->part], text, MIN(size, HT_USERNAME_TOKEN_TEXT + 1));
    }
}

void ht_soap_security_end(HtSoapSecurity *security, unsigned level)
{
    if (security->part < PARTS && security->texts[security->part].size > HT_USERNAME_TOKEN_TEXT) {
        refuse(security,
               "The Security header has a name, a password, a nonce or a time of more than 256 bytes.");
    }
    security->part = PARTS;
    if (level <= 1) {
        security->in_token = security->in_stamp = security->in_verified = false;
    }
}

/* A password is taken letter by letter; around the others white space says nothing. */
static HtText text_of(const HtSoapSecurity *security, Part part)
{
    const HtBuffer *text = &security->texts[part];
    HtText all = {text->data, text->size};
    return !text->data || part == PASSWORD ? all : ht_text_trim(all.data, all.size);
}

HtText ht_soap_security_found(HtSoapSecurity *security)
{
    if (!security->found) {
        return HT_TEXT_NONE;
    }
    HtUsernameToken token = {.has_token = security->has_token,
                             .has_stamp = security->has_stamp,
                             .digest = security->digest,
                             .username = text_of(security, USERNAME),
                             .password = text_of(security, PASSWORD),
                             .nonce = text_of(security, NONCE),
                             .created = text_of(security, CREATED),
                             .stamp_created = text_of(security, STAMP_CREATED),
                             .stamp_expires = text_of(security, STAMP_EXPIRES)};
    security->packed.size = 0;
    ht_username_token_pack(&token, &security->packed);
    return ht_buffer_text(&security->packed);
}
