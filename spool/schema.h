/* The spool file's format: its tables and how an older file becomes a current one. The format version is
 * SQLite's user_version; application_id says that the file is a spool. */
#pragma once

#include "spool/database.h"

#define HT_SPOOL_APPLICATION_ID 0x48545370 /* "HTSp" */
#define HT_SPOOL_FORMAT 12

/* What is in the file: 0 for a new one. HT_SPOOL_ERROR_FORMAT when it is not a spool, or of a newer
 * version. */
bool ht_spool_schema_version(sqlite3 *db, int *version, GError **error);

/* Brings the file from its version to `version` step by step, each step in a transaction of its own: after
 * a crash the file is at one version or the next. Does nothing when it is there already. */
bool ht_spool_schema_migrate(sqlite3 *db, int version, GError **error);

/* Sets WAL and synchronous = FULL (and of a new file the page size, and that it can give back free pages), and makes sure that SQLite took
 * them. */
bool ht_spool_schema_prepare(sqlite3 *db, const HtSpoolOptions *options, GError **error);

/* One row of the table `meta`; found only if it exists. `value` is of `size` bytes exactly. */
bool ht_spool_meta_get(sqlite3 *db, const char *name, void *value, size_t size, bool *found, GError **error);
bool ht_spool_meta_set(sqlite3 *db, const char *name, const void *value, size_t size, GError **error);

/* Meta rows. */
#define HT_SPOOL_META_KEY_CHECK "key-check" /* 16 bytes made with the site key */
#define HT_SPOOL_META_CLEAN "clean"         /* 1 byte: '1' after a clean end, '0' while open */
#define HT_SPOOL_META_VAULT "vault"         /* 8 bytes: which keys its values are sealed with: vault.h */
#define HT_SPOOL_META_SEALED \
    "sealed" /* 1 byte: up to which column nothing is left that is not sealed: seal-older.c */
#define HT_SPOOL_META_LOOSE "loose-rows"      /* 16 bytes: pieces of a message may be left: rows.c */
#define HT_SPOOL_META_TURNS "turns"           /* where the clock was set back: turns.h */
#define HT_SPOOL_META_ROOTS "roots"           /* where tables begin: roots.h */
#define HT_SPOOL_META_PRUNED "pruned-through" /* 8 bytes, little endian: the last sequence that was pruned */

/* The last sequence that is no longer kept, 0 when nothing was pruned. */
bool ht_spool_meta_pruned(sqlite3 *db, uint64_t *sequence, GError **error);
