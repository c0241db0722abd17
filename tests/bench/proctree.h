/* What a process and its descendants have used, from /proc. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

typedef struct {
    double own_s;            /* CPU seconds, user and system, of the process */
    double children_s;       /* the same of its descendants, ended ones included */
    size_t own_peak_kb;      /* peak resident memory (VmHWM) of the process */
    size_t children_peak_kb; /* sum of the same of its living descendants: pages that they share count again */
    size_t own_now_kb, children_now_kb; /* resident memory now */
    size_t pss_kb; /* sum of their proportional memory now; 0 where the kernel does not say */
    unsigned processes;
} ProcessTree;

/* All 0 when there is no such process. */
void process_tree_measure(pid_t root, ProcessTree *tree);
