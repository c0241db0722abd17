/* Pausing, draining and going on, from the command line: the same for consumers, sources, routes and maintenance (core/pauses.h). */
#pragma once

#include "core/cli/ask.h"

#include <glib/gi18n.h>

/* The options of all these verbs. */
typedef struct {
    char *reason, *notice, *retry_after, *timeout; /* NULL: not given */
} HtCliPause;

#define HT_CLI_PAUSE_WORDS(pause)                                                                           \
    {"reason", 0, 0, G_OPTION_ARG_STRING, &(pause).reason, N_("Why; it is shown, and in the log"), "TEXT"}, \
    {                                                                                                       \
        "timeout", 0, 0, G_OPTION_ARG_STRING, &(pause).timeout,                                             \
            N_("Of drain and on: so long what is under way is waited for (60s; 0: not at all)"), "TIME"     \
    }

#define HT_CLI_PAUSE_NOTICE(pause)                                                                      \
    {"notice", 0, 0, G_OPTION_ARG_STRING, &(pause).notice, N_("What senders are told, beside the 503"), \
     "TEXT"},                                                                                           \
    {                                                                                                   \
        "retry-after", 0, 0, G_OPTION_ARG_STRING, &(pause).retry_after,                                 \
            N_("When they may send again: 10min, 2h (60s)"), "TIME"                                     \
    }

/* Asks for it and tells what came of it. `kind` is the verb of the admin socket and the member with the name, which is NULL in maintenance;
 * `verb` as core/pauses.h has it. With a drain it waits until nothing is under way; HT_EXIT_FAILED when something still is. */
int ht_cli_pause_change(const HtConfig *config, const char *kind, const char *verb, const char *name,
                        const HtCliPause *pause);

/* False after a complaint: a time is none. */
bool ht_cli_pause_is_good(const HtCliPause *pause, const char *kind);
void ht_cli_pause_clear(HtCliPause *pause);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtCliPause, ht_cli_pause_clear)

int ht_cli_source(int argc, char **argv);
int ht_cli_route(int argc, char **argv);
int ht_cli_maintenance(int argc, char **argv);
