/* The machine below the bus: its clocks, its chance, and what of its files is on the disk. In the place of the functions of the same names,
 * as threads.h has those of GLib's threads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Begins a life on what the former one left: whatever was not synced still may be lost. */
void machine_begin(void);

/* The process is dead, the machine goes on. */
void machine_kill(void) __attribute__((noreturn));

/* At the call to the disk after so many, the process dies, or the power is cut (with what of ShimLoss). */
void machine_kill_after(unsigned calls);
void machine_cut_after(unsigned calls, int loss);

/* The disk fails at the call after so many. */
void machine_fail_after(unsigned calls, bool full, bool for_ever);
void machine_mend(void);

/* Whether the disk has failed or was full in this life. */
bool machine_has_failed(void);
bool machine_was_full(void);

int64_t machine_monotonic(void);

/* Time passes. */
void machine_wait(int64_t us);
