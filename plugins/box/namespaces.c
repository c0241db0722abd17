/* Leaving the machine, namespace by namespace: see namespaces.h. An ordinary user may make a user namespace, and in it, where it has every
 * capability, the others. Each that is refused is noted, and the rest goes on. */
#include "plugins/box/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* User ids from here on are nobody's (systemd's UIDS-GIDS says who takes which); with the process's number on top it is one of its own. */
#define OWNERS_FIRST 0x70000000u

/* A folder that is there on every system, to put the empty one over. */
#define ANY_FOLDER "/usr"

static void note(HtBox *box, HtLayer layer, bool good)
{
    if (good) {
        ht_layer_stands(box, layer);
    } else {
        ht_layer_misses(box, layer, errno);
    }
}

static void become_nobody_else(HtBox *box)
{
    uid_t owner = OWNERS_FIRST + (uid_t)getpid();
    if (geteuid() != 0) {
        box->layer[HT_LAYER_OWNER].state = HT_LAYER_NEEDLESS;
        return;
    }
    note(box, HT_LAYER_OWNER,
         setgroups(0, NULL) == 0 && setresgid(owner, owner, owner) == 0 &&
             setresuid(owner, owner, owner) == 0);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void)ignored;
        close(fd);
    }
}

/* The same number inside as outside. Without a map the process is nobody there, which is as good. */
static void write_maps(uid_t user, gid_t group)
{
    char map[64];
    write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", (unsigned)user, (unsigned)user);
    write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1", (unsigned)group, (unsigned)group);
    write_text("/proc/self/gid_map", map);
}

/* /proc/self belongs to root as long as the process may not be dumped. */
static void enter_user(HtBox *box)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    note(box, HT_LAYER_USER, unshare(CLONE_NEWUSER) == 0);
    if (box->layer[HT_LAYER_USER].state == HT_LAYER_STANDS) {
        write_maps(user, group);
    }
}

static bool mount_empty(void)
{
    unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", ANY_FOLDER, "tmpfs", flags, "size=4k,nr_inodes=1,mode=555") == 0 &&
           chdir(ANY_FOLDER) == 0;
}

/* Where the root is the kernel's first one it cannot be exchanged, but left; to come back takes a capability, which goes. */
static bool exchange_root(void)
{
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
    }
    return chroot(".") == 0 && chdir("/") == 0;
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    syscall(SYS_capset, &head, none);
}

void ht_namespaces_enter(HtBox *box)
{
    become_nobody_else(box);
    enter_user(box);
    note(box, HT_LAYER_NETWORK, unshare(CLONE_NEWNET) == 0);
    note(box, HT_LAYER_IPC, unshare(CLONE_NEWIPC) == 0);
    note(box, HT_LAYER_NAMES, unshare(CLONE_NEWUTS) == 0);
    note(box, HT_LAYER_ROOT, unshare(CLONE_NEWNS) == 0 && mount_empty() && exchange_root());
    drop_capabilities();
}
