/* The handler of caught system calls, see trap.h. Runs wherever the call was made, any thread, perhaps in the middle of an allocation: it
 * allocates nothing, and calls nothing but the kernel.
 *
 * An adapter may change the table, or put another handler in this one's place: it reaches nothing by that, since the descriptors are
 * its own already. */
#include "plugins/box/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define REGISTER(context, number) ((context)->uc_mcontext.gregs[registers[number]])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
static const int registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
#elif defined(__aarch64__)
#define REGISTER(context, number) ((context)->uc_mcontext.regs[number])
#define RESULT(context) REGISTER(context, 0)
#elif defined(__riscv) && __riscv_xlen == 64
#define REGISTER(context, number) ((context)->uc_mcontext.__gregs[REG_A0 + (number)])
#define RESULT(context) REGISTER(context, 0)
#else
#error "plugins/box/trap.c does not know where this machine keeps a system call's arguments: add it above"
#endif

G_DEFINE_QUARK(ht_trap_error, ht_trap_error)

typedef struct {
    const char *path, *name;
    int fd;
} Given;

static Given given[HT_LIBRARIES_MAX];
static unsigned given_count;

static const char *find_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* By its path, or by its name in whatever folder the linker looks first: which file that is was decided before. */
static long open_given(const char *path, long flags)
{
    if (!path || (flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_PATH)) != 0) {
        return -EACCES;
    }
    for (unsigned i = 0; i < given_count; i++) {
        Given *file = &given[i];
        if (file->fd >= 0 &&
            (strcmp(path, file->path) == 0 || (file->name && strcmp(find_base(path), file->name) == 0))) {
            int fd = file->fd;
            file->fd = -1;
            return fd;
        }
    }
    return -EACCES;
}

/* fstat() in the C library's words. */
static long stat_open(long fd, const char *path, void *to, long flags)
{
    bool by_descriptor = (flags & AT_EMPTY_PATH) && path && *path == '\0';
    if (!by_descriptor) {
        return -EACCES;
    }
    return syscall(SYS_fstat, fd, to) == 0 ? 0 : -errno;
}

static void on_trap(int number, siginfo_t *info, void *user)
{
    (void)number;
    ucontext_t *context = user;
    int kept = errno;
    long result = -EPERM;
    switch (info->si_syscall) {
    case SYS_openat:
        result = open_given((const char *)REGISTER(context, 1), (long)REGISTER(context, 2));
        break;
#ifdef SYS_open
    case SYS_open: result = open_given((const char *)REGISTER(context, 0), (long)REGISTER(context, 1)); break;
#endif
    case SYS_newfstatat:
        result = stat_open((long)REGISTER(context, 0), (const char *)REGISTER(context, 1),
                           (void *)REGISTER(context, 2), (long)REGISTER(context, 3));
        break;
    default: break;
    }
    RESULT(context) = result;
    errno = kept;
}

bool ht_trap_set(const HtLibraries *libraries, GError **error)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};
    given_count = libraries->files->len;
    for (unsigned i = 0; i < given_count; i++) {
        HtLibrary *file = &g_array_index(libraries->files, HtLibrary, i);
        given[i] = (Given){file->path, file->name, file->fd};
        file->fd = -1;
    }
    if (sigaction(SIGSYS, &action, NULL) != 0) {
        g_set_error(error, HT_TRAP_ERROR, 0, "the adapter's box cannot be built: SIGSYS: %s",
                    g_strerror(errno));
        return false;
    }
    return true;
}

void ht_trap_end(void)
{
    for (unsigned i = 0; i < given_count; i++) {
        if (given[i].fd >= 0) {
            close(given[i].fd);
        }
    }
    given_count = 0;
}
