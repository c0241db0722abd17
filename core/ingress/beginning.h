/* How a body begins, as far as it decides whether something else than its type says is sent. Pure; any thread. */
#pragma once

#include <stddef.h>

typedef enum {
    HT_BEGINNING_OPEN,  /* nothing yet but blanks and byte-order marks */
    HT_BEGINNING_XML,   /* a '<', in any encoding that is taken */
    HT_BEGINNING_OTHER, /* anything else */
} HtBeginning;

/* Goes on looking with the next bytes; once it is decided it stays so. Begin with HT_BEGINNING_OPEN. */
void ht_beginning_look(HtBeginning *beginning, const char *bytes, size_t size);
