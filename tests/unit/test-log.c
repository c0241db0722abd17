/* The log: forms that others read, a limit of lines, and nothing that breaks a line. */
#include "core/base/clock.h"
#include "core/base/log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Standard error goes to a file until end(). */
typedef struct {
    char *folder, *path;
    int before;
} Caught;

static Caught begin(void)
{
    Caught caught = {.folder = g_dir_make_tmp("log-XXXXXX", NULL), .before = dup(STDERR_FILENO)};
    caught.path = g_build_filename(caught.folder, "log", NULL);
    int fd = g_open(caught.path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, STDERR_FILENO);
    close(fd);
    g_unsetenv("JOURNAL_STREAM");
    return caught;
}

static char **end(Caught *caught)
{
    g_autofree char *text = NULL;
    dup2(caught->before, STDERR_FILENO);
    close(caught->before);
    g_assert_true(g_file_get_contents(caught->path, &text, NULL, NULL));
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_unlink(caught->path);
    g_rmdir(caught->folder);
    g_free(caught->path);
    g_free(caught->folder);
    ht_log_set_form_named("text");
    ht_log_set_rate(0);
    return g_strsplit(g_strchomp(text), "\n", -1);
}

static void test_lines_are_objects(void)
{
    Caught caught = begin();
    ht_log_set_form_named("json");
    ht_log(HT_LOG_WARNING, "host hukou", "a \"name\"\nwith \\ and 互通 %d", 7);
    ht_log(HT_LOG_INFO, "bus", "%s\xe4\xba", "cut"); /* in the middle of a letter */
    g_auto(GStrv) lines = end(&caught);
    g_assert_cmpuint(g_strv_length(lines), ==, 2);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_data(parser, lines[0], -1, NULL));
    JsonObject *line = json_node_get_object(json_parser_get_root(parser));
    g_assert_cmpstr(json_object_get_string_member(line, "level"), ==, "warning");
    g_assert_cmpstr(json_object_get_string_member(line, "part"), ==, "host hukou");
    g_assert_cmpstr(json_object_get_string_member(line, "msg"), ==, "a \"name\" with \\ and 互通 7");
    g_assert_true(json_parser_load_from_data(parser, lines[1], -1, NULL));
}

static void test_logfmt_quotes(void)
{
    Caught caught = begin();
    ht_log_set_form_named("logfmt");
    ht_log_set_form_named("no such form");
    ht_log(HT_LOG_ERROR, "bus", "x=\"1\" level=info");
    g_auto(GStrv) lines = end(&caught);
    g_assert_nonnull(strstr(lines[0], " level=error part=\"bus\" msg=\"x=\\\"1\\\" level=info\""));
    g_assert_true(g_str_has_prefix(lines[0], "time=20"));
}

static void test_too_many_lines_are_counted(void)
{
    Caught caught = begin();
    ht_log_set_rate(5);
    int64_t second = ht_clock_monotonic() / HT_SECOND;
    while (ht_clock_monotonic() / HT_SECOND == second) { /* so that all of them are in one */
    }
    for (unsigned i = 0; i < 50; i++) {
        ht_log(HT_LOG_INFO, "ingress", "refused %u", i);
    }
    ht_log(HT_LOG_ERROR, "bus", "an error is written");
    for (unsigned i = 0; i < 7; i++) {
        ht_log(HT_LOG_WARNING, "alarm", "begins %u", i); /* which the refused do not silence */
    }
    second = ht_clock_monotonic() / HT_SECOND;
    while (ht_clock_monotonic() / HT_SECOND == second) {
    }
    ht_log(HT_LOG_INFO, "bus", "later");
    g_auto(GStrv) lines = end(&caught);
    g_assert_cmpuint(g_strv_length(lines), ==, 13);
    g_assert_nonnull(strstr(lines[4], "refused 4"));
    g_assert_nonnull(strstr(lines[5], "an error is written"));
    g_assert_nonnull(strstr(lines[6], "begins 0"));
    g_assert_nonnull(strstr(lines[10], "begins 4"));
    g_assert_nonnull(strstr(lines[11], "warning log: 47 lines were left out"));
    g_assert_nonnull(strstr(lines[12], "later"));
}

static void test_the_journal_gets_fields(void)
{
    Caught caught = begin();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *path = g_build_filename(caught.folder, "journal", NULL);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_setenv("HUTONG_JOURNAL_SOCKET", path, TRUE);
    ht_log_set_form_named("journal");
    ht_log(HT_LOG_WARNING, "alarm", "begins\nPRIORITY=0");
    char fields[2000];
    ssize_t size = recv(fd, fields, sizeof fields - 1, 0);
    close(fd);
    g_unlink(path);
    ht_log(HT_LOG_WARNING, "alarm", "no journal any more");
    g_unsetenv("HUTONG_JOURNAL_SOCKET");
    g_auto(GStrv) lines = end(&caught);
    g_assert_cmpint(size, >, 0);
    fields[size] = '\0';
    g_assert_cmpstr(fields, ==,
                    "PRIORITY=4\nSYSLOG_IDENTIFIER=hutong\nHUTONG_PART=alarm\nMESSAGE=begins PRIORITY=0\n");
    g_assert_cmpuint(g_strv_length(lines), ==, 1);
    g_assert_nonnull(strstr(lines[0], "warning alarm: no journal any more"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/lines-are-objects", test_lines_are_objects);
    g_test_add_func("/log/logfmt-quotes", test_logfmt_quotes);
    g_test_add_func("/log/too-many-lines-are-counted", test_too_many_lines_are_counted);
    g_test_add_func("/log/the-journal-gets-fields", test_the_journal_gets_fields);
    return g_test_run();
}
