/* What a mapper is made of, for mapper.c, filter.c and answer.c. Private to them. */
#pragma once

#include "mappings/engine/parts/container.h"
#include "mappings/engine/run/aside.h"
#include "mappings/engine/run/mapper.h"
#include "mappings/engine/match/match.h"
#include "mappings/engine/run/operation.h"
#include "mappings/engine/read/reader.h"
#include "mappings/engine/record/record.h"

/* ---- Filters: documents that go through an adapter's own code (filter.c) ---- */

#define HT_FILTER_GUESSES 64

typedef struct {
    char *root;
    HtFilter calls;
    void *user;
} HtFilterEntry;

typedef struct {
    HtMapper *mapper;
    GArray *entries;             /* HtFilterEntry */
    const HtFilterEntry *active; /* that the document at hand goes to, or NULL: the matcher */
    GPtrArray *documents; /* const HtFilterEntry *, NULL for the matcher: the documents that are open */
    unsigned emitted;     /* elements that the active filter has open */
    unsigned
        passed; /* elements open of a record's part that the active filter has got; 0: it has its own document */
    bool emitted_root; /* it has begun its document */
    bool failed;       /* a fault was given, or the calls were not balanced */
    HtVerdict verdict;
    HtFault fault;
    bool after_tag; /* no text since the last tag */
    HtText
        passing; /* the piece of text that the active filter looks at now: what is known of the payload holds for it */
    HtName given; /* of the element whose start the active filter looks at now, or NULL */
    const HtAttribute *given_attributes; /* its attributes, as the filter has them in attribute_texts */
    GHashTable *names;                   /* of the mapping, as the matcher compares them */
    HtName guesses[HT_FILTER_GUESSES];   /* some of them */
    GStringChunk *other_names;           /* of the payload at hand */
    HtBuffer scratch;                    /* values of attributes with their NUL for the filter */
    GPtrArray *attribute_texts;          /* const char *: name, value, …, NULL */
    GArray *emit_attributes;             /* HtAttribute */
    HtAside aside;                       /* followed only when the conformance kit asks */
} HtFilters;

void ht_filters_init(HtFilters *filters, HtMapper *mapper);
void ht_filters_clear(HtFilters *filters);
void ht_filters_begin(HtFilters *filters);

/* True when a document with this root is a filter's. */
bool ht_filters_know(const HtFilters *filters, HtText root);

/* True when the document is a filter's. */
bool ht_filters_document_start(HtFilters *filters, HtName root);
bool ht_filters_document_end(HtFilters *filters);

/* The element that has just begun in a record is a filter's, until ht_filters_pass_end() says that it has ended. */
void ht_filters_pass_start(HtFilters *filters, HtName name, const HtAttribute *attributes,
                           unsigned attribute_count);
bool ht_filters_pass_end(HtFilters *filters);

/* Events for the active filter. */
void ht_filters_start(HtFilters *filters, HtName name, const HtAttribute *attributes,
                      unsigned attribute_count);
void ht_filters_text(HtFilters *filters, const char *text, size_t size);
void ht_filters_end(HtFilters *filters, HtName name);

/* ---- Answers (answer.c) ---- */

/* OK when the answer does not fail; else REJECT or RETRY with the fault. */
HtVerdict ht_answer_judge(const HtAnswerRule *rule, HtMatch *match, HtFault *fault);

struct HtMapper {
    const HtMapping *mapping;
    HtMapperOptions options;
    char *division;
    HtReader *reader;
    HtMatch match;
    HtRecorder recorder;
    HtFilters filters;
    struct HtRecordNames *record_names;
    HtOperations operations;
    const HtPayload *payload; /* at hand */
    bool hides_secrets;       /* see ht_mapper_hides_secrets() */
    HtBuffer texts;           /* that the outcome points to */
    HtReading reading;        /* of the part at hand */
    HtContainer *container;   /* NULL until a payload is one */
};
