/* What the benchmarks print: medians, and values beside their goals. No state but one: whether all goals were met. */
#pragma once

#include <stdbool.h>

#define GOAL_ROUNDS_MAX 99U

/* The middle of up to GOAL_ROUNDS_MAX values, which stay as they are. */
double goal_median(const double *values, unsigned count);

/* The median of the rounds' ratios: what disturbs one round disturbs both sides of it. */
double goal_ratio(const double *values, const double *to, unsigned count);

typedef enum { GOAL_AT_LEAST, GOAL_AT_MOST, GOAL_NONE } GoalKind;

/* Prints one line: what was measured, its goal, and whether that was met. */
void goal_print(const char *what, double value, GoalKind kind, double goal);

/* Whether all that were printed were met. */
bool goal_all_met(void);

/* BENCH_STRICT=1: a missed goal is a failure. */
bool goal_is_strict(void);

/* A number from the environment, from 1 to `most`. */
unsigned goal_number(const char *variable, unsigned otherwise, unsigned most);
