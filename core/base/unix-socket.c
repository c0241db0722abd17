/* Unix sockets; see unix-socket.h. */
#include "core/base/unix-socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool fail(const char *path, const char *what, GError **error)
{
    int reason = errno;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(reason), "%s: %s: %s", path, what,
                g_strerror(reason));
    return false;
}

static bool fill_address(const char *path, struct sockaddr_un *address, GError **error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
                    "%s: the path of a unix socket must be shorter than %zu bytes", path,
                    sizeof address->sun_path);
        return false;
    }
    g_strlcpy(address->sun_path, path, sizeof address->sun_path);
    return true;
}

/* Only what nobody listens on is left behind: one that may not be reached, whose queue is full or that is of another kind is somebody's. */
static bool is_live(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool live = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                            (errno != ECONNREFUSED && errno != ENOENT && errno != ENOTDIR));
    if (fd >= 0) {
        close(fd);
    }
    return live;
}

/* Takes away the socket of a bus that has ended, and nothing else. */
static bool remove_stale(const char *path, GError **error)
{
    struct stat there;
    if (lstat(path, &there) < 0) {
        return true;
    }
    if (!S_ISSOCK(there.st_mode)) {
        errno = EEXIST;
        return fail(path, "is no socket", error);
    }
    return g_unlink(path) == 0 || fail(path, "cannot be removed", error);
}

static int bind_socket(const struct sockaddr_un *address, unsigned mode, int backlog)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0777 & ~mode);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(mask);
    if (bound && listen(fd, backlog) == 0) {
        return fd;
    }
    int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = reason;
    return -1;
}

int ht_unix_listen(const char *path, unsigned mode, unsigned folder_mode, int backlog, GError **error)
{
    struct sockaddr_un address;
    g_autofree char *folder = g_path_get_dirname(path);
    if (!fill_address(path, &address, error)) {
        return -1;
    }
    if (g_mkdir_with_parents(folder, (int)folder_mode) < 0) {
        fail(folder, "cannot be made", error);
        return -1;
    }
    if (is_live(&address)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: another bus is listening there", path);
        return -1;
    }
    if (!remove_stale(path, error)) {
        return -1;
    }
    int fd = bind_socket(&address, mode, backlog);
    if (fd < 0) {
        fail(path, "cannot be listened on", error);
    }
    return fd;
}
