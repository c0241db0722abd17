/* Reads one payload into a row of element events: text decoding, prolog, libxml2 SAX under caps, and the envelope: SOAP
 * 1.1 and 1.2 are unwrapped, and a string that is itself a document (CDATA or entity-escaped XML, with its own declaration,
 * wrapped twice; JSON) is read as a document of its own, in the same pass. Whoever takes the events (the matcher, a
 * filter) sees only what the department meant to say.
 *
 * Runs in the host process, never in the bus. One reader belongs to one thread and is used for many payloads. */
#pragma once

#include "core/base/outcome.h"
#include "core/base/limits.h"
#include "mappings/engine/parts/payload.h"

typedef struct HtReader HtReader;

/* Names are interned in the reader's dictionary: equal names are equal pointers as long as the reader lives (a hostile
 * payload's names are forgotten again, those given to ht_reader_intern() never). */
typedef const char *HtName;

typedef struct {
    HtName name;  /* local name; namespace prefixes are dropped */
    HtText value; /* unescaped; lives during the call */
    bool formal; /* says how the data is written (xsi:type, SOAP encoding): kept only where somebody names it */
} HtAttribute;

/* What an element's name says of records, where none may be: outside of a SOAP Body. */
typedef enum {
    HT_NAME_STRANGE,
    HT_NAME_AROUND_RECORDS, /* there may be some in it, if it has elements */
    HT_NAME_OF_RECORD,
} HtNameRole;

/* Takes the events. An element with xsi:nil="true" is absence: neither it nor what is in it is given, unless it is a
 * document's root. `document` begins a document: the whole payload, the content of a SOAP body, or a document inside a
 * string; they nest (a string's document begins and ends while the elements around the string are open). In a SOAP body
 * the root is the operation element. JSON: members become elements, array items repeat the element of their member,
 * the outermost object is the element "json". Text comes in pieces; never called with size 0. */
typedef struct {
    void (*document_start)(void *user, HtName root);
    void (*document_end)(void *user);
    void (*start)(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count);
    void (*text)(void *user, const char *text, size_t size);
    void (*end)(void *user, HtName name);
    /* True when a string of the element that is open may be a document with this root ("json" for JSON, local name): where
     * it is a value, or nobody knows such a document, it is text. NULL: every string may be. */
    bool (*expects)(void *user, HtText root);
    /* What a local name is. NULL: all are strange. */
    HtNameRole (*role)(void *user, HtText name);
    bool strings; /* strings of plain XML may be documents, too: of every element, not of the root alone */
} HtSink;

HtReader *ht_reader_new(const HtLimits *limits);

/* From now on WS-Security headers are understood: user names (HtReading.security), signatures that were verified already, or both. */
void ht_reader_want_security(HtReader *reader, bool usernames, bool signatures);
void ht_reader_free(HtReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtReader, ht_reader_free)

/* The interned form of a name that the taker wants to compare with. Between payloads, not inside a sink's call. */
HtName ht_reader_intern(HtReader *reader, const char *name);

/* Repairs for bytes that are not well-formed, declared by the mapping; a set of bits. Tried only after the strict reading
 * has failed, on the decoded text, and each only where it is needed; a text that looks broken at a glance is read as
 * repaired first, with the same result. */
typedef enum {
    HT_REPAIR_COMMENTS = 1 << 0, /* `<!—…-->`, `--->`, `--` inside: the comment is taken out */
    HT_REPAIR_END_TAGS =
        1 << 1, /* `</Data<Data>`: the missing `>` is put in, a doubled start is taken once */
    HT_REPAIR_BARE_AMPERSAND = 1 << 2, /* `&` that begins no entity becomes `&amp;` */
    HT_REPAIR_ROOT = 1 << 3,           /* no root or several: wrapped in one named "fragment" */
    HT_REPAIR_SHORT_END_TAGS = 1 << 4, /* `</>` closes what is open */
    HT_REPAIR_CONTROLS = 1 << 5,       /* characters that XML forbids become U+FFFD */
    HT_REPAIR_SURROGATES = 1 << 6, /* `&#xD842;&#xDFB7;` is the character that was meant: always allowed */
} HtRepair;

/* "comments", "end-tags", "ampersands", "root", "short-end-tags", "controls" → the bit; 0 for an unknown name. In repair.c. */
unsigned ht_repair_parse(const char *name);

/* What a reading found out, besides its events. */
typedef struct {
    HtSoapVersion soap;
    HtName operation; /* of the SOAP body, or the root element's name; NULL when it came not that far */
    HtAddressing addressing; /* WS-Addressing of the header, */
    HtText message_id;       /* its MessageID; absent when none, */
    HtText action;           /* and its Action; the same */
    HtText
        security; /* packed (core/base/username-token.h); absent without a Security header that is understood */
    HtText not_understood; /* with soap-must-understand: as HtOutcome has it */
    bool submit;           /* the operation is the generic one; its content was read as the documents */
    uint32_t text_marks;   /* HT_TEXT_… marks of the decoding (text.h) */
    uint32_t text_traits;  /* HT_TRAIT_…: what the text holds anywhere */
    bool repairing;        /* the events that come are of repaired text */
    bool repaired;
    unsigned repairs; /* HT_REPAIR_… bits of those that changed something */
} HtReading;

/* Reads the payload and gives its events to the sink. With `repairs`, and bytes that are not well-formed, the sink gets
 * `on_restart` (if not NULL) and then the events again from the beginning, of the repaired text; and so it does when a
 * SOAP body turns out to hold references (multiref.h), which are resolved in a reading of its own.
 * Of the payload's attachments (attach.h) those that the events have used are marked.
 *
 * False when the payload is refused; `fault` says why, with a line of the bytes as received:
 * unsupported-encoding, doctype-refused, not-well-formed, html-instead-of-xml, empty, too-deep,
 * too-many-attributes, start-tag-too-long, too-many-names, too-many-elements, value-too-long, document-too-long,
 * too-slow, soap-version, soap-malformed, soap-header-malformed, soap-must-understand, soap-outside-body,
 * soap-encoding-unknown, soap-action-mismatch, soap-body-empty, soap-fault-received, namespace-not-well-formed,
 * href-missing, href-ambiguous, href-cycle, href-not-local, attachment-missing. The sink may have seen events by then and
 * throws them away. */
bool ht_reader_run(HtReader *reader, const HtPayload *payload, unsigned repairs, const HtSink *sink,
                   void (*on_restart)(void *user), void *user, HtReading *reading, HtFault *fault);

/* Inside a sink's call: the line in the payload as received (for a nested document: the line of the string's start plus
 * the line inside, minus one), and a way to stop early: ht_reader_run() then returns false with this fault. */
uint32_t ht_reader_line(const HtReader *reader);
void ht_reader_stop(HtReader *reader, const HtFault *fault);

/* Readings from now on end with too-slow when the thread's processor time (ht_sax_cpu()) is past `until_us`; INT64_MAX: their
 * own size alone counts. */
void ht_reader_end_at(HtReader *reader, int64_t until_us);
