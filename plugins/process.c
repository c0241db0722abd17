/* Starting, watching and ending one hutong-host process. Bus or command, main thread. */
#include "plugins/process.h"

#include "plugins/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_SOCKET = 3, CHILD_PAGE = 4 };

#define PAGE_BYTES 4096

static bool fail(GError **error, const char *what)
{
    int code = errno;
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(code), "%s: %s", what, g_strerror(code));
    return false;
}

/* The seals keep the host from cutting the page away under us: reading it would then be a SIGBUS here. */
static int make_page(void)
{
    int fd = memfd_create("hutong-current", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -1;
    }
    if (ftruncate(fd, PAGE_BYTES) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool map_page(HtProcess *process, int page, GError **error)
{
    void *memory = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, page, 0);
    if (memory == MAP_FAILED) {
        return fail(error, "cannot map the page shared with the host");
    }
    process->page = memory;
    return true;
}

/* Nothing of our environment but what sanitizers are told. */
static char **make_environment(void)
{
    static const char *const kept[] = {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};
    char **environment = g_environ_setenv(NULL, "LANG", "C.UTF-8", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        const char *value = g_getenv(kept[i]);
        if (value) {
            environment = g_environ_setenv(environment, kept[i], value, TRUE);
        }
    }
    return environment;
}

/* `fds`: the socket and the page, as the child gets them. */
static bool spawn(HtProcess *process, const char *program, const char *title, const int fds[2],
                  GError **error)
{
    const char *const arguments[] = {program, title, NULL};
    const int targets[] = {CHILD_SOCKET, CHILD_PAGE};
    g_auto(GStrv) environment = make_environment();
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD;
    if (g_strcmp0(g_getenv("HUTONG_HOST_STDERR"), "1") != 0) {
        flags |= G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    }
    GPid pid;
    if (!g_spawn_async_with_pipes_and_fds("/", arguments, (const char *const *)environment, flags, NULL, NULL,
                                          -1, -1, -1, fds, targets, G_N_ELEMENTS(targets), &pid, NULL, NULL,
                                          NULL, error)) {
        return false;
    }
    process->pid = pid;
    return true;
}

/* Closes what the bus has of it; the pid is left to whoever reaps it. */
static void close_process(HtProcess *process)
{
    if (process->fd >= 0) {
        close(process->fd);
    }
    if (process->page) {
        munmap((void *)(uintptr_t)process->page, PAGE_BYTES);
    }
    *process = HT_PROCESS_NONE;
}

bool ht_process_spawn(HtProcess *process, const char *program, const char *title, GError **error)
{
    int pair[2];
    *process = HT_PROCESS_NONE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(error, "cannot make a socket pair");
    }
    process->fd = pair[0];
    int page = make_page();
    bool good = page >= 0 || fail(error, "cannot make the page shared with the host");
    good = good &&
           (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 || fail(error, "cannot make the socket non-blocking"));
    good = good && map_page(process, page, error) &&
           spawn(process, program, title, (const int[]){pair[1], page}, error);
    close(pair[1]);
    if (page >= 0) {
        close(page);
    }
    if (!good) {
        close_process(process);
    }
    return good;
}

uint64_t ht_process_current(const HtProcess *process)
{
    return process->page ? __atomic_load_n(&process->page[HT_PAGE_CURRENT], __ATOMIC_ACQUIRE) : 0;
}

int64_t ht_process_cpu(const HtProcess *process)
{
    clockid_t clock;
    struct timespec taken;
    if (process->pid == 0 || clock_getcpuclockid(process->pid, &clock) != 0 ||
        clock_gettime(clock, &taken) != 0) {
        return 0;
    }
    return taken.tv_sec * INT64_C(1000000) + taken.tv_nsec / 1000;
}

bool ht_process_ran_out(const HtProcess *process)
{
    return process->page && __atomic_load_n(&process->page[HT_PAGE_NO_MEMORY], __ATOMIC_ACQUIRE) != 0;
}

void ht_process_kill(const HtProcess *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
    }
}

/* True when the socket is at its end: the process has gone, or soon will. What it still says is thrown
 * away. */
static bool wait_for_end(int fd, unsigned grace_ms)
{
    char thrown_away[4096];
    int64_t until = g_get_monotonic_time() + (int64_t)grace_ms * 1000;
    for (;;) {
        int64_t left_ms = (until - g_get_monotonic_time()) / 1000;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || (poll(&wait, 1, (int)left_ms) < 0 && errno != EINTR)) {
            return false;
        }
        ssize_t size = recv(fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            return true;
        }
    }
}

/* After the end of the socket the exit is a matter of moments, unless the adapter closed it itself: hence a
 * bound. */
static int reap(int pid, unsigned grace_ms)
{
    int status = 0;
    for (unsigned waited_ms = 0; waited_ms < grace_ms; waited_ms++) {
        pid_t found = waitpid(pid, &status, WNOHANG);
        if (found == pid || (found < 0 && errno != EINTR)) {
            return status;
        }
        g_usleep(1000);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int ht_process_end(HtProcess *process, unsigned grace_ms)
{
    int status = 0;
    if (process->pid > 0) {
        bool ending = grace_ms > 0 && wait_for_end(process->fd, grace_ms);
        status = reap(process->pid, ending ? grace_ms : 0);
    }
    close_process(process);
    return status;
}

char *ht_process_describe(int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        int number = WTERMSIG(wait_status);
        return g_strdup_printf("was killed by signal %d (%s)", number, strsignal(number));
    }
    return g_strdup_printf("ended with status %d", WEXITSTATUS(wait_status));
}
