/* One run of a host: its process from start to death, with everything that lives as long, so that nothing need be reset for the next. Bus,
 * main-loop thread. Knows frames, but not what they mean, and no messages: used by supervisor.c, which decides; and by watch.c. */
#pragma once

#include "plugins/frame.h"
#include "plugins/outbox.h"
#include "plugins/process.h"

typedef enum {
    HT_RUN_STARTING, /* it has not said READY */
    HT_RUN_SERVING,
    HT_RUN_STOPPING, /* told to stop */
    HT_RUN_DYING     /* killed, or gone, or given up; not reaped yet */
} HtRunState;

typedef struct HtRun HtRun;

/* What becomes of it is told to its owner, who may end the run, and free it, in each of these. */
typedef struct {
    /* A whole frame; of a large one `owned` is the body, to be kept; else NULL. */
    void (*frame)(void *user, const HtFrame *frame, HtText body, GBytes *owned);
    /* What it sent is no frame, or one above the limit. */
    void (*garbled)(void *user);
    /* The socket is at its end. */
    void (*gone)(void *user);
    /* The process was reaped; what it had still written has been given to `frame`. `status` is wait()'s. */
    void (*ended)(void *user, int status);
    /* Is there more to write as soon as there is room? Then `refill` will be called. */
    bool (*can_refill)(void *user);
    void (*refill)(void *user);
} HtRunEvents;

/* Fields are the run's to write and its owner's to read, but for `current`. */
struct HtRun {
    HtRunState state;
    HtProcess process;
    HtOutbox outbox; /* what is in it goes out before the main loop sleeps, while it is listened to */
    bool boxed;      /* it said which layers of its box stand */
    bool was_ready;
    bool gave_up; /* it said FAILED */
    bool told_to_stop;
    bool blames;     /* `blamed` counts, not what it works on */
    uint64_t blamed; /* the ticket for whose sake it was killed; 0: none */
    uint64_t answers;
    int64_t started_us, active_us; /* active: something came of it */

    struct {
        uint64_t ticket; /* what it worked on when the watchdog looked last, */
        int64_t since_us;
    } current;

    struct {
        int64_t cpu_us, since_us; /* what it had taken when the watchdog looked last at its rest */
    } rest;

    unsigned references; /* the owner, and whoever is inside an event */
    bool freed;
    GSource *io;    /* on the socket; NULL: it is not listened to */
    GSource *child; /* on the pid */
    void *socket_tag;
    bool socket_full;
    bool paused;
    bool exited; /* with this status */
    int exit_status;
    HtBuffer input;
    uint64_t frame_bytes; /* of the largest frame that is taken */
    const HtRunEvents *events;
    void *user;
};

/* Starts the process, with its frame of start as the first in the outbox. NULL when it cannot be started. `title` is its argument. */
typedef struct {
    const char *program, *title;
    HtText start; /* packed */
    uint64_t frame_bytes;
} HtRunOptions;
HtRun *ht_run_start(const HtRunOptions *options, const HtRunEvents *events, void *user, GError **error);

/* Whether it takes messages: it is starting or serving. */
bool ht_run_is_up(const HtRun *run);

/* It said READY; it answered. */
void ht_run_serve(HtRun *run);
void ht_run_answered(HtRun *run);

/* What it sends is left where it is, so that what came before can be worked through in peace; then it goes on, and all that has happened is
 * told. Pausing is for the inside of `frame`; what goes to it is still sent. */
void ht_run_pause(HtRun *run);
void ht_run_resume(HtRun *run);

/* Tells it to stop, after what it was given before. */
void ht_run_stop(HtRun *run);

/* It said FAILED and ends by itself. */
void ht_run_give_up(HtRun *run);

/* Its socket is at its end: what it still does is of no interest. One that was told to stop may end in peace. */
void ht_run_lost(HtRun *run);

/* Kills it; the ticket of number `blame` (0: none) is the reason. */
void ht_run_kill(HtRun *run, uint64_t blame);

/* Whether it works on this ticket, or the one for whose sake it was killed; 0: none is. The host may lie. */
uint64_t ht_run_culprit(const HtRun *run);

/* Frees it; a process that is still there is given `grace_ms` if it was told to stop, then killed. Blocks so long. */
void ht_run_free(HtRun *run, unsigned grace_ms);
