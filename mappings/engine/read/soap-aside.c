/* Looking for records where none may be; see soap-aside.h. Strings are opened as in the Body (strings.c), with a sink that
 * takes nothing. Host process, the reader's thread. */
#include "mappings/engine/read/soap-aside.h"

#define JSON_ROOT "json" /* strings.c calls JSON's outermost object so, whatever is in it */

struct HtSoapAside {
    HtSax *sax;
    HtStrings *strings;
    const HtStringsOptions *options; /* of the envelope's reading */
    HtReading nobodys;               /* what is found out about strings, which says nothing of the data */
    unsigned repaired;               /* the same */
    uint32_t open;                   /* elements */
    uint32_t around; /* how many were, with the first whose name says that records may be in it; 0: none */
};

HtSoapAside *ht_soap_aside_new(HtSax *sax)
{
    HtSoapAside *aside = g_new0(HtSoapAside, 1);
    aside->sax = sax;
    aside->strings = ht_strings_new(sax);
    return aside;
}

void ht_soap_aside_free(HtSoapAside *aside)
{
    if (aside) {
        ht_strings_free(aside->strings);
        g_free(aside);
    }
}

static HtNameRole get_role(const HtSoapAside *aside, HtText name)
{
    const HtSink *sink = aside->options->sink;
    return sink->role ? sink->role(aside->options->user, name) : HT_NAME_STRANGE;
}

static void take_document(void *user, HtName root)
{
    (void)user;
    (void)root;
}

static void take_document_end(void *user)
{
    (void)user;
}

/* A name alone is no record: departments call fields of their headers `result`, as they call their answers. */
static void take_start(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    HtSoapAside *aside = user;
    (void)attributes;
    (void)attribute_count;
    bool is_json = strcmp(name, JSON_ROOT) == 0;
    HtNameRole role = is_json ? HT_NAME_STRANGE : get_role(aside, ht_text_from(name));
    aside->open++;
    if (role == HT_NAME_AROUND_RECORDS && aside->around == 0) {
        aside->around = aside->open;
    } else if (role == HT_NAME_OF_RECORD || aside->around > 0) {
        ht_sax_refuse(
            aside->sax, "soap-outside-body",
            "Records stand outside of the SOAP Body, where nobody takes them: send them in the Body.");
    }
}

static void take_text(void *user, const char *text, size_t size)
{
    (void)user;
    (void)text;
    (void)size;
}

static void take_end(void *user, HtName name)
{
    HtSoapAside *aside = user;
    (void)name;
    aside->around = aside->around == aside->open ? 0 : aside->around;
    aside->open--;
}

/* Strings that hold no record stay closed: they may be anything. */
static bool expects(void *user, HtText root)
{
    return ht_text_is(root, JSON_ROOT) || get_role(user, root) != HT_NAME_STRANGE;
}

void ht_soap_aside_begin(HtSoapAside *aside, const HtStringsOptions *options)
{
    static const HtSink sink = {take_document, take_document_end, take_start, take_text,
                                take_end,      expects,           NULL,       false};
    aside->options = options;
    aside->open = 0;
    aside->around = 0;
    HtStringsOptions own = {&sink, aside, &aside->nobodys, 0, &aside->repaired, true};
    ht_strings_begin(aside->strings, &own);
}

void ht_soap_aside_start(HtSoapAside *aside, const HtSaxElement *element)
{
    ht_strings_start(aside->strings, element);
}

void ht_soap_aside_text(HtSoapAside *aside, const char *text, size_t size)
{
    ht_strings_text(aside->strings, text, size);
}

void ht_soap_aside_end(HtSoapAside *aside, HtName name)
{
    ht_strings_end(aside->strings, name);
}
