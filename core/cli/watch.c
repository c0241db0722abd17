/* inotify on the files' folders, see watch.h: an editor that saves by renaming leaves no watch on the file itself alive. */
#include "core/cli/watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* An editor writes a file and its backup, or two files, at once. */
#define QUIET_MS 15

typedef struct {
    int watch;
    char *name; /* NULL: every file of the folder */
} SavedFile;

struct HtWatched {
    int fd;
    GArray *files; /* of SavedFile, as they were given */
    bool *changed; /* while somebody waits */
    bool any, quiet;
    guint source, timer;
};

static gboolean end_wait(void *user)
{
    HtWatched *watched = user;
    watched->timer = 0;
    watched->quiet = true;
    return G_SOURCE_REMOVE;
}

static void note(HtWatched *watched, const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";
    for (unsigned i = 0; i < watched->files->len; i++) {
        const SavedFile *file = &g_array_index(watched->files, SavedFile, i);
        bool meant = file->watch == event->wd && (!file->name || strcmp(file->name, name) == 0);
        if (meant && watched->changed) {
            watched->changed[i] = true;
            watched->any = true;
        }
    }
}

static gboolean read_events(int fd, GIOCondition condition, void *user)
{
    HtWatched *watched = user;
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t size = read(fd, bytes, sizeof bytes);
    (void)condition;
    for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= size;) {
        const struct inotify_event *event = (const void *)(bytes + at);
        note(watched, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
    if (watched->any) {
        g_clear_handle_id(&watched->timer, g_source_remove);
        watched->timer = g_timeout_add(QUIET_MS, end_wait, watched);
    }
    return G_SOURCE_CONTINUE;
}

static bool add(HtWatched *watched, const char *path, GError **error)
{
    bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    g_autofree char *folder = is_folder ? g_strdup(path) : g_path_get_dirname(path);
    SavedFile file = {.watch =
                          inotify_add_watch(watched->fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR)};
    if (file.watch < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), _("%s cannot be watched: %s"),
                    folder, g_strerror(errno));
        return false;
    }
    file.name = is_folder ? NULL : g_path_get_basename(path);
    g_array_append_val(watched->files, file);
    return true;
}

static void clear_file(void *data)
{
    SavedFile *file = data;
    g_free(file->name);
}

HtWatched *ht_watched_new(const GPtrArray *paths, GError **error)
{
    g_autoptr(HtWatched) watched = g_new0(HtWatched, 1);
    watched->files = g_array_new(FALSE, TRUE, sizeof(SavedFile));
    g_array_set_clear_func(watched->files, clear_file);
    watched->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watched->fd < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), _("files cannot be watched: %s"),
                    g_strerror(errno));
        return NULL;
    }
    for (unsigned i = 0; i < paths->len; i++) {
        if (!add(watched, paths->pdata[i], error)) {
            return NULL;
        }
    }
    watched->source = g_unix_fd_add(watched->fd, G_IO_IN, read_events, watched);
    return g_steal_pointer(&watched);
}

void ht_watched_free(HtWatched *watched)
{
    g_clear_handle_id(&watched->source, g_source_remove);
    g_clear_handle_id(&watched->timer, g_source_remove);
    if (watched->fd >= 0) {
        close(watched->fd);
    }
    g_array_unref(watched->files);
    g_free(watched);
}

void ht_watched_wait(HtWatched *watched, bool *changed)
{
    memset(changed, 0, watched->files->len * sizeof *changed);
    watched->changed = changed;
    watched->any = watched->quiet = false;
    while (!watched->quiet) {
        g_main_context_iteration(NULL, TRUE);
    }
    watched->changed = NULL;
}
