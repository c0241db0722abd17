/* What the demo sends, in order. */
#pragma once

#include <stdbool.h>

typedef enum { AS_PLAIN, AS_SOAP11, AS_SOAP12 } Wrapping;

typedef struct {
    const char *file; /* below adapters/hukou/fixtures, or the encoding samples */
    const char *title;
    const char *bytes; /* the encoding that the bytes are really in */
    Wrapping as;
    const char *source; /* "hukou", or "encodings" */
    bool resend;        /* a second time: the original receipt, no event */
} Step;

extern const Step steps_before[]; /* sent before the crash; ends with a NULL file */
extern const Step steps_after[];  /* sent after it */
