/* What administrators did, as the spool keeps it: verbs about delivery (table `audit`) and about who is who (`subject_audit`), as one list.
 * Reads by the connection of look.h; no personal data is in it. For commands. */
#pragma once

#include "spool/look.h"

typedef struct {
    int64_t time_us, uid;
    const char *verb;   /* "dead drop", "consumer pause", "subject join" */
    const char *what;   /* about what: a consumer, an event, pseudonyms */
    const char *reason; /* "" when none was given */
} HtSpoolTrace;

/* What is looked for; zero and NULL: anything. */
typedef struct {
    int64_t since_us, until_us;
    const char *verb; /* the whole of it, or its first word */
    const char *what; /* a part of it */
    int64_t uid;      /* with `has_uid` */
    bool has_uid;
} HtSpoolTrailFilter;

/* Each that fits, in the order in which they were done. `trace` is the caller's until the callee returns. */
bool ht_spool_look_trail(HtSpoolLook *look, const HtSpoolTrailFilter *filter,
                         void (*seen)(const HtSpoolTrace *trace, void *user), void *user, GError **error);
