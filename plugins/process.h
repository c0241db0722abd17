/* One hutong-host process as the bus sees it: a pid, a socket, and the page on which the host says what it
 * works on. Knows nothing of messages. Used by the supervisor, and by `hutong adapter` to look at
 * an adapter. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int pid;              /* 0: none */
    int fd;               /* stream socket, non-blocking; -1: none */
    const uint64_t *page; /* shared with it, read-only here: frame.h */
} HtProcess;

#define HT_PROCESS_NONE ((HtProcess){.fd = -1})

/* Starts `program` with `title` as its argument: descriptor 3 the socket, 4 the page, everything else
 * closed, standard streams at /dev/null (HUTONG_HOST_STDERR=1 in our environment leaves them: what an
 * adapter prints may hold personal data), an environment of its own. The caller reaps it. GSpawnError or
 * GIOError. */
bool ht_process_spawn(HtProcess *process, const char *program, const char *title, GError **error);

/* The ticket that the host says it is working on; 0 when none. The host may lie. */
uint64_t ht_process_current(const HtProcess *process);

/* The processor time that its threads have taken together, in microseconds, as the kernel counts it; 0 when it is not there any more. */
int64_t ht_process_cpu(const HtProcess *process);

/* Whether it says that an allocation has failed. It may lie. */
bool ht_process_ran_out(const HtProcess *process);

void ht_process_kill(const HtProcess *process);

/* Waits up to `grace_ms` for it to end, then kills it; reaps and closes it. Blocks. Returns its wait
 * status. */
int ht_process_end(HtProcess *process, unsigned grace_ms);

/* "ended with status 3", "was killed by signal 11 (Segmentation fault)". Free it. */
char *ht_process_describe(int wait_status);
