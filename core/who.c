/* Who comes to the doors; see who.h. Main thread. */
#include "core/who.h"

#include "core/source/source.h"

#include <glib/gi18n.h>

bool ht_who_shows_certificates(const HtConfig *config)
{
    bool asks = false;
    for (unsigned i = 0; i < config->sources->len; i++) {
        const HtSourceConfig *source = config->sources->pdata[i];
        asks = asks || source->client_subjects || source->client_fingerprints;
    }
    for (unsigned i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        asks = asks || consumer->client_subjects || consumer->client_fingerprints;
    }
    return asks;
}

HtRoles *ht_who_roles(const HtConfig *config, GError **error)
{
    static const char *const keys[HT_ROLES] = {"observers", "operators", "auditors", "privacy-officers"};
    const HtBusConfig *bus = &config->bus;
    const HtRoleLists lists = {{bus->observers, bus->operators, bus->auditors, bus->privacy_officers}};
    const char *wrong = NULL;
    unsigned which = 0;
    HtRoles *roles = ht_roles_new(&lists, &wrong, &which);
    if (!roles) {
        g_autofree char *place = ht_bus_place(config, keys[which]);
        g_set_error(error, HT_GUARD_ERROR, 0,
                    *wrong == '@' ? _("%s: error: [bus] %s: this machine has no group '%s'")
                                  : _("%s: error: [bus] %s: this machine has no user '%s'"),
                    place, keys[which], wrong + (*wrong == '@'));
    }
    return roles;
}

HtAdminLimits ht_who_admin_limits(const HtConfig *config)
{
    return (HtAdminLimits){(unsigned)config->bus.admin_connections, (unsigned)config->bus.admin_idle_ms};
}
