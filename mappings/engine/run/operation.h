/* Which operation the documents of a payload came by, and what that means for their records. A document is an operation when
 * its root has an operation's name: as the child of a SOAP body, in a string, or as plain XML. What the mapping names neither as an
 * operation nor by its paths may hold no document that it knows: who calls `deleteSomething` with a record that is known
 * otherwise does not mean the record. Called by mapper.c with the reader's events; host process, the mapper's thread. */
#pragma once

#include "mappings/engine/rules/rules.h"
#include "mappings/engine/run/mapper.h"
#include "mappings/engine/run/parameter.h"
#include "mappings/engine/read/reader.h"

#define HT_LESSONS 16 /* calls in one message that can be read anew */

/* What must be known of a call before it is read: how its parameters are placed, and what is to be done, when that came behind the
 * records. */
typedef struct {
    HtParameterPlan plan;
    const HtActionValue *actions[HT_ACTIONS_MAX];
} HtLesson;

/* The operation whose element is read. */
typedef struct {
    const HtOperation *operation; /* NULL: none */
    HtParameters parameters;
    guint document;     /* how many documents are open with its own */
    unsigned open;      /* its elements that are open */
    bool is_left_out;   /* the element around all parameters is open */
    bool may_be_around; /* the parameter at hand is called as such an element is */
} HtCall;

typedef struct {
    HtMapper *mapper;
    GArray *documents;      /* OpenDocument: those that are open */
    GPtrArray *names;       /* HtName: of the mapping's operations, as the matcher compares them */
    bool answers_queries;   /* as the mapping says */
    GHashTable *part_names; /* HtName of each parameter (const HtPart *) */
    HtCall call;
    unsigned calls;               /* of the part that were begun */
    HtLesson lessons[HT_LESSONS]; /* of the first of them */
    bool has_lessons;             /* it is read with them */
    bool must_learn;              /* it must be read with them */
    bool hushes;                  /* what the element at hand holds is no field */
    bool watches;                 /* elements of the document at hand are to be shown, too */
    unsigned holds; /* in the outermost document, so many elements may be around one of documents; 0: none */
    unsigned inner; /* elements that are open of a document that stands there as elements; 0: none */
    HtMeans worst;  /* of all operations of the part, */
    const char *worst_name; /* and which it is */
    bool failed;
    HtFault fault;
} HtOperations;

void ht_operations_init(HtOperations *operations, HtMapper *mapper);
void ht_operations_clear(HtOperations *operations);

/* A part begins, or is begun again. */
void ht_operations_begin(HtOperations *operations);

/* Before the first reading of a part, and after one that showed that it must be read anew: true then. */
void ht_operations_forget(HtOperations *operations);
bool ht_operations_learn(HtOperations *operations);

/* Gives the name by which the paths know the root: an operation's is as it is declared, however it is called. */
HtName ht_operations_document_start(HtOperations *operations, HtName root);
void ht_operations_document_end(HtOperations *operations);

/* True when the element that begins is a document by itself, where one in a string would be read, too: a child of the operation, of one
 * of its parameters, or of what only wraps, with a root that somebody knows, and no path leads to it where it stands. */
bool ht_operations_is_document(const HtOperations *operations, HtName name);

/* An element of a document that is watched. Gives the name by which the paths know it; NULL: it is left out, and so is its end. */
HtName ht_operations_start(HtOperations *operations, HtName name);

/* False: the element is left out. */
bool ht_operations_end(HtOperations *operations);

/* True when a string may be a document with this root because it is an operation's, or only wraps documents (string, data, json). */
bool ht_operations_expect(const HtOperations *operations, HtText root);

/* The part was read to its end. False when it is refused for what it asks: operation-unknown, query-not-answered,
 * service-not-taken. */
bool ht_operations_judge(const HtOperations *operations, HtFault *fault);
