/* A verb of the admin socket and its answer. A verb is asked by POST /NAME with a JSON object, and answers with one; or
 * without a bus, by a command that has the spool to itself (core/verbs.h). Who answers need not know which. Main thread. */
#pragma once

#include "core/admin/form.h"
#include "core/admin/roles.h"
#include "core/base/buffer.h"

#include <json-glib/json-glib.h>

/* A question that waits for its answer. */
typedef struct HtAdminReply HtAdminReply;

typedef void (*HtAdminAnswered)(unsigned status, HtText json, void *user);

/* What was asked and what came of it, for the audit. */
typedef struct {
    int64_t uid;
    const char *verb; /* of the table */
    const char *what; /* the note, or else the question's own "verb"; may be empty. No personal data */
    unsigned status;  /* as in ht_admin_reply() */
} HtAdminDeed;

/* Records it, before the answer goes. False when that could not be done, and what the verb shows must not be shown. */
typedef bool (*HtAdminRecord)(void *user, const HtAdminDeed *deed);

/* `answered` runs once, by ht_admin_reply(). */
HtAdminReply *ht_admin_reply_new(int64_t uid, HtAdminAnswered answered, void *user);

/* Of the process that asks; -1 when it is not known. */
int64_t ht_admin_uid(const HtAdminReply *reply);

/* The audit: with the answer it goes to the log who asked, these words, and whether it was done. For each verb that changes something
 * or shows what is personal. No personal data; what an administrator wrote only when ht_spool_repair_is_reason(). */
void ht_admin_note(HtAdminReply *reply, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Its answer holds what is personal: it is not given unless it is recorded. */
void ht_admin_shows(HtAdminReply *reply);

/* Answers, once, now or later; also after the server was closed. 200; 400 when the question is none, 403 when the role is missing, 404 when there is no such
 * thing, 409 when it cannot be done, 503 when it cannot be done now. Of all but 200 the object is {"error": "…"}. */
void ht_admin_reply(HtAdminReply *reply, unsigned status, HtText json);
void ht_admin_refuse(HtAdminReply *reply, unsigned status, const char *text);

/* One row of a table of verbs, which ends with a row without name. */
typedef struct {
    const char *name;
    /* `asked` lives for the call. */
    void (*answer)(void *user, JsonObject *asked, HtAdminReply *reply);
    bool offline;     /* can be done by a command, too, when no bus runs */
    HtRole role;      /* who may */
    const char *look; /* what its member "verb" says when it is only looked: an observer may. NULL: nothing */
    const char *about;            /* for people */
    const HtFormMember *asks;     /* what a question may have; the verb sees no other one. NULL: anything */
    const HtFormMember *gives;    /* what its answer has */
    const HtFormMember *or_gives; /* or instead, for another member "verb"; NULL: no other */
} HtAdminVerb;

const HtAdminVerb *ht_admin_verb(const HtAdminVerb *verbs, const char *name);

/* Has the verb answer this question, which somebody with these roles (HtRole, as bits) asks. Who has not the verb's gets 403, and it is
 * noted. `record` (which may be NULL) is called with `user`, too, whatever the answer is. */
void ht_admin_do(const HtAdminVerb *verb, void *user, unsigned roles, HtText question, HtAdminRecord record,
                 HtAdminReply *reply);
