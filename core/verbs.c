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
#include "core/status.h"
#include "spool/repair.h"

#include <unistd.h>

/* ---- What they are asked, and give ---- */

#define NAME_BYTES 200
#define ID_BYTES 36
#define LIST_BYTES 2000
#define SUBJECT_BYTES 28
#define IDENTITY_BYTES 256
#define SEQUENCES_BYTES (1 << 20) /* as large as a question may be */

#define CONSUMER                                                                          \
    {                                                                                     \
        "consumer", HT_FORM_TEXT, .about = "its name", .needed = true, .most = NAME_BYTES \
    }
#define MESSAGE                                                                                   \
    {                                                                                             \
        "message", HT_FORM_TEXT, .about = "the id of a message", .needed = true, .most = ID_BYTES \
    }
#define SEQUENCE                                                                                           \
    {                                                                                                      \
        "sequence", HT_FORM_NUMBER, .about = "of the event", .needed = true, .least = 1, .most = INT64_MAX \
    }
#define REASON                                                                    \
    {                                                                             \
        "reason", HT_FORM_TEXT, .about = "why: plain text, without long numbers", \
                                .most = HT_SPOOL_REASON_MAX_BYTES                 \
    }
#define REASON_NEEDED                                                                             \
    {                                                                                             \
        "reason", HT_FORM_TEXT, .about = "why: plain text, without long numbers", .needed = true, \
                                .most = HT_SPOOL_REASON_MAX_BYTES                                 \
    }
#define VERB(words_of)                                                                         \
    {                                                                                          \
        "verb", HT_FORM_TEXT, .about = "what is to be done", .needed = true, .words = words_of \
    }

static const HtFormMember nothing[] = {{0}};

static const HtFormMember subject_asked[] = {
    VERB("split;split-subject;join"),
    {"subject", HT_FORM_TEXT, .about = "the one that goes on", .most = SUBJECT_BYTES},
    {"other", HT_FORM_TEXT, .about = "the other subject", .most = SUBJECT_BYTES},
    {"kind", HT_FORM_TEXT, .about = "split: of the identity", .most = IDENTITY_BYTES},
    {"source", HT_FORM_TEXT, .about = "split: of the identity", .most = IDENTITY_BYTES},
    {"value", HT_FORM_TEXT, .about = "split: the identity in clear; it is neither logged nor kept",
     .most = IDENTITY_BYTES},
    REASON,
    {"dryRun", HT_FORM_FLAG, .about = "only say what would become of it"},
    {0},
};

static const HtFormMember subject_given[] = {
    {"subject", HT_FORM_TEXT, .about = "the one that goes on", .needed = true},
    {"other", HT_FORM_TEXT, .about = "of a split the one that begins, of a join the one that ends",
     .needed = true},
    {"sequence", HT_FORM_NUMBER, .about = "of the event that tells consumers; 0: none", .needed = true},
    {0},
};

static const HtFormMember message_asked[] = {MESSAGE, {0}};

static const HtFormMember payload_given[] = {
    {"payload", HT_FORM_TEXT, .about = "as it came, in base64", .needed = true},
    {0},
};

static const HtFormMember redo_given[] = {
    {"message", HT_FORM_TEXT, .about = "its new id", .needed = true},
    {"events", HT_FORM_NUMBER, .about = "that were taken", .needed = true},
    {"duplicates", HT_FORM_NUMBER, .about = "events that were known", .needed = true},
    {"rejected", HT_FORM_NUMBER, .about = "records that were refused", .needed = true},
    {0},
};

static const HtFormMember drop_asked[] = {MESSAGE, REASON_NEEDED, {0}};

static const HtFormMember consumer_asked[] = {VERB("pause;drain;resume"), CONSUMER, REASON, {0}};
static const HtFormMember route_asked[] = {
    VERB("pause;drain;resume"),
    {"route", HT_FORM_TEXT, .about = "its name", .needed = true, .most = NAME_BYTES},
    REASON,
    {0},
};

#define NOTICE                                                                                               \
    {                                                                                                        \
        "notice", HT_FORM_TEXT, .about = "what senders are told: plain text", .most = HT_PAUSES_NOTICE_BYTES \
    }
#define RETRY                                                                              \
    {                                                                                      \
        "retryAfterS", HT_FORM_NUMBER, .about = "when senders are to come again, seconds", \
                                       .most = HT_PAUSES_RETRY_MAX_S                       \
    }

static const HtFormMember source_asked[] = {
    VERB("pause;drain;resume"),
    {"source", HT_FORM_TEXT, .about = "its name", .needed = true, .most = NAME_BYTES},
    REASON,
    NOTICE,
    RETRY,
    {0},
};
static const HtFormMember maintenance_asked[] = {VERB("on;off"), REASON, NOTICE, RETRY, {0}};

static const HtFormMember pause_given[] = {
    {"state", HT_FORM_TEXT, .about = "what it is now", .needed = true,
     .words = "open;paused;draining;drained"},
    {"underWay", HT_FORM_NUMBER, .about = "messages, or events, that are not through yet", .needed = true},
    {0},
};

static const HtFormMember consumer_only[] = {CONSUMER, {0}};

static const HtFormMember test_given[] = {
    {"id", HT_FORM_TEXT, .about = "of the test event", .needed = true},
    {"taken", HT_FORM_FLAG, .about = "by the consumer", .needed = true},
    {"status", HT_FORM_NUMBER, .about = "of its answer by HTTP"},
    {"reason", HT_FORM_TEXT, .about = "why it did not"},
    {"tookUs", HT_FORM_NUMBER, .about = "microseconds", .needed = true},
    {0},
};

static const HtFormMember left_asked[] = {
    VERB("rename;forget"),
    CONSUMER,
    {"to", HT_FORM_TEXT, .about = "rename: the other consumer", .most = NAME_BYTES},
    REASON,
    {0},
};

static const HtFormMember reload_asked[] = {
    {"file", HT_FORM_TEXT, .about = "the configuration that is meant: refused when it is not the bus's",
     .most = 4096},
    {0},
};

static const HtFormMember reload_given[] = {
    {"applied", HT_FORM_FLAG, .about = "false: the configuration stays as it was", .needed = true},
    {"problems", HT_FORM_TEXT, .about = "why it was refused, a line each"},
    {"sha256", HT_FORM_TEXT, .about = "of the configuration that counts"},
    {"changes", HT_FORM_LIST, .about = "keys and sections that are other than before"},
    {"restart", HT_FORM_LIST, .about = "keys of which the former value counts until the bus is restarted"},
    {"left", HT_FORM_LIST, .about = "what consumers have left that are configured no more",
     .of = ht_left_form},
    {"told", HT_FORM_TEXT, .about = "warnings, a line each"},
    {0},
};

static const HtFormMember dead_asked[] = {
    VERB("replay;drop"),
    CONSUMER,
    {"sequences", HT_FORM_TEXT, .about = "of dead letters, ascending: 3-5;9", .needed = true,
     .most = SEQUENCES_BYTES},
    {"reason", HT_FORM_TEXT, .about = "drop needs one: plain text, without long numbers",
     .most = HT_SPOOL_REASON_MAX_BYTES},
    {0},
};

static const HtFormMember count_given[] = {
    {"count", HT_FORM_NUMBER, .about = "how many were dropped", .needed = true},
    {0},
};

static const HtFormMember replay_asked[] = {
    VERB("begin;list;cancel"),
    {"consumer", HT_FORM_TEXT, .about = "begin: for whom", .most = NAME_BYTES},
    {"from", HT_FORM_NUMBER, .about = "begin: the first sequence", .least = 1, .most = INT64_MAX},
    {"fromTime", HT_FORM_TEXT, .about = "begin: or a time, RFC 3339", .most = 40},
    {"to", HT_FORM_NUMBER, .about = "begin: the last sequence", .least = 1, .most = INT64_MAX},
    {"toTime", HT_FORM_TEXT, .about = "begin: or a time, RFC 3339", .most = 40},
    {"types", HT_FORM_TEXT, .about = "begin: only these, as person.*;marriage.registered.v1",
     .most = LIST_BYTES},
    {"sources", HT_FORM_TEXT, .about = "begin: only of these, as hukou;civil-*", .most = LIST_BYTES},
    {"failedOnly", HT_FORM_FLAG, .about = "begin: only what is a dead letter"},
    {"id", HT_FORM_NUMBER, .about = "cancel: of the replay", .least = 1, .most = INT64_MAX},
    {0},
};

static const HtFormMember replay_given[] = {
    {"id", HT_FORM_NUMBER, .about = "of the replay", .needed = true},
    {"consumer", HT_FORM_TEXT, .about = "for whom", .needed = true},
    {"state", HT_FORM_TEXT, .about = "how far it is", .needed = true, .words = "running;done;cancelled"},
    {"first", HT_FORM_NUMBER, .about = "sequence", .needed = true},
    {"last", HT_FORM_NUMBER, .about = "sequence", .needed = true},
    {"cursor", HT_FORM_NUMBER, .about = "the sequence up to which it is done"},
    {"delivered", HT_FORM_NUMBER, .about = "events", .needed = true},
    {"dead", HT_FORM_NUMBER, .about = "that became dead letters", .needed = true},
    {"skipped", HT_FORM_NUMBER, .about = "that nothing wants, or that are kept no more", .needed = true},
    {"types", HT_FORM_TEXT, .about = "only these"},
    {"sources", HT_FORM_TEXT, .about = "only of these"},
    {"begun", HT_FORM_TIME, .about = "when"},
    {"ended", HT_FORM_TIME, .about = "when"},
    {"uid", HT_FORM_NUMBER, .about = "of who began it", .needed = true},
    {0},
};

static const HtFormMember replays_given[] = {
    {"replays", HT_FORM_LIST, .about = "all that are known", .needed = true, .of = replay_given},
    {0},
};

static const HtFormMember prune_asked[] = {
    {"verb", HT_FORM_TEXT, .about = "what is to be done; start when it is not said",
     .words = "start;look;dry-run"},
    {0},
};

static const HtFormMember prune_given[] = {
    {"running", HT_FORM_NUMBER, .about = "1: a sweep is under way", .needed = true, .most = 1},
    {"events", HT_FORM_NUMBER, .about = "that were pruned, or would be", .needed = true},
    {"bytes", HT_FORM_NUMBER, .about = "that they had", .needed = true},
    {"undelivered", HT_FORM_NUMBER, .about = "of them that somebody had not got", .needed = true},
    {"files", HT_FORM_NUMBER, .about = "of the archive that were written", .needed = true},
    {"archived", HT_FORM_NUMBER, .about = "events", .needed = true},
    {"givenBack", HT_FORM_NUMBER, .about = "bytes, to the disk", .needed = true},
    {"problem", HT_FORM_TEXT, .about = "why it goes no further; empty: none"},
    {0},
};

static const HtFormMember shred_asked[] = {
    {"period", HT_FORM_NUMBER, .about = "its number: `hutong spool keys`", .needed = true, .least = 1,
     .most = UINT32_MAX},
    REASON_NEEDED,
    {0},
};

static const HtFormMember shred_given[] = {
    {"certificate", HT_FORM_TEXT, .about = "that says so, signed", .needed = true},
    {"file", HT_FORM_TEXT, .about = "where it is; not there: it could not be written"},
    {0},
};

static const HtFormMember export_asked[] = {
    {"what", HT_FORM_TEXT, .about = "what is exported: plain text, without long numbers", .needed = true,
     .most = HT_SPOOL_REASON_MAX_BYTES},
    {0},
};

static const HtFormMember event_asked[] = {CONSUMER, SEQUENCE, {0}};

static const HtFormMember event_given[] = {
    {"event", HT_FORM_OBJECT, .about = "as this consumer sees it: a CloudEvent (docs/events.md)",
     .needed = true},
    {0},
};

static const HtFormMember skip_asked[] = {CONSUMER, SEQUENCE, REASON_NEEDED, {0}};

static const HtFormMember audit_asked[] = {
    VERB("search;export"),
    {"subject", HT_FORM_TEXT, .about = "search: about whom", .most = SUBJECT_BYTES},
    {0},
};

/* ---- The table ---- */

#define PRIVACY HT_ROLE_PRIVACY_OFFICER
#define OPERATOR HT_ROLE_OPERATOR

const HtAdminVerb ht_verbs[] = {
    {"subject", ht_repair_answer, true, PRIVACY, NULL, "Change who is who", subject_asked, subject_given,
     NULL},
    {"payload", ht_redo_show, true, PRIVACY, NULL, "Show a message as it came", message_asked, payload_given,
     NULL},
    {"redo", ht_redo_answer, false, OPERATOR, NULL, "Have a kept message done again", message_asked,
     redo_given, NULL},
    {"drop", ht_redo_drop, true, OPERATOR, NULL, "Take a message out of quarantine", drop_asked, nothing,
     NULL},
    {"consumer", ht_pauses_consumer, true, OPERATOR, NULL, "Hold a consumer, or let it go on", consumer_asked,
     pause_given, NULL},
    {"source", ht_pauses_source, true, OPERATOR, NULL, "Hold a source, or let it go on", source_asked,
     pause_given, NULL},
    {"route", ht_pauses_route, true, OPERATOR, NULL, "Hold a route, or let it go on", route_asked,
     pause_given, NULL},
    {"maintenance", ht_pauses_maintenance, true, OPERATOR, NULL, "Hold all sources, or let them go on",
     maintenance_asked, pause_given, NULL},
    {"test", ht_outlet_test, false, OPERATOR, NULL, "Send a consumer a test event", consumer_only, test_given,
     NULL},
    {"left", ht_left_verb, true, OPERATOR, NULL, "Give away, or drop, what a former consumer has left",
     left_asked, nothing, NULL},
    {"reload", ht_reload_verb, false, OPERATOR, NULL, "Read the configuration again", reload_asked,
     reload_given, NULL},
    {"dead", ht_outlet_dead, true, OPERATOR, NULL, "Send dead letters again, or drop them", dead_asked,
     count_given, replay_given},
    {"replay", ht_replays_verb, true, OPERATOR, "list", "Send a consumer a range of events again",
     replay_asked, replay_given, replays_given},
    {"prune", ht_retention_prune, true, OPERATOR, NULL, "Remove what has been kept long enough", prune_asked,
     prune_given, NULL},
    {"shred", ht_shred_answer, true, PRIVACY, NULL, "Destroy the key of a period", shred_asked, shred_given,
     NULL},
    {"export", ht_retention_export, true, PRIVACY, NULL, "Record that events are exported by a command",
     export_asked, nothing, NULL},
    {"event", ht_outlet_event, false, PRIVACY, NULL, "Show an event as a consumer sees it", event_asked,
     event_given, NULL},
    {"skip", ht_outlet_skip, false, OPERATOR, NULL, "Make an event that a consumer fails at a dead letter",
     skip_asked, nothing, NULL},
    {"audit", ht_records_answer, true, HT_ROLE_AUDITOR, NULL,
     "Record that the audit log is read by a command", audit_asked, nothing, NULL},
    {0},
};

const HtAdminApi ht_verbs_api = {ht_verbs, ht_status_form, ht_status_recent_form};

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
    bus.signer = ht_signer_open(config->bus.state, ht_signature_kind(config->bus.signature), error);
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
