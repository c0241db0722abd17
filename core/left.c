/* What consumers have left behind; see left.h. Main thread. */
#include "core/left.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/bus.h"
#include "spool/repair.h"

#include <glib/gi18n.h>
#include <inttypes.h>

const HtFormMember ht_left_form[] = {
    {"consumer", HT_FORM_TEXT, .about = "its name", .needed = true},
    {"cursor", HT_FORM_NUMBER, .about = "the sequence up to which it has all", .needed = true},
    {"letters", HT_FORM_NUMBER, .about = "its dead letters", .needed = true},
    {0},
};

/* Of HtSpoolEstate; the caller unrefs. */
static GPtrArray *find_left(const HtConfig *config, HtSpool *spool)
{
    GPtrArray *estates = ht_spool_estates(spool);
    for (unsigned i = estates->len; i-- > 0;) {
        const HtSpoolEstate *estate = estates->pdata[i];
        if (ht_config_consumer(config, estate->consumer)) {
            g_ptr_array_remove_index(estates, i);
        }
    }
    return estates;
}

char *ht_left_describe(const HtSpoolEstate *estate)
{
    return g_strdup_printf(_("consumer %s is configured no more and has left its place (event %" PRIu64
                             ") and %" PRIu64 " dead letters: `hutong consumer rename %s NEW` gives them to "
                             "another, `hutong consumer forget %s` drops them"),
                           estate->consumer, estate->cursor, estate->letters, estate->consumer,
                           estate->consumer);
}

void ht_left_log(const void *user)
{
    const HtBus *bus = user;
    g_autoptr(GPtrArray) left = find_left(bus->config, bus->spool);
    for (unsigned i = 0; i < left->len; i++) {
        g_autofree char *text = ht_left_describe(left->pdata[i]);
        ht_log(HT_LOG_WARNING, "bus", "%s", text);
    }
}

void ht_left_notice(const void *user, GString *text)
{
    const HtBus *bus = user;
    g_autoptr(GPtrArray) left = find_left(bus->config, bus->spool);
    for (unsigned i = 0; i < left->len; i++) {
        g_autofree char *line = ht_left_describe(left->pdata[i]);
        g_string_append_printf(text, "%s\n", line);
    }
}

void ht_left_json(const void *user, HtBuffer *json)
{
    const HtBus *bus = user;
    g_autoptr(GPtrArray) left = find_left(bus->config, bus->spool);
    ht_json_name(json, "left");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < left->len; i++) {
        const HtSpoolEstate *estate = left->pdata[i];
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "consumer", ht_text_from(estate->consumer));
        ht_json_member_number(json, "cursor", (int64_t)estate->cursor);
        ht_json_member_number(json, "letters", (int64_t)estate->letters);
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

/* ---- The verb ---- */

static void on_settled(const GError *error, void *user)
{
    if (error) {
        ht_admin_refuse(user, 503, error->message);
    } else {
        ht_admin_reply(user, 200, HT_TEXT_LITERAL("{}\n"));
    }
}

/* False, after a refusal, when it cannot be touched. */
static bool may_change(const HtBus *bus, const char *name, HtAdminReply *reply)
{
    HtConsumerStatus status;
    if (ht_config_consumer(bus->config, name)) {
        ht_admin_refuse(reply, 409, "this consumer is configured: take its section out, and reload, first");
    } else if (bus->delivery && ht_delivery_find(bus->delivery, name, &status)) {
        ht_admin_refuse(reply, 409, "requests to this consumer are still under way: try again in a moment");
    } else if (!ht_spool_has_estate(bus->spool, name)) {
        ht_admin_refuse(reply, 404, "nothing is kept of a consumer of this name");
    } else {
        return true;
    }
    return false;
}

static bool is_name(const char *text)
{
    bool good = *text != '\0' && strlen(text) <= 64;
    for (; *text && good; text++) {
        good = g_ascii_isalnum(*text) || *text == '-';
    }
    return good;
}

static bool may_have(const HtBus *bus, const char *name, HtAdminReply *reply)
{
    if (!is_name(name)) {
        ht_admin_refuse(reply, 400, "a consumer's name is of letters, digits and hyphens");
    } else if (ht_config_consumer(bus->config, name) && bus->delivery) {
        ht_admin_refuse(reply, 409,
                        "the other consumer is configured, and delivered to already: rename first, then "
                        "add its section, and reload");
    } else if (ht_spool_has_estate(bus->spool, name)) {
        ht_admin_refuse(reply, 409, "the other consumer has a place of its own: forget that first");
    } else {
        return true;
    }
    return false;
}

static void change(const HtBus *bus, const char *name, const char *to, const char *reason,
                   HtAdminReply *reply)
{
    bool good = to ? ht_spool_estate_rename(bus->spool, name, to) : ht_spool_estate_drop(bus->spool, name);
    if (!good) {
        ht_admin_refuse(reply, 503, "the spool cannot be written");
        return;
    }
    const char *verb = to ? "consumer rename" : "consumer forget";
    g_autofree char *what = to ? g_strdup_printf("%s to %s", name, to) : g_strdup(name);
    ht_spool_audit(bus->spool, ht_admin_uid(reply), verb, what, reason);
    ht_admin_note(reply, "%s %s%s%s", verb, what, *reason ? ": " : "", reason);
    ht_spool_settle(bus->spool, on_settled, reply);
}

void ht_left_verb(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *verb = json_object_get_string_member_with_default(asked, "verb", "");
    const char *name = json_object_get_string_member_with_default(asked, "consumer", "");
    const char *to = json_object_get_string_member_with_default(asked, "to", "");
    const char *reason = json_object_get_string_member_with_default(asked, "reason", "");
    bool rename = g_str_equal(verb, "rename");
    if (!rename && !g_str_equal(verb, "forget")) {
        ht_admin_refuse(reply, 400, "the verb is rename or forget");
    } else if (*reason && !ht_spool_repair_is_reason(reason)) {
        ht_admin_refuse(reply, 400, "a reason is 1 to 200 bytes of plain text, without long numbers");
    } else if (may_change(bus, name, reply) && (!rename || may_have(bus, to, reply))) {
        change(bus, name, rename ? to : NULL, reason, reply);
    }
}
