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

static const hutong_adapter sound = {.struct_size = sizeof sound,
                                     .abi_major = HUTONG_ABI_MAJOR,
                                     .abi_minor = HUTONG_ABI_MINOR,
                                     .name = "good",
                                     .version = "1",
                                     .summary = "s",
                                     .open = open_nothing,
                                     .decode = decode_nothing,
                                     .close = close_nothing};

static void test_refuses_missing_fields(void)
{
    g_autofree char *long_name = g_strnfill(65, 'x');
    hutong_adapter bad = sound;
    g_assert_true(ht_loader_check_adapter(&sound, sizeof sound, "/x/good.so", NULL));
    bad.name = NULL;
    check(bad, "name is missing");
    bad.name = "Good";
    check(bad, "name is missing or not of lower-case");
    bad.name = long_name;
    check(bad, "name is missing or not of lower-case");
    bad.name = "";
    check(bad, "name is missing or not of lower-case");
    bad.name = "-good";
    check(bad, "name is missing or not of lower-case");
    bad = sound;
    bad.version = NULL;
    check(bad, "version or summary");
    bad = sound;
    bad.summary = NULL;
    check(bad, "version or summary");
    bad = sound;
    bad.open = NULL;
    check(bad, "open, decode or close is missing");
    bad = sound;
    bad.decode = NULL;
    check(bad, "open, decode or close is missing");
    bad = sound;
    bad.close = NULL;
    check(bad, "close is missing");
    bad = sound;
    bad.struct_size = 8;
    check(bad, "struct_size is 8");
    bad = sound;
    bad.threads = 5;
    g_assert_cmpuint(ht_loader_threads(&bad), ==, 5);
    bad.abi_minor = 1; /* what it has there is not its to say */
    g_assert_cmpuint(ht_loader_threads(&bad), ==, 0);
}

/* Letters, digits and hyphens up to 64, and a file of the same name. */
static void test_names_reach_to_their_border(void)
{
    g_autofree char *longest = g_strnfill(64, 'x');
    const char *const names[] = {longest, "a-1", "9"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        hutong_adapter adapter = sound;
        g_autofree char *path = g_strdup_printf("/x/%s.so", names[i]);
        adapter.name = names[i];
        g_assert_true(ht_loader_check_adapter(&adapter, 0, path, NULL));
    }
}

/* What the file has room for bounds what is read of it. */
static void test_the_symbol_must_hold_it(void)
{
    const size_t versions = offsetof(hutong_adapter, abi_minor) + sizeof sound.abi_minor;
    const struct {
        size_t size;
        const char *reason;
    } cases[] = {{1, "too few for its versions"},
                 {versions - 1, "too few for its versions"},
                 {versions, "has only"},
                 {sizeof sound - 1, "has only"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(ht_loader_check_adapter(&sound, cases[i].size, "/x/good.so", &error));
        g_assert_nonnull(strstr(error->message, cases[i].reason));
    }
    g_assert_true(ht_loader_check_adapter(&sound, sizeof sound + 1, "/x/good.so", NULL));
    g_assert_true(ht_loader_check_adapter(&sound, 0, "/x/good.so", NULL)); /* not known */
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
    g_test_add_func("/loader/names-reach-to-their-border", test_names_reach_to_their_border);
    g_test_add_func("/loader/the-symbol-must-hold-it", test_the_symbol_must_hold_it);
    g_test_add_func("/loader/refuses-bad-files", test_refuses_bad_files);
    return g_test_run();
}
