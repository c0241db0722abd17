/* The value of a Content-Type as the door, the host and the engine read it (RFC 9110, 8.3.1; RFC 2045, 5.1): a media type, then
 * parameters. All of it comes from outside; what is not written as it should be is left out. Nothing is copied. No state; any
 * thread. */
#pragma once

#include "core/base/buffer.h"

typedef struct {
    HtText name, value; /* without the blanks around them, the value without its quotes */
    bool quoted;        /* a backslash in the value takes the next character as it is */
} HtMediaParameter;

/* The media type, "text/xml", as it is written, without blanks; `value` is then what follows: its parameters. An absent value has an
 * absent type. */
HtText ht_media_type_cut(HtText *value);

/* Whether a media type is JSON's: application/json, text/json, anything/…+json, in any case. */
bool ht_media_type_is_json(HtText type);

/* Whether it is written as a Content-Type can be read in one way only: a type, each parameter with a name and `=`, no quote that does not
 * end. Empty places between semicolons are allowed (RFC 9110, 5.6.6). */
bool ht_media_type_is_whole(HtText value);

/* Cuts the next parameter that has a value off the front. False when there is none. */
bool ht_media_parameter_cut(HtText *rest, HtMediaParameter *parameter);
