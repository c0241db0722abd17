/* MIME as SOAP clients and batch senders write it (RFC 2045, 2046, 2387): a media type with its parameters, and the parts of
 * a multipart body. Everything here comes from outside. Called by container.c in the host; no state, one thread. mime.c
 * takes bodies apart, mime-type.c reads types and codings. */
#pragma once

#include <glib.h>

#include "core/base/fault.h"
#include "core/base/limits.h"

#define HT_MIME_HEADER_BYTES 16384 /* of one part */

/* A media type. Texts point into the value given, or into `unquoted`; absent when there is no such parameter. */
typedef struct {
    HtText name; /* "multipart/related", in the case in which it came */
    HtText charset, boundary, start, start_info, type, action;
    HtBuffer unquoted;
} HtMediaType;

/* Reads the value of a Content-Type. What is not written as it should be is left out. */
void ht_media_type_read(HtText value, HtMediaType *type);
void ht_media_type_clear(HtMediaType *type);

/* `name` in lower case. */
bool ht_media_type_is(const HtMediaType *type, const char *name);

/* True when what has this type can be an XML document: text/xml, application/xml, any …+xml. */
bool ht_media_type_is_xml(const HtMediaType *type);

/* A Content-ID, or what refers to one, without blanks and angle brackets. */
HtText ht_mime_id(HtText value);

/* How a part's bytes are written. */
typedef enum {
    HT_CODING_PLAIN, /* 7bit, 8bit, binary */
    HT_CODING_BASE64,
    HT_CODING_QUOTED, /* quoted-printable */
} HtCoding;

typedef struct {
    HtText content_type; /* header's value; absent when none */
    HtText id;           /* Content-ID without its angle brackets; absent when none */
    HtCoding coding;
    HtText bytes; /* as they stand in the body */
} HtMimePart;

/* Takes the body apart; appends an HtMimePart for each part, limits->parts at most. False, with multipart-malformed or too-many-parts, when it is
 * not what it says: an end that is missing, a header that is none, something after the end. */
bool ht_mime_split(HtText body, HtText boundary, const HtLimits *limits, GArray *parts, HtFault *fault);

/* The part's bytes without their coding: into `to` when they have one, else where they are. False when they are broken. */
bool ht_mime_decode(const HtMimePart *part, HtBuffer *to, HtText *bytes);
