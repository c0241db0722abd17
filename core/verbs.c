/* The table of verbs, and how a command has one done. */
#include "core/verbs.h"

#include "core/admin/ask.h"
#include "core/bus.h"
#include "core/left.h"
#include "core/outlet.h"
#include "core/pauses.h"
#include "core/records.h"
#include "core/redo.h"
#include "core/repair.h"
#include "core/replays.h"
#include "core/retention.h"
#include "core/shred.h"

#include <unistd.h>

const HtAdminVerb ht_verbs[] = {
    {"subject", ht_repair_answer, true, HT_ROLE_PRIVACY_OFFICER, NULL},
    {"payload", ht_redo_show, true, HT_ROLE_PRIVACY_OFFICER, NULL},
    {"redo", ht_redo_answer, false, HT_ROLE_OPERATOR, NULL},
    {"drop", ht_redo_drop, true, HT_ROLE_OPERATOR, NULL},
    {"consumer", ht_pauses_consumer, true, HT_ROLE_OPERATOR, NULL},
    {"source", ht_pauses_source, true, HT_ROLE_OPERATOR, NULL},
    {"route", ht_pauses_route, true, HT_ROLE_OPERATOR, NULL},
    {"maintenance", ht_pauses_maintenance, true, HT_ROLE_OPERATOR, NULL},
    {"test", ht_outlet_test, false, HT_ROLE_OPERATOR, NULL},
    {"left", ht_left_verb, true, HT_ROLE_OPERATOR, NULL},
    {"reload", ht_reload_verb, false, HT_ROLE_OPERATOR, NULL},
    {"dead", ht_outlet_dead, true, HT_ROLE_OPERATOR, NULL},
    {"replay", ht_replays_verb, true, HT_ROLE_OPERATOR, "list"},
    {"prune", ht_retention_prune, true, HT_ROLE_OPERATOR, NULL},
    {"shred", ht_shred_answer, true, HT_ROLE_PRIVACY_OFFICER, NULL},
    {"export", ht_retention_export, true, HT_ROLE_PRIVACY_OFFICER, NULL},
    {"event", ht_outlet_event, false, HT_ROLE_PRIVACY_OFFICER, NULL},
    {"skip", ht_outlet_skip, false, HT_ROLE_OPERATOR, NULL},
    {"audit", ht_records_answer, true, HT_ROLE_AUDITOR, NULL},
    {0},
};

/* ---- Without a bus ---- */

typedef struct {
    bool done;
    JsonObject *answer;
    GError *error;
} Waiting;

static void keep_answer(unsigned status, HtText json, void *user)
{
    Waiting *waiting = user;
    g_autofree char *text = g_strndup(json.data, json.size);
    waiting->done = true;
    waiting->answer = ht_admin_answer(status, text, &waiting->error);
}

static HtSpool *open_spool(const HtConfig *config, GError **error)
{
    uint8_t key[32];
    if (!ht_spool_load_key(config->bus.site_key_file, false, key, error)) {
        return NULL;
    }
    HtSpoolOptions options = {.directory = config->bus.state,
                              .site_key = key,
                              .limits = config->spool.limits,
                              .sealing = ht_config_sealing(config),
                              .must_exist = true};
    options.limits.reserve_bytes = 0; /* it is kept for what must be recorded, and this must be */
    HtSpool *spool = ht_spool_open(&options, error);
    explicit_bzero(key, sizeof key);
    return spool;
}

static JsonObject *do_here(const HtConfig *config, const HtAdminVerb *verb, const char *question,
                           GError **error)
{
    Waiting waiting = {.done = false};
    HtBus bus = {.config = (HtConfig *)config, .spool = open_spool(config, error)};
    if (!bus.spool) {
        return NULL;
    }
    bus.signer = ht_signer_open(config->bus.state, error);
    if (!bus.signer) {
        ht_spool_close(bus.spool);
        return NULL;
    }
    ht_records_open(&bus);
    ht_admin_do(verb, &bus, HT_ROLES_ALL, ht_text_from(question), ht_records_deed,
                ht_admin_reply_new(getuid(), keep_answer, &waiting));
    while (!waiting.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_audit_close(bus.audit);
    ht_signer_free(bus.signer);
    ht_spool_close(bus.spool);
    if (waiting.error) {
        g_propagate_error(error, waiting.error);
    }
    return waiting.answer;
}

JsonObject *ht_verbs_ask(const HtConfig *config, const char *verb, const char *question, bool *offline,
                         GError **error)
{
    const HtAdminVerb *row = ht_admin_verb(ht_verbs, verb);
    g_autoptr(GError) own = NULL;
    JsonObject *answer = ht_admin_ask(config->bus.admin, verb, question, &own);
    bool nobody = g_error_matches(own, HT_ADMIN_ERROR, HT_ADMIN_ERROR_NOBODY);
    if (offline) {
        *offline = nobody;
    }
    if (nobody && row->offline) {
        return do_here(config, row, question, error);
    }
    if (own) {
        g_propagate_error(error, g_steal_pointer(&own));
    }
    return answer;
}
