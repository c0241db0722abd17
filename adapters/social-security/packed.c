/* Documents that stand in a payload as base64 (the work-injury line). Looked for in the bytes, because neither the wrapping's
 * root nor its elements have a name that is known: a run of base64 that is XML when unpacked. Called by social-security.c,
 * which has it mapped in the payload's stead, so that it is decoded as a document of its own (the inner encoding is often
 * another). */
#include "social-security.h"

#include <stdlib.h>
#include <string.h>

#define PACKED_MIN 24 /* characters: less holds no element with a value */

/* Line ends between lines of base64, also written as references. Their length, or 0. */
static size_t measure_break(hutong_text text, size_t at)
{
    static const char *const breaks[] = {"\n",    "\r",    " ",     "\t",    "&#13;", "&#10;",
                                         "&#xD;", "&#xA;", "&#xd;", "&#xa;", NULL};
    for (const char *const *one = breaks; *one; one++) {
        size_t size = strlen(*one);
        if (at + size <= text.size && memcmp(text.data + at, *one, size) == 0) {
            return size;
        }
    }
    return 0;
}

/* Where the document begins behind byte order marks and blanks. */
static size_t find_front(const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        bool is_mark = size - at >= 3 && memcmp(bytes + at, "\xEF\xBB\xBF", 3) == 0;
        if (!is_mark && !hutong_is_blank(bytes[at]) && bytes[at] != '\0') {
            break;
        }
        at += is_mark ? 3 : 1;
    }
    return at;
}

/* What the first signs unpack to begins a document: `<`, perhaps behind a byte order mark or empty lines. */
static bool may_begin(hutong_text text, size_t at)
{
    const char *run = text.data + at;
    if (at + PACKED_MIN > text.size || (at > 0 && hutong_base64_value(run[-1]) >= 0)) {
        return false;
    }
    char bytes[PACKED_MIN];
    size_t size = 0;
    hutong_base64 unpacking = {0, 0};
    for (size_t i = 0; i < PACKED_MIN; i++) {
        int value = hutong_base64_value(run[i]);
        if (value < 0) {
            break;
        }
        size += hutong_base64_take(&unpacking, value, bytes + size);
    }
    size_t front = find_front(bytes, size);
    return size > 0 && (front == size || bytes[front] == '<');
}

/* The first signs of `<`, a byte order mark, and a blank. */
static bool is_first_sign(char sign)
{
    return sign == 'P' || sign == '7' || sign == 'C' || sign == 'D' || sign == 'I';
}

/* What is unpacked from one start. */
typedef struct {
    size_t end;   /* of the run, in the payload */
    size_t signs; /* of base64 in it */
    size_t size;  /* of the bytes */
} Unpacked;

/* Unpacks into `bytes`, which has room. */
static Unpacked unpack(hutong_text text, size_t at, char *bytes)
{
    Unpacked unpacked = {at + 1, 0, 0};
    hutong_base64 run = {0, 0};
    for (size_t i = at; i < text.size;) {
        int value = hutong_base64_value(text.data[i]);
        size_t skipped = value < 0 ? measure_break(text, i) : 1;
        if (skipped == 0) {
            break;
        }
        i += skipped;
        if (value < 0) {
            continue;
        }
        unpacked.end = i;
        unpacked.signs++;
        unpacked.size += hutong_base64_take(&run, value, bytes + unpacked.size);
    }
    while (unpacked.end < text.size && text.data[unpacked.end] == '=') {
        unpacked.end++;
    }
    return unpacked;
}

static bool may_surround(char byte)
{
    return hutong_is_blank(byte) || byte == '\0';
}

/* XML from its first sign to its last. */
static bool is_document(const char *bytes, size_t size)
{
    size_t at = find_front(bytes, size);
    while (size > at && may_surround(bytes[size - 1])) {
        size--;
    }
    return size > at + 4 && bytes[at] == '<' && bytes[size - 1] == '>';
}

/* Where a run may begin from here on; the text's end when nowhere. Most payloads have none: a look at one sign must do. */
static size_t find_begin(hutong_text text, size_t at)
{
    for (; at < text.size; at++) {
        if (is_first_sign(text.data[at]) && may_begin(text, at)) {
            break;
        }
    }
    return at;
}

/* A run in which a start failed. From another start in it with as many signs to its end, but for a multiple of four, it
 * unpacks to the same last bytes, and fails as well: so each run is unpacked four times at most. */
typedef struct {
    size_t end;     /* of the run; 0 when there is none */
    size_t at;      /* a start in it, */
    size_t signs;   /* and how many signs of base64 there are from there to the end */
    unsigned faded; /* bit n: nothing begins where signs % 4 == n */
} Failed;

static size_t count_signs(hutong_text text, size_t from, size_t to)
{
    size_t signs = 0;
    while (from < to) {
        bool is_sign = hutong_base64_value(text.data[from]) >= 0;
        size_t skipped = is_sign ? 1 : measure_break(text, from);
        signs += is_sign;
        from += skipped > 0 ? skipped : 1;
    }
    return signs;
}

static bool must_fail(hutong_text payload, size_t at, Failed *failed)
{
    if (at >= failed->end) {
        return false;
    }
    failed->signs -= count_signs(payload, failed->at, at);
    failed->at = at;
    return failed->faded >> failed->signs % 4 & 1;
}

static void note_failure(size_t at, const Unpacked *unpacked, Failed *failed)
{
    if (unpacked->end != failed->end) {
        *failed = (Failed){unpacked->end, at, unpacked->signs, 0};
    }
    failed->faded |= 1U << unpacked->signs % 4;
}

/* Looks at the run that may begin here; returns where to go on. */
static size_t look_at_run(hutong_text payload, size_t at, char *bytes, Failed *failed, SocsecPacked *packed)
{
    if (must_fail(payload, at, failed)) {
        return at + 1;
    }
    Unpacked unpacked = unpack(payload, at, bytes);
    if (unpacked.end - at < PACKED_MIN || !is_document(bytes, unpacked.size)) {
        note_failure(at, &unpacked, failed);
        return at + 1;
    }
    if (packed->count++ == 0) {
        packed->start = at;
        packed->size = unpacked.end - at;
        packed->bytes_size = unpacked.size;
        packed->bytes = malloc(unpacked.size);
        if (packed->bytes) {
            memcpy(packed->bytes, bytes, unpacked.size);
        }
    }
    return unpacked.end;
}

bool socsec_packed_find(hutong_text payload, SocsecPacked *packed)
{
    char *bytes = NULL;
    Failed failed = {0};
    *packed = (SocsecPacked){0};
    for (size_t at = 0; (at = find_begin(payload, at)) < payload.size;) {
        bytes = bytes ? bytes : malloc(payload.size / 4 * 3 + 3);
        if (!bytes) {
            break;
        }
        at = look_at_run(payload, at, bytes, &failed, packed);
    }
    free(bytes);
    return packed->bytes != NULL;
}
