/* `hutong spool backup` and `restore`. */
#include "core/cli/progress.h"
#include "core/cli/spool.h"
#include "core/proof/signer.h"
#include "spool/backup.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

/* What belongs to a spool beside it; the caller frees the names. */
static GStrv find_keys(const HtConfig *config)
{
    GStrv keys = g_new0(char *, 5);
    keys[0] = g_strdup(config->bus.site_key_file);
    keys[1] = g_build_filename(config->bus.state, HT_SIGNER_KEY, NULL);
    keys[2] = g_build_filename(config->bus.state, HT_SIGNER_PUBLIC, NULL);
    keys[3] = g_build_filename(config->bus.state, HT_SIGNER_KEY_SM2, NULL);
    return keys;
}

static int tell_failure(const GError *error)
{
    fprintf(stderr, "hutong spool: %s\n", error->message);
    return g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT) ? HT_EXIT_INTEGRITY
                                                                          : HT_EXIT_FAILED;
}

/* The findings of the copy, if any. */
static int tell_findings(const HtSpoolBackedUp *made, const GString *report, const char *what)
{
    if (made->unchecked) {
        fprintf(stderr, _("hutong spool: warning: the copy is made, but could not be checked: %s"),
                report->str);
    }
    if (made->findings == 0) {
        return HT_EXIT_OK;
    }
    fputs(report->str, stdout);
    printf(_("%s: %d findings: what it was copied from is damaged\n"), what, made->findings);
    return HT_EXIT_INTEGRITY;
}

int ht_cli_spool_backup(const HtConfig *config, const char *folder)
{
    g_auto(GStrv) keys = find_keys(config);
    HtSpoolBackup asked = {.directory = config->bus.state,
                           .keys = (const char *const *)keys,
                           .folder = folder,
                           .progress = ht_cli_progress,
                           .user = "copying"};
    HtSpoolBackedUp made;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (!ht_spool_backup(&asked, &made, report, &error)) {
        return tell_failure(error);
    }
    printf(_("%s: %" PRIu64 " bytes, events up to %" PRIu64
             ", with its keys: keep it where residents' data may "
             "be kept\n"),
           folder, made.bytes, made.last);
    return tell_findings(&made, report, folder);
}

/* `kept` NULL: nothing was there. */
static bool keep_public_keys(const HtConfig *config, const char *kept, GError **error)
{
    g_autofree char *former = kept ? g_build_filename(kept, HT_SIGNER_PUBLIC, NULL) : NULL;
    return !former || ht_signer_keep_keys(config->bus.state, former, error);
}

int ht_cli_spool_restore(const HtConfig *config, const char *folder, const HtSpoolFlags *flags)
{
    g_auto(GStrv) keys = find_keys(config);
    HtSpoolBackup asked = {
        .directory = config->bus.state, .keys = (const char *const *)keys, .folder = folder};
    HtSpoolBackedUp made;
    g_autofree char *kept = NULL;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    bool good = ht_spool_restore(&asked, flags->replace, (uint64_t)flags->skip, &made, &kept, report, &error);
    if (kept) {
        fprintf(stderr, _("hutong spool: what was there is in \"%s\"\n"), kept);
    }
    if (!good || !keep_public_keys(config, kept, &error)) {
        return tell_failure(error);
    }
    printf(_("%s: restored; sequences go on above %" PRIu64
             ". What was taken after the copy is not in it: departments must "
             "send it again. What consumers got after it comes to them again, with the same ids.\n"),
           config->bus.state, made.last);
    return tell_findings(&made, report, config->bus.state);
}
