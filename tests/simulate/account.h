/* What the consumers know of the bus: which events they were shown and have finished, and what must hold of that. */
#pragma once

#include "spool/delivery.h"
#include "tests/simulate/world.h"

/* One event in a request. */
typedef struct {
    uint64_t sequence, number;
    HtUuid id;
    unsigned person;
} ShownEvent;

/* The person of this subject, as numbered by whoever saw it first. */
unsigned account_person(const char *subject);

/* An event is about to be sent, in this request (a number of its own). */
void account_sent(unsigned consumer, const ShownEvent *event, unsigned request);

/* An answer to it goes to the bus, and has gone: what must have become of it. */
typedef enum { ANSWER_TAKEN, ANSWER_FAILED, ANSWER_REFUSED_ALONE, ANSWER_FAILED_ALONE } AnswerKind;
void account_answers(unsigned consumer, uint64_t sequence, AnswerKind kind);
void account_answered(unsigned consumer, uint64_t sequence);

/* It asked to be left alone for so long. */
void account_rest(unsigned consumer, uint64_t ms);

/* A life begins: what the spool has of them, against what they know. Behind sources_compare(). */
void account_begin(HtSpool *spool);

/* Everything has come to rest at this time, and the disk was well in this life: what was finished some time ago is on disk. `all`: the bus
 * has ended, so all of it is. */
void account_rested(bool all);

/* Of a running consumer: its cursor, and what it counts. */
typedef struct {
    uint64_t cursor, delivered, dead, letters;
} ConsumerFigures;
void account_check(unsigned consumer, const ConsumerFigures *figures);

/* At the very end: each event that is the consumer's was taken or is a dead letter, in order, under its number. */
void account_finish(unsigned consumer);
