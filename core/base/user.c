/* Giving root's rights up; see user.h. */
#include "core/base/user.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

static bool fail(GError **error, const char *what, const char *name)
{
    int code = errno;
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "%s '%s': %s", what, name,
                g_strerror(code));
    return false;
}

/* Everybody's entry stays the library's. */
static const struct passwd *find(const char *name, GError **error)
{
    guint64 number;
    const struct passwd *user = getpwnam(name);
    if (!user && g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT32 - 1, &number, NULL)) {
        user = getpwuid((uid_t)number);
    }
    if (!user) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("this machine has no user '%s'; to make it: useradd --system --home-dir /nonexistent "
                      "--shell /usr/sbin/nologin NAME"),
                    name);
    }
    return user;
}

bool ht_user_become(const char *name, GError **error)
{
    if (geteuid() != 0) {
        return true;
    }
    const struct passwd *user = find(name, error);
    if (!user || user->pw_uid == 0) {
        return user != NULL;
    }
    uid_t id = user->pw_uid;
    gid_t group = user->pw_gid;
    if (initgroups(user->pw_name, group) != 0 || setresgid(group, group, group) != 0 ||
        setresuid(id, id, id) != 0) {
        return fail(error, _("cannot become user"), name);
    }
    g_assert(geteuid() == id && getuid() == id && setuid(0) != 0);
    return true;
}

const char *ht_user_warning(const char *name)
{
    return geteuid() == 0 && !name
               ? _("Hutong runs as root, and what it opens and writes is root's. Name a user of its own as 'user' in [bus] "
                   "(useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin hutong), to whom 'state' belongs; "
                   "'user = root' says that root is meant")
               : NULL;
}
