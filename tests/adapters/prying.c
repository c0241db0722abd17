/* prying: tries whatever might reach something outside of its box, from its constructor, from open(), from a thread that was started in the constructor,
 * from decode() and from close(). Its reply is a line for each attempt. Writes aim at HERE only, a file that the test makes; signals have number 0. */
#include "hutong-plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define HERE "/tmp/hutong-prying"
#define THERE "/tmp/hutong-prying-new"
#define READABLE "/etc/passwd"
#define CWD AT_FDCWD
#define BUS_FD 3

static char space[4096];
static int numbers[64];
static const struct sockaddr_un abstract = {AF_UNIX, "\0hutong-prying"};
static uint64_t how[3]; /* struct open_how, and others that begin with zeros */
static const char *const no_words[] = {NULL};
static const struct timespec moment;

/* A system call that gives less than 0 when it is refused. `machine`: it would change the machine if it were not, and root could. */
typedef struct {
    const char *name;
    long call, a, b, c, d, e, f;
    int machine;
} Probe;

#define P(pointer) ((long)(uintptr_t)(pointer))

/* What a row leaves out is 0. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const Probe probes[] = {
    {"open a file", SYS_open, P(READABLE), O_RDONLY},
    {"openat a file", SYS_openat, CWD, P(READABLE), O_RDONLY},
    {"open the root", SYS_openat, CWD, P("/"), O_RDONLY | O_DIRECTORY},
    {"open a path only", SYS_openat, CWD, P("/"), O_PATH},
    {"openat2", SYS_openat2, CWD, P(READABLE), P(how), sizeof how},
    {"open to write", SYS_openat, CWD, P(HERE), O_WRONLY},
    {"open read-only and truncate", SYS_openat, CWD, P(HERE), O_RDONLY | O_TRUNC},
    {"create", SYS_openat, CWD, P(THERE), O_WRONLY | O_CREAT, 0600},
    {"create read-only", SYS_openat, CWD, P(THERE), O_RDONLY | O_CREAT, 0600},
    {"unnamed file", SYS_openat, CWD, P("/tmp"), O_RDWR | O_TMPFILE, 0600},
    {"creat", SYS_creat, P(THERE), 0600},
    {"own memory by /proc", SYS_openat, CWD, P("/proc/self/mem"), O_RDWR},
    {"own map by /proc", SYS_openat, CWD, P("/proc/self/maps"), O_RDONLY},
    {"own descriptors by /proc", SYS_openat, CWD, P("/proc/self/fd"), O_RDONLY | O_DIRECTORY},
    {"the first process", SYS_openat, CWD, P("/proc/1/cmdline"), O_RDONLY},
    {"the terminal", SYS_openat, CWD, P("/dev/tty"), O_RDWR},
    {"random device", SYS_openat, CWD, P("/dev/urandom"), O_RDONLY},
    {"stat", SYS_stat, P(READABLE), P(space)},
    {"lstat", SYS_lstat, P(READABLE), P(space)},
    {"newfstatat", SYS_newfstatat, CWD, P(READABLE), P(space), 0},
    {"newfstatat with an empty-path flag", SYS_newfstatat, CWD, P(READABLE), P(space), AT_EMPTY_PATH},
    {"statx", SYS_statx, CWD, P(READABLE), 0, 0x7ff, P(space)},
    {"statfs", SYS_statfs, P("/"), P(space)},
    {"access", SYS_access, P(READABLE), 0},
    {"faccessat", SYS_faccessat, CWD, P(READABLE), 0},
    {"faccessat2", SYS_faccessat2, CWD, P(READABLE), 0, 0},
    {"readlink", SYS_readlink, P("/proc/self/exe"), P(space), sizeof space},
    {"readlinkat", SYS_readlinkat, CWD, P("/proc/self/exe"), P(space), sizeof space},
    {"getcwd", SYS_getcwd, P(space), sizeof space},
    {"chdir", SYS_chdir, P("/")},
    {"chroot", SYS_chroot, P("/"), .machine = 1},
    {"truncate", SYS_truncate, P(HERE), 0},
    {"rename", SYS_rename, P(HERE), P(HERE)},
    {"renameat2", SYS_renameat2, CWD, P(HERE), CWD, P(HERE), 0},
    {"link", SYS_link, P(HERE), P(THERE)},
    {"linkat", SYS_linkat, CWD, P(HERE), CWD, P(THERE), 0},
    {"symlink", SYS_symlink, P(HERE), P(THERE)},
    {"unlink", SYS_unlink, P(THERE)},
    {"unlinkat", SYS_unlinkat, CWD, P(THERE), 0},
    {"mkdir", SYS_mkdir, P(THERE), 0700},
    {"rmdir", SYS_rmdir, P(THERE)},
    {"mknod a pipe", SYS_mknod, P(THERE), 0010600, 0},
    {"chmod", SYS_chmod, P(HERE), 0666},
    {"fchmodat", SYS_fchmodat, CWD, P(HERE), 0666},
    {"chown", SYS_chown, P(HERE), -1, -1},
    {"fchownat", SYS_fchownat, CWD, P(HERE), -1, -1, 0},
    {"utimensat", SYS_utimensat, CWD, P(HERE), 0, 0},
    {"setxattr", SYS_setxattr, P(HERE), P("user.pry"), P("x"), 1, 0},
    {"getxattr", SYS_getxattr, P(HERE), P("user.pry"), P(space), sizeof space},
    {"listxattr", SYS_listxattr, P(HERE), P(space), sizeof space},
    {"inotify", SYS_inotify_init1, 0},
    {"fanotify", SYS_fanotify_init, 0, O_RDONLY},
    {"name to handle", SYS_name_to_handle_at, CWD, P(HERE), P(space), P(numbers), 0},
    {"memory file", SYS_memfd_create, P("x"), 0},
    {"secret memory", SYS_memfd_secret, 0},
    {"pipe", SYS_pipe2, P(numbers), 0},
    {"eventfd", SYS_eventfd2, 0, 0},
    {"epoll", SYS_epoll_create1, 0},
    {"timerfd", SYS_timerfd_create, 0, 0},
    {"signalfd", SYS_signalfd4, -1, P(space), 8, 0},
    {"dup", SYS_dup, BUS_FD},
    {"dup2", SYS_dup2, BUS_FD, 20},
    {"fcntl: who owns it", SYS_fcntl, BUS_FD, F_SETOWN, 0},
    {"fcntl: which signal", SYS_fcntl, BUS_FD, F_SETSIG, SIGIO},
    {"fcntl: asynchronous", SYS_fcntl, BUS_FD, F_SETFL, O_ASYNC},
    {"fcntl: duplicate", SYS_fcntl, BUS_FD, F_DUPFD, 10},
    {"ioctl: how much is there", SYS_ioctl, BUS_FD, 0x541b, P(numbers)},
    {"ioctl: asynchronous", SYS_ioctl, BUS_FD, 0x5452, P(numbers)},
    {"ioctl: type into the terminal", SYS_ioctl, 0, 0x5412, P("x")},
    {"setsockopt", SYS_setsockopt, BUS_FD, SOL_SOCKET, SO_KEEPALIVE, P(numbers), 4},
    {"who is at the other end", SYS_getpeername, BUS_FD, P(space), P(numbers)},
    {"socket: IPv4", SYS_socket, AF_INET, SOCK_STREAM, 0},
    {"socket: IPv6", SYS_socket, AF_INET6, SOCK_STREAM, 0},
    {"socket: UDP", SYS_socket, AF_INET, SOCK_DGRAM, 0},
    {"socket: unix", SYS_socket, AF_UNIX, SOCK_STREAM, 0},
    {"socket: netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0},
    {"socket: packet", SYS_socket, AF_PACKET, SOCK_RAW, 0},
    {"socket: vsock", SYS_socket, 40, SOCK_STREAM, 0},
    {"socket: crypto", SYS_socket, 38, SOCK_SEQPACKET, 0},
    {"socket pair", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, P(numbers)},
    {"bind an abstract name", SYS_bind, BUS_FD, P(&abstract), sizeof abstract},
    {"connect to an abstract name", SYS_connect, BUS_FD, P(&abstract), sizeof abstract},
    {"message with a descriptor", SYS_sendmsg, BUS_FD, P(how), 0},
    {"io_uring", SYS_io_uring_setup, 1, P(space)},
    {"AIO", SYS_io_setup, 1, P(how + 2)},
    {"signal to the bus", SYS_kill, -1, 0},
    {"signal to the group", SYS_kill, 0, 0},
    {"signal to a thread of others", SYS_tgkill, 1, 1, 0},
    {"tkill", SYS_tkill, 1, 0},
    {"queued signal", SYS_rt_sigqueueinfo, 1, 0, P(space)},
    {"pidfd", SYS_pidfd_open, 1, 0},
    {"ptrace", SYS_ptrace, 16, 1, 0, 0},
    {"read others' memory", SYS_process_vm_readv, 1, P(how), 1, P(how), 1, 0},
    {"write others' memory", SYS_process_vm_writev, 1, P(how), 1, P(how), 1, 0},
    {"compare descriptors", SYS_kcmp, 1, 1, 0, 3, 3},
    {"the parent's number", SYS_getppid},
    {"another's CPU clock", SYS_clock_gettime, -14, P(space)},
    {"limits of others", SYS_prlimit64, 1, 7, 0, P(space)},
    {"own limits", SYS_prlimit64, 0, 7, 0, P(space)},
    {"own priority", SYS_setpriority, 0, 0, 0},
    {"scheduler", SYS_sched_setscheduler, 0, 0, P(numbers)},
    {"affinity", SYS_sched_setaffinity, 0, sizeof space, P(space)},
    {"exec", SYS_execve, P("/bin/true-is-not-there"), P(no_words), P(no_words)},
    {"execveat", SYS_execveat, CWD, P("/bin/true-is-not-there"), P(no_words), P(no_words), 0},
    {"unshare", SYS_unshare, 0x10000000},
    {"setns", SYS_setns, BUS_FD, 0},
    {"mount", SYS_mount, P("none"), P("/tmp"), P("tmpfs"), 0, 0, .machine = 1},
    {"umount", SYS_umount2, P("/tmp"), 0, .machine = 1},
    {"pivot_root", SYS_pivot_root, P("/"), P("/"), .machine = 1},
    {"open_tree", SYS_open_tree, CWD, P("/"), 0},
    {"fsopen", SYS_fsopen, P("tmpfs"), 0},
    {"host name", SYS_sethostname, P("prying"), 6, .machine = 1},
    {"domain name", SYS_setdomainname, P("prying"), 6, .machine = 1},
    {"clock", SYS_clock_settime, 0, P(&moment), .machine = 1},
    {"swap", SYS_swapoff, P("/"), .machine = 1},
    {"system's log", SYS_syslog, 10, 0, 0},
    {"what system this is", SYS_uname, P(space)},
    {"how long it runs", SYS_sysinfo, P(space)},
    {"bpf", SYS_bpf, 0, P(space), 64},
    {"perf events", SYS_perf_event_open, P(space), 0, -1, -1, 0},
    {"userfaultfd", SYS_userfaultfd, 1},
    {"keys: add", SYS_add_key, P("user"), P("pry"), P("x"), 1, -3},
    {"keys: read", SYS_keyctl, 0, -3, 0},
    {"keys: ask", SYS_request_key, P("user"), P("pry"), 0, -3},
    {"shared memory", SYS_shmget, 0, 4096, 01600},
    {"semaphores", SYS_semget, 0, 1, 01600},
    {"message queue", SYS_msgget, 0, 01600},
    {"POSIX message queue", SYS_mq_open, P("pry"), O_RDWR | O_CREAT, 0600, 0},
    {"personality", SYS_personality, 0xffffffff},
    {"prctl: dumpable", SYS_prctl, 4, 1, 0, 0, 0},
    {"prctl: death of the parent", SYS_prctl, 1, 0, 0, 0, 0},
    {"prctl: name", SYS_prctl, 15, P("x"), 0, 0, 0},
    {"user id", SYS_setuid, 65534},
    {"group id", SYS_setgid, 65534},
    {"groups", SYS_setgroups, 0, 0},
    {"capabilities", SYS_capget, P(how), P(space)},
    {"session", SYS_setsid},
    {"timer", SYS_timer_create, 0, 0, P(numbers)},
    {"alarm", SYS_alarm, 0},
    {"filters of its own", SYS_seccomp, 2, 0, P(how)},
    {"Landlock of its own", SYS_landlock_create_ruleset, 0, 0, 1},
    {"memory that is code and can be written", SYS_mmap, 0, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
    {"memory that is code", SYS_mmap, 0, 4096, 5, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
    {"protection key", SYS_pkey_alloc, 0, 0},
    {"move pages of others", SYS_move_pages, 1, 0, 0, 0, 0, 0},
};

#pragma GCC diagnostic pop

enum { PROBES = sizeof probes / sizeof *probes };

/* What takes more than a call. */
static int make_memory_code(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? -1 : mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static int make_child(pid_t child)
{
    if (child == 0) {
        _exit(0);
    }
    return (int)child;
}

static int try_fork(void)
{
    return make_child(fork());
}

static int try_clone(void)
{
    return make_child((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int try_clone3(void)
{
    uint64_t arguments[11] = {[4] = SIGCHLD};
    return make_child((pid_t)syscall(SYS_clone3, arguments, sizeof arguments));
}

static int find_environment(void)
{
    return getenv("PATH") || getenv("HOME") ? 0 : -1;
}

static int find_descriptor(void)
{
    for (int fd = BUS_FD + 1; fd < 1024; fd++) {
        if (read(fd, space, 0) >= 0 || errno != EBADF) {
            return fd;
        }
    }
    return -1;
}

static const struct {
    const char *name;
    int (*get)(void);
} more[] = {
    {"memory made code", make_memory_code},
    {"fork", try_fork},
    {"clone a process", try_clone},
    {"clone3", try_clone3},
    {"the bus's environment", find_environment},
    {"a descriptor of the bus's", find_descriptor},
};

enum { MORE = sizeof more / sizeof *more, ALL = PROBES + MORE };
enum { LOADING, OPENING, THREAD, DECODING, CLOSING, MOMENTS };

static char got[MOMENTS][ALL]; /* 1: it got through */
static volatile int threads_turn, thread_done;

static int may_try(const Probe *probe)
{
    return !probe->machine || getauxval(AT_UID) != 0;
}

/* How many got through. */
static unsigned pry(int when)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PROBES; i++) {
        const Probe *p = &probes[i];
        got[when][i] = may_try(p) && syscall(p->call, p->a, p->b, p->c, p->d, p->e, p->f) != -1;
        count += (unsigned)got[when][i];
    }
    for (unsigned i = 0; i < MORE; i++) {
        got[when][PROBES + i] = more[i].get() >= 0;
        count += (unsigned)got[when][PROBES + i];
    }
    return count;
}

/* A thread that was there before open(): it has its turn when payloads come. */
static void *wait_and_pry(void *nothing)
{
    const struct timespec millisecond = {0, 1000000};
    while (!threads_turn) {
        nanosleep(&millisecond, NULL);
    }
    pry(THREAD);
    thread_done = 1;
    return nothing;
}

static pthread_t thread;

__attribute__((constructor)) static void pry_at_load(void)
{
    pry(LOADING);
    if (pthread_create(&thread, NULL, wait_and_pry, NULL) != 0) {
        thread_done = -1;
    }
}

static void *open_it(const hutong_host *host)
{
    pry(OPENING);
    return (void *)host;
}

static int moment_asked;

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    static const char *const names[] = {"loading", "opening", "thread", "decoding", "closing"};
    (void)state;
    (void)out;
    for (int i = 0; i < MOMENTS; i++) {
        if (payload->body.size == strlen(names[i]) &&
            memcmp(payload->body.data, names[i], payload->body.size) == 0) {
            moment_asked = i;
        }
    }
    if (moment_asked == THREAD) {
        threads_turn = 1;
        while (!thread_done) {
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
    } else if (moment_asked == DECODING) {
        pry(DECODING);
    }
    return thread_done < 0 ? HUTONG_REJECT : HUTONG_OK;
}

static hutong_verdict reply(void *state, const hutong_outcome *outcome, hutong_out *out)
{
    const hutong_host *host = state;
    (void)outcome;
    for (unsigned i = 0; i < ALL; i++) {
        char line[128];
        int size = snprintf(line, sizeof line, "%s %s\n", got[moment_asked][i] ? "GOT" : "refused",
                            i < PROBES ? probes[i].name : more[i - PROBES].name);
        host->write(out, line, (size_t)size);
    }
    return HUTONG_OK;
}

static void close_it(void *state)
{
    (void)state;
    threads_turn = 1;
    if (thread_done >= 0) {
        pthread_join(thread, NULL); /* its code goes with this file */
    }
    if (pry(CLOSING) > 0) {
        _exit(99);
    }
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "prying",
    .version = "1",
    .summary = "Tries to get out of its box, for tests",
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .close = close_it,
    .threads = 1,
};
