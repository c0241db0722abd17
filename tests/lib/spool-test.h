/* What the spool's tests share: a spool in a private directory, messages made of literals, answers waited for. */
#pragma once

#include "core/base/clock.h"
#include "spool/database.h"
#include "spool/disk.h"
#include "spool/hooks.h"
#include "spool/index-walk.h"
#include "spool/places.h"
#include "spool/schema.h"
#include "spool/spool.h"
#include "spool/ties.h"
#include "spool/words.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
    char *directory, *path;
    uint8_t site_key[32];
    HtSpoolOptions options;
    HtSpool *spool;
} Place;

void place_set_up(Place *place);

void place_open(Place *place);

void place_close(Place *place);

void place_remove(Place *place);

/* A test of a place of its own, which is removed behind it: before the spool is made, or with an open one. */
typedef void (*PlaceTest)(Place *place, const void *data);
void place_add_test(const char *path, const void *data, PlaceTest test);
void place_add_open_test(const char *path, const void *data, PlaceTest test);

/* Opens the place's spool in a child that ends at the n-th step (spool/hooks.h) whose name begins so. Whether there was one. */
bool place_end_at_step(Place *place, const char *prefix, unsigned step);

void place_expect_refused(Place *place, HtSpoolErrorCode code);

/* Runs SQL on a spool that is closed. */
void place_change(Place *place, const char *sql);

/* Makes of the closed spool's file what format 11 had: dead letters' reasons in clear ("answered" of one that is sealed); what format 9 had: known keys and ties in trees; and what format 5 had: each event a row, too. */
void place_make_11(Place *place);
void place_make_9(Place *place);
void place_make_older(Place *place);

/* Of a closed spool: how many entries a store has, those that later ones stand in for too; and puts some more. */
uint64_t place_count_known(Place *place, HtSpoolStore store);
void place_put_known(Place *place, HtSpoolStore store, const HtSpoolEntry *entries, size_t count);

int64_t place_number(Place *place, const char *sql);

/* Whether a file of the spool's folder holds the text, in UTF-8 or in GB 18030. */
bool place_holds_text(const Place *place, const char *text);

/* Of a closed spool: the payload that is kept of a message, by looking; the caller unrefs. NULL: none. */
GBytes *place_payload(Place *place, const HtUuid *message);

/* ---- Messages ---- */

/* The key is copied; all other texts must outlive the message, as literals and the message's key do. */
/* All that can be read of the open spool's events; the caller unrefs. */
GBytes *place_read_all(Place *place, unsigned events);

HtSpoolMessage *message_new(const char *source, const char *key);

/* An event without a key when `key` is NULL, unlike any other. It stays where it is until the next one is added. */
HtEvent *message_add(HtSpoolMessage *message, const char *key);

void event_identify(HtEvent *event, const char *kind, const char *value, bool fresh);

typedef struct {
    bool done;
    HtReceipt receipt; /* without reply */
    char *reply;       /* NUL-terminated, NULL when absent */
    GError *error;
} Answer;

/* The text, as long as the test runs. Equal texts are one. */
const char *keep_text(const char *text);

void keep_answer(const HtReceipt *receipt, const GError *error, void *user);

void answer_clear(Answer *answer);

void answer_wait(Answer *answer);

/* Appends and waits. The caller clears the answer. */
Answer spool_take(HtSpool *spool, HtSpoolMessage *message);

HtReceipt spool_take_well(HtSpool *spool, HtSpoolMessage *message);

void spool_expect_error(HtSpool *spool, HtSpoolMessage *message, HtSpoolErrorCode code);

/* Whether all that was told to the spool is on disk; waits for the answer. */
bool spool_settles(HtSpool *spool);

/* ---- Pages ---- */

typedef struct {
    bool done;
    HtSpoolPage *page;
} PageAnswer;

HtSpoolPage *spool_page(HtSpool *spool, uint64_t after, unsigned limit, size_t limit_bytes);

const HtStoredEvent *page_event(const HtSpoolPage *page, guint index);
