/* Roles; see roles.h. */
#include "core/admin/roles.h"

struct HtRoles {
    HtUsers *users[HT_ROLES];
    bool given;
};

HtRoles *ht_roles_new(const HtRoleLists *lists, const char **wrong, unsigned *which)
{
    g_autoptr(HtRoles) roles = g_new0(HtRoles, 1);
    for (unsigned i = 0; i < HT_ROLES; i++) {
        roles->users[i] = ht_users_new(lists->lists[i], wrong);
        if (!roles->users[i]) {
            *which = i;
            return NULL;
        }
        roles->given = roles->given || (lists->lists[i] && lists->lists[i][0]);
    }
    return g_steal_pointer(&roles);
}

void ht_roles_free(HtRoles *roles)
{
    for (unsigned i = 0; roles && i < HT_ROLES; i++) {
        ht_users_free(roles->users[i]);
    }
    g_free(roles);
}

bool ht_roles_are_given(const HtRoles *roles)
{
    return roles && roles->given;
}

unsigned ht_roles_of(const HtRoles *roles, const HtCredentials *credentials)
{
    if (ht_credentials_are_ours(credentials)) {
        return HT_ROLES_ALL;
    }
    unsigned own = 0;
    for (unsigned i = 0; roles && i < HT_ROLES; i++) {
        own |= ht_users_have(roles->users[i], credentials) ? 1u << i : 0;
    }
    return own;
}

const char *ht_role_name(HtRole role)
{
    return role == HT_ROLE_OBSERVER   ? "observer"
           : role == HT_ROLE_OPERATOR ? "operator"
           : role == HT_ROLE_AUDITOR  ? "auditor"
                                      : "privacy officer";
}
