/* What a driver is told to do (its plan), made from cases.json, and the judgement of what it says of each step. A driver knows
 * one toolkit and nothing of us: it calls, and says what it got. README.md has both formats. */
#pragma once

#include "tests/interop/client.h"

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct {
    char *name; /* SOURCE/soap-VERSION/[OPERATION/]CASE */
    char *line; /* as the driver reads it, without its number and line end */
    const char *version;
    enum { STEP_OPEN, STEP_RECEIPT, STEP_SAME, STEP_FAULT, STEP_ANSWER, STEP_ERROR } expect;
    char *wanted;   /* a fault's code (NULL: any), or a text of the answer or error */
    unsigned first; /* STEP_SAME: the step whose answer is expected again */
} Step;

/* All steps of a client, in the versions that it speaks: GPtrArray of Step, owned by the caller. `number` is the first of the
 * numbers that the documents are given; each client has its own. */
GPtrArray *plan_new(const Client *client, JsonObject *cases, unsigned number);

/* Writes it, a line each. Fails the test when it cannot. */
void plan_write(const GPtrArray *plan, const char *path);

/* The answers that a driver printed, by number; a line that is none is left out. */
GHashTable *plan_answers(const char *output);

/* What is wrong with the answer to a step, for the caller to free; NULL when it is right. */
char *plan_judge(const GPtrArray *plan, unsigned index, GHashTable *answers);
