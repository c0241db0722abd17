/* What the files of this adapter share. Private to adapters/marriage; runs in hutong-host's only thread, one payload at a
 * time. certificate.c reads certificates, query.c what is asked. */
#ifndef MARRIAGE_H
#define MARRIAGE_H

#include "hutong-adapter.h"

#include <stdbool.h>
#include <stddef.h>

#define MARRIAGE_TEXT \
    128 /* bytes of a column that is looked at, NUL included; certificate numbers have 16 to 40 */

/* Text that comes in pieces. What does not fit is not kept: `surplus` says so. */
typedef struct {
    char data[MARRIAGE_TEXT]; /* ends in NUL */
    size_t size;
    bool surplus;
} MarriageText;

/* What one certificate is called, however it was written: `Ｊ４４０１０４－２００８－１ 号` is J440104-2008-000001. `type` is
 * the record's OP_TYPE, from which a missing J, L, BJ or BL follows. A text that is no such number comes back without
 * blanks, in capitals of single width. False, and `number` untouched, when it has no digit at all (无, null). */
bool marriage_certificate_read(const char *text, const char *type, MarriageText *number);

/* Adds a piece of text. */
void marriage_text_add(MarriageText *text, const char *piece, size_t size);

/* Takes ASCII blanks off both ends. */
void marriage_text_trim(MarriageText *text);

/* Without blanks, in capitals of single width. `text` is a MarriageText's, so that it fits. */
void marriage_text_fold(const char *text, MarriageText *folded);

/* One text for each kind of registration, whether `type` (OP_TYPE) says it by a code or in words: IA for 结婚登记. Folded when it
 * says none. */
void marriage_kind_read(const char *type, MarriageText *kind);

/* Has the content of each query in the payload kept nowhere. */
void marriage_query_conceal(const hutong_host *host, hutong_text body, hutong_out *out);

#endif
