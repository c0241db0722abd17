/* Where tests find what they need, and how much they may write. */
#include "tests/lib/places.h"

#include <glib.h>
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
