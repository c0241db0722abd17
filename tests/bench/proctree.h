/* What a process and its descendants have used, from /proc. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

typedef struct {
    double own_s, children_s; /* CPU seconds, user and system: of the process; of its descendants, ended ones included */
    size_t peak_kb;           /* sum of the living processes' peak resident memory (VmHWM): pages they share count twice */
    size_t pss_kb;            /* sum of their proportional memory now; 0 where the kernel does not say */
    unsigned processes;
} ProcessTree;

/* All 0 when there is no such process. */
void process_tree_measure(pid_t root, ProcessTree *tree);
