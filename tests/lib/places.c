/* Where tests find what they need, and how much they may write. */
#include "tests/lib/places.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

char *test_adapter_path(const char *name)
{
    const char *folder = g_getenv("HUTONG_TEST_ADAPTERDIR");
    g_assert_nonnull(folder);
    return g_strconcat(folder, "/", name, ".so", NULL);
}

void test_limit_files(uint64_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = bytes == TEST_NO_LIMIT ? RLIM_INFINITY : bytes;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

bool test_is_sanitized(void)
{
    const char *sanitized = g_getenv("HUTONG_SANITIZED");
    return sanitized && *sanitized;
}

static void copy_into(const char *folder, const char *name)
{
    g_autofree char *from = g_build_filename(g_getenv("HUTONG_ADAPTERDIR"), name, NULL),
                    *to = g_build_filename(folder, name, NULL), *parent = g_path_get_dirname(to),
                    *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    g_assert_true(g_file_set_contents_full(to, data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
}

char *test_use_small_adapters(void)
{
    static const char *const parts[] = {
        "hukou.so",
        "hukou/fixtures/full-birth.xml",
        "hukou/fixtures/full-birth.expected.json",
        "hukou/fixtures/full-death.xml",
        "hukou/fixtures/full-death.expected.json",
        "xml.so",
        "xml/fixtures/low-income/lowincome-family-gbk.xml",
        "xml/fixtures/low-income/lowincome-family-gbk.expected.json",
    };
    if (!test_is_sanitized()) {
        return NULL;
    }
    char *folder = g_dir_make_tmp("hutong-adapters-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_assert_cmpint(g_chmod(folder, 0755), ==, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        copy_into(folder, parts[i]);
    }
    g_setenv("HUTONG_ADAPTERDIR", folder, TRUE);
    return folder;
}
