/* The sentences for what makes XML not well-formed, so that the sender's engineer knows what to look for. No state. */
#include "mappings/engine/read/sax-fault.h"

#include <glib.h>
#include <libxml/xmlerror.h>

#define NOT_WELL_FORMED "not-well-formed"
#define BEGIN "The XML is not well-formed: "

typedef struct {
    int error;
    const char *code;
    const char *sentence;
} Sentence;

static const Sentence sentences[] = {
    {XML_ERR_TAG_NAME_MISMATCH, NOT_WELL_FORMED, BEGIN "an end tag does not name the element that is open."},
    {XML_ERR_TAG_NOT_FINISHED, NOT_WELL_FORMED, BEGIN "it ends before all elements are closed."},
    {XML_ERR_LTSLASH_REQUIRED, NOT_WELL_FORMED, BEGIN "it ends before all elements are closed."},
    {XML_ERR_GT_REQUIRED, NOT_WELL_FORMED, BEGIN "a tag does not end in '>'."},
    {XML_ERR_SPACE_REQUIRED, NOT_WELL_FORMED, BEGIN "a blank is missing in a tag."},
    {XML_ERR_NAME_REQUIRED, NOT_WELL_FORMED,
     BEGIN "a '<' or '&' stands where no name follows; write &lt; or &amp;."},
    {XML_ERR_ENTITYREF_SEMICOL_MISSING, NOT_WELL_FORMED, BEGIN "a '&' that begins no entity; write &amp;."},
    {XML_ERR_UNDECLARED_ENTITY, NOT_WELL_FORMED,
     BEGIN "an entity that XML does not know; only lt, gt, amp, apos, quot."},
    {XML_ERR_INVALID_CHAR, NOT_WELL_FORMED, BEGIN "a character that XML forbids."},
    {XML_ERR_INVALID_CHARREF, NOT_WELL_FORMED, BEGIN "a reference to a character that XML forbids."},
    {XML_ERR_INVALID_DEC_CHARREF, NOT_WELL_FORMED,
     BEGIN "a character reference without its number or semicolon."},
    {XML_ERR_INVALID_HEX_CHARREF, NOT_WELL_FORMED,
     BEGIN "a character reference without its number or semicolon."},
    {XML_ERR_DOCUMENT_EMPTY, NOT_WELL_FORMED, BEGIN "there is no root element."},
    {XML_ERR_DOCUMENT_END, NOT_WELL_FORMED, BEGIN "there is more than one root element."},
    {XML_ERR_COMMENT_NOT_FINISHED, NOT_WELL_FORMED, BEGIN "a comment does not end in '-->'."},
    {XML_ERR_HYPHEN_IN_COMMENT, NOT_WELL_FORMED, BEGIN "a comment holds '--' or ends in '--->'."},
    {XML_ERR_CDATA_NOT_FINISHED, NOT_WELL_FORMED,
     BEGIN "a CDATA section does not end, or has more than 10 MB (fixed)."},
    {XML_ERR_MISPLACED_CDATA_END, NOT_WELL_FORMED, BEGIN "']]>' stands outside of a CDATA section."},
    {XML_ERR_LT_IN_ATTRIBUTE, NOT_WELL_FORMED, BEGIN "a '<' in the value of an attribute; write &lt;."},
    {XML_ERR_ATTRIBUTE_REDEFINED, NOT_WELL_FORMED, BEGIN "an attribute stands twice in one tag."},
    {XML_ERR_ATTRIBUTE_NOT_STARTED, NOT_WELL_FORMED, BEGIN "the value of an attribute is not in quotes."},
    {XML_ERR_ATTRIBUTE_WITHOUT_VALUE, NOT_WELL_FORMED, BEGIN "an attribute has no value."},
    {XML_ERR_ATTRIBUTE_NOT_FINISHED, NOT_WELL_FORMED, BEGIN "the value of an attribute does not end."},
    {XML_ERR_RESERVED_XML_NAME, NOT_WELL_FORMED,
     BEGIN "an XML declaration stands elsewhere than at the beginning."},
    {XML_ERR_NAME_TOO_LONG, "too-many-names", "A name in the XML has more than 50000 bytes (fixed)."},
    {XML_ERR_NO_MEMORY, "too-many-names", "The names in the payload take more room than is allowed (fixed)."},
};

static const Sentence *find(int error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        if (sentences[i].error == error) {
            return &sentences[i];
        }
    }
    return NULL;
}

bool ht_sax_fault_describe(int error, int level, const char **code, const char **sentence)
{
    if (level == XML_ERR_ERROR && error >= XML_NS_ERR_XML_NAMESPACE && error <= XML_NS_ERR_COLON) {
        *code = "namespace-not-well-formed";
        *sentence = "A namespace prefix is not declared, or declared wrongly: declare it with xmlns.";
        return true;
    }
    if (level != XML_ERR_FATAL) {
        return false;
    }
    const Sentence *found = find(error);
    *code = found ? found->code : NOT_WELL_FORMED;
    *sentence = found ? found->sentence : BEGIN "the syntax is wrong here.";
    return true;
}
