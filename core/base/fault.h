/* What is wrong with a payload or a record, in the words that go to the sender, the log and the dead letter. It names
 * places (record, element, line), never values: a fault carries no personal data. */
#pragma once

#include "core/base/buffer.h"
#include "core/base/limits.h"

#define HT_FAULT_CODE 40
#define HT_FAULT_ELEMENT 120
#define HT_FAULT_TEXT 300

typedef struct {
    char code[HT_FAULT_CODE]; /* "not-well-formed", "required-missing", …: docs/errors.md lists them */
    char element[HT_FAULT_ELEMENT]; /* path or dictionary element, empty when none */
    char text[HT_FAULT_TEXT];       /* one sentence: what, and what to do */
    uint32_t part;                  /* of a batch of several documents, from 1; 0 when it is one document */
    uint32_t record;                /* from 1, in its part; 0 when the whole payload or part is meant */
    uint32_t line;                  /* from 1; 0 when not known */
} HtFault;

/* Fills a fault; the text is formatted, and cut to its room at a character's border. record, line and element are left
 * empty for the caller to set. */
void ht_fault_set(HtFault *fault, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what is above a limit: "WHAT more than LIMITADVICE", such as "The document has more than 67108864 bytes
 * (max-document = 64M): send it in smaller parts." */
void ht_fault_set_limit(HtFault *fault, const char *code, const char *what, HtLimit limit,
                        const char *advice);

void ht_fault_set_element(HtFault *fault, HtText element);

/* One fault as packed fields (see core/base/pack.h), and back. False when the bytes are broken or not UTF-8. */
void ht_fault_pack(const HtFault *fault, HtBuffer *buffer);
bool ht_fault_unpack(HtText bytes, HtFault *fault);
