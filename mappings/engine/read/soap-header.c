/* Understanding blocks; see soap-header.h. What a block demands and we do not know is refused, never ignored; what it names
 * (ReplyTo, FaultTo) is never called. Host process, the reader's thread. */
#include "mappings/engine/read/soap-header.h"

#include "core/base/not-understood.h"
#include "mappings/engine/read/soap-security.h"
#include "mappings/engine/text/value.h"

#define TEXT_MAX 256 /* of a MessageID, of an Action */

struct HtSoapHeader {
    HtSax *sax;
    HtReading *reading;
    HtName soap_11, soap_12, must_understand, actor, role;
    HtName addressing_2004, addressing_2005, message_id, action;
    HtName known[7];          /* of WS-Addressing */
    HtText *capture;          /* gets the text of the block at hand; NULL: nobody wants it */
    HtBuffer text;            /* of that block */
    HtBuffer kept;            /* MessageID and Action; room for both, so that none moves */
    HtBuffer missing;         /* names of blocks that are not understood, as not-understood.h has them */
    HtSoapSecurity *security; /* NULL: its blocks are not understood */
    bool in_security;
    bool refuses; /* there is such a block, whether it found room or not */
};

HtSoapHeader *ht_soap_header_new(HtSax *sax)
{
    static const char *const known[] = {"MessageID", "Action",  "To",       "From",
                                        "ReplyTo",   "FaultTo", "RelatesTo"};
    HtSoapHeader *header = g_new0(HtSoapHeader, 1);
    header->sax = sax;
    header->soap_11 = ht_sax_intern(sax, HT_SOAP_11_URI);
    header->soap_12 = ht_sax_intern(sax, HT_SOAP_12_URI);
    header->must_understand = ht_sax_intern(sax, "mustUnderstand");
    header->actor = ht_sax_intern(sax, "actor");
    header->role = ht_sax_intern(sax, "role");
    header->addressing_2004 = ht_sax_intern(sax, "http://schemas.xmlsoap.org/ws/2004/08/addressing");
    header->addressing_2005 = ht_sax_intern(sax, "http://www.w3.org/2005/08/addressing");
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        header->known[i] = ht_sax_intern(sax, known[i]);
    }
    header->message_id = header->known[0];
    header->action = header->known[1];
    ht_buffer_reserve(&header->kept, 2 * TEXT_MAX);
    return header;
}

void ht_soap_header_want_security(HtSoapHeader *header, bool usernames, bool signatures)
{
    if (!header->security) {
        header->security = ht_soap_security_new(header->sax, usernames, signatures);
    }
}

void ht_soap_header_free(HtSoapHeader *header)
{
    if (header) {
        ht_soap_security_free(header->security);
        ht_buffer_clear(&header->text);
        ht_buffer_clear(&header->kept);
        ht_buffer_clear(&header->missing);
        g_free(header);
    }
}

void ht_soap_header_begin(HtSoapHeader *header, HtReading *reading)
{
    header->reading = reading;
    header->capture = NULL;
    header->kept.size = 0;
    header->missing.size = 0;
    header->refuses = false;
    reading->addressing = HT_ADDRESSING_NONE;
    reading->message_id = HT_TEXT_NONE;
    reading->action = HT_TEXT_NONE;
    reading->not_understood = HT_TEXT_NONE;
    reading->security = HT_TEXT_NONE;
    header->in_security = false;
    if (header->security) {
        ht_soap_security_begin(header->security);
    }
}

/* ---- What a block asks for ---- */

static bool find_attribute(const HtSaxElement *element, HtName name, HtName uri, HtText *value)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (element->attributes[i].name == name && element->attribute_uris[i] == uri) {
            *value = element->attributes[i].value;
            return true;
        }
    }
    *value = HT_TEXT_NONE;
    return false;
}

/* As XML Schema collapses white space: its four characters, and no others that look like blanks. */
static HtText collapse(HtText value)
{
    while (value.size > 0 && strchr(" \t\r\n", value.data[0])) {
        value = (HtText){value.data + 1, value.size - 1};
    }
    while (value.size > 0 && strchr(" \t\r\n", value.data[value.size - 1])) {
        value.size--;
    }
    return value;
}

/* A block without actor (SOAP 1.1) or role (1.2), or with an empty one, is for the last receiver, and that is us. */
static bool is_for_us(const HtSoapHeader *header, const HtSaxElement *block, HtName uri)
{
    HtText role;
    find_attribute(block, uri == header->soap_11 ? header->actor : header->role, uri, &role);
    role = ht_text_trim(role.data, role.size);
    return role.size == 0 || ht_text_is(role, "http://schemas.xmlsoap.org/soap/actor/next") ||
           ht_text_is(role, HT_SOAP_12_URI "/role/next") ||
           ht_text_is(role, HT_SOAP_12_URI "/role/ultimateReceiver");
}

/* SOAP 1.1 says 0 or 1, but its senders write true and false as well. False when it is neither. */
static bool read_must(const HtSoapHeader *header, const HtSaxElement *block, HtName uri, bool *must)
{
    HtText value;
    *must = false;
    if (block->attribute_count == 0 || !find_attribute(block, header->must_understand, uri, &value)) {
        return true;
    }
    value = collapse(value);
    *must = ht_text_is(value, "1") || ht_text_is(value, "true");
    return *must || ht_text_is(value, "0") || ht_text_is(value, "false");
}

static bool is_addressing(const HtSoapHeader *header, const HtSaxElement *block)
{
    return block->uri && (block->uri == header->addressing_2004 || block->uri == header->addressing_2005);
}

/* Of WS-Addressing only what an answer needs is used. Where it asks the answer to be sent (ReplyTo, FaultTo) is understood
 * and not followed: it goes back the way that the request came. */
static bool is_understood(const HtSoapHeader *header, const HtSaxElement *block)
{
    bool known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(header->known) && !known; i++) {
        known = block->name == header->known[i];
    }
    return known && is_addressing(header, block);
}

/* ---- Blocks ---- */

static void start_addressing(HtSoapHeader *header, const HtSaxElement *block)
{
    HtReading *reading = header->reading;
    reading->addressing = block->uri == header->addressing_2004 ? HT_ADDRESSING_2004 : HT_ADDRESSING_2005;
    if (block->name == header->message_id && !reading->message_id.data) {
        header->capture = &reading->message_id;
    } else if (block->name == header->action && !reading->action.data) {
        header->capture = &reading->action;
    }
    header->text.size = 0;
}

/* libxml2 leaves `&#38;` for `&` in the names of namespaces. */
static HtText unescape_uri(HtSoapHeader *header, HtText uri)
{
    const char *sign;
    header->text.size = 0;
    while ((sign = uri.size > 0 ? memmem(uri.data, uri.size, "&#38;", 5) : NULL)) {
        ht_buffer_add(&header->text, uri.data, (size_t)(sign + 1 - uri.data));
        uri = (HtText){sign + 5, uri.size - (size_t)(sign + 5 - uri.data)};
    }
    ht_buffer_add_text(&header->text, uri);
    return ht_buffer_text(&header->text);
}

static void note_missing(HtSoapHeader *header, const HtSaxElement *block)
{
    HtText uri = unescape_uri(header, ht_text_from(block->uri));
    header->refuses = true;
    ht_not_understood_add(&header->missing, uri, ht_text_from(block->name));
}

void ht_soap_header_block(HtSoapHeader *header, const HtSaxElement *block, HtName uri)
{
    bool must;
    if (!block->uri && uri == header->soap_12) {
        ht_sax_refuse(header->sax, "soap-header-malformed",
                      "A SOAP header has no namespace, which SOAP 1.2 wants: give it one, or leave it out.");
    } else if (!read_must(header, block, uri, &must)) {
        ht_sax_refuse(header->sax, "soap-header-malformed",
                      "A SOAP header has a mustUnderstand that is none of 0, 1, false and true: write one of "
                      "these.");
    } else if (!is_for_us(header, block, uri)) {
        return;
    } else if (header->security && ht_soap_security_is(header->security, block)) {
        header->in_security = true;
        ht_soap_security_block(header->security);
    } else if (must && !is_understood(header, block)) {
        note_missing(header, block);
    } else if (is_addressing(header, block)) {
        start_addressing(header, block);
    }
}

void ht_soap_header_text(HtSoapHeader *header, const char *text, size_t size)
{
    if (header->in_security) {
        ht_soap_security_text(header->security, text, size);
    } else if (header->capture && header->text.size <= 2 * TEXT_MAX) {
        ht_buffer_add(&header->text, text, MIN(size, 2 * TEXT_MAX));
    }
}

/* A text that is too long to be an id is none: cut, two messages could share it. */
static void cut(HtSoapHeader *header)
{
    if (!header->capture) {
        return;
    }
    HtText text = ht_text_trim(header->text.data, header->text.size);
    if (text.size > 0 && text.size <= TEXT_MAX) {
        *header->capture = (HtText){header->kept.data + header->kept.size, text.size};
        ht_buffer_add_text(&header->kept, text);
    }
    header->capture = NULL;
}

void ht_soap_header_start(HtSoapHeader *header, const HtSaxElement *element, unsigned level)
{
    cut(header);
    if (header->in_security) {
        ht_soap_security_start(header->security, element, level);
    }
}

void ht_soap_header_end(HtSoapHeader *header, unsigned level)
{
    cut(header);
    if (header->in_security) {
        ht_soap_security_end(header->security, level);
        header->in_security = level > 0;
    }
}

void ht_soap_header_judge(HtSoapHeader *header)
{
    if (header->security) {
        header->reading->security = ht_soap_security_found(header->security);
    }
    if (header->refuses) {
        header->reading->not_understood = ht_buffer_text(&header->missing);
        ht_sax_refuse(
            header->sax, "soap-must-understand",
            "A SOAP header must be understood (mustUnderstand) and is not: send it without that header.");
    }
}
