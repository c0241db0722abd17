/* Who may do what by the admin socket. Roles are given to users and groups of the machine (core/base/users.h); root and the user that the bus
 * runs as have them all, for they can read its memory. Whoever has one may look at the status and the metrics. Main thread. */
#pragma once

#include "core/base/users.h"

typedef enum {
    HT_ROLE_OBSERVER = 1, /* looks at the status and the metrics */
    HT_ROLE_OPERATOR =
        2, /* keeps it going: consumers, dead letters, replays, messages done again; sees no personal data */
    HT_ROLE_AUDITOR = 4,         /* reads who did what, and who received what */
    HT_ROLE_PRIVACY_OFFICER = 8, /* looks at bodies and at clear data, changes who is who */
} HtRole;

#define HT_ROLES 4
#define HT_ROLES_ALL 15u

/* Lists of users, in the order above; a list may be NULL. */
typedef struct {
    char *const *lists[HT_ROLES];
} HtRoleLists;

typedef struct HtRoles HtRoles;

/* NULL with the user or group that this machine has not in `wrong` (not owned), and its role's number from 0 in `which`. */
HtRoles *ht_roles_new(const HtRoleLists *lists, const char **wrong, unsigned *which);
void ht_roles_free(HtRoles *roles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtRoles, ht_roles_free)

/* Whether anybody has got one: only then others than the bus's user need to reach the socket. False for NULL. */
bool ht_roles_are_given(const HtRoles *roles);

/* The HtRole that they have, as bits. `roles` may be NULL. */
unsigned ht_roles_of(const HtRoles *roles, const HtCredentials *credentials);

/* "operator", … */
const char *ht_role_name(HtRole role);
