/* Documents inside strings: what stands between the unwrapped elements and the taker's sink. Departments send the real
 * message as the text of an element: XML as CDATA or with entities, with a declaration of its own, wrapped twice; or
 * JSON. Such a text is read as a document of its own at the place where it stands. Called by envelope.c; one owner, one
 * thread. */
#pragma once

#include "mappings/engine/read/sax.h"

typedef struct HtStrings HtStrings;

/* For one reading. */
typedef struct {
    const HtSink *sink;
    void *user;
    HtReading *reading;  /* gets what is found in strings: traits */
    unsigned repairs;    /* applied to each string that is XML */
    unsigned *effective; /* gets the repairs that changed something */
    bool everywhere;     /* look at every element that has only text (SOAP); else only at a root that has */
} HtStringsOptions;

HtStrings *ht_strings_new(HtSax *sax);
void ht_strings_free(HtStrings *strings);

/* Before the first event of a reading. `everywhere` may be changed with ht_strings_look() until then. */
void ht_strings_begin(HtStrings *strings, const HtStringsOptions *options);
void ht_strings_look_everywhere(HtStrings *strings);

/* Of the reading at hand. */
const HtStringsOptions *ht_strings_options(const HtStrings *strings);

/* The events of a document, as HtSaxHandler gives them: the sink gets document_start before the root and document_end
 * after it. Another root may follow. */
void ht_strings_start(HtStrings *strings, const HtSaxElement *element);
void ht_strings_text(HtStrings *strings, const char *text, size_t size);
void ht_strings_end(HtStrings *strings, HtName name);

/* Reads a text, with a NUL after it, as an XML document inside the element at hand. There must be room for it in `sax`. */
void ht_strings_read_xml(HtStrings *strings, HtText text, uint32_t line);

/* Reads a text that ht_jsondoc_check() found good as a document. */
void ht_strings_read_json(HtStrings *strings, HtText text, uint32_t line);
