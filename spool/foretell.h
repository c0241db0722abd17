/* What a bus would make of events, by what is known now: new, known, a correction, another fact, in conflict. Nothing is kept: the file
 * is read by a connection of its own, beside a running bus or without one. Blocks. For the commands. */
#pragma once

#include "spool/look.h"

typedef enum {
    HT_SPOOL_FORETOLD_NEW,        /* nothing is known under its number, or it is a thing's next state */
    HT_SPOOL_FORETOLD_DUPLICATE,  /* the same is known: no event comes of it */
    HT_SPOOL_FORETOLD_CORRECTION, /* of what is known under its number */
    HT_SPOOL_FORETOLD_REUSED, /* its number is known, of somebody else, or of an event that is not there any more */
} HtSpoolForetoldKind;

/* The kind's word: "new", "duplicate", "correction", "number-reused". */
const char *ht_spool_foretold_name(HtSpoolForetoldKind kind);

typedef struct {
    HtSpoolForetoldKind kind;
    uint64_t
        former; /* sequence of the latest event under its number; 0: none, or it stands before it in the same message */
    bool in_message;                /* the one before it does */
    char action[16];                /* that it would have */
    char subject[HT_SPOOL_SUBJECT]; /* whose it would be */
    char *conflicts;                /* kinds of identities in conflict, with blanks between; NULL: none */
} HtSpoolForetold;

/* Of each event of the message (of HtSpoolForetold, in their order; the caller unrefs); NULL on failure. Each is held against what is on disk
 * now, and its number also against the events before it. `message` needs source, authority, id and events. HT_SPOOL_ERROR_KEY when the site
 * key is another. */
GArray *ht_spool_foretell(HtSpoolLook *look, const uint8_t site_key[32], const HtSpoolMessage *message,
                          GError **error);
