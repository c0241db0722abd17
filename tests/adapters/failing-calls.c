/* No adapter: loaded before a program's libraries (LD_PRELOAD), it lets one call of the C library fail, once. HUTONG_FAIL_CALL names it,
 * HUTONG_FAIL_NTH says which of the process's calls of it (from 1; 0: none), HUTONG_FAIL_ERRNO with which number. HUTONG_FAIL_FILE gets
 * "failed" when it has, and at the process's end how often each was called: "fsync 12". Any thread. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
#define CALLS 64

static struct {
    const char *name;
    unsigned count;
} calls[CALLS];
static const char *wanted, *path;
static unsigned nth;
static int number;
static pid_t owner; /* what forks off and is not yet another program counts for nothing */

static void note(const char *text)
{
    int fd =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        syscall(SYS_write, fd, text, strlen(text));
        syscall(SYS_close, fd);
    }
}

__attribute__((constructor)) static void begin(void)
{
    const char *which = getenv("HUTONG_FAIL_NTH"), *error = getenv("HUTONG_FAIL_ERRNO");
    wanted = getenv("HUTONG_FAIL_CALL");
    path = getenv("HUTONG_FAIL_FILE");
    nth = which ? (unsigned)strtoul(which, NULL, 10) : 0;
    number = error ? atoi(error) : EIO;
    owner = getpid();
}

__attribute__((destructor)) static void end(void)
{
    char line[80];
    for (unsigned i = 0; owner == getpid() && i < CALLS; i++) {
        if (calls[i].name) {
            snprintf(line, sizeof line, "%s %u\n", calls[i].name, calls[i].count);
            note(line);
        }
    }
}

/* Whether this call of it fails; errno is set then. `place` is its own in the table. */
static int fails(unsigned place, const char *name)
{
    calls[place].name = name;
    unsigned count = __atomic_add_fetch(&calls[place].count, 1, __ATOMIC_RELAXED);
    if (!nth || count != nth || strcmp(wanted, name) != 0 || (pid_t)syscall(SYS_getpid) != owner) {
        return 0;
    }
    note("failed\n");
    errno = number;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* One that gives -1 with errno. */
#define CALL(place, type, name, call, parameters, arguments)         \
    EXPORTED type name parameters                                    \
    {                                                                \
        return fails(place, call) ? (type)-1 : REAL(name) arguments; \
    }
/* One that gives the number. */
#define CALL_GIVING(place, name, call, parameters, arguments)     \
    EXPORTED int name parameters                                  \
    {                                                             \
        return fails(place, call) ? errno : REAL(name) arguments; \
    }
#define CALL_OPEN(name)                                                         \
    EXPORTED int name(const char *file, int flags, ...)                         \
    {                                                                           \
        va_list list;                                                           \
        va_start(list, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                           \
        return fails(0, "open") ? -1 : REAL(name)(file, flags, mode);           \
    }

/* An eventfd, by which GLib wakes its main loop; the kernel never fails there, and GLib does not look. Also called by handlers of signals,
 * where dlsym() may not be. */
static int wakes(int fd)
{
    struct stat found;
    return syscall(SYS_fstat, fd, &found) == 0 && (found.st_mode & S_IFMT) == 0;
}

CALL_OPEN(open)
CALL_OPEN(open64)
EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
    return !wakes(fd) && fails(1, "write") ? -1 : syscall(SYS_write, fd, data, size);
}
CALL(2, ssize_t, pwrite64, "pwrite", (int fd, const void *data, size_t size, off64_t at),
     (fd, data, size, at))
CALL(3, int, fsync, "fsync", (int fd), (fd))
CALL(4, int, fdatasync, "fdatasync", (int fd), (fd))
CALL(5, int, rename, "rename", (const char *from, const char *to), (from, to))
CALL(6, int, unlink, "unlink", (const char *file), (file))
CALL(7, int, mkdir, "mkdir", (const char *file, mode_t mode), (file, mode))
CALL(8, int, ftruncate64, "ftruncate", (int fd, off64_t size), (fd, size))
CALL_GIVING(9, posix_fallocate64, "fallocate", (int fd, off64_t at, off64_t size), (fd, at, size))
CALL(10, int, accept4, "accept4", (int fd, struct sockaddr *address, socklen_t *size, int flags),
     (fd, address, size, flags))
CALL(11, int, socket, "socket", (int domain, int type, int protocol), (domain, type, protocol))
CALL(12, int, socketpair, "socketpair", (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds))
CALL(13, int, bind, "bind", (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
CALL(14, int, listen, "listen", (int fd, int waiting), (fd, waiting))
CALL(15, int, connect, "connect", (int fd, const struct sockaddr *address, socklen_t size),
     (fd, address, size))
CALL(16, ssize_t, send, "send", (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
CALL(17, ssize_t, sendmsg, "sendmsg", (int fd, const struct msghdr *message, int flags), (fd, message, flags))
CALL(18, ssize_t, recv, "recv", (int fd, void *data, size_t size, int flags), (fd, data, size, flags))
EXPORTED ssize_t read(int fd, void *data, size_t size)
{
    return !wakes(fd) && fails(19, "read") ? -1 : syscall(SYS_read, fd, data, size);
}
CALL(20, ssize_t, pread64, "pread", (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
/* Only where something is added: the rest cannot fail but by a fault of the program. */
EXPORTED int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
    return what == EPOLL_CTL_ADD && fails(21, "epoll_ctl") ? -1 : REAL(epoll_ctl)(epoll, what, fd, event);
}
CALL(22, int, epoll_create1, "epoll_create1", (int flags), (flags))
CALL(23, int, epoll_wait, "epoll_wait", (int epoll, struct epoll_event *events, int most, int wait_ms),
     (epoll, events, most, wait_ms))
CALL(24, int, poll, "poll", (struct pollfd * fds, nfds_t count, int wait_ms), (fds, count, wait_ms))
CALL(25, int, eventfd, "eventfd", (unsigned first, int flags), (first, flags))
CALL(26, int, pipe2, "pipe2", (int fds[2], int flags), (fds, flags))
CALL(27, pid_t, fork, "fork", (void), ())
CALL(29, int, memfd_create, "memfd_create", (const char *name, unsigned flags), (name, flags))
CALL(31, int, setsockopt, "setsockopt", (int fd, int level, int option, const void *value, socklen_t size),
     (fd, level, option, value, size))
CALL_GIVING(33, pthread_create, "pthread_create",
            (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user),
            (thread, attributes, run, user))
CALL(34, int, fstat64, "fstat", (int fd, struct stat64 *found), (fd, found))
CALL(35, int, stat64, "stat", (const char *file, struct stat64 *found), (file, found))
CALL(38, ssize_t, sendto, "sendto",
     (int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length),
     (fd, data, size, flags, address, length))
CALL(39, int, flock, "flock", (int fd, int what), (fd, what))
/* The same, under their other names. */
CALL(2, ssize_t, pwrite, "pwrite", (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
CALL(8, int, ftruncate, "ftruncate", (int fd, off_t size), (fd, size))
CALL_GIVING(9, posix_fallocate, "fallocate", (int fd, off_t at, off_t size), (fd, at, size))
CALL(20, ssize_t, pread, "pread", (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
CALL(34, int, fstat, "fstat", (int fd, struct stat *found), (fd, found))
CALL(35, int, stat, "stat", (const char *file, struct stat *found), (file, found))
