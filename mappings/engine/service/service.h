/* The SOAP services of a mapping (`<service>`): the operations that a department's clients call, with their names as these
 * have them, and what they are answered. Compiled with the mapping by compile/service.c; read by the WSDL's writer
 * (wsdl.h) and, in the host, for answers. Nothing here changes after compilation; any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/outcome.h"

/* How what stands for a placeholder is written into an answer that has a form of its own. */
typedef enum {
    HT_FORM_TEXT, /* as it is */
    HT_FORM_XML,  /* the value is XML (a document in a string, or elements): & and < are escaped */
    HT_FORM_JSON, /* the value is JSON: quotes and controls are escaped */
} HtForm;

typedef enum {
    HT_PIECE_LITERAL,
    HT_PIECE_MESSAGE_ID,
    HT_PIECE_BUSINESS_ID,
    HT_PIECE_OPERATION,
    HT_PIECE_RECORDS,
    HT_PIECE_EVENTS,
    HT_PIECE_CODE, /* this and the next: of the first fault */
    HT_PIECE_TEXT,
} HtPieceKind;

typedef struct {
    HtPieceKind kind;
    HtText literal;
} HtPiece;

typedef struct {
    HtPiece *pieces;
    unsigned count;
    HtForm form;
} HtTemplate;

typedef struct HtPart HtPart;

/* A parameter or a result; with parts of its own it is a structure. */
struct HtPart {
    const char *name;    /* without @ */
    const char *type;    /* of XML Schema, without prefix: "string"; NULL for a structure */
    GPtrArray *parts;    /* HtPart *; NULL: none */
    HtTemplate *value;   /* results only: what it is when the message was taken; may be NULL */
    HtTemplate *refused; /* the same when it was refused */
    bool attribute, many;
    bool is_xml; /* the values are elements, not text */
};

/* What an operation, or a value in a message that says what is to be done, means for the records that come with it. Where
 * two are said of one record (an operation and a value, one operation around another) the later in this list counts. */
typedef enum {
    HT_MEANS_ASSERT,
    HT_MEANS_CORRECT,
    HT_MEANS_CANCEL,
    HT_MEANS_ACKNOWLEDGEMENT, /* accepted, and makes no events */
    HT_MEANS_NOT_TAKEN,       /* refused: service-not-taken */
    HT_MEANS_QUERY,           /* refused: query-not-answered */
} HtMeans;

typedef struct {
    const char *name, *response; /* local names of request and answer */
    char **also;                 /* further names of the request, NULL-terminated; NULL: none */
    const char *action;          /* soapAction, "" when none */
    GPtrArray *in, *out;         /* HtPart * */
    HtMeans means;
    bool answers, refuses; /* when taken, when refused: by its templates */
} HtOperation;

typedef struct {
    const char *name, *uri;
    bool rpc, encoded;
    bool qualified;        /* children of the operation's element have its namespace */
    bool soap_11, soap_12; /* bindings */
    bool submit;           /* the WSDL also has the generic operation */
    GPtrArray *operations; /* HtOperation * */
} HtService;

#define HT_ENCODING_11 "http://schemas.xmlsoap.org/soap/encoding/"
#define HT_ENCODING_12 "http://www.w3.org/2003/05/soap-encoding"

/* The operation of this name, without regard to case, among all of a mapping (const HtOperation *), those outside of services too. NULL
 * when there is none. No two operations of a mapping have one name. */
const HtOperation *ht_operations_find(const GPtrArray *operations, const char *name);

/* The operation that the element is the answer of: its declared answer, or a name of it with Response behind. NULL: none. */
const HtOperation *ht_operations_find_answered(const GPtrArray *operations, const char *name);

/* The operation that a SOAPAction names: as it is declared, quotes and blanks around it aside, or by its last word. NULL: none. */
const HtOperation *ht_operations_find_action(const GPtrArray *operations, HtText action);

/* True unless one of them wants no generic operation beside its own. */
bool ht_services_have_submit(const GPtrArray *services);

/* What has become of a message. */
typedef struct {
    bool refused;
    bool soap_12; /* the answer goes into a SOAP 1.2 envelope, whose prefix is "soap" */
    HtText operation, message_id, business_id; /* each may be absent */
    HtText code, text;                         /* of the first fault, when refused */
    uint32_t records, events;
} HtServiceFacts;

/* Appends the answer's element, the content of a SOAP body, as the operation's `<out>`s say. False, with nothing written,
 * when no service has such an operation or that has no answer for this case. */
bool ht_services_answer(const GPtrArray *services, const HtServiceFacts *facts, HtBuffer *to);
