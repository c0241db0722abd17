/* plugins/loader: what is refused before a line of it is called, and that the refusal says why. */
#include "plugins/loader.h"
#include "tests/lib/places.h"

#include <dlfcn.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const hutong_adapter *open_adapter(const char *path, void **handle, GError **error)
{
    *handle = NULL;
    return ht_loader_check_file(path, error) ? ht_loader_load(path, handle, error) : NULL;
}

static void assert_refused(const char *path, const char *reason)
{
    g_autoptr(GError) error = NULL;
    void *handle;
    g_assert_null(open_adapter(path, &handle, &error));
    g_assert_error(error, HT_LOADER_ERROR, 0);
    g_assert_null(handle);
    g_assert_true(g_str_has_prefix(error->message, path));
    if (!strstr(error->message, reason)) {
        g_error("'%s' does not say '%s'", error->message, reason);
    }
}

static void assert_adapter_refused(const char *name, const char *reason)
{
    g_autofree char *path = test_adapter_path(name);
    assert_refused(path, reason);
}

static void test_loads_a_good_one(void)
{
    g_autofree char *path = test_adapter_path("refuse-open");
    g_autoptr(GError) error = NULL;
    void *handle;
    const hutong_adapter *adapter = open_adapter(path, &handle, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(adapter->name, ==, "refuse-open");
    dlclose(handle);
}

static void test_loads_one_of_an_older_minor(void)
{
    g_autofree char *path = test_adapter_path("elder");
    g_autoptr(GError) error = NULL;
    void *handle;
    const hutong_adapter *adapter = open_adapter(path, &handle, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(adapter->abi_minor, ==, 0);
    g_assert_cmpuint(adapter->struct_size, ==, 112);
    hutong_adapter odd = *adapter;
    odd.struct_size = 120;
    g_assert_false(ht_loader_check_adapter(&odd, 0, path, &error));
    g_assert_nonnull(strstr(error->message, "struct_size is 120, version 1.0 has 112"));
    dlclose(handle);
}

static void test_refuses_bad_descriptors(void)
{
    assert_adapter_refused("wrong-major", "abi_major is 2, this bus has 1");
    assert_adapter_refused("wrong-minor", "abi_minor is 3, this bus has 2");
    assert_adapter_refused("wrong-size", "struct_size is 128, version 1.2 has 120");
    assert_adapter_refused("wrong-name", "the file must be called right-name.so");
    assert_adapter_refused("no-decode", "open, decode or close is missing");
    assert_adapter_refused("no-symbol", "does not export hutong_adapter_v1");
    assert_adapter_refused("short-symbol", "has only 16 bytes");
}

static void check(hutong_adapter adapter, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_loader_check_adapter(&adapter, 0, "/x/good.so", &error));
    if (!strstr(error->message, reason)) {
        g_error("'%s' does not say '%s'", error->message, reason);
    }
}

static void *open_nothing(const hutong_host *host)
{
    return (void *)(uintptr_t)host;
}

static hutong_verdict decode_nothing(void *state, const hutong_payload *payload, hutong_out *out)
{
    (void)state;
    (void)payload;
    (void)out;
    return HUTONG_OK;
}

static void close_nothing(void *state)
{
    (void)state;
}

static void test_refuses_missing_fields(void)
{
    const hutong_adapter good = {.struct_size = sizeof good,
                                 .abi_major = HUTONG_ABI_MAJOR,
                                 .abi_minor = HUTONG_ABI_MINOR,
                                 .name = "good",
                                 .version = "1",
                                 .summary = "s",
                                 .open = open_nothing,
                                 .decode = decode_nothing,
                                 .close = close_nothing};
    g_autofree char *long_name = g_strnfill(65, 'x');
    hutong_adapter bad = good;
    g_assert_true(ht_loader_check_adapter(&good, sizeof good, "/x/good.so", NULL));
    bad.name = NULL;
    check(bad, "name is missing");
    bad.name = "Good";
    check(bad, "name is missing or not of lower-case");
    bad.name = long_name;
    check(bad, "name is missing or not of lower-case");
    bad = good;
    bad.version = NULL;
    check(bad, "version or summary");
    bad = good;
    bad.close = NULL;
    check(bad, "close is missing");
    bad = good;
    bad.struct_size = 8;
    check(bad, "struct_size is 8");
}

static void test_refuses_bad_files(void)
{
    g_autofree char *good = test_adapter_path("refuse-open");
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "refuse-open.so", NULL);
    g_autofree char *contents = NULL;
    size_t size;
    g_assert_true(g_file_get_contents(good, &contents, &size, NULL));
    g_assert_true(g_file_set_contents(path, contents, (gssize)size, NULL));
    g_assert_cmpint(g_chmod(path, 0664), ==, 0);
    assert_refused(path, "others than its owner may write it (mode 664)");
    g_assert_cmpint(g_chmod(path, 0646), ==, 0);
    assert_refused(path, "chmod go-w");
    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    if (geteuid() == 0) {
        g_assert_cmpint(chown(path, 1, 1), ==, 0);
        assert_refused(path, "belongs to user 1");
        g_assert_cmpint(chown(path, 0, 0), ==, 0);
    }
    g_assert_true(g_file_set_contents(path, contents, 100, NULL));
    assert_refused(path, "cannot be loaded");
    assert_refused(folder, "is not a regular file");
    g_assert_cmpint(g_unlink(path), ==, 0);
    assert_refused(path, "No such file");
    assert_refused("refuse-open.so", "must be absolute");
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loader/loads-a-good-one", test_loads_a_good_one);
    g_test_add_func("/loader/loads-one-of-an-older-minor", test_loads_one_of_an_older_minor);
    g_test_add_func("/loader/refuses-bad-descriptors", test_refuses_bad_descriptors);
    g_test_add_func("/loader/refuses-missing-fields", test_refuses_missing_fields);
    g_test_add_func("/loader/refuses-bad-files", test_refuses_bad_files);
    return g_test_run();
}
