/* The verb `shred`; see shred.h. The key goes first, then the certificate is written: one that says what did not happen would be worse than none. */
#include "core/shred.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/bus.h"
#include "core/proof/destroyed.h"
#include "spool/cursor.h"
#include "spool/delivery.h"
#include "spool/repair.h"
#include "spool/sealed-use.h"
#include "spool/vault.h"

#include <glib/gstdio.h>

/* What is sealed under it; false after the refusal. */
static bool find_use(const HtBus *bus, gint64 number, HtSpoolPeriodUse *use, int64_t *ended_us,
                     HtAdminReply *reply)
{
    g_autoptr(GError) error = NULL;
    ht_spool_flush(bus->spool); /* what is being committed counts */
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(bus->config->bus.state, &error);
    g_autoptr(GArray) uses = look ? ht_spool_look_periods(look, &error) : NULL;
    if (!uses) {
        ht_admin_refuse(reply, 503, error->message);
        return false;
    }
    const HtSpoolPeriodUse *unknown = &g_array_index(uses, HtSpoolPeriodUse, uses->len - 1);
    if (unknown->rows + unknown->values > 0) {
        ht_admin_refuse(
            reply, 409,
            "there are damaged rows of which nobody can tell under which key they are sealed: `hutong spool repair` first");
        return false;
    }
    if (number < 1 || number + 1 >= uses->len) {
        ht_admin_refuse(reply, 404, "there is no such period: `hutong spool keys` lists them");
        return false;
    }
    *use = g_array_index(uses, HtSpoolPeriodUse, number);
    *ended_us = number + 2 < uses->len ? g_array_index(uses, HtSpoolPeriodUse, number + 1).begun_us : 0;
    return true;
}

static bool may_go(const HtSpoolPeriodUse *use, HtAdminReply *reply)
{
    g_autofree char *used = NULL;
    if (use->current) {
        ht_admin_refuse(reply, 409, "it is the current period: what comes is sealed under its key");
    } else if (use->destroyed_us > 0) {
        ht_admin_refuse(reply, 409, "its key was destroyed before");
    } else if (use->rows + use->values > 0) {
        used = g_strdup_printf(
            "%" G_GUINT64_FORMAT " rows of events and %" G_GUINT64_FORMAT
            " payloads, faults and answers are sealed under its key: prune them first ([retention], `hutong spool "
            "prune`, `hutong message drop`)",
            use->rows, use->values);
        ht_admin_refuse(reply, 409, used);
    } else {
        return true;
    }
    return false;
}

/* The caller frees. */
static char *certificate_of(const HtBus *bus, uint32_t period)
{
    g_autofree char *name = g_strdup_printf("period-%u.txt", period);
    return g_build_filename(bus->config->bus.state, "destroyed", name, NULL);
}

/* The key was destroyed, and the bus ended before it could say so. */
static bool lacks_certificate(const HtBus *bus, const HtSpoolPeriodUse *use)
{
    g_autofree char *file = certificate_of(bus, use->number);
    return use->destroyed_us > 0 && !g_file_test(file, G_FILE_TEST_EXISTS);
}

static char *write_certificate(const HtBus *bus, const HtDestroyed *destroyed, HtText text)
{
    g_autofree char *file = certificate_of(bus, destroyed->period);
    g_autofree char *folder = g_path_get_dirname(file);
    bool good =
        g_mkdir_with_parents(folder, 0700) == 0 &&
        g_file_set_contents_full(file, text.data, (gssize)text.size,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, NULL);
    return good ? g_steal_pointer(&file) : NULL;
}

static void answer(HtAdminReply *reply, HtText certificate, const char *file)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "certificate", certificate);
    ht_json_member(&json, "file", ht_text_from(file));
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

void ht_shred_answer(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    g_autoptr(GError) error = NULL;
    const char *reason = json_object_get_string_member_with_default(asked, "reason", "");
    gint64 number = json_object_get_int_member_with_default(asked, "period", 0);
    HtSpoolPeriodUse use;
    HtDestroyed destroyed = {.bus = bus->config->bus.name, .reason = reason, .uid = ht_admin_uid(reply)};
    if (!ht_spool_repair_is_reason(reason)) {
        ht_admin_refuse(reply, 400, "a reason is 1 to 200 bytes of plain text, without long numbers");
        return;
    }
    if (!find_use(bus, number, &use, &destroyed.ended_us, reply) ||
        (!lacks_certificate(bus, &use) && !may_go(&use, reply))) {
        return;
    }
    destroyed.period = use.number;
    destroyed.cipher = ht_spool_cipher_name(use.cipher);
    destroyed.begun_us = use.begun_us;
    destroyed.destroyed_us = use.destroyed_us > 0 ? use.destroyed_us : ht_clock_now();
    if (use.destroyed_us == 0 && !ht_spool_shred(bus->spool, use.number, destroyed.destroyed_us, &error)) {
        ht_admin_refuse(reply, 503, error->message);
        return;
    }
    g_autofree char *what = g_strdup_printf("period %u", use.number);
    HtBuffer text = {0};
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "spool shred", what, reason);
    ht_admin_note(reply, "the key of %s is destroyed: %s", what, reason);
    ht_destroyed_write(&destroyed, bus->signer, &text);
    g_autofree char *file = write_certificate(bus, &destroyed, ht_buffer_text(&text));
    answer(reply, ht_buffer_text(&text), file);
    ht_buffer_clear(&text);
}
