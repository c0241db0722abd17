/* Plans: made of a seed, made shorter, told. */
#pragma once

#include "tests/simulate/world.h"

typedef struct {
    unsigned count, yield_chance, cipher;
    uint64_t random; /* of the beginning */
    Step steps[STEPS_MAX];
} Plan;

Plan plan_make(uint64_t seed);
Plan plan_without(const Plan *plan, unsigned from, unsigned size);

/* The world has it before it. */
void plan_set(const Plan *plan);

/* A line a step; the caller frees. And back; false when it is none. */
char *plan_text(const Plan *plan);
bool plan_read(const char *text, Plan *plan);
