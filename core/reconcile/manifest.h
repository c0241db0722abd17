/* The other side's list: of a department, the messages that it has sent; of a consumer, the events that it has. One entry has an id (the
 * message's or event's, a UUID), a digest (SHA-256, 64 hexadecimal digits), or both.
 *
 * CSV: in UTF-8, UTF-16 or GBK, lines ended by LF, CR or both; `,`, `;`, `|` or a tab between, told by the first line (or Excel's `sep=`).
 * Headings say which columns are which (id, messageId, 报文编号, …; digest, sha256, 摘要, …), in any order and with others between them;
 * of one without, the first value that is an id or a digest. A digest may be missing, an id may be empty when there is a digest. Quotes, ="…", braces, empty lines, lines
 * that begin with `#`, and before the first entry lines without a digit are understood.
 * XML: every element `entry`, whatever its namespace, with `id` and `digest` (or the other names) as attributes or elements.
 *
 * Values are never shown: what is no UUID may be anything. One thread. */
#pragma once

#include "core/base/uuid.h"

#include <glib.h>

#define HT_MANIFEST_MAX 10000000 /* entries; about 100 bytes of memory each */

typedef struct {
    HtUuid id;
    bool has_id, has_digest;
    uint8_t digest[32];
    bool seen;     /* the books have it */
    unsigned line; /* of the file; of XML from 65535 on only that */
} HtManifestEntry;

typedef struct {
    GHashTable *by_id;     /* of HtManifestEntry, by its id */
    GHashTable *by_digest; /* of those without an id */
    GArray *twice;         /* of HtManifestEntry: whose id (or digest, without one) stood there before */
    GArray *unreadable;    /* of unsigned: lines that are no entry */
    uint64_t count;        /* entries */
} HtManifest;

#define HT_MANIFEST_ERROR (ht_manifest_error_quark())
GQuark ht_manifest_error_quark(void);

/* NULL when the file cannot be read, is not well-formed, or too long. */
HtManifest *ht_manifest_read(const char *file, GError **error);
void ht_manifest_free(HtManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtManifest, ht_manifest_free)

/* The entry for this id, or else that for this digest; NULL when there is none. */
HtManifestEntry *ht_manifest_find(const HtManifest *manifest, const HtUuid *id, const uint8_t digest[32]);
