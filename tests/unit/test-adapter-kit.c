/* `hutong adapter`: what is written builds outside of the tree and passes; what is bad does not pass, and
 * the line says why. */
#include "core/cli/adapter.h"
#include "tests/lib/trial.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Runs the verb; its standard output, which must not mix with TAP, is given back. */
static char *run(int expected, const char *const *words)
{
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "adapter-kit.out", NULL);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    char *output;
    g_ptr_array_add(arguments, (gpointer) "adapter");
    for (; *words; words++) {
        g_ptr_array_add(arguments, (gpointer)*words);
    }
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    int out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(out, STDOUT_FILENO);
    int status = ht_cli_adapter((int)arguments->len, (char **)arguments->pdata);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(out);
    g_assert_true(g_file_get_contents(file, &output, NULL, NULL));
    g_unlink(file);
    if (status != expected) {
        g_error("exit status %d, not %d:\n%s", status, expected, output);
    }
    return output;
}

static void assert_says(const char *output, const char *text)
{
    if (!strstr(output, text)) {
        g_error("does not say '%s':\n%s", text, output);
    }
}

static const char *adapters(void)
{
    return g_getenv("HUTONG_TEST_ADAPTERDIR");
}

static bool make(const char *folder)
{
    const char *const arguments[] = {"make", "-s", "-C", folder, NULL};
    int status = 1;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                 NULL, NULL, &status, &error);
    g_assert_no_error(error);
    return status == 0;
}

static void remove_folder(const char *folder)
{
    const char *const arguments[] = {"rm", "-rf", folder, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                               NULL, NULL));
}

static void test_new_builds_and_passes(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    g_autofree char *before = g_get_current_dir();
    g_assert_cmpint(g_chdir(folder), ==, 0);
    g_autofree char *written = run(0, (const char *const[]){"new", "old-age", NULL});
    assert_says(written, "cd old-age && make test");
    g_assert_true(make("old-age"));
    g_autofree char *checked = run(0, (const char *const[]){"check", "./old-age/old-age.so", NULL});
    assert_says(checked, "ok      fixture example.xml: person.moved-in.v1\n");
    assert_says(checked,
                TEST_SANITIZED ? "whether memory grows was not tried" : "ok      its memory does not grow");
    assert_says(checked, "old-age.so: passed\n");
    g_autofree char *inspected = run(0, (const char *const[]){"inspect", "./old-age/old-age.so", NULL});
    assert_says(inspected, "old-age 0.1: ");
    assert_says(inspected, "    reply-code = 0\n");
    g_autofree char *again =
        run(1, (const char *const[]){"new", "old-age", NULL}); /* nothing is overwritten */
    g_assert_cmpint(g_chdir(before), ==, 0);
    remove_folder(folder);
}

static void test_new_refuses_bad_names(void)
{
    static const char *const names[] = {"", "Upper", "../x", "1st", "under_score", "-x"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *output = run(64, (const char *const[]){"new", "--", names[i], NULL});
    }
}

static void assert_fails(const char *name, const char *line)
{
    g_autofree char *output = run(1, (const char *const[]){"check", name, "-d", adapters(), NULL});
    assert_says(output, line);
    assert_says(output, "FAILED\n");
}

static void test_check_fails_bad_adapters(void)
{
    assert_fails("fragile", "FAILED  it survives blanks: this payload ended its host");
    assert_fails("wrong-major", "FAILED  it loads, its versions and sizes agree: ");
    assert_fails("crash-at-load", "loading it ends the process");
    assert_fails("refuse-open",
                 "FAILED  it starts, and answers an empty payload: adapter 'refuse-open' cannot start");
    assert_fails("crash-in-open", "FAILED  it starts, and answers an empty payload: ");
    assert_fails("not-there", "FAILED  the file may be loaded (owner, mode): ");
    if (!TEST_SANITIZED) {
        assert_fails("leaky", "FAILED  its memory does not grow: ");
    }
}

static void test_check_fails_unmet_expectations(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    g_autofree char *payload = g_build_filename(folder, "one.txt", NULL);
    g_autofree char *expected = g_build_filename(folder, "one.expected.json", NULL);
    const char *const words[] = {"check", "obedient", "-d", adapters(), "-f", folder, NULL};
    g_assert_true(g_file_set_contents(payload, "retry", -1, NULL));
    g_assert_true(
        g_file_set_contents(expected, "{\"verdict\":\"retry\",\"fault\":\"adapter-retry\"}", -1, NULL));
    g_autofree char *good = run(0, words);
    assert_says(good, "ok      fixture one.txt: refused: adapter-retry");
    g_assert_true(g_file_set_contents(expected, "[{\"type\":\"person.died.v1\"}]", -1, NULL));
    g_autofree char *bad = run(1, words);
    assert_says(bad, "FAILED  fixture one.txt: expected person.died.v1, got refused: adapter-retry");
    g_assert_true(g_file_set_contents(expected, "{\"fault\":null,\"events\":[]}", -1, NULL));
    g_autofree char *other = run(1, words);
    assert_says(other, "expected no events, got refused: adapter-retry");
    g_assert_true(g_file_set_contents(payload, "echo <a>", -1, NULL));
    g_autofree char *reply = run(0, words); /* escaped, so no XML at all */
    assert_says(reply, "ok      fixture one.txt: no events");
    remove_folder(folder);
}

static void test_list_and_inspect(void)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    static const char *const names[] = {"obedient.so", "wrong-major.so"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = g_build_filename(adapters(), names[i], NULL);
        g_autofree char *to = g_build_filename(folder, names[i], NULL);
        g_assert_cmpint(symlink(from, to), ==, 0);
    }
    g_autofree char *list = run(0, (const char *const[]){"list", "-d", folder, NULL});
    assert_says(list, "obedient             1.2        Does what the payload says, for tests\n");
    assert_says(list, "wrong-major          -          ");
    g_autofree char *json = run(0, (const char *const[]){"list", "-d", folder, "--json", NULL});
    assert_says(json, "[{\"name\":\"obedient\",\"version\":\"1.2\",");
    assert_says(json, "\"functions\":[\"decode\",\"reply\",\"wsdl\"],\"operations\":[\"Obey\"]");
    assert_says(json, "\"error\":\"");
    g_autofree char *inspected = run(0, (const char *const[]){"inspect", "obedient", "-d", folder, NULL});
    assert_says(inspected, "  functions   decode reply wsdl\n");
    assert_says(inspected, "    colour = green\n");
    g_autofree char *absent = run(1, (const char *const[]){"inspect", "absent", "-d", folder, NULL});
    g_autofree char *nowhere = run(1, (const char *const[]){"list", "-d", "/nonexistent", NULL});
    g_autofree char *usage = run(64, (const char *const[]){"inspect", NULL});
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/adapter/new/builds-and-passes", test_new_builds_and_passes);
    g_test_add_func("/adapter/new/refuses-bad-names", test_new_refuses_bad_names);
    g_test_add_func("/adapter/check/fails-bad-adapters", test_check_fails_bad_adapters);
    g_test_add_func("/adapter/check/fails-unmet-expectations", test_check_fails_unmet_expectations);
    g_test_add_func("/adapter/list-and-inspect", test_list_and_inspect);
    return g_test_run();
}
