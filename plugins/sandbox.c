/* The host's sandbox: limits of its own, then two seccomp filters, one on top of the other. Runs in
 * hutong-host before and after the adapter is loaded.
 *
 * Refused calls fail with EPERM instead of killing: libraries ask for things that they can do without, and
 * the adapter that tries more gets nothing either way. A build with AddressSanitizer keeps only what the
 * sanitizer can live with: it needs a huge address space, ptrace for its leak check and files for its
 * reports. */
#include "plugins/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define OPEN_FILES_MAX 64

G_DEFINE_QUARK(ht_sandbox_error, ht_sandbox_error)

static bool fail(GError **error, const char *what, int code)
{
    g_set_error(error, HT_SANDBOX_ERROR, 0, "the sandbox cannot be set up: %s: %s", what, g_strerror(code));
    return false;
}

static bool set_limit(int resource, const char *name, uint64_t most, GError **error)
{
    struct rlimit limit = {(rlim_t)most, (rlim_t)most};
    return setrlimit(resource, &limit) == 0 || fail(error, name, errno);
}

static bool set_limits(uint64_t memory_bytes, GError **error)
{
    if (!SANITIZED && memory_bytes > 0 && !set_limit(RLIMIT_AS, "RLIMIT_AS", memory_bytes, error)) {
        return false;
    }
    return set_limit(RLIMIT_CORE, "RLIMIT_CORE", 0, error) &&
           set_limit(RLIMIT_FSIZE, "RLIMIT_FSIZE", 0, error) &&
           set_limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", OPEN_FILES_MAX, error);
}

static bool set_process(int last_fd, GError **error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return fail(error, "PR_SET_PDEATHSIG", errno);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(error, "PR_SET_NO_NEW_PRIVS", errno);
    }
    if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail(error, "PR_SET_DUMPABLE", errno);
    }
    if (syscall(SYS_close_range, (unsigned)last_fd + 1, ~0u, 0) != 0) {
        return fail(error, "close_range", errno);
    }
    return true;
}

/* Files are still read (adapter, mapping, dictionary), so what is refused is named one by one. */
static const int refused_at_entry[] = {
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(setpriority),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(lchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(truncate),
    SCMP_SYS(creat),
    SCMP_SYS(openat2),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(memfd_create),
    SCMP_SYS(shmget),
    SCMP_SYS(msgget),
    SCMP_SYS(mq_open),
};

/* Memory, time, signals, and reading and writing what is open. */
static const int allowed_when_sealed[] = {
    SCMP_SYS(read),          SCMP_SYS(write),        SCMP_SYS(readv),
    SCMP_SYS(writev),        SCMP_SYS(recvmsg),      SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),        SCMP_SYS(sendmsg),      SCMP_SYS(poll),
    SCMP_SYS(ppoll),         SCMP_SYS(futex),        SCMP_SYS(munmap),
    SCMP_SYS(mremap),        SCMP_SYS(brk),          SCMP_SYS(madvise),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),          SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),     SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),  SCMP_SYS(exit),
    SCMP_SYS(exit_group),    SCMP_SYS(getpid),       SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),   SCMP_SYS(rseq),         SCMP_SYS(restart_syscall),
    SCMP_SYS(close),         SCMP_SYS(getrusage),    SCMP_SYS(set_robust_list),
};

/* A call that depends on one of its arguments. */
typedef struct {
    int call;
    struct scmp_arg_cmp argument;
} Condition;

static bool add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        int status = seccomp_rule_add(filter, action, calls[i], 0);
        good = status == 0 || status == -EDOM; /* a call that this architecture does not have */
    }
    return good;
}

static bool add_conditions(scmp_filter_ctx filter, uint32_t action, const Condition *conditions, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        int status = seccomp_rule_add(filter, action, conditions[i].call, 1, conditions[i].argument);
        good = status == 0 || status == -EDOM;
    }
    return good;
}

static bool add_entry_rules(scmp_filter_ctx filter)
{
    const Condition refused[] = {
        {SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY)},
        {SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR)},
        {SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY)},
        {SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR)},
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid())}, /* the bus has the same user */
        {SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0)},
        {SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)}, /* threads may be, processes not */
    };
    return add_calls(filter, SCMP_ACT_ERRNO(EPERM), refused_at_entry, G_N_ELEMENTS(refused_at_entry)) &&
           add_conditions(filter, SCMP_ACT_ERRNO(EPERM), refused, G_N_ELEMENTS(refused)) &&
           /* its flags are in memory, where a filter cannot look; libc then falls back to clone */
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool add_seal_rules(scmp_filter_ctx filter)
{
    const Condition allowed[] = {
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}, /* no memory becomes code from now on */
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())},
    };
    return add_calls(filter, SCMP_ACT_ALLOW, allowed_when_sealed, G_N_ELEMENTS(allowed_when_sealed)) &&
           add_conditions(filter, SCMP_ACT_ALLOW, allowed, G_N_ELEMENTS(allowed));
}

static bool load_filter(uint32_t otherwise, bool (*add_rules)(scmp_filter_ctx filter), GError **error)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    if (!filter) {
        return fail(error, "seccomp_init", ENOMEM);
    }
    int status = add_rules(filter) ? seccomp_load(filter) : -EINVAL;
    seccomp_release(filter);
    return status == 0 || fail(error, "seccomp", -status);
}

bool ht_sandbox_enter(int last_fd, uint64_t memory_bytes, GError **error)
{
    if (!set_process(last_fd, error) || !set_limits(memory_bytes, error)) {
        return false;
    }
    return SANITIZED || load_filter(SCMP_ACT_ALLOW, add_entry_rules, error);
}

bool ht_sandbox_seal(GError **error)
{
    return SANITIZED || load_filter(SCMP_ACT_ERRNO(EPERM), add_seal_rules, error);
}

const char *ht_sandbox_state(void)
{
    return SANITIZED ? "no seccomp filter and no memory limit: a build with sanitizers" : "sealed";
}
