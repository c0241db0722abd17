/* The allow-list: see filter.h. What is here is what the host needs to read frames, compute and answer, and what the dynamic linker needs to
 * map a library whose descriptor it has. Refused calls fail instead of killing: libraries ask for things that they can do without, and the adapter
 * that tries more gets nothing either way. */
#include "plugins/box/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Whatever their arguments: they reach only this process's memory and the descriptors that it has. */
static const int allowed[] = {
    SCMP_SYS(read),           SCMP_SYS(readv),
    SCMP_SYS(pread64),        SCMP_SYS(write),
    SCMP_SYS(writev),         SCMP_SYS(sendto),
    SCMP_SYS(close),          SCMP_SYS(fstat),
    SCMP_SYS(futex),          SCMP_SYS(munmap),
    SCMP_SYS(mremap),         SCMP_SYS(brk),
    SCMP_SYS(madvise),        SCMP_SYS(gettimeofday),
    SCMP_SYS(time),           SCMP_SYS(nanosleep),
    SCMP_SYS(getrandom),      SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),    SCMP_SYS(exit),
    SCMP_SYS(exit_group),     SCMP_SYS(getpid),
    SCMP_SYS(gettid),         SCMP_SYS(sched_yield),
    SCMP_SYS(rseq),           SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),      SCMP_SYS(set_robust_list),
};

/* What opens a library, and what looks at it. */
static const int caught[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(newfstatat)};

/* What pthread_create() asks for, no less and no more. */
#define THREAD_FLAGS                                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static bool add(scmp_filter_ctx filter, uint32_t action, int call)
{
    int status = seccomp_rule_add(filter, action, call, 0);
    return status == 0 || status == -EDOM; /* a call that this architecture does not have */
}

static bool add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        good = add(filter, action, calls[i]);
    }
    return good;
}

static bool allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp argument)
{
    int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, argument);
    return status == 0 || status == -EDOM;
}

/* Memory that can be run is mapped from a file, privately, and cannot be written; so it is a library's. */
static bool allow_memory(scmp_filter_ctx filter)
{
    return allow_if(filter, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
                            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE | MAP_ANONYMOUS, MAP_PRIVATE)) == 0 &&
           allow_if(filter, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Clocks with other numbers are other processes'. */
static bool allow_clocks(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep)};
    bool good = true;
    for (size_t i = 0; i < G_N_ELEMENTS(calls) && good; i++) {
        good = allow_if(filter, calls[i], SCMP_A0(SCMP_CMP_LE, CLOCK_TAI, 0));
    }
    return good;
}

/* clone3's flags are in memory, where a filter cannot look; libc then falls back to clone. */
static bool allow_threads(scmp_filter_ctx filter, bool threads)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           (!threads || allow_if(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_EQ, THREAD_FLAGS, 0)));
}

static bool add_rules(scmp_filter_ctx filter, bool threads)
{
    return add_all(filter, SCMP_ACT_ALLOW, allowed, G_N_ELEMENTS(allowed)) &&
           add_all(filter, SCMP_ACT_TRAP, caught, G_N_ELEMENTS(caught)) && allow_memory(filter) &&
           allow_clocks(filter) && allow_threads(filter, threads) &&
           allow_if(filter, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

int ht_filter_set(bool threads)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter) {
        return ENOMEM;
    }
    int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    status = status == 0 ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : status;
    status = status == 0 && !add_rules(filter, threads) ? -EINVAL : status;
    status = status == 0 ? seccomp_load(filter) : status;
    seccomp_release(filter);
    return -status;
}
