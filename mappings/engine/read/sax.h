/* The libxml2 parser as the reader uses it: contexts that are used again, names in one dictionary, caps, and libxml2's
 * errors as faults. Its caller is the reader (envelope.c, strings.c); one owner, one thread.
 *
 * A parse may start another one inside its handlers: a document inside a string. All parses of a payload share the
 * counters, the dictionary and the one fault. */
#pragma once

#include "mappings/engine/read/reader.h"

/* Documents open inside each other: the payload and three inside strings. */
#define HT_SAX_LAYERS 4

typedef struct HtSax HtSax;

/* The start of an element. All lives during the call; names and namespaces are interned. */
typedef struct {
    HtName name;
    HtName uri; /* namespace; NULL when none */
    const HtAttribute *attributes;
    const HtName *attribute_uris; /* beside `attributes`; NULL for one without a prefix */
    unsigned attribute_count;
    bool nil; /* xsi:nil says that there is no value */
} HtSaxElement;

typedef struct {
    void (*start)(void *user, const HtSaxElement *element);
    void (*text)(void *user, const char *text, size_t size); /* size is never 0 */
    void (*end)(void *user, HtName name);
    void (*instruction)(
        void *user); /* a processing instruction, outside of the root as well; NULL: nobody cares */
} HtSaxHandler;

HtSax *ht_sax_new(const HtLimits *limits);
void ht_sax_free(HtSax *sax);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSax, ht_sax_free)

/* Interns for as long as `sax` lives. Between payloads: names that a payload under way has brought already would not be
 * equal pointers until the next ht_sax_begin(). */
HtName ht_sax_intern(HtSax *sax, const char *name);

/* The caps in force. */
const HtLimits *ht_sax_limits(const HtSax *sax);

/* A payload of this size begins: counters and fault are cleared, a hostile payload's names forgotten. */
void ht_sax_begin(HtSax *sax, size_t payload_size);

/* Parses one document: UTF-8 without XML declaration, with a NUL at text.data[text.size]; it stays as it is
 * during the call. `first_line` is the text's line in the payload. False when it was refused or stopped: the fault says
 * why, and every parse around it is stopped too. */
bool ht_sax_parse(HtSax *sax, HtText text, uint32_t first_line, const HtSaxHandler *handler, void *user);

/* True when one more document may be opened inside a string. */
bool ht_sax_has_room(const HtSax *sax);

/* For documents that are not XML: they take a layer, and their elements and texts count as XML's do. The counting
 * functions return false when a cap refuses the payload. */
void ht_sax_nest(HtSax *sax, uint32_t line);
void ht_sax_unnest(HtSax *sax);
HtName ht_sax_name(HtSax *sax, const char *name,
                   size_t size); /* NULL when refused; kept like a payload's names */
bool ht_sax_enter(HtSax *sax);
bool ht_sax_count_text(HtSax *sax, size_t size);
void ht_sax_leave(HtSax *sax);

/* Processor time of the calling thread. Readings from now on end with too-slow once it is past `until_us`, whatever their own
 * size allows; INT64_MAX: no such end. */
int64_t ht_sax_cpu(void);
void ht_sax_end_at(HtSax *sax, int64_t until_us);

/* The line in the payload where the innermost parse is; 0 outside of one. */
uint32_t ht_sax_line(const HtSax *sax);

/* For events that are given later than they were read. While `line` is not 0 it is the outermost document's line. */
void ht_sax_set_line(HtSax *sax, uint32_t line);
/* The elements counted so far, and going back to such a number: those since then come once more. */
uint32_t ht_sax_elements(const HtSax *sax);
void ht_sax_recount(HtSax *sax, uint32_t elements);
/* Counts bytes that are given although they do not stand in the document at that place (copies, attachments). Together
 * they may be as long as a document; false when that refuses the payload. */
bool ht_sax_count_copy(HtSax *sax, size_t size);

/* Refuses the payload, unless it is refused already: no more events come. */
void ht_sax_stop(HtSax *sax, const HtFault *fault);

/* The same, with the fault made here and the current line in it. */
void ht_sax_refuse(HtSax *sax, const char *code, const char *sentence);

/* The same for what is above a limit, as ht_fault_set_limit() says it. */
void ht_sax_refuse_limit(HtSax *sax, const char *code, const char *what, HtLimit limit, const char *advice);

/* Of the document's bytes, max-document; several things are held against it. */
HtLimit ht_sax_document_limit(const HtSax *sax);

bool ht_sax_stopped(const HtSax *sax);
const HtFault *ht_sax_fault(const HtSax *sax);
