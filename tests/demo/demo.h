/* The demo's state, shared by its parts. */
#pragma once

#include "tests/demo/steps.h"
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

/* One message that was sent, and what is expected of it. */
typedef struct {
    char *message_id;  /* of the receipt; NULL when refused */
    unsigned expected; /* events that it must have made */
} Sent;

typedef struct {
    BusProcess *bus;
    Platform *platform;
    GArray *sent;           /* of Sent: the accepted messages */
    GHashTable *businesses; /* of the storm: business numbers that were acknowledged */
    unsigned accepted, refused, resent, surprises;
    bool platform_down;
} Demo;

/* Sends one step and prints its row. An answer that is not the expected one is a surprise. */
void demo_step(Demo *demo, unsigned number, const Step *step);

/* Prints the table's head. */
void demo_head(void);

/* Eight senders at once, and kill -9 among them; then a restart, and each sends again what was not answered. */
void demo_crash(Demo *demo);
