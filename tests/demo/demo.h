/* The demo's state, shared by its parts. One thread, but for the crash's senders. */
#pragma once

#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

/* One message that was accepted, and what is expected of it. */
typedef struct {
    char *message_id;  /* of the receipt */
    unsigned expected; /* events that it must have made */
} Sent;

/* What became of the samples of one folder. */
typedef struct {
    unsigned sent, accepted, repaired, refused; /* messages */
    unsigned events, known;                     /* that they made; that were told of before */
    GHashTable *reasons;                        /* fault code → how often */
} Samples;

typedef struct {
    BusProcess *bus;
    Platform *platform;
    GArray *sent;           /* of Sent: the accepted messages */
    GHashTable *businesses; /* of the storm: business numbers that were acknowledged */
    Samples *samples;       /* one for each folder */
    unsigned refused, resent, surprises;
    unsigned waited_s; /* because the bus said so */
} Demo;

/* What a department sends. */
typedef struct {
    const char *source, *content_type;
    const char *soap_action; /* NULL: none */
    const char *bytes;
    gsize size;
} Message;

/* Sends it as a department's client would: whoever is told to come again later (503, Retry-After) comes again. */
Answer *demo_send(Demo *demo, const Message *message);

/* The id in the receipt; NULL when nothing was taken. transfer full. */
char *demo_message_id(const Answer *answer);

/* Remembers an accepted message; false when it was known already, so that this is its original receipt. */
bool demo_remember(Demo *demo, const char *message_id, unsigned expected);

/* Waits until the message's events are at the platform, and gives them in the order of their sequence; the caller unrefs. */
GPtrArray *demo_wait_events(Demo *demo, const char *message_id, unsigned expected);

/* Prints what should not have been. */
void demo_surprise(Demo *demo, const char *what);

/* One resident's life, sent by six departments, and then as the platform sees it. */
void demo_life(Demo *demo);

/* The same messages once more: each must get its original receipt, and make nothing. */
void demo_life_again(Demo *demo);

/* Every adapter's samples: of each folder every second one, beginning with the first or with the second. Each must become
 * what its fixture says. */
void demo_samples(Demo *demo, unsigned first);

/* Prints what became of all that were sent. */
void demo_samples_print(const Demo *demo);

Samples *demo_samples_new(void); /* transfer full */
void demo_samples_free(Samples *samples);

/* Eight senders at once, and kill -9 among them; then a restart, and each sends again what was not answered. */
void demo_crash(Demo *demo);
