/* Parameters of operations whose names a client's library has lost: arg0, in1, input2, param, … are told apart by their place.
 * Used by operation.c for each operation's element; no state of its own. */
#pragma once

#include "mappings/engine/service/service.h"

#define HT_PARAMETERS_MAX 32

/* What is known of the parameters of one operation's element once it was read. */
typedef struct {
    uint32_t named; /* bits of the places whose own names came */
    int first;      /* the number of the first place, 0 or 1; -1: not known */
    bool wrapped;   /* one element is around all of them */
    bool by_place;  /* some were matched by place */
} HtParameterPlan;

/* While an operation's element is read. */
typedef struct {
    const HtOperation *operation;
    HtParameterPlan plan;    /* by which they are placed: from a reading before, or a guess */
    HtParameterPlan learned; /* what this reading shows */
    uint32_t taken;          /* bits of the places that were given */
    int low, high;           /* numbers that came; low -1: none */
} HtParameters;

/* Numbers below 0: `plan` is not known. */
void ht_parameters_begin(HtParameters *parameters, const HtOperation *operation, const HtParameterPlan *plan);

/* The place (from 0) of the parameter with this name; -1: the name is no parameter's and says no place; -2: it says a place, and there
 * is none. */
int ht_parameters_place(HtParameters *parameters, const char *name);

/* True when the places were wrong: what was learned must be known before the operation is read. */
bool ht_parameters_failed(HtParameters *parameters);
