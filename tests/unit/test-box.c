/* plugins/layer and plugins/box: what is read from an adapter's file before it is loaded, and what the host tells of its box. */
#include "plugins/box/libraries.h"
#include "plugins/box/object.h"
#include "plugins/layer.h"
#include "tests/lib/places.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static GBytes *read_adapter(const char *name)
{
    g_autofree char *path = test_adapter_path(name);
    g_autoptr(GError) error = NULL;
    char *bytes;
    size_t size;
    g_file_get_contents(path, &bytes, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(bytes, size);
}

/* ---- Layers ---- */

static HtBox make_box(void)
{
    HtBox box = {0};
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        ht_layer_stands(&box, (HtLayer)layer);
    }
    box.layer[HT_LAYER_OWNER].state = HT_LAYER_NEEDLESS;
    return box;
}

static void test_layers_come_back(void)
{
    HtBox box = make_box(), got;
    HtBuffer buffer = {0};
    ht_layer_misses(&box, HT_LAYER_NETWORK, EPERM);
    ht_box_pack(&box, &buffer);
    g_assert_true(ht_box_unpack(ht_buffer_text(&buffer), &got));
    g_assert_cmpmem(&got, sizeof got, &box, sizeof box);
    for (size_t size = 0; size < buffer.size; size++) {
        g_assert_false(ht_box_unpack((HtText){buffer.data, size}, &got));
    }
    ht_box_pack(&box, &buffer); /* each layer twice */
    g_assert_false(ht_box_unpack(ht_buffer_text(&buffer), &got));
    ht_buffer_clear(&buffer);
}

static void test_layers_refuse_unknown_states(void)
{
    HtBox box = make_box(), got;
    HtBuffer buffer = {0};
    box.layer[HT_LAYER_ROOT].state = (HtLayerState)(HT_LAYER_OFF + 1);
    ht_box_pack(&box, &buffer);
    g_assert_false(ht_box_unpack(ht_buffer_text(&buffer), &got));
    ht_buffer_clear(&buffer);
    box = make_box();
    box.layer[HT_LAYER_ROOT].code = 5000; /* no errno */
    ht_box_pack(&box, &buffer);
    g_assert_false(ht_box_unpack(ht_buffer_text(&buffer), &got));
    ht_buffer_clear(&buffer);
}

static void test_what_is_needed_is_missed(void)
{
    HtBox box = make_box();
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_WHOLE), ==, HT_LAYERS);
    g_assert_null(ht_box_missing(&box));
    ht_layer_misses(&box, HT_LAYER_NETWORK, EPERM);
    g_autofree char *network = ht_box_missing(&box);
    g_assert_cmpstr(network, ==, "network namespace (missing: Operation not permitted)");
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_WHOLE), ==, HT_LAYER_NETWORK);
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_CALLS), ==, HT_LAYERS);
    ht_layer_misses(&box, HT_LAYER_CALLS, ENOSYS);
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_CALLS), ==, HT_LAYER_CALLS);
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_ANY), ==, HT_LAYERS);
    box.layer[HT_LAYER_CALLS].state = HT_LAYER_OFF; /* a developer's build */
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_CALLS), ==, HT_LAYERS);
    g_assert_cmpint(ht_box_lacks(&box, HT_BOX_WHOLE), ==, HT_LAYER_CALLS);
}

static void test_states_have_their_words(void)
{
    HtBox box = make_box(), got;
    HtBuffer buffer = {0};
    box.layer[HT_LAYER_CALLS].state = HT_LAYER_OFF;
    ht_layer_misses(&box, HT_LAYER_FILES, 0);
    ht_layer_misses(&box, HT_LAYER_ROOT, ENOSYS);
    static const struct {
        HtLayer layer;
        const char *words;
    } cases[] = {{HT_LAYER_CALLS, "off: a build with sanitizers"},
                 {HT_LAYER_FILES, "missing"},
                 {HT_LAYER_ROOT, "missing: Function not implemented"},
                 {HT_LAYER_USER, "stands"},
                 {HT_LAYER_OWNER, "not needed"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = ht_layer_describe(&box, cases[i].layer);
        g_assert_cmpstr(words, ==, cases[i].words);
    }
    g_autofree char *missing = ht_box_missing(&box);
    g_assert_cmpstr(missing, ==,
                    "system calls (off: a build with sanitizers); Landlock (missing); "
                    "empty root (missing: Function not implemented)");
    box.layer[HT_LAYER_ROOT].code = 4095; /* the highest errno of Linux */
    ht_box_pack(&box, &buffer);
    g_assert_true(ht_box_unpack(ht_buffer_text(&buffer), &got));
    g_assert_cmpmem(&got, sizeof got, &box, sizeof box);
    ht_buffer_clear(&buffer);
    box.layer[HT_LAYER_ROOT].code = 4096;
    ht_box_pack(&box, &buffer);
    g_assert_false(ht_box_unpack(ht_buffer_text(&buffer), &got));
    ht_buffer_clear(&buffer);
    ht_layer_stands(&box, HT_LAYER_ROOT); /* which forgets why it was missing */
    g_assert_cmpint(box.layer[HT_LAYER_ROOT].code, ==, 0);
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        g_assert_true(ht_layer_name((HtLayer)layer)[0] && ht_layer_help((HtLayer)layer)[0]);
    }
}

/* ---- What a file says of itself ---- */

static void assert_threads(const char *name, uint32_t threads)
{
    g_auto(HtObject) object = {.needed = NULL};
    g_autoptr(GBytes) bytes = read_adapter(name);
    g_autoptr(GError) error = NULL;
    ht_object_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), name, &object, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(object.threads, ==, threads);
}

static void test_threads_are_read_from_the_file(void)
{
    assert_threads("obedient", 1);
    assert_threads("mapped", 0);
    assert_threads("elder", 0); /* knows nothing of them */
    assert_threads("no-symbol", 0);
    assert_threads("short-symbol", 0);
}

static void test_libraries_are_read_from_the_file(void)
{
    g_auto(HtObject) object = {.needed = NULL};
    g_autoptr(GBytes) bytes = read_adapter("obedient");
    g_assert_true(
        ht_object_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "x", &object, NULL));
    g_assert_true(g_ptr_array_find_with_equal_func(object.needed, "libc.so.6", g_str_equal, NULL));
    g_assert_null(object.rpath);
    g_assert_null(object.runpath);
}

static void assert_no_object(const void *bytes, size_t size, const char *reason)
{
    g_auto(HtObject) object = {.needed = NULL};
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_object_parse(bytes, size, "/x/bad.so", &object, &error));
    g_assert_nonnull(strstr(error->message, reason));
    g_assert_true(g_str_has_prefix(error->message, "/x/bad.so: "));
}

static void test_other_files_are_refused(void)
{
    g_autoptr(GBytes) good = read_adapter("mapped");
    size_t size;
    const char *bytes = g_bytes_get_data(good, &size);
    g_autofree char *other = g_memdup2(bytes, size);
    assert_no_object("", 0, "is no shared object");
    assert_no_object("#!/bin/sh\n", 10, "is no shared object");
    assert_no_object(bytes, 63, "is no shared object");
    other[4] ^= 3; /* of 32 bits */
    assert_no_object(other, size, "is no shared object");
}

/* Whatever a file has in it, reading it ends, and stays inside. */
static void try_bytes(const char *bytes, size_t size)
{
    g_autofree char *exact = g_memdup2(bytes, size); /* a sanitizer sees who reads on */
    g_auto(HtObject) object = {.needed = NULL};
    g_autoptr(GError) error = NULL;
    bool good = ht_object_parse(exact, size, "x", &object, &error);
    g_assert_true(good == (error == NULL));
}

static void test_damaged_files_do_no_harm(void)
{
    g_autoptr(GBytes) good = read_adapter("obedient");
    size_t size;
    const char *bytes = g_bytes_get_data(good, &size);
    g_autofree char *damaged = g_memdup2(bytes, size);
    g_autoptr(GRand) random = g_rand_new_with_seed(20);
    for (unsigned i = 0; i < 400; i++) {
        try_bytes(bytes, (size_t)g_rand_int_range(random, 0, (gint32)size));
    }
    for (unsigned i = 0; i < 4000; i++) {
        size_t place = (size_t)g_rand_int_range(random, 0, i % 2 ? 1024 : (gint32)size - 8);
        static const uint64_t values[] = {0, 1, UINT64_MAX, INT64_MAX, 0x1000, UINT32_MAX};
        memcpy(damaged + place, &values[i % G_N_ELEMENTS(values)], (size_t)g_rand_int_range(random, 1, 9));
        try_bytes(damaged, MIN(size, (size_t)32768));
        memcpy(damaged + place, bytes + place, 8);
    }
}

/* ---- Files ---- */

static void test_the_adapter_is_the_first_file(void)
{
    g_autofree char *path = test_adapter_path("obedient");
    g_autoptr(GError) error = NULL;
    HtLibraries libraries;
    ht_libraries_open(path, &libraries, &error);
    g_assert_no_error(error);
    const HtLibrary *file = &g_array_index(libraries.files, HtLibrary, 0);
    g_assert_cmpstr(file->path, ==, path);
    g_assert_null(file->name);
    g_assert_cmpint(file->fd, >=, 0);
    g_assert_cmpuint(libraries.threads, ==, 1);
    for (unsigned i = 0; i < libraries.files->len; i++) { /* the C library is the host's */
        g_assert_cmpstr(g_array_index(libraries.files, HtLibrary, i).name, !=, "libc.so.6");
    }
    ht_libraries_clear(&libraries);
}

static void test_a_folder_is_no_adapter(void)
{
    g_autoptr(GError) error = NULL;
    HtLibraries libraries;
    g_assert_false(ht_libraries_open("/usr", &libraries, &error));
    g_assert_nonnull(strstr(error->message, "is not a regular file"));
    ht_libraries_clear(&libraries);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/box/layers/come-back", test_layers_come_back);
    g_test_add_func("/box/layers/unknown-states-are-refused", test_layers_refuse_unknown_states);
    g_test_add_func("/box/layers/what-is-needed-is-missed", test_what_is_needed_is_missed);
    g_test_add_func("/box/layers/states-have-their-words", test_states_have_their_words);
    g_test_add_func("/box/object/threads-are-read-from-the-file", test_threads_are_read_from_the_file);
    g_test_add_func("/box/object/libraries-are-read-from-the-file", test_libraries_are_read_from_the_file);
    g_test_add_func("/box/object/other-files-are-refused", test_other_files_are_refused);
    g_test_add_func("/box/object/damaged-files-do-no-harm", test_damaged_files_do_no_harm);
    g_test_add_func("/box/libraries/the-adapter-is-the-first-file", test_the_adapter_is_the_first_file);
    g_test_add_func("/box/libraries/a-folder-is-no-adapter", test_a_folder_is_no_adapter);
    return g_test_run();
}
