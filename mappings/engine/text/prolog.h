/*
 * text/prolog.h: what stands before a document's first element, read without an XML parser: byte order
 * mark, XML declaration, comments, DOCTYPE. Pure functions on memory that the caller owns; any thread.
 */
#pragma once

#include "core/base/buffer.h"

/*
 * An XML declaration as found at the front of a text in any encoding that holds ASCII. `encoding` points
 * into the text and is absent when none is named.
 */
typedef struct {
    size_t end;             /* offset of the first byte after "?>"; 0: there is no declaration */
    unsigned skipped_lines; /* newlines before `end` */
    HtText encoding;        /* as written, without quotes and blanks; any bytes */
} HtTextDeclaration;

/*
 * Finds the declaration. More is taken than XML allows, because it is sent: blanks and newlines before it,
 * either kind of quote or none, upper case. A declaration that does not end within 1 KB or before the next
 * `<` is none: the parser will say so. The byte order mark must have been skipped.
 */
void ht_text_find_declaration(HtText text, HtTextDeclaration *declaration);

/*
 * The text behind byte order marks at its front, one or several, with blanks before each; also behind marks that somebody has
 * read as another encoding (ï»¿, 锘?). `skipped_lines` gets the newlines before. Blanks alone stay.
 */
HtText ht_text_skip_marks(HtText text, unsigned *skipped_lines);

/* Newlines between the two. */
unsigned ht_text_count_lines(const char *at, const char *end);

/*
 * For a document inside a string, which is UTF-8 by now whatever its declaration says: the text after
 * byte order marks and declaration; `skipped_lines` (may be NULL) gets the newlines before it.
 */
HtText ht_text_skip_declaration(HtText text, unsigned *skipped_lines);

typedef struct {
    HtText name;      /* qualified, as written (`soap:Envelope`); with a DOCTYPE, the name that it gives */
    bool has_doctype; /* a DOCTYPE comes first: refuse the text before any parser sees it */
    bool is_html;     /* the name is html, in any case: most likely an error page where XML was expected */
} HtTextRoot;

/*
 * Finds the first element's name, past blanks, comments, processing instructions and a declaration. False
 * when there is no element: an empty text, one that does not begin with markup, an unfinished or illegal
 * comment. Then `root` still says whether a DOCTYPE was met.
 */
bool ht_text_root_name(HtText text, HtTextRoot *root);
