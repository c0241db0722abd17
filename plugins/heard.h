/* What a frame from a host says: read, checked and made fit for the log, for answers and for the spool. Everything here comes from a
 * process that runs a department's code. Whether it may come now is for supervisor.c to say. Bus, any thread; no state. */
#pragma once

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/outcome.h"
#include "plugins/frame.h"
#include "plugins/start.h"

/* Only what the frame's type has is set. */
typedef struct {
    HtBox box;         /* BOX */
    HtReady ready;     /* READY */
    HtOutcome outcome; /* RESULT; its texts point into `bytes` */
    GBytes *bytes;     /* RESULT: the whole frame's body; TEXT: the WSDL, NULL when there is none */
    GError *error;     /* TEXT: there is no such service */
    char *text;        /* LOG: the line; FAILED: the reason */
    HtLogLevel level;  /* LOG */
} HtHeard;

/* NULL, or why the frame is not what its type says. Free that; `heard` is to be cleared either way. `owned`: bytes that are the body, to be
 * kept instead of a copy; NULL: none. */
char *ht_heard_read(const HtFrame *frame, HtText body, GBytes *owned, const HtLimits *limits, HtHeard *heard);
void ht_heard_clear(HtHeard *heard);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtHeard, ht_heard_clear)
