/* What `/ready` says in each state in which no messages are taken, and the admin socket itself: left behind, somebody else's, crowded.
 *
 * Kind: end to end, fault. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_S 30   /* far more than anything here takes */
#define ATTEMPTS 5  /* to see what lasts a second at most */
#define CROWD 300   /* connections; more than the bus takes */
#define IDLE_MS 300 /* admin-idle of the crowded one */
#define FILES 200   /* descriptors of the crowded one */
#define RESERVE_G 1024

#define SOURCE \
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"

static Answer *send_record(BusProcess *bus, unsigned number)
{
    g_autofree char *body = deaths_payload(number, 1, 1);
    return post(bus->port, "/in/hukou", "text/xml", NULL, body, strlen(body));
}

/* Waits until the page says this, with this status. */
static void expect_ready(BusProcess *bus, unsigned wanted, const char *text)
{
    gint64 until_us = g_get_monotonic_time() + WAIT_S * G_USEC_PER_SEC;
    g_autofree char *page = NULL;
    for (unsigned status = 0; status != wanted || !g_str_has_prefix(page, text);) {
        if (g_get_monotonic_time() > until_us) {
            g_autofree char *log = bus_process_log(bus);
            g_error("/ready says %u '%s', not %u '%s'; the log:\n%s", status, page ? page : "", wanted, text,
                    log);
        }
        g_usleep(1000);
        g_free(page);
        page = bus_process_page(bus, "/ready", &status);
        page = page ? page : g_strdup("");
    }
}

/* What a bus says that comes up, but takes nothing. */
static void expect_intake_stopped(const char *spool, const char *reason, const char *code)
{
    g_autofree char *sections = g_strconcat(spool, SOURCE, NULL);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_spawn(bus);
    expect_ready(bus, 503, reason);
    bus->port = (unsigned)bus_process_figure(bus, "door.port");
    g_autoptr(Answer) answer = send_record(bus, 1);
    g_assert_cmpint(answer->status, ==, 503);
    g_assert_nonnull(strstr(answer->body->str, code));
    unsigned status = 0;
    g_autofree char *page = bus_process_page(bus, "/live", &status);
    g_assert_cmpuint(status, ==, 200); /* nobody should kill it for that */
    g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static void test_a_full_disk(void)
{
    struct statvfs disk;
    g_autofree char *reserve = g_strdup_printf("[spool]\nreserve = %dG\n", RESERVE_G);
    g_assert_cmpint(statvfs(g_get_tmp_dir(), &disk), ==, 0);
    if ((guint64)disk.f_bavail * disk.f_frsize >> 30 >= RESERVE_G) {
        g_test_skip("more room than any reserve");
        return;
    }
    expect_intake_stopped(reserve, "the spool's disk is full: intake is stopped\n", "spool-full");
}

static void test_a_spool_at_its_cap(void)
{
    expect_intake_stopped("[spool]\nmax-size = 1K\n", "the spool has reached max-size: intake is stopped\n",
                          "spool-capped");
}

/* The bus ends with the next tick: the state lasts a second at most. */
static bool sees_failed_disk(void)
{
    BusProcess *bus = bus_process_new(NULL, SOURCE);
    bus_process_start(bus);
    g_autoptr(Answer) taken = send_record(bus, 1);
    g_assert_cmpint(taken->status, ==, 200);
    bus_process_fail_disk(bus);
    g_autoptr(Answer) refused = send_record(bus, 2);
    unsigned status = 0;
    g_autofree char *page = bus_process_page(bus, "/ready", &status);
    bool seen = page && status == 503 && g_str_has_prefix(page, "the spool's disk has failed\n");
    g_assert_true(seen || !page); /* it has ended already; it never says "ready" */
    bus_process_free(bus);
    return seen;
}

static void test_a_failed_disk(void)
{
    bool seen = false;
    for (unsigned i = 0; i < ATTEMPTS && !seen; i++) {
        seen = sees_failed_disk();
    }
    g_assert_true(seen);
}

static gpointer send_hanging(gpointer user)
{
    return post(((BusProcess *)user)->port, "/in/bad", "text/xml", NULL, "hang", 4);
}

static void test_stopping(void)
{
    const char *adapters = g_getenv("HUTONG_TEST_ADAPTERDIR"), *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *sections =
        g_strdup_printf("[source bad]\ndepartment = nobody\nadapter = %s/obedient.so\n"
                        "mapping = %s/tests/data/mappings/encoding.xml\nmessage-timeout = 2s\nstrikes = 1\n",
                        adapters, root);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    GThread *sender = g_thread_new("sender", send_hanging, bus);
    bus_process_wait_figure(bus, "sources.0.host.waiting", 1, WAIT_S * 1000);
    g_assert_cmpint(kill(bus->pid, SIGTERM), ==, 0);
    expect_ready(bus, 503, "stopping\n");
    g_autoptr(Answer) answer = g_thread_join(sender); /* in flight before: it has its answer */
    g_assert_cmpint(answer->status, >=, 400);
    int status = 0;
    g_assert_cmpint(waitpid(bus->pid, &status, 0), ==, bus->pid);
    bus->pid = 0;
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    bus_process_free(bus);
}

/* ---- The socket ---- */

static char *socket_path(const BusProcess *bus)
{
    return g_build_filename(bus->folder, "run", "admin.sock", NULL);
}

static void test_a_socket_left_behind_is_replaced(void)
{
    BusProcess *bus = bus_process_new(NULL, SOURCE);
    g_autofree char *path = socket_path(bus);
    bus_process_start(bus);
    bus_process_kill(bus);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    bus_process_start(bus);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    bus_process_free(bus);
}

/* Refuses to run, and leaves alone what is there. */
static void expect_refused(const BusProcess *bus, const char *name, const char *reason)
{
    g_autofree char *path = socket_path(bus), *named = g_build_filename(bus->folder, name, NULL),
                    *output = NULL;
    struct stat before, after;
    g_assert_cmpint(lstat(path, &before), ==, 0);
    g_assert_cmpint(run_hutong(&output, "run", "-c", bus->config, NULL), ==, 1);
    if (!strstr(output, named) || !strstr(output, reason)) {
        g_error("not '%s: %s', but:\n%s", named, reason, output);
    }
    g_assert_cmpint(lstat(path, &after), ==, 0);
    g_assert_true(before.st_ino == after.st_ino && before.st_mode == after.st_mode &&
                  before.st_size == after.st_size);
}

static void bind_at(int fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
}

static void test_what_is_somebody_elses_stays(void)
{
    BusProcess *bus = bus_process_new(NULL, SOURCE);
    g_autofree char *path = socket_path(bus), *run = g_path_get_dirname(path);
    g_autofree char *target = g_build_filename(bus->folder, "kept", NULL);
    g_assert_cmpint(g_mkdir_with_parents(run, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, "a file\n", -1, NULL));
    expect_refused(bus, "run/admin.sock", "no socket");
    g_assert_cmpint(g_unlink(path), ==, 0);

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    expect_refused(bus, "run/admin.sock", "no socket");
    g_assert_cmpint(g_rmdir(path), ==, 0);

    g_assert_true(g_file_set_contents(target, "kept\n", -1, NULL));
    g_assert_cmpint(symlink(target, path), ==, 0);
    expect_refused(bus, "run/admin.sock", "no socket");
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_true(g_file_test(target, G_FILE_TEST_IS_REGULAR));
    g_unlink(target);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); /* some program that listens there */
    bind_at(fd, path);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    expect_refused(bus, "run/admin.sock", "another bus is listening there");
    close(fd);
    g_assert_cmpint(g_unlink(path), ==, 0);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* of another kind, but somebody reads there */
    bind_at(fd, path);
    expect_refused(bus, "run/admin.sock", "another bus is listening there");
    close(fd);
    bus_process_start(bus); /* now nobody does */
    expect_refused(bus, "state", "in use by another process");
    g_autoptr(Answer) answer = send_record(bus, 1); /* of whose start the first one has not noticed */
    g_assert_cmpint(answer->status, ==, 200);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static int connect_admin(const BusProcess *bus)
{
    g_autofree char *path = socket_path(bus);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        g_assert_cmpint(errno, ==, EAGAIN); /* the backlog is full */
        close(fd);
        return -1;
    }
    return fd;
}

/* Whoever sits at the admin socket takes neither the door's descriptors nor the next command's place for long. */
static void test_a_crowd_at_the_socket(void)
{
    BusProcess *bus = bus_process_new("admin-idle = " G_STRINGIFY(IDLE_MS) "ms\n", SOURCE);
    int crowd[CROWD];
    bus->files = FILES;
    bus_process_start(bus);
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = connect_admin(bus);
        if (crowd[i] >= 0 && i % 2) { /* half a request keeps it open no longer */
            g_assert_cmpint(send(crowd[i], "GET /re", 7, MSG_NOSIGNAL), ==, 7);
        }
    }
    for (unsigned i = 0; i < 20; i++) {
        g_autoptr(Answer) answer = send_record(bus, i);
        g_assert_cmpint(answer->status, ==, 200);
    }
    expect_ready(bus, 200, "ready\n"); /* its turn comes, with all of them still there */
    unsigned cut_off = 0;
    char byte;
    for (unsigned i = 0; i < CROWD; i++) {
        cut_off += crowd[i] >= 0 && recv(crowd[i], &byte, 1, 0) == 0;
        if (crowd[i] >= 0) {
            close(crowd[i]);
        }
    }
    g_assert_cmpuint(cut_off, >, 0);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGXFSZ, SIG_IGN); /* inherited by the bus: a write beyond the limit is an error there */
    g_test_add_func("/ready/a-full-disk", test_a_full_disk);
    g_test_add_func("/ready/a-spool-at-its-cap", test_a_spool_at_its_cap);
    g_test_add_func("/ready/a-failed-disk", test_a_failed_disk);
    g_test_add_func("/ready/stopping", test_stopping);
    g_test_add_func("/ready/a-socket-left-behind-is-replaced", test_a_socket_left_behind_is_replaced);
    g_test_add_func("/ready/what-is-somebody-elses-stays", test_what_is_somebody_elses_stays);
    g_test_add_func("/ready/a-crowd-at-the-socket", test_a_crowd_at_the_socket);
    return g_test_run();
}
