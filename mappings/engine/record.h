/* The recorder: at a record's end it decides which events the record makes and writes each in its packed form. Called by
 * the matcher; host process, the mapper's thread. Nothing is allocated once its buffers have grown to the usual size.
 * Split by idea: record.c which events, record-head.c attributes and identities, record-data.c elements, record-value.c the
 * conversion of one value. Engine only. */
#pragma once

#include "mappings/engine/compile.h"
#include "mappings/engine/idnumber.h"
#include "mappings/engine/match.h"

/* What is odd about an element; becomes quality items. */
typedef struct {
    const char *name; /* element "group.element"; "" for the whole event */
    uint32_t name_size;
    HtMarks marks;
} HtNote;

#define HT_NOTES_MAX 256
#define HT_RECORD_EVENTS 64 /* that one record can make; as many as compile-event.c lets pass */
#define HT_HEAD_BYTES 4096

typedef struct {
    size_t start, size;
} HtSpan;

typedef struct {
    const HtMapping *mapping;
    const HtReference *reference;
    const HtMapperOptions *options;
    HtMatch *match;
    HtOutcome *outcome;
    const HtReading *reading;     /* marks and traits of the text; valid while the payload is read */
    bool repaired;                /* the reading at hand is of repaired bytes */
    void (*too_many)(void *user); /* records: stops the reading */
    void *user;

    HtBuffer events;         /* packed events of the payload, one after the other */
    GArray *spans;           /* HtSpan: where each is */
    size_t payload_unmapped; /* bytes of match->payload_unmapped that the last event has already */
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
    HtUnmapped originals; /* what was converted and cannot be made from the result again */
    HtNote notes[HT_NOTES_MAX];
    unsigned n_notes;
    unsigned faults; /* of the record */
    uint8_t sensitivity;
    bool minor;

    HtIdNumber id;       /* the last citizen number read, */
    uint32_t id_serial;  /* in this record, */
    const char *id_text; /* from this text: identity and element mostly name the same */
    size_t id_size;
    GChecksum *checksum;
} HtRecorder;

void ht_recorder_init(HtRecorder *recorder, const HtMapping *mapping, const HtReference *reference,
                      const HtMapperOptions *options, HtMatch *match);
void ht_recorder_clear(HtRecorder *recorder);

/* A payload begins; its outcome takes counts and faults. */
void ht_recorder_begin(HtRecorder *recorder, HtOutcome *outcome, const HtReading *reading);

/* A record is complete: makes its events, or faults. */
void ht_recorder_record(HtRecorder *recorder, const HtRecordRule *rule);

/* The payload is complete: what came after the last record goes to its last event, and the outcome gets its events,
 * and the event's key if the payload is one record of one event: a message under the key of one of several records, some
 * perhaps rejected, would pass for that one sent again, and the others would be lost. */
void ht_recorder_finish(HtRecorder *recorder);

/* Throws the events made so far away. */
void ht_recorder_drop(HtRecorder *recorder);

/* ---- Between the parts ---- */

/* Notes marks for an element (NULL: the whole event). */
void ht_recorder_note(HtRecorder *recorder, const HtElement *element, HtMarks marks);

/* Adds a fault of the record at hand. `label` is the element with its path, or NULL. */
void ht_recorder_fault(HtRecorder *recorder, const char *code, const char *label, const char *text);

/* Keeps the value as it was sent in the event's unmapped fields. */
void ht_recorder_keep_original(HtRecorder *recorder, HtText path, HtText value);

/* Reads a citizen number; the same text twice in a record is read once. */
const HtIdNumber *ht_recorder_id(HtRecorder *recorder, HtText text);

/* record-head.c: fills attributes, key and identities; their texts lie in recorder->head, the matcher's text or the mapping. */
void ht_recorder_head(HtRecorder *recorder, const HtEventRule *rule, HtEvent *event);

/* record-data.c: writes elements, quality and unmapped into recorder->data. */
void ht_recorder_data(HtRecorder *recorder, const HtEventRule *rule);

typedef enum {
    HT_CONVERTED,         /* `item` has value and form */
    HT_CONVERTED_NONE,    /* there is no value */
    HT_CONVERTED_INVALID, /* it cannot be read; noted, and kept as original */
} HtConverted;

/* record-value.c: one value as the rule reads it. The item's value lies in recorder->value, a table or the text given. */
HtConverted ht_recorder_convert(HtRecorder *recorder, const HtElementRule *rule, HtText text, HtItem *item);
