/* Each kind of system call of the bus fails once, at its start, while messages go through it, or at its end. What must hold however it goes:
 * nothing hangs; the bus serves, or ends with a status and a reason; what was acknowledged is there, and is acknowledged the same again.
 *
 * In `make check` one call of about half of the kinds, chosen by the seed of the test; HUTONG_CALLS=all (make check-calls): each, for an hour or so.
 *
 * Kind: end to end, fault.
 * Shows: a receipt means: on disk.
 * Shows: no false receipt when the disk fails.
 * Shows: a resent message makes nothing new. */
#include "tests/lib/busproc.h"
#include "tests/lib/places.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define MESSAGES 3
#define LIMIT_S 60 /* for what takes a second on a quiet machine: something hangs */
#define MS_US 1000

typedef struct {
    const char *call;
    int number;
    bool ends; /* the program aborts for it at its start, with a reason: no thread, nothing to wait with */
} Way;

static const Way ways[] = {
    {"open", EMFILE, false},
    {"open", EIO, false},
    {"write", EIO, false},
    {"write", ENOSPC, false},
    {"write", EINTR, false},
    {"pwrite", EIO, false},
    {"pwrite", ENOSPC, false},
    {"fsync", EIO, false},
    {"fdatasync", EIO, false},
    {"rename", EIO, false},
    {"unlink", EIO, false},
    {"mkdir", ENOSPC, false},
    {"ftruncate", EIO, false},
    {"fallocate", ENOSPC, false},
    {"accept4", EMFILE, false},
    {"accept4", EINTR, false},
    {"socket", EMFILE, false},
    {"socketpair", EMFILE, false},
    {"bind", EADDRINUSE, false},
    {"listen", EADDRINUSE, false},
    {"connect", ECONNREFUSED, false},
    {"send", EINTR, false},
    {"send", ECONNRESET, false},
    {"sendmsg", ENOBUFS, false},
    {"recv", EINTR, false},
    {"recv", ECONNRESET, false},
    {"read", EIO, false},
    {"read", EINTR, false},
    {"pread", EIO, false},
    {"epoll_ctl", ENOSPC, false},
    {"epoll_wait", EINTR, false},
    {"epoll_create1", EMFILE, true},
    {"poll", EINTR, false},
    {"eventfd", EMFILE, true},
    {"pipe2", EMFILE, false},
    {"fork", EAGAIN, false},
    {"memfd_create", EMFILE, false},
    {"setsockopt", EINVAL, false},
    {"pthread_create", EAGAIN, true},
    {"fstat", EIO, false},
    {"stat", EIO, false},
    {"flock", EINTR, false},
};

typedef struct {
    BusProcess *bus;
    Platform *platform;
    char *file;            /* of the shim */
    char *taken[MESSAGES]; /* the message's id, once it is acknowledged */
    char *where;           /* what a failure is told with */
} Trial;

static char *make_body(unsigned number)
{
    return g_strdup_printf(
        "<ROWS><ROW><SWZXID>%u</SWZXID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%u</HJYWID>"
        "<CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM>"
        "<XB>1</XB></ROW></ROWS>",
        960000000 + number, 960000000 + number);
}

static gint64 deadline(void)
{
    return g_get_monotonic_time() + LIMIT_S * G_USEC_PER_SEC;
}

static void fail(const Trial *trial, const char *what)
{
    g_autofree char *log = bus_process_log(trial->bus);
    g_error("%s: %s; the bus's log:\n%s", trial->where, what, log);
}

/* With `nth` 0 nothing fails. */
static void spawn(Trial *trial, const Way *way, unsigned nth)
{
    g_autofree char *shim = g_build_filename(g_getenv("HUTONG_TEST_ADAPTERDIR"), "failing-calls.so", NULL);
    g_autofree char *count = g_strdup_printf("%u", nth),
                    *number = g_strdup_printf("%d", way ? way->number : 0);
    g_setenv("LD_PRELOAD", shim, TRUE);
    g_setenv("HUTONG_FAIL_FILE", trial->file, TRUE);
    g_setenv("HUTONG_FAIL_CALL", way ? way->call : "none", TRUE);
    g_setenv("HUTONG_FAIL_NTH", count, TRUE);
    g_setenv("HUTONG_FAIL_ERRNO", number, TRUE);
    bus_process_spawn(trial->bus);
    g_unsetenv("LD_PRELOAD");
}

/* How it ended is right. */
static void judge_end(Trial *trial, const Way *way, int status)
{
    g_autofree char *log = bus_process_log(trial->bus);
    trial->bus->pid = 0;
    if (WIFSIGNALED(status) && !way->ends) {
        fail(trial, g_strsignal(WTERMSIG(status)));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && !strstr(log, "error")) {
        fail(trial, "it ended without a reason");
    }
}

static bool is_gone(Trial *trial, const Way *way)
{
    int status = 0;
    if (trial->bus->pid > 0 && waitpid(trial->bus->pid, &status, WNOHANG) == trial->bus->pid) {
        judge_end(trial, way, status);
    }
    return trial->bus->pid == 0;
}

static bool get_ready(Trial *trial, const Way *way)
{
    for (gint64 until_us = deadline(); !is_gone(trial, way); g_usleep(5 * MS_US)) {
        unsigned status = 0;
        g_autofree char *page = bus_process_page(trial->bus, "/ready", &status);
        gint64 port = page && status == 200 ? bus_process_figure(trial->bus, "door.port") : -1;
        if (port > 0) {
            trial->bus->port = (unsigned)port;
            return true;
        }
        if (g_get_monotonic_time() > until_us) {
            fail(trial, "it does not get ready, nor ends");
        }
    }
    return false;
}

/* As a department would: until it is acknowledged, or nobody is there any more. What was acknowledged before is acknowledged the same. */
static void send_message(Trial *trial, const Way *way, unsigned number)
{
    g_autofree char *body = make_body(number);
    for (gint64 until_us = deadline(); !is_gone(trial, way); g_usleep(20 * MS_US)) {
        g_autoptr(Answer) answer = post(trial->bus->port, "/in/hukou", "text/xml", NULL, body, strlen(body));
        if (answer->status == 200) {
            if (trial->taken[number] && g_strcmp0(trial->taken[number], answer->message_id) != 0) {
                fail(trial, "what was acknowledged has another receipt now: it was lost");
            }
            g_free(trial->taken[number]);
            trial->taken[number] = g_strdup(answer->message_id);
            return;
        }
        if (g_get_monotonic_time() > until_us) {
            fail(trial, "a message is not taken, and the bus does not end");
        }
    }
}

static void send_all(Trial *trial, const Way *way)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        send_message(trial, way, i);
    }
}

static void stop(Trial *trial, const Way *way)
{
    if (is_gone(trial, way)) {
        return;
    }
    kill(trial->bus->pid, SIGTERM);
    for (gint64 until_us = deadline(); !is_gone(trial, way); g_usleep(5 * MS_US)) {
        if (g_get_monotonic_time() > until_us) {
            fail(trial, "it does not end when it is told to");
        }
    }
}

static Trial *begin(const Way *way, unsigned nth)
{
    Trial *trial = g_new0(Trial, 1);
    trial->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 1\npurpose = 测试\npurpose-until = 2099-12-31\n"
        "retry-first = 20ms\nretry-max = 200ms\nprobe = 1s\n[route all]\nto = platform\n",
        platform_url(trial->platform));
    trial->bus = bus_process_new("", sections);
    trial->file = g_build_filename(trial->bus->folder, "calls", NULL);
    trial->where = way ? g_strdup_printf("%s, call %u, %s", way->call, nth, g_strerror(way->number))
                       : g_strdup("nothing");
    return trial;
}

static void end(Trial *trial)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_free(trial->taken[i]);
    }
    bus_process_free(trial->bus);
    platform_free(trial->platform);
    g_free(trial->file);
    g_free(trial->where);
    g_free(trial);
}

/* A first start that failed behind the key and before the spool says itself what to do. */
static bool begin_anew(Trial *trial)
{
    g_autofree char *log = bus_process_log(trial->bus), *output = NULL;
    bool nothing = !trial->taken[0] && !trial->taken[1] && !trial->taken[2];
    return nothing && strstr(log, "hutong spool create") &&
           run_hutong(&output, "spool", "create", "-c", trial->bus->config, NULL) == 0;
}

/* Without the fault: all of it is there, is acknowledged the same again, and comes to the consumer. */
static void expect_all(Trial *trial)
{
    static const Way none = {"none", 0, false};
    g_autofree char *checked = NULL;
    bus_process_spawn(trial->bus);
    if (!get_ready(trial, &none)) {
        bool anew = begin_anew(trial);
        bus_process_spawn(trial->bus);
        if (!anew || !get_ready(trial, &none)) {
            fail(trial, "it does not start again");
        }
    }
    send_all(trial, &none);
    if (!platform_wait(trial->platform, MESSAGES, LIMIT_S * 1000)) {
        fail(trial, "not all events are delivered");
    }
    PlatformCount count;
    platform_count(trial->platform, &count);
    g_assert_cmpuint(count.doubled, ==, 0);
    stop(trial, &none);
    g_assert_cmpint(run_hutong(&checked, "spool", "check", "-c", trial->bus->config, NULL), ==, 0);
}

/* False: it is not called so often. */
static bool try_call(const Way *way, unsigned nth)
{
    Trial *trial = begin(way, nth);
    spawn(trial, way, nth);
    if (get_ready(trial, way)) {
        send_all(trial, way);
    }
    stop(trial, way);
    g_autofree char *said = NULL;
    g_file_get_contents(trial->file, &said, NULL, NULL);
    bool failed = said && strstr(said, "failed\n");
    expect_all(trial);
    end(trial);
    return failed;
}

/* How often each call is made when nothing fails, by name. */
static GHashTable *count_calls(void)
{
    static const Way none = {"none", 0, false};
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Trial *trial = begin(NULL, 0);
    spawn(trial, NULL, 0);
    g_assert_true(get_ready(trial, &none));
    send_all(trial, &none);
    g_assert_true(platform_wait(trial->platform, MESSAGES, LIMIT_S * 1000));
    stop(trial, &none);
    g_autofree char *said = NULL;
    g_assert_true(g_file_get_contents(trial->file, &said, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *blank = strchr(*line, ' ');
        if (blank) {
            g_hash_table_insert(counts, g_strndup(*line, (gsize)(blank - *line)),
                                GUINT_TO_POINTER(atoi(blank + 1)));
        }
    }
    end(trial);
    return counts;
}

static bool is_sanitized(void)
{
    bool is = test_is_sanitized();
    if (is) {
        g_test_skip("a sanitizer has to be loaded first");
    }
    return is;
}

static void test_each_fails_once(void)
{
    if (is_sanitized()) {
        return;
    }
    bool all = g_strcmp0(g_getenv("HUTONG_CALLS"), "all") == 0;
    const char *only = g_getenv("HUTONG_CALL");
    unsigned tried = 0, failed = 0;
    g_autoptr(GHashTable) counts = count_calls();
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, ways[i].call));
        bool passed_over = only ? strcmp(only, ways[i].call) != 0 : !all && g_test_rand_bit();
        if (count == 0 || passed_over) {
            continue;
        }
        unsigned first = all ? 1 : (unsigned)g_test_rand_int_range(1, (int)count + 1),
                 last = all ? count : first;
        for (unsigned nth = first; nth <= last; nth++) {
            tried++;
            failed += try_call(&ways[i], nth);
        }
    }
    g_test_message("%u tried, %u failed", tried, failed);
    g_assert_cmpuint(failed, >=, tried / 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calls/each-fails-once-and-nothing-is-lost", test_each_fails_once);
    return g_test_run();
}
