/* The fields inside frames: how the bus tells a host to set up, and what the host says of its adapter. Those of MESSAGE and BEGIN are in
 * core/base/message-head.h. Shared by the bus and the host; the readers trust nothing that comes from the other side. No state; any
 * thread. */
#pragma once

#include "core/base/limits.h"
#include "core/base/pack.h"
#include "plugins/hutong-plugin.h"
#include "plugins/layer.h"

#include <glib.h>

/* Fields of LOG (level, text), FAILED (text), WSDL (text: the URL; service: of which alone) and TEXT (text; none: the adapter
 * has no WSDL; service: there is none of this name, but these). BOX is in layer.h. CHUNK is bytes without fields; END, ABORT and STOP are empty. */
enum { HT_FIELD_LEVEL = 1, HT_FIELD_TEXT, HT_FIELD_SERVICE };

/* Who may sign a source's messages, and how (plugins/signature/signature.h). Texts are PEM, absent when not given; without both nothing is asked for. */
typedef struct {
    HtText authorities, certificates; /* that vouch for signers, and of signers themselves */
    const char *const
        *subjects;  /* names that signers under `authorities` may have, NULL-terminated; NULL: any */
    int64_t age_us; /* how far the time of a Timestamp may be from now */
    bool needs_timestamp, allows_sha1;
} HtSignatureKeys;

/* What START carries: HtHostOptions without the bus's own part. Texts are NULL when not given. */
typedef struct {
    const char *source, *adapter_file, *mapping_file, *data_directory, *site_directory, *division;
    bool quarantine_invalid;
    bool usernames; /* WS-Security headers are understood */
    HtBoxNeed need; /* which layers must stand before the adapter is loaded */
    bool inspect;   /* load the adapter, say what it is, open nothing */
    bool outline; /* answer each payload with its outline (mappings/engine/outline/outline.h), and nothing else */
    HtLimits limits;      /* of memory_bytes, 0: none */
    uint64_t frame_bytes; /* a larger result is not sent, but a fault in its place; 0: no limit */
    HtSignatureKeys signature;
    GPtrArray *options;  /* of const char *: key, value, key, value, …; may be NULL */
    GPtrArray *subjects; /* of const char *: signature.subjects, when unpacked; ends with NULL */
    GPtrArray *owned;    /* what ht_start_clear() frees; NULL unless unpacked */
} HtStart;

/* Whether messages must be signed. */
bool ht_start_is_signed(const HtSignatureKeys *signature);

void ht_start_pack(const HtStart *start, HtBuffer *buffer);

/* False when the bytes are broken. On both answers ht_start_clear() frees what was taken. */
bool ht_start_unpack(HtText bytes, HtStart *start);
void ht_start_clear(HtStart *start);

/* Which functions an adapter has, as bits. */
typedef enum {
    HT_ADAPTER_REPLY = 1 << 0,
    HT_ADAPTER_WSDL = 1 << 1,
    HT_ADAPTER_POLL = 1 << 2,
    HT_ADAPTER_ENCODE = 1 << 3,
} HtAdapterFunctions;

/* What READY carries. Every text is one line of UTF-8 of at most 1000 bytes; "" when the adapter gives
 * none. */
typedef struct {
    char *name, *version, *summary;
    uint32_t abi_major, abi_minor, functions, threads;
    GPtrArray *operations; /* of char * */
    GPtrArray *options;    /* of char *: key, fallback, help, key, … */
    GPtrArray *warnings;   /* of char *: what the mapping's compiler warned of */
} HtReady;

/* `warnings` ends with NULL; NULL: there is no mapping. Long ones are cut, and what is above the limit is left out. */
void ht_ready_pack(const hutong_adapter *adapter, const char *const *warnings, HtBuffer *buffer);

/* False when the bytes are broken, too long or not text: the host is not to be believed. On both answers
 * ht_ready_clear() frees what was taken. */
bool ht_ready_unpack(HtText bytes, HtReady *ready);
void ht_ready_clear(HtReady *ready);

/* Finds one field; absent when there is none or the bytes are broken. */
HtText ht_field_find(HtText bytes, uint8_t tag);
