/* Looking at the first bytes of bodies. Called by request.c for each piece of a body; main-loop thread. */
#include "core/ingress/beginning.h"

#include <string.h>

/* Blanks, the byte-order marks of UTF-8 and UTF-16, and the zeros between UTF-16's characters. */
static const char passed_over[] = {' ', '\t', '\r', '\n', '\0', '\xef', '\xbb', '\xbf', '\xfe', '\xff'};

void ht_beginning_look(HtBeginning *beginning, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && *beginning == HT_BEGINNING_OPEN; i++) {
        if (bytes[i] == '<') {
            *beginning = HT_BEGINNING_XML;
        } else if (!memchr(passed_over, bytes[i], sizeof passed_over)) {
            *beginning = HT_BEGINNING_OTHER;
        }
    }
}
