/* Who comes to the bus's doors, as a configuration says. Main thread. */
#pragma once

#include "core/admin/connections.h"
#include "core/admin/roles.h"
#include "core/config/config.h"

/* Who may do what by the admin socket. HT_GUARD_ERROR, with the place of the key that names nobody. */
HtRoles *ht_who_roles(const HtConfig *config, GError **error);

/* How many may come to the admin socket, and how long they may wait. */
HtAdminLimits ht_who_admin_limits(const HtConfig *config);

/* Whether any source or consumer is known by a certificate. */
bool ht_who_shows_certificates(const HtConfig *config);
