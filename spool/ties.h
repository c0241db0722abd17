/* What the spool knows of identities: which of them are tied to a subject (the store HT_SPOOL_STORE_TIES of index.h), and the tables
 * `subjects` (a subject goes on as another; a citizen number goes to it) and `conflicts` (an identity that named two persons). Storage
 * only: the rules are in subject.c. Writer thread, inside a transaction.
 *
 * Nothing is in clear: identities are hashes, subjects are pseudonyms, kinds and sources are words of the mappings
 * and of the configuration. */
#pragma once

#include "spool/index.h"

/* How an identity is tied. Never renumbered. */
typedef enum {
    HT_SPOOL_TIE_OLD = 0,      /* by a version that did not say */
    HT_SPOOL_TIE_ALONE = 1,    /* to a subject that no citizen number went to then */
    HT_SPOOL_TIE_NUMBERED = 2, /* to the subject of a citizen number */
    HT_SPOOL_TIE_PARTED = 3,   /* to nobody: it was seen with two citizen numbers */
    HT_SPOOL_TIE_DOUBTED =
        4, /* the same, but no authority has named it with either: one may yet say whose it is */
} HtSpoolTieState;

/* A tie as the index has it: under the identity's hash, the subject as `whose`, and in the value the state, and which kind and source it
 * is of (words.h). */
static inline uint64_t ht_spool_tie_value(HtSpoolTieState state, uint32_t word)
{
    return (uint64_t)word << 8 | (uint64_t)state;
}

static inline HtSpoolTieState ht_spool_tie_state(const HtSpoolEntry *entry)
{
    return (HtSpoolTieState)(entry->value & 0xff);
}

static inline uint32_t ht_spool_tie_word(const HtSpoolEntry *entry)
{
    return (uint32_t)(entry->value >> 8);
}

/* One identity, with what is known of it. */
typedef struct {
    HtSpoolHash hash; /* in the tables */
    HtText kind;      /* a plain word; points into the event */
    const char *source;
    char implied[HT_SPOOL_SUBJECT]; /* the subject that it makes by itself */
    char subject[HT_SPOOL_SUBJECT]; /* where its events go until now; empty: nothing is known of it */
    bool strong;                    /* a citizen number */
    bool global;                    /* that, or a birth certificate: the same for all sources */
    bool fresh;
    bool stored;                   /* it is in the index */
    bool numbered;                 /* a citizen number goes to `subject` */
    bool parted;                   /* it ties nothing; `subject` is empty */
    bool doubted;                  /* parted by sources that are no authority */
    char before[HT_SPOOL_SUBJECT]; /* of one that is doubted: what it was tied to until then */
} HtSpoolTie;

typedef struct HtSpoolTies HtSpoolTies;

/* `blocks` and `hasher` stay the caller's; `merge_at` as in index.h. */
HtSpoolTies *ht_spool_ties_new(HtSpoolBlocks *blocks, HtSpoolHasher *hasher, size_t merge_at, GError **error);
void ht_spool_ties_free(HtSpoolTies *ties);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolTies, ht_spool_ties_free)

/* For a message that is taken in several transactions (pieces.h). While they are only looked at, nothing is changed: what would change
 * them fails, and `refused` tells so. Only an identity of the source's own, of which nothing was known, is tied: nobody but the source asks
 * for it, and it can be taken back. What was looked for is remembered until it is forgotten, and whether others, in between, have changed
 * what was found: those identities, or any subject. */
void ht_spool_ties_look_only(HtSpoolTies *ties, bool on);
bool ht_spool_ties_refused(const HtSpoolTies *ties);
bool ht_spool_ties_are_disturbed(const HtSpoolTies *ties);
void ht_spool_ties_forget_looks(HtSpoolTies *ties);

/* From now on all that would be changed is dropped: for whoever asks what would become of an event (foretell.h). */
void ht_spool_ties_drop_changes(HtSpoolTies *ties);

/* Inside a transaction: what was tied so since the last time is noted; all that was noted stays; or is taken back. */
bool ht_spool_ties_tell_added(HtSpoolTies *ties, sqlite3 *db, GError **error);
bool ht_spool_ties_keep_added(sqlite3 *db, GError **error);
bool ht_spool_ties_take_added_back(HtSpoolTies *ties, sqlite3 *db, GError **error);

/* `source` must outlive the tie. A conflict whose two subjects have become one since is none any more. */
bool ht_spool_ties_find(HtSpoolTies *ties, const char *source, const HtIdentity *identity, HtSpoolTie *tie,
                        GError **error);

/* Ties the identity to the subject from now on, in the index and in `tie`. For HT_SPOOL_TIE_PARTED and
 * _DOUBTED the subject is the one that it was tied to. */
bool ht_spool_ties_store(HtSpoolTies *ties, HtSpoolTie *tie, const char *subject, HtSpoolTieState state,
                         GError **error);

/* Puts in place of the subject the one as which it goes on. `numbered` is set when a citizen number is known to go
 * to it, else left as it is. */
bool ht_spool_ties_follow(HtSpoolTies *ties, char subject[HT_SPOOL_SUBJECT], bool *numbered, GError **error);

/* `from`, which goes on as itself, goes on as `to` from now on, which does so too. */
bool ht_spool_ties_forward(HtSpoolTies *ties, const char *from, const char *to, GError **error);

/* The subject goes on as itself again. `was` says whether it went on as another. */
bool ht_spool_ties_part(HtSpoolTies *ties, const char *subject, bool *was, GError **error);

/* A citizen number goes to the subject. */
bool ht_spool_ties_number(HtSpoolTies *ties, const char *subject, GError **error);

/* Counts an event in which the identity, tied to `subject`, named the person `other`. Either is NULL when it is not
 * said; of an identity that has a conflict already, they may be. */
bool ht_spool_ties_conflict(HtSpoolTies *ties, const HtSpoolTie *tie, const char *subject, const char *other,
                            int64_t time_us, GError **error);

/* What sources that are no authority say of an identity that is not theirs to tie: the citizen number's subject with which it
 * came first, as that goes on now; empty when it came with none. */
bool ht_spool_ties_find_claim(HtSpoolTies *ties, const HtSpoolTie *tie, char claimed[HT_SPOOL_SUBJECT],
                              GError **error);
bool ht_spool_ties_store_claim(HtSpoolTies *ties, const HtSpoolTie *tie, const char *subject, GError **error);

/* Forgets the conflict of an identity, and what was claimed of it. */
bool ht_spool_ties_settle(HtSpoolTies *ties, const HtSpoolTie *tie, GError **error);

/* Exceptions stored (identities that go to another's subject, subjects that go on as another), those of an open
 * transaction included. */
uint64_t ht_spool_ties_count(const HtSpoolTies *ties);

/* Conflicts stored, those that are over included. */
uint64_t ht_spool_ties_conflicts(const HtSpoolTies *ties);

/* Before COMMIT: what was tied. */
bool ht_spool_ties_write(HtSpoolTies *ties, GError **error);

/* Whether a look-up failed by damage since it was asked last. */
bool ht_spool_ties_met_damage(HtSpoolTies *ties);

void ht_spool_ties_committed(HtSpoolTies *ties);
void ht_spool_ties_rolled_back(HtSpoolTies *ties);
