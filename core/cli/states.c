/* States in words; see states.h. The page itself has them in English: programs compare them. */
#include "core/cli/states.h"

#include <glib/gi18n.h>

static const char *const known[] = {
    N_("ready"),
    N_("starting"),
    N_("stopping"),
    N_("the spool's file was removed or replaced"),
    N_("the spool's disk has failed"),
    N_("the spool has reached max-size: intake is stopped"),
    N_("the spool's disk is full: intake is stopped"),
    N_("ok"),
    N_("full"),
    N_("capped"),
    N_("failed"),
    N_("open"),
    N_("paused"),
    N_("draining"),
    N_("drained"),
    N_("running"),
    N_("stopped"),
    N_("throttled"),
    N_("broken"),
    N_("idle"),
    N_("delivering"),
    N_("retrying"),
    N_("done"),
    N_("cancelled"),
    N_("unasked"),
    N_("asking"),
    N_("allowed"),
    N_("refused"),
    N_("taken"),
    N_("taken in part"),
};

const char *ht_cli_state(const char *state)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_equal(state, known[i])) {
            return _(known[i]);
        }
    }
    return state;
}
