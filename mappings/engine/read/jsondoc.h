/* A JSON text as element events: departments put JSON into SOAP strings, and send it by itself. Called by strings.c and reader.c; no
 * state, any thread.
 *
 * Our own small reader instead of a JSON library's tree: numbers keep their digits as sent (numbers of persons and
 * money), a member that stands twice is given twice, and hostile nesting is bounded. */
#pragma once

#include "core/base/buffer.h"

/* The outermost value is the element "json"; the members of an object are its child elements, in order; an array gives
 * one element for each item, with the name of the array's member ("item" for an array that is the outermost value or an
 * item itself). Strings are unescaped; numbers, true and false are text as written. A member that is null, "" or {} is no element,
 * as one that is [] is none: nothing is said of it, and where records stand there is none. As items of an array they are empty elements.
 * Each function returns false to stop. Texts live during the call; text has a size above 0 and may come in pieces. */
typedef struct {
    bool (*start)(void *user, const char *name, size_t size);
    bool (*text)(void *user, const char *text, size_t size);
    bool (*end)(void *user, const char *name, size_t size);
    void (*lost)(
        void *
            user); /* an escape is no character (half of a pair, a control): U+FFFD stands for it. May be NULL */
} HtJsonHandler;

/* Where a text stops being JSON, and why. */
typedef struct {
    const char *at;  /* in the text, or its end */
    const char *why; /* a sentence's middle: "a comma stands before the end"; nothing of the text is in it */
    bool too_deep;   /* nested deeper than HT_JSONDOC_DEPTH: it may be JSON */
} HtJsonFlaw;

#define HT_JSONDOC_DEPTH 512

/* True when the text (UTF-8) is one JSON object or array by RFC 8259, blanks around it allowed, nested not deeper than
 * HT_JSONDOC_DEPTH. Linear. When it is not, `flaw` says where, unless it is NULL. */
bool ht_jsondoc_check(HtText text, HtJsonFlaw *flaw);

/* Gives the events of a text that ht_jsondoc_check() has found to be good. */
void ht_jsondoc_read(HtText text, const HtJsonHandler *handler, void *user);
