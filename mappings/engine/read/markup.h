/* Cuts text that may be broken XML into tags and what is between them, as far as that can be told. Called by the
 * repairs; no state, any thread. */
#pragma once

#include "core/base/buffer.h"

typedef enum {
    HT_MARKUP_TEXT, /* between tags; also a `<` that begins nothing */
    HT_MARKUP_CDATA,
    HT_MARKUP_COMMENT,     /* `<!--` to the first `-->` */
    HT_MARKUP_INSTRUCTION, /* `<?…?>` */
    HT_MARKUP_DECLARATION, /* any other `<!` */
    HT_MARKUP_START,
    HT_MARKUP_EMPTY, /* `<a/>` */
    HT_MARKUP_END,
} HtMarkupKind;

typedef struct {
    HtMarkupKind kind;
    HtText text;   /* the whole piece; of a tag that lacks its `>`, all up to the next `<` */
    HtText name;   /* of a tag, as written; may be empty: `</>` */
    bool is_whole; /* a tag has its `>` */
} HtMarkup;

/* The piece at `at` (before `end`); the next one begins where it ends. All pieces together are the text, and reading
 * them all takes linear time. */
HtMarkup ht_markup_read(const char *at, const char *end);
