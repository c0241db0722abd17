/* core/base/private: which files are the bus's alone, and which are not. */
#include "core/base/private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder, *inner, *file;
} Place;

/* Below /tmp and not the runner's folder for temporary files, which only its owner may enter: one test is another user for a while. */
static Place make_place(void)
{
    Place place = {.folder = g_mkdtemp(g_strdup("/tmp/hutong-private-XXXXXX"))};
    place.inner = g_build_filename(place.folder, "inner", NULL);
    place.file = g_build_filename(place.inner, "secret", NULL);
    g_assert_cmpint(g_mkdir(place.inner, 0755), ==, 0);
    g_assert_true(g_file_set_contents_full(place.file, "text", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    return place;
}

static void remove_place(Place *place)
{
    g_unlink(place->file);
    g_rmdir(place->inner);
    g_rmdir(place->folder);
    g_free(place->file);
    g_free(place->inner);
    g_free(place->folder);
}

static void assert_read(const char *path, HtPrivateKind kind)
{
    g_autoptr(GError) error = NULL;
    size_t size = 0;
    g_autofree char *text = ht_private_read(path, kind, 4, &size, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, "text");
    g_assert_cmpuint(size, ==, 4);
    g_assert_true(ht_private_look(path, kind, NULL));
}

static void assert_refused(const char *path, HtPrivateKind kind, const char *words)
{
    g_autoptr(GError) error = NULL;
    size_t size = 0;
    g_assert_null(ht_private_read(path, kind, 4, &size, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
    g_assert_nonnull(strstr(error->message, words));
    g_assert_false(ht_private_look(path, kind, NULL));
}

static void test_modes(void)
{
    static const struct {
        mode_t mode;
        bool secret, obeyed;
    } cases[] = {{0600, true, true},   {0400, true, true},   {0700, true, true},   {0644, false, true},
                 {0604, false, true},  {0640, false, true},  {0620, false, false}, {0602, false, false},
                 {0666, false, false}, {0660, false, false}, {0601, false, true}};
    Place place = make_place();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%04o", (unsigned)cases[i].mode);
        g_assert_cmpint(g_chmod(place.file, (int)cases[i].mode), ==, 0);
        if (cases[i].secret) {
            assert_read(place.file, HT_PRIVATE_SECRET);
        } else {
            assert_refused(place.file, HT_PRIVATE_SECRET, "chmod 0600");
        }
        if (cases[i].obeyed) {
            assert_read(place.file, HT_PRIVATE_OBEYED);
        } else {
            assert_refused(place.file, HT_PRIVATE_OBEYED, "chmod go-w");
        }
    }
    remove_place(&place);
}

/* Whoever writes a folder, at whatever height, puts another file into it. */
static void test_folders(void)
{
    Place place = make_place();
    const char *const folders[] = {place.inner, place.folder};
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        static const int open_modes[] = {0775, 0757, 0777};
        for (unsigned j = 0; j < G_N_ELEMENTS(open_modes); j++) {
            g_assert_cmpint(g_chmod(folders[i], open_modes[j]), ==, 0);
            assert_refused(place.file, HT_PRIVATE_SECRET, folders[i]);
            assert_refused(place.file, HT_PRIVATE_OBEYED, "others may write this folder");
        }
        g_assert_cmpint(g_chmod(folders[i], 01777), ==, 0); /* as /tmp */
        assert_read(place.file, HT_PRIVATE_SECRET);
        g_assert_cmpint(g_chmod(folders[i], 0755), ==, 0);
    }
    assert_read(place.file, HT_PRIVATE_SECRET);
    remove_place(&place);
}

/* The folder of a link is as dangerous as that of the file. */
static void test_links(void)
{
    Place place = make_place();
    g_autofree char *outer = g_build_filename(place.folder, "outer", NULL);
    g_autofree char *link = g_build_filename(outer, "link", NULL);
    g_assert_cmpint(g_mkdir(outer, 0755), ==, 0);
    g_assert_cmpint(symlink(place.file, link), ==, 0);
    assert_read(link, HT_PRIVATE_SECRET);
    g_assert_cmpint(g_chmod(outer, 0777), ==, 0);
    assert_refused(link, HT_PRIVATE_SECRET, outer);
    g_assert_cmpint(g_chmod(outer, 0755), ==, 0);
    g_assert_cmpint(g_chmod(place.inner, 0777), ==, 0);
    assert_refused(link, HT_PRIVATE_SECRET, place.inner);
    g_unlink(link);
    g_rmdir(outer);
    remove_place(&place);
}

static void test_owners(void)
{
    if (geteuid() != 0) {
        g_test_skip("only root gives files away");
        return;
    }
    Place place = make_place();
    g_assert_cmpint(chown(place.file, 65534, 65534), ==, 0);
    assert_refused(place.file, HT_PRIVATE_SECRET, "user 65534");
    assert_refused(place.file, HT_PRIVATE_OBEYED, "user 65534");
    g_assert_cmpint(chown(place.file, 0, 0), ==, 0);
    g_assert_cmpint(chown(place.inner, 65534, 65534), ==, 0);
    assert_refused(place.file, HT_PRIVATE_OBEYED, "user 65534");
    g_assert_cmpint(chown(place.inner, 0, 0), ==, 0);
    remove_place(&place);
}

/* A service gets what root keeps by its group; others than that group's do not. */
static void test_of_root_for_our_group(void)
{
    if (geteuid() != 0) {
        g_test_skip("only root makes itself another");
        return;
    }
    Place place = make_place();
    g_assert_cmpint(g_chmod(place.folder, 0755), ==, 0);
    g_assert_cmpint(chown(place.file, 0, 65534), ==, 0);
    g_assert_cmpint(g_chmod(place.file, 0640), ==, 0);
    assert_refused(place.file, HT_PRIVATE_SECRET, "chmod 0600"); /* root has no need of a group */
    g_assert_cmpint(setegid(65534), ==, 0);
    g_assert_cmpint(seteuid(65534), ==, 0);
    assert_read(place.file, HT_PRIVATE_SECRET);
    g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_cmpint(setegid(0), ==, 0);
    remove_place(&place);
}

static void test_of_a_service(void)
{
    if (geteuid() != 0) {
        g_test_skip("only root has files of root");
        return;
    }
    Place place = make_place();
    g_autofree char *beside = g_strconcat(place.inner, "/../inner-not", NULL);
    g_chmod(place.file, 0440);
    assert_refused(place.file, HT_PRIVATE_SECRET, "others than its owner");
    g_setenv("CREDENTIALS_DIRECTORY", place.inner, TRUE);
    assert_read(place.file, HT_PRIVATE_SECRET);
    g_chmod(place.file, 0444);
    assert_refused(place.file, HT_PRIVATE_SECRET, "others than its owner");
    g_chmod(place.file, 0440);
    g_setenv("CREDENTIALS_DIRECTORY", beside, TRUE);
    assert_refused(place.file, HT_PRIVATE_SECRET, "others than its owner");
    g_unsetenv("CREDENTIALS_DIRECTORY");
    remove_place(&place);
}

static void test_size_and_absence(void)
{
    Place place = make_place();
    g_autoptr(GError) error = NULL;
    size_t size = 0;
    g_assert_null(ht_private_read(place.file, HT_PRIVATE_SECRET, 3, &size, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED);
    g_clear_error(&error);
    g_unlink(place.file);
    g_assert_true(ht_private_look(place.file, HT_PRIVATE_SECRET, NULL));
    g_assert_null(ht_private_read(place.file, HT_PRIVATE_SECRET, 4, &size, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_clear_error(&error);
    g_assert_cmpint(mkfifo(place.file, 0600), ==, 0); /* opening it does not wait for a writer */
    g_autofree char *nothing = ht_private_read(place.file, HT_PRIVATE_SECRET, 4, &size, &error);
    g_assert_cmpuint(size, ==, 0);
    remove_place(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/private/file/is-so-by-its-mode", test_modes);
    g_test_add_func("/private/file/is-so-by-each-folder-above", test_folders);
    g_test_add_func("/private/file/is-so-by-the-folder-of-a-link-too", test_links);
    g_test_add_func("/private/file/is-so-by-its-owner", test_owners);
    g_test_add_func("/private/file/of-root-for-our-group", test_of_root_for_our_group);
    g_test_add_func("/private/file/of-a-service", test_of_a_service);
    g_test_add_func("/private/file/has-a-size", test_size_and_absence);
    return g_test_run();
}
