/* Digests and fingerprints of what an adapter's check depends on: see digest.h. */
#include "core/kit/digest.h"

#include "core/base/digest.h"
#include "core/base/paths.h"

#include "generated/version.h"

#include <glib/gstdio.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <string.h>

#define LEVELS_MAX 4 /* of folders in folders */

typedef struct sha256_ctx Sum;

/* A file's part in the sum: its whole content, or only what the file system knows of it. */
typedef void (*AddFile)(Sum *sum, const char *file);

static void add_string(Sum *sum, const char *string)
{
    sha256_update(sum, strlen(string) + 1, (const uint8_t *)string);
}

/* Only what is a file: a pipe in a folder of fixtures would hold up whoever opens it. */
static void add_content(Sum *sum, const char *file)
{
    g_autofree char *bytes = NULL;
    size_t size = 0;
    bool there = g_file_test(file, G_FILE_TEST_IS_REGULAR) && g_file_get_contents(file, &bytes, &size, NULL);
    g_autofree char *head = g_strdup_printf("%s %zu", there ? "file" : "none", size);
    add_string(sum, head);
    sha256_update(sum, size, (const uint8_t *)bytes);
}

static void add_state(Sum *sum, const char *file)
{
    GStatBuf info;
    if (g_stat(file, &info) != 0) {
        add_string(sum, "none");
        return;
    }
    g_autofree char *text =
        g_strdup_printf("%ju %ju %jd %jd.%09ld %jd.%09ld", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino,
                        (intmax_t)info.st_size, (intmax_t)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                        (intmax_t)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
    add_string(sum, text);
}

/* All files below a folder, in order, each with its name. */
static void add_folder(Sum *sum, const char *folder, AddFile add, unsigned levels)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, ht_compare_strings);
    for (unsigned i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        add_string(sum, names->pdata[i]);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (levels > 0) {
                add_folder(sum, path, add, levels - 1);
            }
        } else {
            add(sum, path);
        }
    }
    add_string(sum, "");
}

/* Each group's mapping by its name, wherever it lies. */
static void add_serving(Sum *sum, const HtPlaces *places, AddFile add)
{
    add(sum, places->file);
    for (unsigned i = 0; i < places->groups->len; i++) {
        const HtFixtureGroup *group = places->groups->pdata[i];
        add_string(sum, group->name ? group->name : "");
        if (group->mapping) {
            add(sum, group->mapping);
        }
    }
}

/* And the fixtures, expectations included. */
static void add_places(Sum *sum, const HtPlaces *places, AddFile add)
{
    add_serving(sum, places, add);
    if (places->fixtures) {
        add_folder(sum, places->fixtures, add, LEVELS_MAX);
    }
}

static char *finish(Sum *sum)
{
    uint8_t digest[HT_SHA256];
    char *hex = g_new0(char, HT_SHA256_HEX);
    sha256_digest(sum, sizeof digest, digest);
    ht_hex_write(digest, sizeof digest, hex);
    return hex;
}

/* The host belongs to it: it is rebuilt more often than the version changes. */
char *ht_kit_digest_data(const char *folder, const char *site)
{
    static const char *const files[] = {"dictionary.xml", "dictionary.rng", "mapping.rng"};
    static const char *const folders[] = {"tables", "divisions", "dictionary.d"};
    Sum sum;
    g_autofree char *host = ht_paths_libexec("hutong-host");
    sha256_init(&sum);
    add_string(&sum, "hutong " HT_VERSION);
    add_content(&sum, host);
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file = g_build_filename(folder, files[i], NULL);
        add_content(&sum, file);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *below = g_build_filename(folder, folders[i], NULL);
        add_folder(&sum, below, add_content, LEVELS_MAX);
    }
    for (unsigned i = 0; site && i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *below = g_build_filename(site, folders[i], NULL);
        add_folder(&sum, below, add_content, LEVELS_MAX);
    }
    return finish(&sum);
}

char *ht_kit_digest(const HtPlaces *places, const char *division, const char *data_digest)
{
    Sum sum;
    sha256_init(&sum);
    add_string(&sum, data_digest);
    add_string(&sum, division ? division : "");
    add_places(&sum, places, add_content);
    return finish(&sum);
}

char *ht_kit_fingerprint(const HtPlaces *places)
{
    Sum sum;
    sha256_init(&sum);
    add_places(&sum, places, add_state);
    return finish(&sum);
}

char *ht_kit_fingerprint_serving(const HtPlaces *places)
{
    Sum sum;
    sha256_init(&sum);
    add_serving(&sum, places, add_state);
    return finish(&sum);
}
