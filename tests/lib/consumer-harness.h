/* One consumer with a spool and a network that the test plays. Both take the place of the functions of the spool and of the sender:
 * lib/consumer-harness.a is linked before what calls them. */
#pragma once

#include "core/delivery/consumer.h"

#define DEADLINE_S 20
#define UNREACHED (-1) /* instead of a status: nothing could be sent */

/* ---- The spool: one event for each letter of `persons`, which names whom it is about; each * is somebody else, and ! and ? are
 * warnings, which overtake ---- */

typedef struct {
    const char *persons;
    size_t data_bytes;
    uint64_t read_to, cursor, above; /* `above`: finished, of those above the cursor */
    GString *dead;                   /* "3:2 " sequence and attempts */
    char *reason;
    uint64_t letters;
    int64_t letter_replay; /* of the last one: in which replay */
    uint64_t letter;       /* the sequence of one from before; 0: there is none */
    HtSpoolPause pause;
    unsigned held; /* events in pages that are not freed */
    bool routes_paused;
    uint64_t pause_turn;       /* raised with each change of it */
    unsigned reads, bad_reads; /* readings in all; so many more end with an error */
    unsigned commits;          /* that somebody waited for */
    bool holds_commits;        /* until release_commit() */
    GHashTable *cursors;  /* what is on disk, by name: a consumer that is opened again goes on from there */
    unsigned bad_cursors; /* so many more cannot be opened */
    GPtrArray *replays;   /* of HtSpoolReplay, the test's */
    unsigned replay_notes;
} TestSpool;
extern TestSpool spool;

/* The commit that waits is on disk; or, with an error, not. */
void release_commit(const GError *error);

/* ---- The network: requests wait here until the test answers ---- */

typedef struct {
    char *events; /* "1 2 3 " */
    char *url;
    char *method;  /* "POST" */
    char *headers; /* a line each */
    void (*done)(const HtPosted *posted, void *user);
    void (*drop)(void *user);
    void *user;
} Request;

extern GPtrArray *requests;          /* of Request, under way */
extern unsigned posts, signed_posts; /* in all */
extern unsigned posts_most;

void answer(long status, uint64_t retry_after_ms);
void answer_with(const HtPosted *posted);
void answer_at(unsigned index, const HtPosted *posted); /* of the requests that are under way */
bool holds(const char *events, unsigned sequence);

/* ---- The consumer ---- */

typedef struct {
    HtDictionary *dictionary;
    HtConfig *config;
    HtDeliveryOptions options;
    HtConsumer *consumer;
} Fixture;

/* Spool and network without a consumer, for a test that makes its own. */
void play(const char *persons);
void end_play(void);

void start(Fixture *f, const char *keys, const char *persons);
void stop(Fixture *f);
gboolean fail_late(void *user);

/* Runs the main loop until so many requests are under way; until nothing is left to do at once. */
void await(unsigned under_way);
void run_until_idle(void);
HtConsumerStatus status_of(const Fixture *f);

/* Plays a platform that answers `status` to every request with event `poison`, and takes the others, until `delivered`
 * are. */
void serve(Fixture *f, unsigned poison, long status, uint64_t delivered);
