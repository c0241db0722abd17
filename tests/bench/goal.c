/* Medians and goals. Used by the benchmarks; one thread. */
#include "tests/bench/goal.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool missed;

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

double goal_median(const double *values, unsigned count)
{
    double sorted[GOAL_ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

double goal_ratio(const double *values, const double *to, unsigned count)
{
    double ratios[GOAL_ROUNDS_MAX];
    for (unsigned i = 0; i < count; i++) {
        ratios[i] = values[i] / to[i];
    }
    return goal_median(ratios, count);
}

void goal_print(const char *what, double value, GoalKind kind, double goal)
{
    printf("  %-64s%9.3g", what, value);
    if (kind == GOAL_NONE) {
        printf("\n");
        return;
    }
    bool met = kind == GOAL_AT_LEAST ? value >= goal : value <= goal;
    missed = missed || !met;
    printf("  goal at %s %-6.3g %s\n", kind == GOAL_AT_LEAST ? "least" : "most", goal,
           met ? "met" : "below goal");
}

bool goal_all_met(void)
{
    return !missed;
}

bool goal_is_strict(void)
{
    return g_strcmp0(g_getenv("BENCH_STRICT"), "1") == 0;
}

unsigned goal_number(const char *variable, unsigned otherwise, unsigned most)
{
    const char *text = g_getenv(variable);
    unsigned long number = text ? strtoul(text, NULL, 10) : otherwise;
    return number < 1 ? 1 : (unsigned)MIN(number, most);
}
