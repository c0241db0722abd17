/* An adapter that tries everything (tests/adapters/prying.c) gets nothing: from its constructor, from open(), from a thread that was there before, from
 * decode(), from close(). As whoever runs the tests and, where that is root, as an ordinary user too. */
#include "core/base/paths.h"
#include "core/kit/look.h"
#include "plugins/hutong-plugin.h"
#include "tests/lib/trial.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE "/tmp/hutong-prying" /* what it may not change */
#define ORDINARY 65534
#define PROBES_MIN 120
#define BARE_MIN 60 /* what an ordinary user gets without a box, at least */

static void make_target(void)
{
    static const char contents[] = "whole\n";
    unlink(HERE);
    int fd = open(HERE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fchmod(fd, 0666), ==, 0);
    g_assert_cmpint(write(fd, contents, strlen(contents)), ==, (ssize_t)strlen(contents));
    close(fd);
}

static void assert_target_is_whole(void)
{
    g_autofree char *contents = NULL;
    g_assert_true(g_file_get_contents(HERE, &contents, NULL, NULL));
    g_assert_cmpstr(contents, ==, "whole\n");
    g_assert_cmpint(unlink(HERE), ==, 0);
    g_assert_false(g_file_test(HERE "-new", G_FILE_TEST_EXISTS));
}

/* Line by line: what was tried, and what came of it. */
static unsigned read_lines(const char *reply, unsigned *tried)
{
    unsigned got = 0;
    g_auto(GStrv) lines = g_strsplit(reply ? reply : "", "\n", -1);
    for (char **line = lines; *line && **line; line++) {
        bool through = g_str_has_prefix(*line, "GOT ");
        g_test_message("%s", *line);
        got += through;
        ++*tried;
    }
    return got;
}

static void pry_at(const char *moment)
{
    HtHost *host = test_host("prying", NULL);
    TestMessage message = {0};
    unsigned tried = 0;
    make_target();
    test_submit(host, &message, moment);
    test_run_until(message.done);
    g_assert_false(message.failed);
    g_assert_cmpint(message.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(read_lines(message.reply, &tried), ==, 0);
    g_assert_cmpuint(tried, >=, PROBES_MIN);
    g_free(message.reply);
    test_host_end(host);
    assert_target_is_whole();
}

static bool has_no_box(void)
{
    if (TEST_SANITIZED) {
        g_test_skip("a build with sanitizers has no box");
    }
    return TEST_SANITIZED;
}

static void test_gets_nothing(gconstpointer moment)
{
    if (!has_no_box()) {
        pry_at(moment);
    }
}

/* Its host would end with another status. */
static void test_gets_nothing_at_the_end(void)
{
    g_autofree char *file = test_adapter_path("prying");
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(HtKitMessage));
    g_autoptr(GError) error = NULL;
    HtStart start = {
        .source = "test", .adapter_file = file, .need = HT_BOX_CALLS, .limits = ht_limits_default()};
    if (!has_no_box()) {
        make_target();
        ht_kit_close(&start, messages, &error);
        g_assert_no_error(error);
        assert_target_is_whole();
    }
}

static void become_ordinary(void *nothing)
{
    (void)nothing;
    if (setgroups(0, NULL) != 0 || setgid(ORDINARY) != 0 || setuid(ORDINARY) != 0) {
        _exit(77);
    }
}

static void test_gets_nothing_as_an_ordinary_user(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    char *arguments[] = {self, (char *)"-p", (char *)"/box/prying", NULL};
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "TMPDIR", "/tmp", TRUE);
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;
    int status;
    if (geteuid() != 0) {
        g_test_skip("whoever runs this is an ordinary user");
        return;
    }
    g_spawn_sync("/", arguments, environment, G_SPAWN_DEFAULT, become_ordinary, NULL, &output, NULL, &status,
                 &error);
    if (error || (WIFEXITED(status) && WEXITSTATUS(status) == 77)) {
        g_test_skip("an ordinary user cannot run the tests from here");
        return;
    }
    g_test_message("%s", output);
    g_assert_cmpint(status, ==, 0);
}

/* ---- Without a box ---- */

static unsigned bare_got;

static void count_line(hutong_out *out, const char *text, size_t size)
{
    (void)out;
    bare_got += size > 4 && memcmp(text, "GOT ", 4) == 0;
}

/* Loads it into this process, which is an ordinary user's, and says how much its constructor got. */
static int run_bare(const char *file)
{
    const hutong_host host = {.struct_size = sizeof host, .write = count_line};
    const hutong_outcome outcome = {.struct_size = sizeof outcome};
    void *handle = dlopen(file, RTLD_NOW);
    const hutong_adapter *adapter = handle ? dlsym(handle, HUTONG_SYMBOL) : NULL;
    if (adapter) {
        adapter->reply((void *)(uintptr_t)&host, &outcome, NULL);
    }
    printf("%u\n", bare_got);
    fflush(stdout);
    _exit(adapter ? 0 : 1);
}

/* Tries that would fail in any case show nothing: without a box, many get through. */
static void test_without_a_box_much_is_got(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *file = test_adapter_path("prying");
    char *arguments[] = {self, (char *)"--bare", file, NULL};
    g_autofree char *output = NULL;
    int status = 1;
    make_target();
    bool ran = g_spawn_sync("/", arguments, NULL, G_SPAWN_DEFAULT, geteuid() == 0 ? become_ordinary : NULL,
                            NULL, &output, NULL, &status, NULL);
    unlink(HERE);
    unlink(HERE "-new");
    if (!ran || status != 0) {
        g_test_skip("an ordinary user cannot run the tests from here");
        return;
    }
    g_test_message("got without a box: %s", output);
    g_assert_cmpuint((unsigned)atoi(output), >=, BARE_MIN);
}

int main(int argc, char **argv)
{
    static const char *const moments[] = {"loading", "opening", "thread", "decoding"};
    if (argc == 3 && strcmp(argv[1], "--bare") == 0) {
        return run_bare(argv[2]);
    }
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(moments); i++) {
        g_autofree char *path = g_strdup_printf("/box/prying/gets-nothing-%s", moments[i]);
        g_test_add_data_func(path, moments[i], test_gets_nothing);
    }
    g_test_add_func("/box/prying/gets-nothing-closing", test_gets_nothing_at_the_end);
    g_test_add_func("/box/bare/much-is-got", test_without_a_box_much_is_got);
    g_test_add_func("/box/ordinary/gets-nothing", test_gets_nothing_as_an_ordinary_user);
    return g_test_run();
}
