/* What an adapter's author begins with: `hutong adapter new`, and the Makefile that it writes. */
#include "tests/lib/busproc.h"

#include <glib/gstdio.h>
#include <string.h>

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    g_remove(path);
}

static void expect_refused(const char *name, const char *text)
{
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "adapter", "new", name, NULL), ==, 64);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, text));
    g_assert_false(g_file_test(name, G_FILE_TEST_EXISTS));
}

static void test_a_shipped_name_is_refused(void)
{
    expect_refused("hukou", "hukou.so is there already: take another name");
    expect_refused("low-income", "low-income.xml is there already: take another name"); /* a mapping alone */
    expect_refused("Bad", "cannot be a name");
}

static void test_the_makefile_says_where_it_looked(void)
{
    g_autofree char *output = NULL, *makefile = NULL, *told = NULL;
    int status = 0;
    g_assert_cmpint(run_hutong(&output, "adapter", "new", "mine", NULL), ==, 0);
    g_assert_true(g_file_get_contents("mine/Makefile", &makefile, NULL, NULL));
    g_assert_null(strstr(makefile, "skeleton"));
    g_assert_true(g_spawn_command_line_sync(
        "make -s -C mine PKG_CONFIG_PATH=/nonexistent HUTONG_PKGCONFIG=/nowhere mine.so", NULL, &told,
        &status, NULL));
    g_test_message("%s", told);
    g_assert_cmpint(status, !=, 0);
    g_assert_nonnull(strstr(told, "hutong.pc is neither in PKG_CONFIG_PATH nor in /nowhere"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = g_dir_make_tmp("hutong-author-XXXXXX", NULL);
    g_assert_cmpint(g_chdir(folder), ==, 0);
    g_test_add_func("/author/a-shipped-name-is-refused", test_a_shipped_name_is_refused);
    g_test_add_func("/author/the-makefile-says-where-it-looked", test_the_makefile_says_where_it_looked);
    int status = g_test_run();
    remove_tree(folder);
    return status;
}
