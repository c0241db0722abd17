/* Files that are the bus's alone; see private.h. Called at start and by commands, by whoever opens such a file. */
#include "core/base/private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 1024

static bool refuse(GError **error, const char *path, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool refuse(GError **error, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM, "\"%s\": %s", path, reason);
    return false;
}

static bool fail(GError **error, const char *path)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "\"%s\": %s", path,
                g_strerror(errno));
    return false;
}

static bool is_ours(const struct stat *info)
{
    return info->st_uid == 0 || info->st_uid == geteuid();
}

static bool is_our_group(gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX, groups);
    for (int i = 0; i < count; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return group == getegid();
}

static bool check_folder(const char *folder, GError **error)
{
    struct stat info;
    if (stat(folder, &info) != 0) {
        return fail(error, folder);
    }
    if (!is_ours(&info)) {
        return refuse(error, folder,
                      _("this folder belongs to user %u, who may put another file into it: chown it to root, "
                        "or to the bus's user"),
                      (unsigned)info.st_uid);
    }
    bool open_to_others = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0;
    return !open_to_others || refuse(error, folder,
                                     _("others may write this folder (mode %04o), and put another file into "
                                       "it: chmod go-w it"),
                                     (unsigned)info.st_mode & 07777);
}

/* `path` is absolute. */
static bool check_folders(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    while (check_folder(folder, error)) {
        if (g_str_equal(folder, "/")) {
            return true;
        }
        char *above = g_path_get_dirname(folder);
        g_free(folder);
        folder = above;
    }
    return false;
}

/* A file that systemd shows to this service only (LoadCredential): root's, and open to the service's user by an access list, which looks like the
 * right of a group. The folder is the service's own. */
static bool is_credential(const char *path, const struct stat *info)
{
    const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
    size_t size = folder ? strlen(folder) : 0;
    g_autofree char *plain = g_canonicalize_filename(path, NULL);
    return size > 1 && strncmp(plain, folder, size) == 0 && plain[size] == '/' && S_ISREG(info->st_mode) &&
           info->st_uid == 0 && (info->st_mode & 0037) == 0;
}

static bool check_mode(const struct stat *info, const char *path, HtPrivateKind kind, GError **error)
{
    unsigned mode = (unsigned)info->st_mode & 0777;
    const char *what = S_ISDIR(info->st_mode) ? "0700" : "0600";
    if ((mode & (S_IWGRP | S_IWOTH)) != 0) {
        return refuse(error, path, _("others may write it (mode %04o): chmod %s it"), mode,
                      kind == HT_PRIVATE_SECRET ? what : "go-w");
    }
    bool given = info->st_uid == 0 && geteuid() != 0 && (mode & 07) == 0 && is_our_group(info->st_gid);
    given = given || is_credential(path, info);
    if (kind == HT_PRIVATE_SECRET && (mode & 077) != 0 && !given) {
        return refuse(error, path,
                      _("others than its owner may read it (mode %04o); its mode must be %s: chmod %s it"),
                      mode, what, what);
    }
    return true;
}

bool ht_private_check(int file, const char *path, HtPrivateKind kind, GError **error)
{
    struct stat info;
    if (fstat(file, &info) != 0) {
        return fail(error, path);
    }
    if (!is_ours(&info)) {
        return refuse(error, path, _("it belongs to user %u, and must be root's or user %u's: chown it"),
                      (unsigned)info.st_uid, (unsigned)geteuid());
    }
    g_autofree char *written = g_canonicalize_filename(path, NULL);
    char *resolved = realpath(path, NULL);
    bool good = check_mode(&info, path, kind, error) && check_folders(written, error) &&
                (resolved ? check_folders(resolved, error) : fail(error, path));
    free(resolved); /* libc's */
    return good;
}

static char *read_all(int file, const char *path, size_t max_bytes, size_t *size, GError **error)
{
    char *text = g_malloc(max_bytes + 2); /* one more than it may have, and a NUL */
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used <= max_bytes) {
        got = read(file, text + used, max_bytes + 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        fail(error, path);
    } else if (used > max_bytes) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, _("\"%s\": it has more than %zu bytes"), path,
                    max_bytes);
    } else {
        text[used] = '\0';
        *size = used;
        return text;
    }
    explicit_bzero(text, used);
    g_free(text);
    return NULL;
}

char *ht_private_read(const char *path, HtPrivateKind kind, size_t max_bytes, size_t *size, GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        fail(error, path);
        return NULL;
    }
    char *text =
        ht_private_check(file, path, kind, error) ? read_all(file, path, max_bytes, size, error) : NULL;
    close(file);
    return text;
}

bool ht_private_look(const char *path, HtPrivateKind kind, GError **error)
{
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT || fail(error, path);
    }
    bool good = ht_private_check(file, path, kind, error);
    close(file);
    return good;
}
