/* `hutong subject`: who is who. subject.c takes the command apart and changes; subject-show.c shows,
 * subject-ask.c asks for the change. */
#pragma once

#include "core/cli/cli.h"
#include "spool/look.h"
#include "spool/repair.h"

/* What the flags say. */
typedef struct {
    gboolean json, each, dry_run, number_on_stdin, value_on_stdin;
    char *kind, *source, *reason;
} HtSubjectFlags;

/* Each gives the exit status. */
int ht_cli_subject_show(HtSpoolLook *look, const char *subject, bool json);
int ht_cli_subject_conflicts(HtSpoolLook *look, const HtSubjectFlags *flags);

/* Asks the running bus for it, or does it itself when none runs, which `offline` says; and waits. The error is ht_verbs_ask()'s:
 * HT_ADMIN_ERROR_REFUSED when it cannot be done. */
bool ht_cli_subject_ask(const HtConfig *config, const HtSpoolRepair *repair, HtSpoolRepaired *repaired,
                        bool *offline, GError **error);
