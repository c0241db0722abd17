/* The way back from the spool's threads to the main loop: what a thread has finished is put in here and
 * opened by one source of the main context, in order, all that have gathered at once. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Begins every piece of work that goes to a thread and comes back. */
typedef struct HtSpoolLetter HtSpoolLetter;
struct HtSpoolLetter {
    HtSpoolLetter *next;
    void (*open)(HtSpoolLetter *letter); /* on the main loop; frees the letter */
};

/* Letters in a row. */
typedef struct {
    HtSpoolLetter *first, *last;
} HtSpoolLetters;

void ht_spool_letters_add(HtSpoolLetters *letters, HtSpoolLetter *letter);

/* Takes the first one out, NULL when there is none. */
HtSpoolLetter *ht_spool_letters_take(HtSpoolLetters *letters);

typedef struct HtSpoolMailbox HtSpoolMailbox;

/* Made on the main thread. `after` runs each time when letters were opened. */
HtSpoolMailbox *ht_spool_mailbox_new(GMainContext *context, void (*after)(void *user), void *user);

/* Opens what is left, without `after`. */
void ht_spool_mailbox_free(HtSpoolMailbox *mailbox);

/* Any thread. `letters` is emptied; nothing happens when it is empty. */
void ht_spool_mailbox_post(HtSpoolMailbox *mailbox, HtSpoolLetters *letters);
