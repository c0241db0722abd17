/* `hutong spool check`: the integrity of a spool that no bus has open. */
#include "core/cli/cli.h"

#include "spool/spool.h"

#include <stdio.h>

int ht_cli_spool(int argc, char **argv)
{
    g_autofree char *file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            "check: verifies the spool's integrity (the bus must be stopped). Exit 2 when damaged.", NULL,
            &file)) {
        return HT_EXIT_USAGE;
    }
    if (argc != 2 || !g_str_equal(argv[1], "check")) {
        fprintf(stderr, "usage: hutong spool check [-c FILE]\n");
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int findings = ht_spool_check(config->bus.state, report, &error);
    if (findings < 0) {
        fprintf(stderr, "hutong spool: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    fputs(report->str, stdout);
    printf("%s: %d findings\n", config->bus.state, findings);
    return findings ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}
