/* Users and groups; see users.h. The table of names is asked once, at start: who is added to a group later is known by what the kernel says
 * of his processes. */
#include "core/base/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

struct HtUsers {
    GArray *users;  /* of uid_t */
    GArray *groups; /* of gid_t */
};

void ht_credentials_read(int socket, HtCredentials *credentials)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    *credentials = (HtCredentials){.known = false};
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid == (uid_t)-1) {
        return;
    }
    credentials->known = true;
    credentials->user = peer.uid;
    socklen_t room = sizeof credentials->groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, credentials->groups, &room) == 0) {
        credentials->count = room / sizeof(gid_t);
    }
    if (credentials->count < HT_CREDENTIALS_GROUPS) { /* the first one is not among them */
        credentials->groups[credentials->count++] = peer.gid;
    }
}

bool ht_credentials_are_ours(const HtCredentials *credentials)
{
    return credentials->known && (credentials->user == 0 || credentials->user == geteuid());
}

static bool is_number(const char *text, guint64 *number)
{
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32 - 1, number, NULL);
}

static bool add_user(HtUsers *users, const char *item)
{
    guint64 number;
    const struct passwd *found = getpwnam(item);
    if (!found && !is_number(item, &number)) {
        return false;
    }
    uid_t user = found ? found->pw_uid : (uid_t)number;
    g_array_append_val(users->users, user);
    return true;
}

static bool add_group(HtUsers *users, const char *item)
{
    guint64 number;
    const struct group *found = getgrnam(item);
    if (!found && !is_number(item, &number)) {
        return false;
    }
    gid_t group = found ? found->gr_gid : (gid_t)number;
    g_array_append_val(users->groups, group);
    return true;
}

HtUsers *ht_users_new(char *const *list, const char **wrong)
{
    HtUsers *users = g_new0(HtUsers, 1);
    users->users = g_array_new(FALSE, FALSE, sizeof(uid_t));
    users->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
    for (; list && *list; list++) {
        bool good = **list == '@' ? add_group(users, *list + 1) : add_user(users, *list);
        if (!good) {
            *wrong = *list;
            ht_users_free(users);
            return NULL;
        }
    }
    return users;
}

void ht_users_free(HtUsers *users)
{
    if (users) {
        g_array_unref(users->users);
        g_array_unref(users->groups);
        g_free(users);
    }
}

static bool has_group(const HtUsers *users, gid_t group)
{
    for (guint i = 0; i < users->groups->len; i++) {
        if (g_array_index(users->groups, gid_t, i) == group) {
            return true;
        }
    }
    return false;
}

bool ht_users_have(const HtUsers *users, const HtCredentials *credentials)
{
    if (!credentials->known) {
        return false;
    }
    for (guint i = 0; i < users->users->len; i++) {
        if (g_array_index(users->users, uid_t, i) == credentials->user) {
            return true;
        }
    }
    for (unsigned i = 0; i < credentials->count; i++) {
        if (has_group(users, credentials->groups[i])) {
            return true;
        }
    }
    return false;
}
