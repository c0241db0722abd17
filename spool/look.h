/* Looking at who is who: what is tied to a subject, and what is in conflict. Reads the file by a connection of its own, in any
 * process, whether a bus has the spool open or not; nothing is changed, and no read lasts so long that the bus would have to
 * wait. Blocks. For the commands. */
#pragma once

#include "spool/hash.h"
#include "spool/spool.h"

typedef struct HtSpoolLook HtSpoolLook;

/* HT_SPOOL_ERROR_FORMAT when the file is of another version: a bus that starts brings an older one up to date. */
HtSpoolLook *ht_spool_look_open(const char *directory, GError **error);
void ht_spool_look_close(HtSpoolLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolLook, ht_spool_look_close)

/* The subject to which events with this number go now: `kind` and number as the engine makes them; `source` counts for kinds that are a
 * source's own. Empty when nothing is known under it. HT_SPOOL_ERROR_KEY when the site key is another. */
bool ht_spool_look_number(HtSpoolLook *look, const uint8_t site_key[32], const char *source,
                          const HtIdentity *number, char subject[HT_SPOOL_SUBJECT], GError **error);

/* Identities of one kind and source that are tied; kind and source are empty when an older version tied them. */
typedef struct {
    char *kind, *source;
    uint64_t count;
} HtSpoolTied;

typedef struct {
    char *kind, *source;
    char *subject, *other; /* as which they go on now */
    bool more;             /* a third person was named, too */
    uint64_t events;       /* that had the identity since */
    int64_t first_us, last_us;
} HtSpoolConflict;

typedef struct {
    int64_t time_us, uid;
    char *verb, *subject, *other, *kind, *source, *reason;
} HtSpoolAudit;

/* What is known of one subject. */
typedef struct {
    char subject[HT_SPOOL_SUBJECT]; /* as which it goes on; itself, mostly */
    GPtrArray *members;   /* of char *: all that go on as that, it first; HT_SPOOL_MEMBERS_MAX at most */
    GPtrArray *tied;      /* of HtSpoolTied; a citizen number that is alone has no row */
    GPtrArray *conflicts; /* of HtSpoolConflict: in which one of the members is named */
    GPtrArray *audit;     /* of HtSpoolAudit */
    uint64_t events, first, last; /* sequences; 0 without events */
} HtSpoolPerson;

#define HT_SPOOL_MEMBERS_MAX 200

/* Fills `person`, which ht_spool_person_clear() empties. */
bool ht_spool_look_person(HtSpoolLook *look, const char *subject, HtSpoolPerson *person, GError **error);
void ht_spool_person_clear(HtSpoolPerson *person);

/* All conflicts (of HtSpoolConflict, the latest first) that are not over; NULL on failure. The caller unrefs. */
GPtrArray *ht_spool_look_conflicts(HtSpoolLook *look, GError **error);

/* ---- Dead letters ---- */

/* What is looked for; zero and NULL: anything. */
typedef struct {
    const char *consumer, *source, *reason; /* `reason`: a part of it */
    const char *type;                       /* may end in a star; without a version it is every one */
    int64_t since_us, until_us;             /* when it became one */
    uint64_t sequence;
    int64_t replay; /* in which it failed */
} HtSpoolLetterFilter;

typedef struct {
    char *consumer, *reason, *source, *type; /* source and type are empty when an older version wrote it */
    uint64_t sequence;
    unsigned attempts;
    int64_t time_us, replay;
} HtSpoolLooked;

/* Of HtSpoolLooked, by consumer and sequence; NULL on failure. The caller unrefs. */
GPtrArray *ht_spool_look_letters(HtSpoolLook *look, const HtSpoolLetterFilter *filter, GError **error);
