/* What the events of a message say, and whether that is known: a known number is not known content.
 *
 * An event is known under its number (the source's own key) or, when it has none, under a slot made of its type, its time and
 * whom it is about; one without identities under all that it says. The key's value is the sequence of the LATEST event under
 * it, whose row holds a keyed digest of what it said: A, B and A again under one number are three facts.
 *
 * One message may say several things under one number, and say them all again in the next full load. So a message that says
 * several contents under a number leaves for each a key (number, content) that names the message; when a later message says
 * the same ones under that number, as one message again and with the latest at the end, nothing of it is new. */
#pragma once

#include "spool/job.h"
#include "spool/keys.h"
#include "spool/rows.h"

/* What the spool keeps of it with the event (HT_SPOOL_CONTENT_SIZE): the keyed digest, and a byte of flags. */
#define HT_SPOOL_CONTENT_NAMELESS 1 /* the event had no identities */

typedef struct {
    HtSpoolHash key;     /* of the number or slot */
    HtSpoolHash content; /* of the digest */
    uint64_t value;      /* of the key, once it was looked up, unless `several` */
    bool looked_up;
    bool numbered;   /* it has a number, */
    bool of_message; /* which is the message's, and that has no other event */
    bool nameless;   /* it has no identities */
    bool several;    /* others of the message have the same key */
    bool judged;     /* whether the message repeats what was said under the key is known: */
    bool repeats;
    bool taken;
} HtSpoolSaid;

typedef enum {
    HT_SPOOL_KNOWN_NOT,   /* nothing under this key */
    HT_SPOOL_KNOWN_SAME,  /* the same, or all of several: nothing new */
    HT_SPOOL_KNOWN_OTHER, /* something else: see the former event */
} HtSpoolKnown;

/* The latest event under a key. */
typedef struct {
    uint64_t sequence; /* 0: it is not there any more, or its number was taken when sequences were not noted */
    uint64_t message;  /* messages.id */
    HtUuid id;
    char subject[HT_SPOOL_SUBJECT];
    uint8_t content[HT_SPOOL_CONTENT_SIZE];
    bool has_content;
    bool damaged;  /* it is there, but not as it was written: of the others nothing is known */
    HtEvent event; /* attributes only; texts live until the next question */
} HtSpoolFormer;

typedef struct HtSpoolContents HtSpoolContents;

/* All stay the caller's. */
HtSpoolContents *ht_spool_contents_new(sqlite3 *db, HtSpoolHasher *hasher, HtSpoolIndex *keys,
                                       HtSpoolRows *rows, GError **error);
void ht_spool_contents_free(HtSpoolContents *contents);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolContents, ht_spool_contents_free)

/* Reads what each event of the message says; the message has to stay until the next one is read. HT_SPOOL_ERROR_MESSAGE when an
 * event cannot be read. */
bool ht_spool_contents_read(HtSpoolContents *contents, const HtSpoolMessage *message, GError **error);

/* The same in steps, for a message of which no two events have one key: whoever reads them has to see to that. */
void ht_spool_contents_begin(HtSpoolContents *contents, const HtSpoolMessage *message);
bool ht_spool_contents_read_one(HtSpoolContents *contents, uint32_t index, GError **error);

uint32_t ht_spool_contents_count(const HtSpoolContents *contents);
const HtSpoolSaid *ht_spool_contents_said(const HtSpoolContents *contents, uint32_t index);

/* Whether an event of the message has this key. */
bool ht_spool_contents_have_key(const HtSpoolContents *contents, const HtSpoolHash *key);

/* Whether the event is known. `former` (may be NULL) is filled for SAME and OTHER. */
bool ht_spool_contents_judge(HtSpoolContents *contents, uint32_t index, HtSpoolKnown *known,
                             HtSpoolFormer *former, GError **error);

/* Whether all events of the message that have a number are known. */
bool ht_spool_contents_all_known(HtSpoolContents *contents, bool *known, GError **error);

/* The event was appended with this sequence: the latest under its key. `alone`: the message is known by the same key. */
void ht_spool_contents_taken(HtSpoolContents *contents, uint32_t index, uint64_t sequence, bool alone);

/* All events of the message were looked at: notes what it said of numbers that occur in it more than once. */
void ht_spool_contents_done(HtSpoolContents *contents, uint64_t message);

/* The key under which a message is known that brought nothing but an event that had come in another message. */
void ht_spool_contents_receipt_key(HtSpoolContents *contents, HtSpoolHash *hash);

/* The bytes that are kept. */
void ht_spool_contents_kept(const HtSpoolSaid *said, uint8_t kept[HT_SPOOL_CONTENT_SIZE]);
