/* What a JSON object of the admin API has: of a question this is checked before a verb sees it, of both it is said in the API's description
 * (openapi.h). One table, ended by a row without name. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

#include <json-glib/json-glib.h>

typedef enum {
    HT_FORM_TEXT,
    HT_FORM_TIME, /* RFC 3339 */
    HT_FORM_NUMBER,
    HT_FORM_FLAG,
    HT_FORM_OBJECT,
    HT_FORM_LIST,
} HtFormKind;

typedef struct HtFormMember HtFormMember;

struct HtFormMember {
    const char *name;
    HtFormKind kind;
    const char *about; /* for people */
    bool needed;
    bool open;           /* OBJECT and LIST: there is more than `of` says */
    int64_t least, most; /* NUMBER: between these, unless both are 0. TEXT: of up to `most` bytes; 0: any */
    const char *words;   /* TEXT: one of these, with ; between; NULL: any */
    const HtFormMember
        *of; /* of an OBJECT, or of the objects of a LIST; NULL: an object of any members, a list of texts */
};

/* What is wrong with a question, for who asks; NULL when nothing is. What is null counts as not there. It never says what a member holds. The
 * caller frees. */
char *ht_form_judge(const HtFormMember *members, JsonObject *question);

/* The JSON Schema (2020-12) of such an object. Of a question: nothing else may be in it, and what is not needed may be null. */
void ht_form_schema(const HtFormMember *members, bool question, bool open, HtBuffer *json);

/* The schema of one member. */
void ht_form_member_schema(const HtFormMember *member, bool question, HtBuffer *json);
