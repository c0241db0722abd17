/* One life of the bus, from opening the spool to its death: the steps of the plan, and what must hold after each. */
#pragma once

#include "tests/simulate/world.h"

/* In a process of its own, which it ends. */
void life_run(void) G_GNUC_NORETURN;
