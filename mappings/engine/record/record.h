/* The recorder: at a record's end it decides which events the record makes and writes each in its packed form. Called by
 * the matcher; host process, the mapper's thread. Nothing is allocated once its buffers have grown to the usual size.
 * Split by idea: record.c which events, record/head.c attributes and keys, record/identity.c identities, record/time.c when it
 * happened, record/data.c elements, record/value.c the conversion of one value. Engine only. */
#pragma once

#include "core/base/digest.h"
#include "mappings/engine/rules/options.h"
#include "mappings/engine/rules/rules.h"
#include "mappings/engine/values/dates.h"
#include "mappings/engine/values/idnumber.h"
#include "mappings/engine/match/match.h"

/* What is odd about an element; becomes quality items. */
typedef struct {
    const char *name; /* element "group.element"; "" for the whole event */
    uint32_t name_size;
    HtMarks marks;
} HtNote;

/* A value that an event's time cannot be read from. */
typedef struct {
    HtText text;
    const char *path;
} HtTimeOriginal;

#define HT_TIME_ORIGINALS 8
#define HT_REFUSED_MAX 16 /* of those that are remembered */

#define HT_NOTES_MAX 256
#define HT_RECORD_EVENTS 64 /* that one record can make; as many as compile/event.c lets pass */
#define HT_HEAD_BYTES 8192

typedef struct {
    size_t start, size;
} HtSpan;

/* A citizen number as it was read. Identity and element mostly name the same, and another event of the record again. */
typedef struct {
    uint32_t serial; /* of the record */
    const char *text;
    size_t size;
    HtIdNumber id;
} HtReadId;

/* A date as it was read; the time of an event is mostly an element, too. */
typedef struct {
    uint32_t serial; /* of the record */
    const char *text;
    size_t size;
    unsigned flags;
    HtDateResult result;
    HtDate date;
} HtReadDate;

/* What ties events together: those of one record mostly by the same values. */
typedef struct {
    uint32_t serial; /* of the record; 0: none */
    const HtFrom *of;
    char digest[HT_SHA256_HEX];
} HtCorrelation;

#define HT_IDS 8
#define HT_DATES 4

/* How far things were when the part at hand began. */
typedef struct {
    uint32_t number; /* from 1; 0 when the payload is one document */
    uint32_t records, rejected, unchanged, fault_count;
    guint events;
    size_t events_size;
} HtPartStart;

typedef struct {
    const HtMapping *mapping;
    const HtReference *reference;
    const HtMapperOptions *options;
    HtMatch *match;
    HtOutcome *outcome;
    const HtReading *reading;     /* marks and traits of the text; valid while the payload is read */
    bool repaired;                /* the reading at hand is of repaired bytes */
    HtMeans means;                /* what the operation at hand means for its records, */
    bool by_place;                /* parameters of it were told apart by their place */
    HtMeans record_means;         /* and for the one at hand, with what the message says beside it */
    void (*too_many)(void *user); /* records: stops the reading */
    void *user;

    HtPartStart part;        /* faults count their records from its beginning */
    HtBuffer events;         /* packed events of the payload, one after the other */
    GArray *spans;           /* HtSpan: where each is */
    size_t payload_unmapped; /* bytes of match->payload_unmapped that the last event has already, */
    bool payload_surplus;    /* and whether it is marked that some are missing */
    HtBuffer key;            /* idempotency key of the payload's first event */
    HtBuffer record_keys;    /* of the events of the record at hand, one after the other: */
    HtSpan record_key[HT_RECORD_EVENTS];
    unsigned n_record_keys;
    uint32_t today;   /* yyyymmdd in China, */
    int64_t day;      /* and the same in days since 1970 */
    uint64_t *covers; /* bits of what the events of the record at hand name */

    /* of the event at hand */
    HtBuffer data;        /* items */
    HtBuffer head;        /* texts of attributes and identities; HT_HEAD_BYTES are enough, it never moves */
    HtBuffer tree_text;   /* the value of an XPath */
    HtBuffer value;       /* the converted value of one element */
    HtBuffer folded;      /* a number as it is compared */
    HtUnmapped originals; /* what was converted and cannot be made from the result again */
    HtNote notes[HT_NOTES_MAX];
    unsigned n_notes;
    const HtRecordRule *rule;       /* the record's */
    unsigned faults;                /* of the record */
    HtText refused[HT_REFUSED_MAX]; /* values that no element could carry: each is kept as an original once */
    unsigned n_refused;
    HtTimeOriginal time_originals[HT_TIME_ORIGINALS];
    unsigned n_time_originals;
    HtMarks time_marks; /* of the event's time */
    unsigned told;      /* HtTells bits: what is known of whom and of what */
    uint8_t sensitivity;
    bool minor; /* under 14, by the birth date or the number */
    bool aged;  /* there was one of the two */

    HtSlot identity;      /* of the value that was last found to be somebody's number */
    HtReadId ids[HT_IDS]; /* the last citizen numbers read, */
    unsigned next_id;     /* the oldest of them */
    HtReadDate dates[HT_DATES];
    unsigned next_date;
    HtCorrelation correlation; /* the last one */
} HtRecorder;

void ht_recorder_init(HtRecorder *recorder, const HtMapping *mapping, const HtReference *reference,
                      const HtMapperOptions *options, HtMatch *match);
void ht_recorder_clear(HtRecorder *recorder);

/* A payload begins; its outcome takes counts and faults. */
void ht_recorder_begin(HtRecorder *recorder, HtOutcome *outcome, const HtReading *reading);

/* One of the payload's parts begins; 0 when it is all one document. */
void ht_recorder_begin_part(HtRecorder *recorder, uint32_t number);

/* The part at hand is given once more: what it made is thrown away. */
void ht_recorder_rewind_part(HtRecorder *recorder);

/* The part is complete: what came after its last record goes to its last event. */
void ht_recorder_end_part(HtRecorder *recorder);

/* A record is complete: makes its events, or faults. */
void ht_recorder_record(HtRecorder *recorder, const HtRecordRule *rule);

/* The payload is complete, and so is its last part: the outcome gets its events,
 * and the event's key if the payload is one record of one event: a message under the key of one of several records, some
 * perhaps rejected, would pass for that one sent again, and the others would be lost. */
void ht_recorder_finish(HtRecorder *recorder);

/* Throws the events made so far away. */
void ht_recorder_drop(HtRecorder *recorder);

/* ---- Between the files of this folder; in note.c when nothing else is said ---- */

/* Notes marks for an element (NULL: the whole event). */
void ht_recorder_note(HtRecorder *recorder, const HtElement *element, HtMarks marks);

/* Adds a fault of the record at hand. `label` is the element with its path, or NULL. */
void ht_recorder_fault(HtRecorder *recorder, const char *code, const char *label, const char *text);

/* Keeps the value as it was sent in the event's unmapped fields, under the path of what was taken last; under `path` when it came
 * from none. */
void ht_recorder_keep_original(HtRecorder *recorder, HtText path, HtText value);

/* Takes also those of the paths whose division only is around the one that is carried: they say nothing more. */
void ht_recorder_take_wider(HtRecorder *recorder, const HtFrom *from, HtText code);

/* Reads a citizen number; the same text twice in a record is read once. Good until HT_IDS others were read. */
const HtIdNumber *ht_recorder_id(HtRecorder *recorder, HtText text);

/* Reads a date as ht_date_parse() does; the same text twice in a record is read once. */
HtDateResult ht_recorder_date(HtRecorder *recorder, HtText text, unsigned flags, HtDate *date);

/* record/head.c: fills attributes, key and identities; their texts lie in recorder->head, the matcher's text or the mapping. */
void ht_recorder_head(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event);

/* Keeps a text in recorder->head until the event is packed. */
HtText ht_recorder_keep(HtRecorder *recorder, const char *text, size_t size);

/* record/identity.c: the event's identities. */
void ht_recorder_identities(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event);

/* True when the value of the event's slot, which stands for a number, is nobody's (filler.h, or the mapping says so). Marked
 * then, on the element that carries it or else on the whole event. */
bool ht_recorder_is_filler(HtRecorder *recorder, const HtEventRule *rule, HtSlot slot, HtText value);

/* record/data.c: the value that the rule's cases, constant, XPath or paths give; absent when none does. That of an XPath lives
 * until the next one's. `constant`: it is the mapping's. */
HtText ht_recorder_text(HtRecorder *recorder, const HtElementRule *rule, bool *constant);
/* record/time.c: fills the event's time; and, when the elements are written, notes what is odd about it. A value that an
 * element could not read either is that element's: one mark, one original. */
void ht_recorder_time(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event);
void ht_recorder_note_time(HtRecorder *recorder);

/* True when this very value of the record was refused as an element's. */
bool ht_recorder_is_refused(const HtRecorder *recorder, HtText text);

/* record/data.c: writes elements, quality and unmapped into recorder->data. */
void ht_recorder_data(HtRecorder *recorder, const HtEventRule *rule);

typedef enum {
    HT_CONVERTED,         /* `item` has value and form */
    HT_CONVERTED_NONE,    /* there is no value */
    HT_CONVERTED_INVALID, /* it cannot be read; noted, and kept as original */
} HtConverted;

/* record/value.c: one value as the rule reads it. The item's value lies in recorder->value, a table or the text given. */
HtConverted ht_recorder_convert(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item);
