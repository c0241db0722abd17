/* Pages whose answers stand on the disk. Each kind has a thread of its own, so that questions hold up neither messages nor deliveries: they
 * go to it one after the other, and come back through a source of the main loop. Main-loop thread, but for `look`.
 *
 * A question begins with an HtPageQuestion, and is whoever's who has it: the caller's until it is asked, the thread's while `look` runs, the
 * main loop's from then on. `call` is the main loop's all the time: it is gone when the peer is, and nobody is answered then. */
#pragma once

#include "core/page/page.h"

typedef struct {
    HtPageCall *call; /* NULL: nobody waits (any more), or it is a change */
} HtPageQuestion;

typedef struct {
    unsigned most;    /* questions that wait; more are refused with `busy`, */
    const char *busy; /* and this sentence */
    void (*look)(HtPageQuestion *question, void *user); /* in the thread */
    void (*answer)(HtPageCall *call, HtPageQuestion *question);
    void (*free)(HtPageQuestion *question);
} HtPageLookupWays;

typedef struct HtPageLookup HtPageLookup;

/* `ways` is static, `user` lives longer. */
HtPageLookup *ht_page_lookup_new(const HtPageLookupWays *ways, void *user);

/* From `serve`: the call is answered when it was looked up, or refused at once when too many wait. Takes the question. */
void ht_page_lookup_ask(HtPageLookup *lookup, HtPageCall *call, HtPageQuestion *question);

/* `look` runs with this after the questions that were asked before, and before all others; nobody is answered. Takes the question. */
void ht_page_lookup_change(HtPageLookup *lookup, HtPageQuestion *question);

/* Ends what was asked, and answers it. After the door is closed there is no call any more. */
void ht_page_lookup_free(HtPageLookup *lookup);
