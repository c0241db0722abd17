/* Landlock without a single rule: everything that it can forbid is forbidden. See landlock.h.
 *
 * The numbers are those of the kernel, said here because the headers of Debian 12 end at the second version. */
#include "plugins/box/landlock.h"

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASK_VERSION 1u
#define RIGHTS(count) ((UINT64_C(1) << (count)) - 1)

/* A kernel that knows less of it takes it as long as the rest is zero. */
typedef struct {
    uint64_t files, network, scopes;
} Ruleset;

/* What each version can forbid. Version 2 added moving between folders, 3 truncating, 4 TCP, 5 ioctl of devices, 6 scopes. */
static const Ruleset versions[] = {
    {RIGHTS(13), 0, 0},         {RIGHTS(14), 0, 0},         {RIGHTS(15), 0, 0},
    {RIGHTS(15), RIGHTS(2), 0}, {RIGHTS(16), RIGHTS(2), 0}, {RIGHTS(16), RIGHTS(2), RIGHTS(2)},
};

int ht_landlock_set(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    if (version < 1) {
        return version == 0 ? ENOSYS : errno;
    }
    Ruleset ruleset = versions[MIN((size_t)version, G_N_ELEMENTS(versions)) - 1];
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (fd < 0) {
        return errno;
    }
    int code = syscall(SYS_landlock_restrict_self, fd, 0) == 0 ? 0 : errno;
    close(fd);
    return code;
}
