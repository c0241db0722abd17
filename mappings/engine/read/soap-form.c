/* See soap-form.h. No state; host process, the reader's thread. */
#include "mappings/engine/read/soap-form.h"

#include "mappings/engine/service/service.h"
#include "mappings/engine/read/soap-header.h"
#include "mappings/engine/text/value.h"

void ht_soap_form_refuse(HtSax *sax, const char *sentence)
{
    ht_sax_refuse(sax, "soap-malformed", sentence);
}

static bool is_encoding_style(const HtSaxElement *element, unsigned attribute, HtName uri)
{
    return element->attribute_uris[attribute] == uri &&
           strcmp(element->attributes[attribute].name, "encodingStyle") == 0;
}

static bool is_encoding_known(HtText value)
{
    value = ht_text_trim(value.data, value.size);
    return value.size == 0 || ht_text_is(value, HT_ENCODING_12) || ht_text_is(value, HT_ENCODING_11) ||
           ht_text_is(value, HT_SOAP_12_URI "/encoding/none");
}

static void check_attributes(HtSax *sax, const HtSaxElement *part, bool may_encode)
{
    for (unsigned i = 0; i < part->attribute_count; i++) {
        if (!part->attribute_uris[i]) {
            ht_soap_form_refuse(
                sax, "An attribute of the SOAP 1.2 Envelope, Header or Body has no namespace: leave it out.");
        } else if (is_encoding_style(part, i, part->uri) &&
                   !(may_encode && is_encoding_known(part->attributes[i].value))) {
            ht_soap_form_refuse(sax,
                                "encodingStyle stands on the SOAP 1.2 Envelope, Header or Body, where it "
                                "may not: put it on what is encoded.");
        }
    }
}

void ht_soap_form_check_part(HtSax *sax, const HtSaxElement *part)
{
    check_attributes(sax, part, false);
}

void ht_soap_form_check_envelope(HtSax *sax, const HtSaxElement *envelope)
{
    check_attributes(sax, envelope, true);
}

void ht_soap_form_check_encoding(HtSax *sax, const HtSaxElement *element, HtName uri)
{
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (is_encoding_style(element, i, uri) && !is_encoding_known(element->attributes[i].value)) {
            ht_sax_refuse(sax, "soap-encoding-unknown",
                          "encodingStyle names an encoding that is not known here: use SOAP's, or none.");
        }
    }
}

void ht_soap_form_check_blank(HtSax *sax, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n') {
            ht_soap_form_refuse(sax,
                                "Text stands where SOAP has only elements, in Envelope, Header or Body, or "
                                "beside the documents of Submit: put it into an element of the Body.");
            return;
        }
    }
}
