/* Lists of users and groups of this machine, as configuration writes them: "name", "1001", "@group". Held against the credentials that the
 * kernel gives of a unix socket's other end (SO_PEERCRED, SO_PEERGROUPS). Main thread, at start. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define HT_CREDENTIALS_GROUPS 64 /* more are not looked at */

/* Whoever is at the other end. */
typedef struct {
    bool known; /* the kernel has said */
    uid_t user;
    unsigned count;
    gid_t groups[HT_CREDENTIALS_GROUPS];
} HtCredentials;

/* Of a connected unix socket. */
void ht_credentials_read(int socket, HtCredentials *credentials);

typedef struct HtUsers HtUsers;

/* NULL with the item that is none in `wrong` (not owned): no such user or group. */
HtUsers *ht_users_new(char *const *list, const char **wrong);
void ht_users_free(HtUsers *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtUsers, ht_users_free)

bool ht_users_have(const HtUsers *users, const HtCredentials *credentials);

/* Root, or the user that this process runs as: whoever could read its memory anyway. */
bool ht_credentials_are_ours(const HtCredentials *credentials);
