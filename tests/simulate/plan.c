/* See plan.h. */
#include "tests/simulate/plan.h"

#include <stdio.h>
#include <string.h>

static const char *const names[STEP_KINDS] = {
    [STEP_NEW] = "new",   [STEP_AGAIN] = "again",     [STEP_OTHER] = "other",   [STEP_BACK] = "back",
    [STEP_RUN] = "run",   [STEP_TURN] = "turn",       [STEP_WAIT] = "wait",     [STEP_CLOCK] = "clock",
    [STEP_EIO] = "eio",   [STEP_ENOSPC] = "enospc",   [STEP_MEND] = "mend",     [STEP_KILL] = "kill",
    [STEP_CUT] = "cut",   [STEP_END] = "end",         [STEP_ANSWER] = "answer", [STEP_MOOD] = "mood",
    [STEP_HOST] = "host", [STEP_TROUBLE] = "trouble",
};

/* How often each comes, in a plan without failures and in one with them. */
static const uint8_t weights[STEP_KINDS] = {
    [STEP_NEW] = 30,    [STEP_AGAIN] = 14, [STEP_OTHER] = 14, [STEP_BACK] = 6,
    [STEP_RUN] = 20,    [STEP_TURN] = 20,  [STEP_WAIT] = 8,   [STEP_CLOCK] = 2,
    [STEP_ANSWER] = 40, [STEP_MOOD] = 4,   [STEP_HOST] = 30,  [STEP_TROUBLE] = 3,
};
static const uint8_t rare[STEP_KINDS] = {
    [STEP_EIO] = 2, [STEP_ENOSPC] = 2, [STEP_MEND] = 4, [STEP_KILL] = 3, [STEP_CUT] = 6, [STEP_END] = 1,
};

/* Each plan has its own: one is nothing but sending, another is full of failures. */
static void choose_weights(unsigned chosen[STEP_KINDS], uint64_t *random)
{
    unsigned failures = (unsigned)chance_below(random, 4);
    for (unsigned kind = 0; kind < STEP_KINDS; kind++) {
        chosen[kind] = weights[kind] * (unsigned)(1 + chance_below(random, 4)) +
                       rare[kind] * failures * (unsigned)chance_below(random, 3);
    }
}

static uint8_t choose(const unsigned chosen[STEP_KINDS], uint64_t *random)
{
    unsigned sum = 0;
    for (unsigned kind = 0; kind < STEP_KINDS; kind++) {
        sum += chosen[kind];
    }
    uint64_t at = chance_below(random, sum);
    unsigned kind = 0;
    while (at >= chosen[kind]) {
        at -= chosen[kind++];
    }
    return (uint8_t)kind;
}

Plan plan_make(uint64_t seed)
{
    uint64_t random = seed;
    unsigned chosen[STEP_KINDS];
    static const unsigned lengths[] = {20, 60, 150, 400};
    Plan plan = {.count = lengths[chance_below(&random, 4)]};
    plan.yield_chance = (unsigned)chance_below(&random, 3) * (unsigned)chance_below(&random, 64);
    plan.cipher = chance_in(&random, 8) ? 1 + (unsigned)chance_below(&random, 2) : 0;
    plan.random = chance_next(&random);
    choose_weights(chosen, &random);
    for (unsigned i = 0; i < plan.count; i++) {
        plan.steps[i] = (Step){choose(chosen, &random), (uint32_t)chance_next(&random), chance_next(&random)};
    }
    return plan;
}

Plan plan_without(const Plan *plan, unsigned from, unsigned size)
{
    Plan shorter = *plan;
    unsigned end = MIN(from + size, plan->count);
    memmove(shorter.steps + from, plan->steps + end, (plan->count - end) * sizeof *plan->steps);
    shorter.count = from + plan->count - end;
    return shorter;
}

void plan_set(const Plan *plan)
{
    memcpy(world->plan, plan->steps, sizeof plan->steps);
    world->steps = plan->count;
    world->random = plan->random;
    world->yield_chance = plan->yield_chance;
    world->cipher = plan->cipher;
    world->monotonic_us = INT64_C(1) << 50;
    world->wall_offset_us = INT64_C(1795996800000000) - world->monotonic_us; /* 2026-11-30 */
}

char *plan_text(const Plan *plan)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "world %u %u %" G_GUINT64_FORMAT "\n", plan->yield_chance, plan->cipher,
                           plan->random);
    for (unsigned i = 0; i < plan->count; i++) {
        const Step *step = &plan->steps[i];
        g_string_append_printf(text, "%s %u %" G_GUINT64_FORMAT "\n", names[step->kind], step->argument,
                               step->seed);
    }
    return g_strdup(text->str);
}

static bool read_step(const char *line, Step *step)
{
    char name[16];
    guint64 seed;
    if (sscanf(line, "%15s %u %" G_GUINT64_FORMAT, name, &step->argument, &seed) != 3) {
        return false;
    }
    step->seed = seed;
    for (step->kind = 0; step->kind < STEP_KINDS; step->kind++) {
        if (g_str_equal(names[step->kind], name)) {
            return true;
        }
    }
    return false;
}

bool plan_read(const char *text, Plan *plan)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint64 random;
    *plan = (Plan){0};
    if (!lines[0] || sscanf(lines[0], "world %u %u %" G_GUINT64_FORMAT, &plan->yield_chance, &plan->cipher,
                            &random) != 3) {
        return false;
    }
    plan->random = random;
    for (char **line = lines + 1; *line && **line; line++) {
        if (plan->count == STEPS_MAX || !read_step(*line, &plan->steps[plan->count++])) {
            return false;
        }
    }
    return true;
}
