/* `hutong subject`: who is who. subject.c takes the command apart and changes; subject-show.c shows. */
#pragma once

#include "core/cli/cli.h"
#include "spool/look.h"

/* What the flags say. */
typedef struct {
    gboolean json, each, dry_run, number_on_stdin, value_on_stdin;
    char *kind, *source, *reason;
} HtSubjectFlags;

/* Each gives the exit status. */
int ht_cli_subject_show(HtSpoolLook *look, const char *subject, bool json);
int ht_cli_subject_conflicts(HtSpoolLook *look, const HtSubjectFlags *flags);
