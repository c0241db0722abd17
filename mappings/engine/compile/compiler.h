/* What the files of this folder share while one mapping is compiled: the state, errors with their lines, and the way from a
 * path to a slot. Private to them. */
#pragma once

#include <libxml/tree.h>

#include "mappings/engine/compile/when.h"
#include "mappings/engine/reference/reference.h"
#include "mappings/engine/rules/rules.h"

/* The <use> by which elements of a <define> came to where they are. */
typedef struct HtUse HtUse;
struct HtUse {
    const HtUse *above; /* by which the <use> itself came; NULL: it is the author's */
    long line;
};

typedef struct {
    HtMapping *mapping;
    const HtReference *reference;
    GString *errors, *warnings;
    GPtrArray *literals;                                /* of literal.c */
    GHashTable *record_slots, *absolute_slots, *eaches; /* path → number + 1 */
    GPtrArray *covers;                                  /* HtCovers *, one for each event */
    GPtrArray *ignored;      /* const char *: absolute paths of the mapping's own <ignore>s */
    GPtrArray *record_nodes; /* const xmlNode *: where each of the mapping's records is named first */
    GPtrArray *uses;         /* HtUse *, owned; what a <use> put there has its own in _private */
} HtCompiler;

/* What an event names; becomes HtEventRule.covers when all slots are known. */
typedef struct {
    GArray *named;      /* HtStore */
    GPtrArray *ignored; /* char *, paths relative to the record; they cover what is below them too */
} HtCovers;

/* Where paths are meant: below which record, in which repeated group, for which event. */
typedef struct {
    HtCompiler *compiler;
    const xmlNode *node;     /* for lines */
    GPtrArray *bases;        /* HtTrieNode *: the records' nodes */
    const char *answer_path; /* absolute: relative paths are meant from here, and belong to the payload */
    const HtEventType *type; /* of the event; may be NULL */
    HtCovers *covers;        /* of the event; may be NULL */
    GArray *absolutes;       /* HtSlot: the absolute values that are named; may be NULL */
    bool declares;           /* the path is a field's name: nobody reads it by that */
    bool asks;               /* a condition: what it looks at is not carried by that */
    const xmlNode
        *decides; /* whose condition it is, when an event, an action or a tie hangs on it; else NULL */
    const char *attribute; /* of `decides` */
    bool *needs_tree;      /* set by an XPath; NULL: none is allowed here */
    int each;              /* index of the repeated group, or -1 */
} HtPathScope;

/* ---- compile/report.c ---- */

/* Notes `file:line: error: …`, with the line that the author wrote; of a <define>'s content once, with the first <use>. */
void ht_compile_error(HtCompiler *compiler, const xmlNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same as `warning`: the mapping is taken all the same. */
void ht_compile_warning(HtCompiler *compiler, const xmlNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* grammar.c: adds what the form of a mapping lacks, in words; nothing when only values are wrong. */
void ht_compile_explain(HtCompiler *compiler, xmlDoc *document);

/* `; did you mean "…"?` when one of the candidates is near, else "". transfer full. */
char *ht_compile_suggest(const char *word, const GPtrArray *candidates);

/* The same, and ` in A, B`, where it was looked for, when none is near. transfer full. */
char *ht_compile_suggest_in(const char *word, const GPtrArray *candidates, const char *where);

/* The attribute's value without blanks at its ends, NULL when absent or empty. Lives as long as the mapping. */
const char *ht_compile_attribute(HtCompiler *compiler, const xmlNode *node, const char *name);

/* Whether it is this word. */
bool ht_compile_says(HtCompiler *compiler, const xmlNode *node, const char *name, const char *word);

/* Whether an element can have that name, without a prefix. */
bool ht_compile_is_name(const char *name);

/* Keeps memory until the mapping is freed; returns it. */
void *ht_compile_own(HtCompiler *compiler, void *memory);

/* The blank-separated words of a text, NULL-terminated; lives as long as the mapping. */
char **ht_compile_words(HtCompiler *compiler, const char *text);

/* A path as the tables of slots know it: in lower case where the mapping ignores case (transfer full). */
char *ht_compile_key(const HtCompiler *compiler, const char *path);

bool ht_compile_is(const xmlNode *node, const char *name);

/* ---- compile/define.c ---- */

/* Puts what is defined where it is used, and takes `<define>` and `<use>` out of the document. False after errors. */
bool ht_compile_defines(HtCompiler *compiler, xmlDoc *document);

/* ---- compile/path.c ---- */

/* The node of an absolute path, or of one relative to `from`; made when it is not there. NULL after an error. */
HtTrieNode *ht_compile_reach(HtCompiler *compiler, const xmlNode *node, HtTrieNode *from, const char *path);

/* The path of the name of the operation that a document came by; no payload has a value there. */
#define HT_OPERATION_PATH "/@operation"

/* The slot in which the path's value is kept. HT_SLOT_NONE with `problem` (transfer full) when it is no path. */
HtSlot ht_compile_path(HtPathScope *scope, const char *path, char **problem);

/* The slot of the value at an absolute path, which is without flaw, as the `<field>` node has it; `is_new`: at its first record.
 * HT_SLOT_NONE after an error. */
HtSlot ht_compile_around(HtCompiler *compiler, const xmlNode *node, const char *path, bool *is_new);

/* `from` and then `or` of the element, as slots; empty when there is no `from`. Errors are noted. */
HtFrom ht_compile_from(HtPathScope *scope, const xmlNode *node);

/* Blank-separated paths as slots. */
HtFrom ht_compile_paths(HtPathScope *scope, const char *paths);

/* The condition in the attribute `name` (and for "when" in xpath-when); NULL when there is none, or after an error. */
const HtWhen *ht_compile_when(HtPathScope *scope, const xmlNode *node, const char *name);

/* An XPath, or NULL after an error. */
HtXpath *ht_compile_xpath(HtPathScope *scope, const xmlNode *node, const char *expression);

/* Marks what `<ignore>` names: relative to the records, or absolute. */
void ht_compile_ignore(HtPathScope *scope, const xmlNode *node);

/* The repeated group at this path below the record. */
int ht_compile_each_path(HtPathScope *scope, const char *path);

/* ---- compile/table.c ---- */

/* Table and translation of these names; NULL after an error. */
const HtTable *ht_compile_table(HtCompiler *compiler, const xmlNode *node, const char *name);
const HtTranslation *ht_compile_translation(HtCompiler *compiler, const xmlNode *node, const char *name);

/* ---- compile/element.c ---- */

/* Reads `<element>` (in a group or not) or `<recorded>`; false after an error. */
bool ht_compile_element(HtPathScope *scope, const xmlNode *node, HtElementRule *rule);

/* Reads `<reference>`. */
bool ht_compile_reference(HtPathScope *scope, const xmlNode *node, HtElementRule *rule);

/* The flags and the finest precision that a date's `as` (default datetime) and `century` mean; -1 when it is no date. */
int ht_compile_date(HtCompiler *compiler, const xmlNode *node, HtType type, unsigned *flags);

/* ---- compile/event.c ---- */

void ht_compile_event(HtCompiler *compiler, const xmlNode *node);
void ht_compile_skip(HtCompiler *compiler, const xmlNode *node); /* in <mapping> */

/* When all is read: which elements each event's time is the value of (compile/time.c). */
void ht_compile_times(HtCompiler *compiler);

/* The records of these paths (HtRecordRule *; made when they are not there), and their nodes as the scope's bases. Errors
 * are noted; `attribute` names where the paths stand. transfer container. */
GPtrArray *ht_compile_records(HtPathScope *scope, const xmlNode *node, const char *attribute);

/* ---- compile/identity.c ---- */

void ht_compile_id(HtPathScope *scope, const xmlNode *node, HtEventRule *event);
void ht_compile_identity(HtPathScope *scope, const xmlNode *node, const HtEventType *type,
                         HtEventRule *event);
void ht_compile_filler(HtCompiler *compiler, const xmlNode *node);

/* When all of the event is read: whose numbers its elements hold. */
void ht_compile_persons(HtCompiler *compiler, HtEventRule *event, const HtEventType *type);

/* ---- compile/flag.c ---- */

/* `<flag>` and `<choice>`: read before everything else, because conditions name them. */
void ht_compile_flag(HtCompiler *compiler, const xmlNode *node);

/* The declaration of this path, as conditions write it, or NULL. */
const HtFlagRule *ht_compile_find_flag(const HtCompiler *compiler, const char *path, bool choice);

/* How values are read as codes through this translation, for conditions that compare two values; the same one for the same name. NULL with
 * `problem` set (transfer full) when there is no such translation. */
const HtFlagRule *ht_compile_find_reading(HtCompiler *compiler, const char *translation, char **problem);

/* ---- compile/dated.c ---- */

/* Conditions on paths that are read as dates learn it, when all of the mapping is read. */
void ht_compile_dated(HtCompiler *compiler);

/* ---- compile/literal.c ---- */

/* True when it depends on this condition which event is made, what its action is, or whose a number is. */
bool ht_compile_decides(const xmlNode *node, const char *attribute);

/* Notes that the condition at hand, if it decides, compares the path with a text as it is written; path and text are copied. */
void ht_compile_literal(HtPathScope *scope, const char *path, HtText text);

/* The same for an XPath in xpath-when, whose texts nothing can declare. */
void ht_compile_literal_xpath(HtCompiler *compiler, const xmlNode *node, const char *expression);

/* When all is read: warns of what was noted, unless the mapping declares those values somewhere. */
void ht_compile_literals_check(HtCompiler *compiler);

/* ---- compile/fields.c ---- */

/* `<fields>`: read before the events, which name what it declares. */
void ht_compile_fields(HtCompiler *compiler, const xmlNode *node);

/* When all is read: fields must be of some event's records. */
void ht_compile_fields_check(HtCompiler *compiler, const xmlNode *node);

/* ---- compile/payload.c ---- */

void ht_compile_answer(HtCompiler *compiler, const xmlNode *node);
void ht_compile_refuse(HtCompiler *compiler, const xmlNode *node);

/* ---- compile/count.c ---- */

void ht_compile_count(HtCompiler *compiler, const xmlNode *node);

/* When all is read: what is counted must be some event's records. */
void ht_compile_counts_check(HtCompiler *compiler);

/* ---- compile/service.c ---- */

/* `<service>` */
void ht_compile_service(HtCompiler *compiler, const xmlNode *node);

/* The parameters (`in`) or results (`out`) of an operation; empty when it has none. */
GPtrArray *ht_compile_parts(HtCompiler *compiler, const xmlNode *node, const char *kind);

/* ---- compile/operation.c ---- */

/* `<operation>` in `<mapping>`: known, and in no WSDL. */
void ht_compile_operation(HtCompiler *compiler, const xmlNode *node);

/* What any `<operation>` says of itself: names, SOAPAction, what it means; and puts it among the mapping's. */
void ht_compile_meaning(HtCompiler *compiler, const xmlNode *node, HtOperation *operation);

/* `<action-value>` */
void ht_compile_action_value(HtCompiler *compiler, const xmlNode *node);

/* ---- compile/nest.c ---- */

/* When all is read: which records lie inside of which, and whose each value is. */
void ht_compile_nesting(HtCompiler *compiler);

/* ---- compile/block.c ---- */

/* All that an event carries, in the order of its data. */
void ht_compile_blocks(HtPathScope *scope, const xmlNode *node, HtEventRule *event, const HtEventType *type);
