/* Writing JSON (RFC 8259) into a buffer: the hot path of delivery. Reading JSON is json-glib's; of what others send, behind ht_json_is_flat(). */
#pragma once

#include "core/base/buffer.h"

/* Writes `text` as a JSON string with its quotes. The text is UTF-8; control characters, quotes and backslashes are
 * escaped, everything else goes as it is. */
void ht_json_string(HtBuffer *buffer, HtText text);

/* Writes `"name":"text"`, with a comma before it unless the buffer ends in `{` or `[`. Nothing when text is absent. */
void ht_json_member(HtBuffer *buffer, const char *name, HtText text);

/* Writes `"name":number`, with the comma as above. */
void ht_json_member_number(HtBuffer *buffer, const char *name, int64_t number);

/* Writes `"name":"…"`, the time as ht_clock_format() has it. Nothing when it is 0. */
void ht_json_member_time(HtBuffer *buffer, const char *name, int64_t time_us);

/* Writes `"name":` with the comma as above; the value follows. */
void ht_json_name(HtBuffer *buffer, const char *name);

/* The same, and opens an object, which the caller closes. */
void ht_json_open(HtBuffer *buffer, const char *name);

/* The same for a name that is a text; it needs no escapes. */
void ht_json_name_text(HtBuffer *buffer, HtText name);

/* Writes a comma unless the buffer ends in `{` or `[`. */
void ht_json_comma(HtBuffer *buffer);

/* Whether a text has at most `most` brackets that open, wherever they stand. json-glib's parser calls itself for each level, without a
 * bound: some 100 KB of brackets end the process. Asked of every JSON text that another may have written, before it is parsed. */
bool ht_json_is_flat(HtText json, unsigned most);
