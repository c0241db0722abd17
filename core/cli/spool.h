/* `hutong spool`: spool.c takes the command apart and checks, spool-copy.c backs up and restores, spool-repair.c repairs,
 * spool-status.c says what it holds. */
#pragma once

#include "core/cli/cli.h"

/* What the flags say. */
typedef struct {
    gboolean json, replace;
    gint64 skip;
} HtSpoolFlags;

/* Each gives the exit status. */
int ht_cli_spool_backup(const HtConfig *config, const char *folder);
int ht_cli_spool_restore(const HtConfig *config, const char *folder, const HtSpoolFlags *flags);
int ht_cli_spool_status(const HtConfig *config, const HtSpoolFlags *flags);
int ht_cli_spool_repair(const HtConfig *config, const HtSpoolFlags *flags);
