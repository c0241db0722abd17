/* What the bus of a configuration knows of events already; see map.h. Reads the spool beside it, or without it, and changes nothing. */
#include "core/cli/map.h"

#include "core/base/clock.h"

#include <glib/gi18n.h>
#include <string.h>

static HtSpoolMessage make_message(const HtSourceConfig *source, const HtOutcome *outcome)
{
    HtSpoolMessage message = {.id = ht_uuid_new(),
                              .source = source->name,
                              .received_us = ht_clock_now(),
                              .key = HT_TEXT_LITERAL("explain"),
                              .packed = outcome->events,
                              .authority = g_strcmp0(source->identities, "authority") == 0};
    message.attr[HT_ATTR_SOURCE] = ht_text_from(source->name);
    message.attr[HT_ATTR_DEPARTMENT] = ht_text_from(source->department);
    return message;
}

GArray *ht_map_known(const HtConfig *config, const HtSourceConfig *source, const HtOutcome *outcome,
                     GError **error)
{
    uint8_t key[32];
    HtSpoolMessage message = make_message(source, outcome);
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, error);
    GArray *known = look && ht_spool_load_key(config->bus.site_key_file, false, key, error)
                        ? ht_spool_foretell(look, key, &message, error)
                        : NULL;
    explicit_bzero(key, sizeof key);
    return known;
}

JsonObject *ht_map_show_known(const HtSpoolForetold *known)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "as", ht_spool_foretold_name(known->kind));
    if (known->former > 0) {
        json_object_set_int_member(object, "sequence", (gint64)known->former);
    } else if (known->in_message) {
        json_object_set_boolean_member(object, "sameMessage", TRUE);
    }
    if (known->kind != HT_SPOOL_FORETOLD_DUPLICATE) {
        json_object_set_string_member(object, "action", known->action);
    }
    if (known->conflicts) {
        g_auto(GStrv) kinds = g_strsplit(known->conflicts, " ", -1);
        JsonArray *list = json_array_new();
        for (char **kind = kinds; *kind; kind++) {
            json_array_add_string_element(list, *kind);
        }
        json_object_set_array_member(object, "conflicts", list);
    }
    return object;
}

char *ht_map_describe_known(const GArray *known)
{
    unsigned counts[HT_SPOOL_FORETOLD_REUSED + 1] = {0}, conflicts = 0;
    for (guint i = 0; i < known->len; i++) {
        const HtSpoolForetold *one = &g_array_index(known, HtSpoolForetold, i);
        counts[one->kind]++;
        conflicts += one->conflicts != NULL;
    }
    return g_strdup_printf(
        _("known already: %u new, %u duplicate, %u correction, %u number-reused; %u in conflict"),
        counts[HT_SPOOL_FORETOLD_NEW], counts[HT_SPOOL_FORETOLD_DUPLICATE],
        counts[HT_SPOOL_FORETOLD_CORRECTION], counts[HT_SPOOL_FORETOLD_REUSED], conflicts);
}
