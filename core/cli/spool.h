/* `hutong spool`: spool.c takes the command apart and checks, spool-copy.c backs up and restores, spool-repair.c repairs,
 * spool-status.c says what it holds, spool-keep.c prunes, exports and verifies, spool-keys.c says what is sealed
 * with which keys and destroys one. */
#pragma once

#include "core/cli/cli.h"

/* What the flags say. */
typedef struct {
    gboolean json, replace, dry_run;
    gint64 skip;
    char *source, *type, *since, *until, *reason;
} HtSpoolFlags;

/* Each gives the exit status. */
int ht_cli_spool_backup(const HtConfig *config, const char *folder);
int ht_cli_spool_restore(const HtConfig *config, const char *folder, const HtSpoolFlags *flags);
int ht_cli_spool_status(const HtConfig *config, const HtSpoolFlags *flags);
int ht_cli_spool_repair(const HtConfig *config, const HtSpoolFlags *flags);
int ht_cli_spool_prune(const HtConfig *config, const HtSpoolFlags *flags);
int ht_cli_spool_export(const HtConfig *config, const char *path, const HtSpoolFlags *flags);
int ht_cli_spool_keys(const HtConfig *config, const HtSpoolFlags *flags);
int ht_cli_spool_shred(const HtConfig *config, const char *period, const HtSpoolFlags *flags);
int ht_cli_spool_unseal(const HtConfig *config, const char *path, const HtSpoolFlags *flags);
int ht_cli_spool_verify(const HtConfig *config, const char *path, const HtSpoolFlags *flags);
