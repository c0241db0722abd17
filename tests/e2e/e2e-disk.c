/* A disk that fails under a running bus: nothing more is acknowledged, the bus ends with status 1, and the next start has all
 * that was. The disk is the kernel's limit of a file's size, set from outside.
 *
 * Kind: end to end, fault.
 * Shows: no false receipt when the disk fails. */
#include "tests/lib/busproc.h"
#include "tests/lib/deaths.h"
#include "tests/lib/post.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_S 30 /* far more than the second that it takes */

static Answer *send_record(BusProcess *bus, unsigned number)
{
    g_autofree char *body = deaths_payload(number, 1, 1);
    return post(bus->port, "/in/hukou", "text/xml", NULL, body, strlen(body));
}

/* Ends by itself: its exit status, or -1 when a signal ended it. */
static int wait_for_end(BusProcess *bus)
{
    int status = 0;
    gint64 until_us = g_get_monotonic_time() + END_S * G_USEC_PER_SEC;
    while (waitpid(bus->pid, &status, WNOHANG) == 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        g_usleep(10000);
    }
    bus->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_the_bus_ends_when_its_disk_fails(void)
{
    BusProcess *bus = bus_process_new(NULL, "[source hukou]\ndepartment = police\nadapter = hukou\n"
                                            "mapping = hukou.xml\ndivision = 440104\n");
    bus_process_start(bus);
    g_autoptr(Answer) taken = send_record(bus, 1);
    g_assert_cmpint(taken->status, ==, 200);
    bus_process_fail_disk(bus);
    g_autoptr(Answer) refused = send_record(bus, 2);
    g_assert_cmpint(refused->status, ==, 503);
    g_assert_nonnull(strstr(refused->body->str, "spool-failed"));
    g_assert_cmpint(wait_for_end(bus), ==, 1);
    g_autofree char *log = bus_process_log(bus);
    g_assert_nonnull(strstr(log, "nothing is acknowledged any more"));
    g_assert_nonnull(strstr(log, "the bus ends without acknowledging anything more"));

    bus_process_start(bus); /* the disk is good again */
    g_autoptr(Answer) again = send_record(bus, 1);
    g_assert_cmpint(again->status, ==, 200);
    g_assert_cmpstr(again->message_id, ==, taken->message_id);
    g_autoptr(Answer) now = send_record(bus, 2);
    g_assert_cmpint(now->status, ==, 200);
    g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==, 2);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

static const char source[] = "[source hukou]\ndepartment = police\nadapter = hukou\n"
                             "mapping = hukou.xml\ndivision = 440104\n";

/* Nothing is acknowledged into a file that nobody will find again, and nothing begins empty in its place without a word. */
static void test_a_removed_spool_is_no_new_one(void)
{
    BusProcess *bus = bus_process_new(NULL, source);
    bus_process_start(bus);
    g_autoptr(Answer) taken = send_record(bus, 1);
    g_assert_cmpint(taken->status, ==, 200);
    g_autofree char *file = g_build_filename(bus->folder, "state", "spool.db", NULL);
    g_assert_cmpint(g_unlink(file), ==, 0);
    g_assert_cmpint(wait_for_end(bus), ==, 1);
    g_autofree char *log = bus_process_log(bus);
    g_assert_nonnull(strstr(log, "the spool's file was removed or replaced; the bus ends"));

    g_autofree char *run = NULL, *create = NULL, *again = NULL;
    g_assert_cmpint(run_hutong(&run, "run", "-c", bus->config, NULL), ==, 1);
    g_assert_nonnull(strstr(run, "there is a site key, but no"));
    g_assert_nonnull(strstr(run, "hutong spool create"));
    g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
    g_assert_cmpint(run_hutong(&create, "spool", "create", "-c", bus->config, NULL), ==, 0);
    g_assert_cmpint(run_hutong(&again, "spool", "create", "-c", bus->config, NULL), ==, 1);
    g_assert_nonnull(strstr(again, "already"));
    bus_process_start(bus);
    g_autoptr(Answer) now = send_record(bus, 1);
    g_assert_cmpint(now->status, ==, 200);
    g_assert_cmpint(bus_process_figure(bus, "spool.lastSequence"), ==,
                    2); /* 1 was given out: the mark says so */
    unsigned status;
    g_autofree char *ready = bus_process_page(bus, "/ready", &status);
    g_assert_cmpuint(status, ==, 200);
    g_assert_nonnull(strstr(ready, "ready\n1 events of the spool are damaged"));
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    bus_process_free(bus);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGXFSZ, SIG_IGN); /* inherited by the bus: a write beyond the limit is an error there */
    g_test_add_func("/disk/the-bus-ends-when-its-disk-fails", test_the_bus_ends_when_its_disk_fails);
    g_test_add_func("/disk/a-removed-spool-is-no-new-one", test_a_removed_spool_is_no_new_one);
    return g_test_run();
}
