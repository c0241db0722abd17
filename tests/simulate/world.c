/* See world.h. */
#include "tests/simulate/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

World *world;

void world_end_life(LifeEnd end)
{
    _exit((int)end);
}

void world_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    world_end_life(LIFE_FAILED);
}

uint64_t chance_next(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

uint64_t chance_below(uint64_t *state, uint64_t end)
{
    return end > 0 ? chance_next(state) % end : 0;
}

bool chance_in(uint64_t *state, unsigned of)
{
    return chance_below(state, of) == 0;
}
