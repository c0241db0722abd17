/* The bus's own records in the audit log. Main thread. */
#include "core/records.h"

#include "core/base/figures.h"
#include "core/base/json.h"
#include "spool/repair.h"

#include "generated/version.h"

#define CONFIG_MAX (2 << 20) /* of it that is kept; the digest is of all */

static HtAuditOptions make_options(const HtBus *bus)
{
    const HtBusConfig *config = &bus->config->bus;
    return (HtAuditOptions){.state = config->state,
                            .bus = config->name,
                            .signer = bus->signer,
                            .segment_bytes = config->audit_segment_bytes,
                            .keep_ms = config->audit_keep_ms,
                            .sync_ms = config->audit_sync_ms};
}

void ht_records_open(HtBus *bus)
{
    HtAuditOptions options = make_options(bus);
    bus->audit = ht_audit_open(&options);
}

void ht_records_change(HtBus *bus)
{
    HtAuditOptions options = make_options(bus);
    ht_audit_change(bus->audit, &options);
}

static bool is_required(const HtBus *bus)
{
    return g_str_equal(bus->config->bus.audit_failure, "stop");
}

/* ---- Beginning and end ---- */

static void add_state(HtBus *bus, const char *state)
{
    HtBuffer body = {.data = NULL};
    ht_buffer_add_char(&body, '{');
    ht_json_member(&body, "state", ht_text_from(state));
    ht_json_member(&body, "version", HT_TEXT_LITERAL(HT_VERSION));
    ht_buffer_add_char(&body, '}');
    ht_audit_add(bus->audit, HT_AUDIT_STATE, ht_buffer_text(&body));
    ht_buffer_clear(&body);
}

void ht_records_config(HtBus *bus)
{
    g_autoptr(GString) text = g_string_new(NULL);
    HtBuffer body = {.data = NULL};
    char hex[HT_SHA256_HEX];
    ht_config_print(bus->config, text);
    ht_sha256_hex((HtText){text->str, text->len}, hex);
    ht_buffer_add_char(&body, '{');
    ht_json_member(&body, "sha256", ht_text_from(hex));
    ht_json_member(&body, "text", (HtText){text->str, MIN(text->len, CONFIG_MAX)});
    ht_buffer_add_char(&body, '}');
    ht_audit_add(bus->audit, HT_AUDIT_CONFIG, ht_buffer_text(&body));
    ht_buffer_clear(&body);
}

void ht_records_begin(HtBus *bus)
{
    add_state(bus, "began");
    ht_records_config(bus);
    bus->access = ht_access_new(bus->audit, bus->dictionary, is_required(bus));
    bus->recorder = ht_access_recorder(bus->access);
}

void ht_records_end(HtBus *bus)
{
    if (bus->audit) {
        add_state(bus, "ended");
        ht_audit_close(bus->audit);
    }
    ht_access_free(bus->access);
    bus->audit = NULL;
    bus->access = NULL;
}

/* ---- What administrators do ---- */

bool ht_records_deed(void *user, const HtAdminDeed *deed)
{
    const HtBus *bus = user;
    HtBuffer body = {.data = NULL};
    ht_buffer_add_char(&body, '{');
    ht_json_member_number(&body, "uid", deed->uid);
    ht_json_member(&body, "verb", ht_text_from(deed->verb));
    ht_json_member(&body, "what", ht_text_from(deed->what));
    ht_json_member_number(&body, "status", deed->status);
    ht_buffer_add_char(&body, '}');
    bool good = ht_audit_add(bus->audit, HT_AUDIT_ADMIN, ht_buffer_text(&body));
    ht_buffer_clear(&body);
    return good || !is_required(bus);
}

void ht_records_answer(void *bus, JsonObject *asked, HtAdminReply *reply)
{
    const char *verb = json_object_get_string_member_with_default(asked, "verb", "");
    const char *subject = json_object_get_string_member_with_default(asked, "subject", "");
    (void)bus;
    ht_admin_shows(reply);
    if (g_str_equal(verb, "search") && ht_spool_repair_is_subject(subject)) {
        ht_admin_note(reply, "search for subject %s", subject);
    } else if (g_str_equal(verb, "export")) {
        ht_admin_note(reply, "export");
    } else {
        ht_admin_refuse(reply, 400, "the verb is search, with a subject, or export");
        return;
    }
    ht_admin_reply(reply, 200, HT_TEXT_LITERAL("{}\n"));
}

/* ---- Status ---- */

static const HtFigure figures[] = {
    {"records", "audit_last_record", offsetof(HtAuditStatus, records)},
    {"segment", NULL, offsetof(HtAuditStatus, segment)},
    {"bytes", NULL, offsetof(HtAuditStatus, bytes)},
    {"failures", "audit_failures_total", offsetof(HtAuditStatus, failures)},
    {"missing", "audit_missing_records", offsetof(HtAuditStatus, missing)},
};

void ht_records_json(const HtBus *bus, HtBuffer *json)
{
    HtAuditStatus status;
    ht_audit_status(bus->audit, &status);
    ht_json_open(json, "audit");
    ht_json_member(json, "state", status.works ? HT_TEXT_LITERAL("written") : HT_TEXT_LITERAL("failed"));
    ht_json_member(json, "problem", ht_text_from(status.problem));
    ht_figures_json(figures, G_N_ELEMENTS(figures), &status, json);
    ht_json_member_time(json, "sealed", status.sealed_us);
    ht_json_member(json, "signature", ht_text_from(ht_signature_name(ht_signer_key(bus->signer)->kind)));
    ht_json_member(json, "keyId", ht_text_from(ht_signer_key(bus->signer)->id));
    ht_buffer_add_char(json, '}');
}

void ht_records_metrics(const HtBus *bus, HtBuffer *text)
{
    HtAuditStatus status;
    ht_audit_status(bus->audit, &status);
    ht_metric_one(text, "audit_writable", status.works);
    ht_figures_metrics(figures, G_N_ELEMENTS(figures), &status, text);
}

char *ht_records_notice(const HtBus *bus)
{
    HtAuditStatus status;
    ht_audit_status(bus->audit, &status);
    if (!status.works) {
        return g_strdup_printf("the audit log cannot be written: %s", status.problem);
    }
    return status.missing > 0 ? g_strdup("the audit log was cut or altered: `hutong audit verify`") : NULL;
}
