/* The child that tries a configuration; see tryout.h. Main-loop thread. */
#include "core/tryout.h"

#include "core/base/clock.h"
#include "core/base/timer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NICE 5
#define TOLD_MOST_BYTES (256 << 10)

struct HtTryout {
    GPid pid; /* 0: it has ended */
    int output;
    bool late;
    GSource *watch;
    HtTimer *timer;
    HtTryoutDone done;
    void *user;
};

static void begin_child(void *user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpriority(PRIO_PROCESS, 0, NICE);
}

/* A running bus has the spool to itself, which is not worth a word here. */
static bool is_worth_telling(const char *line)
{
    return *line && !strstr(line, "spool.db: note: in use by a running bus");
}

static char *read_told(const HtTryout *tryout)
{
    g_autofree char *text = g_malloc0(TOLD_MOST_BYTES + 1);
    ssize_t size = pread(tryout->output, text, TOLD_MOST_BYTES, 0);
    g_autoptr(GString) told = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(size > 0 ? text : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        if (is_worth_telling(*line)) {
            g_string_append_printf(told, "%s\n", *line);
        }
    }
    if (tryout->late) {
        g_string_append(told, "error: trying it took longer than [bus] reload-within\n");
    }
    return g_utf8_make_valid(told->str, -1);
}

static void on_child_exit(GPid pid, int status, void *user)
{
    HtTryout *tryout = user;
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !tryout->late;
    (void)pid;
    tryout->pid = 0;
    ht_timer_set(tryout->timer, INT64_MAX);
    g_autofree char *told = read_told(tryout);
    if (!good && !*told) {
        g_free(told);
        told = g_strdup("error: `hutong check` ended without a word: it was killed, or ran out of memory\n");
    }
    tryout->done(good, told, tryout->user);
}

static gboolean on_late(void *user)
{
    HtTryout *tryout = user;
    if (tryout->pid > 0) { /* 0 would be ourselves, and all of our group */
        tryout->late = true;
        kill(tryout->pid, SIGKILL);
    }
    return G_SOURCE_CONTINUE;
}

HtTryout *ht_tryout_start(const char *config_file, uint64_t within_ms, HtTryoutDone done, void *user,
                          GError **error)
{
    const char *argv[] = {"/proc/self/exe", "hutong", "check", "-c", config_file, NULL};
    HtTryout *tryout = g_new0(HtTryout, 1);
    *tryout = (HtTryout){.output = memfd_create("hutong-reload", MFD_CLOEXEC), .done = done, .user = user};
    if (tryout->output < 0 ||
        !g_spawn_async_with_fds("/", (char **)argv, NULL,
                                G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD |
                                    G_SPAWN_STDOUT_TO_DEV_NULL,
                                begin_child, NULL, &tryout->pid, -1, -1, tryout->output, error)) {
        if (error && !*error) {
            g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "%s", g_strerror(errno));
        }
        ht_tryout_free(tryout);
        return NULL;
    }
    tryout->watch = g_child_watch_source_new(tryout->pid);
    g_source_set_callback(tryout->watch, G_SOURCE_FUNC(on_child_exit), tryout, NULL);
    g_source_attach(tryout->watch, NULL);
    tryout->timer = ht_timer_new(on_late, tryout);
    ht_timer_set(tryout->timer, ht_clock_monotonic() + (int64_t)within_ms * 1000);
    return tryout;
}

void ht_tryout_free(HtTryout *tryout)
{
    if (!tryout) {
        return;
    }
    if (tryout->watch) {
        g_source_destroy(tryout->watch);
        g_source_unref(tryout->watch);
    }
    if (tryout->pid > 0) {
        kill(tryout->pid, SIGKILL);
        while (waitpid(tryout->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    g_clear_pointer(&tryout->timer, ht_timer_free);
    if (tryout->output >= 0) {
        close(tryout->output);
    }
    g_free(tryout);
}
