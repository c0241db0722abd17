/* Which operation the documents of a payload came by, and what that means for their records. A document is an operation when
 * its root has an operation's name: as the child of a SOAP body, in a string, or as plain XML. What the mapping names neither as an
 * operation nor by its paths may hold no document that it knows: who calls `deleteSomething` with a record that is known
 * otherwise does not mean the record. Called by mapper.c with the reader's events; host process, the mapper's thread. */
#pragma once

#include "mappings/engine/compile.h"
#include "mappings/engine/reader.h"

typedef struct {
    HtMapper *mapper;
    GArray *documents;      /* OpenDocument: those that are open */
    GPtrArray *names;       /* HtName: of the mapping's operations, as the matcher compares them */
    bool answers_queries;   /* as the mapping says */
    HtName root;            /* of an operation that begins with the next element; NULL: none */
    bool watches;           /* elements of the document at hand are to be shown, too */
    HtMeans worst;          /* of all operations of the part, */
    const char *worst_name; /* and which it is */
    bool failed;
    HtFault fault;
} HtOperations;

void ht_operations_init(HtOperations *operations, HtMapper *mapper);
void ht_operations_clear(HtOperations *operations);

/* A part begins, or is begun again. */
void ht_operations_begin(HtOperations *operations);

/* Gives the name by which the paths know the root: an operation's is as it is declared, however it is called. */
HtName ht_operations_document_start(HtOperations *operations, HtName root);
void ht_operations_document_end(HtOperations *operations);

/* An element of a document that is watched. Gives the name by which the paths know it. */
HtName ht_operations_start(HtOperations *operations, HtName name);

/* The part was read to its end. False when it is refused for what it asks: operation-unknown, query-not-answered,
 * service-not-taken. */
bool ht_operations_judge(const HtOperations *operations, HtFault *fault);
