/* The door of a consumer that asks, for tests: calls that are answered at once, later or piece by piece. Beside consumer-harness. */
#pragma once

#include "core/delivery/transport.h"
#include "tests/lib/consumer-harness.h"

/* A request at /out/c, and what was answered. */
typedef struct {
    HtPageCall call;
    const char *query, *header; /* "limit=2&wait=1"; "Name: value" */
    GString *body;              /* of the answer, or what was written */
    unsigned status;            /* 0: no answer yet */
    char *code;                 /* of a refusal */
    bool streams, closed;
    bool paused, more; /* the answer says so */
} Call;

#define PULL_JSON "Content-Type: application/json"

/* Begins a call. `query` and `header` live as long as it; each may be NULL, as `body`. */
Call *ask(Fixture *f, HtOutPage page, const char *query, const char *header, const char *body);

/* The peer has got the answer, or is gone; frees the call. */
void end_call(Call *call, bool sent);

/* Turns the main loop until there is an answer. */
void await_answer(const Call *call);

/* "1 2 3 ": the sequences of events in a text. transfer full. */
char *sequences_in(const char *text);

/* A poll that gets these. */
void assert_gets(Fixture *f, const char *query, const char *sequences);

/* POSTs the JSON body, and gives the status; `answer`, unless NULL, is in the answer's body. */
unsigned say(Fixture *f, HtOutPage page, const char *body, const char *answer);

/* A consumer that polls, with these keys; an event for each letter, which names whom it is about. */
void begin_pull(Fixture *f, const char *keys, const char *persons);

/* The door closes before delivery ends. */
void end_pull(Fixture *f);
