/* Finding an adapter's libraries as the dynamic linker would, without running any of them: see libraries.h. Where it looks: DT_RUNPATH of who
 * asks or, without it, the DT_RPATHs on the way from the adapter; then beside the C library, and in the usual folders. */
#include "plugins/box/libraries.h"

#include "plugins/box/object.h"
#include "plugins/loader.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(ht_libraries_error, ht_libraries_error)

/* What is looked into next: file number `file`, reached by objects with these DT_RPATHs. */
typedef struct {
    unsigned file;
    char *rpath;
} Visit;

static void clear_library(void *data)
{
    HtLibrary *library = data;
    g_free(library->path);
    g_free(library->name);
    if (library->fd >= 0) {
        close(library->fd);
    }
}

static void clear_visit(void *data)
{
    g_free(((Visit *)data)->rpath);
}

/* The folder of the C library: /lib/x86_64-linux-gnu. Free it. */
static char *find_system_folder(void)
{
    Dl_info info;
    return dladdr((void *)(uintptr_t)&strlen, &info) && info.dli_fname && *info.dli_fname == '/'
               ? g_path_get_dirname(info.dli_fname)
               : g_strdup("/lib");
}

static GPtrArray *list_usual_folders(void)
{
    static const char *const others[] = {"/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64"};
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *system = find_system_folder();
    g_autofree char *triplet = g_path_get_basename(system);
    g_ptr_array_add(folders, g_strdup(system));
    g_ptr_array_add(folders, g_strconcat("/usr", system, NULL));
    g_ptr_array_add(folders, g_build_filename("/usr/local/lib", triplet, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_ptr_array_add(folders, g_strdup(others[i]));
    }
    return folders;
}

/* A folder of a path list, with the place of the object that names it for $ORIGIN; NULL: none that is absolute. Free it. */
static char *expand(const char *folder, const char *object)
{
    g_autofree char *origin = g_path_get_dirname(object);
    g_autoptr(GString) text = g_string_new(folder);
    g_string_replace(text, "${ORIGIN}", origin, 0);
    g_string_replace(text, "$ORIGIN", origin, 0);
    bool usable = text->str[0] == '/' && !strchr(text->str, '$');
    return usable ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static char *expand_all(const char *list, const char *object)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_auto(GStrv) folders = g_strsplit(list ? list : "", ":", -1);
    for (char **folder = folders; *folder; folder++) {
        g_autofree char *expanded = expand(*folder, object);
        if (expanded) {
            g_string_append_printf(all, "%s%s", all->len > 0 ? ":" : "", expanded);
        }
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}

static char *find_in(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

/* The path of a library; NULL: it is nowhere. Free it. */
static char *find_library(const char *name, const char *list)
{
    g_auto(GStrv) folders = g_strsplit(list, ":", -1);
    g_autoptr(GPtrArray) usual = list_usual_folders();
    char *path = NULL;
    for (char **folder = folders; *folder && !path; folder++) {
        path = **folder ? find_in(*folder, name) : NULL;
    }
    for (unsigned i = 0; i < usual->len && !path; i++) {
        path = find_in(usual->pdata[i], name);
    }
    return path;
}

/* ---- The list of files ---- */

static bool is_listed(const HtLibraries *libraries, const char *name)
{
    for (unsigned i = 0; i < libraries->files->len; i++) {
        if (g_strcmp0(g_array_index(libraries->files, HtLibrary, i).name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The C library is there in any case, so that it is not asked for under the name of a file of the adapter's own. */
static bool is_loaded(const char *name)
{
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle) {
        dlclose(handle);
    }
    return handle != NULL;
}

static bool add_file(HtLibraries *libraries, const char *path, const char *name, GError **error)
{
    if (libraries->files->len == HT_LIBRARIES_MAX) {
        g_set_error(error, HT_LIBRARIES_ERROR, 0, "%s: an adapter may need %d libraries at most", path,
                    HT_LIBRARIES_MAX - 1);
        return false;
    }
    int fd = ht_loader_open_file(path, error);
    HtLibrary library = {g_strdup(path), g_strdup(name), fd};
    g_array_append_val(libraries->files, library);
    return fd >= 0;
}

/* What one file asks for is put into the list, and with that in line. */
typedef struct {
    HtLibraries *libraries;
    GArray *visits;
} LibrarySearch;

static bool add_needed(const LibrarySearch *search, const char *name, const char *list, const char *rpath,
                       const char *asker, GError **error)
{
    if (is_listed(search->libraries, name) || is_loaded(name)) {
        return true;
    }
    bool absolute = *name == '/';
    g_autofree char *path = absolute ? g_strdup(name) : strchr(name, '/') ? NULL : find_library(name, list);
    if (!path) {
        g_set_error(error, HT_LIBRARIES_ERROR, 0,
                    "%s: cannot be loaded: it needs %s, which is in none of the usual folders; link it with "
                    "-Wl,-rpath,FOLDER (or '$ORIGIN': beside it)",
                    asker, name);
        return false;
    }
    Visit visit = {search->libraries->files->len, g_strdup(rpath)};
    g_array_append_val(search->visits, visit);
    return add_file(search->libraries, path, name, error);
}

static bool look_into(const LibrarySearch *search, const Visit *visit, GError **error)
{
    g_auto(HtObject) object = {.needed = NULL};
    HtLibrary *file = &g_array_index(search->libraries->files, HtLibrary, visit->file);
    g_autofree char *path = g_strdup(file->path);
    if (!ht_object_read(file->fd, path, &object, error)) {
        return false;
    }
    if (visit->file == 0) {
        search->libraries->threads = object.threads;
    }
    g_autofree char *own = expand_all(object.runpath ? object.runpath : object.rpath, path);
    g_autofree char *rpath =
        object.runpath ? g_strdup(visit->rpath) : g_strjoin(":", own, visit->rpath, NULL);
    const char *list = object.runpath ? own : rpath;
    bool good = true;
    for (unsigned i = 0; i < object.needed->len && good; i++) {
        good = add_needed(search, object.needed->pdata[i], list, rpath, path, error);
    }
    return good;
}

bool ht_libraries_open(const char *adapter, HtLibraries *libraries, GError **error)
{
    *libraries = (HtLibraries){.files = g_array_new(FALSE, FALSE, sizeof(HtLibrary))};
    g_array_set_clear_func(libraries->files, clear_library);
    g_autoptr(GArray) visits = g_array_new(FALSE, FALSE, sizeof(Visit));
    g_array_set_clear_func(visits, clear_visit);
    const LibrarySearch search = {libraries, visits};
    bool good = add_file(libraries, adapter, NULL, error);
    const Visit first = {0, g_strdup("")};
    g_array_append_val(visits, first);
    for (unsigned i = 0; i < visits->len && good; i++) {
        const Visit visit = {g_array_index(visits, Visit, i).file,
                             g_strdup(g_array_index(visits, Visit, i).rpath)};
        good = look_into(&search, &visit, error);
        g_free(visit.rpath);
    }
    return good;
}

void ht_libraries_clear(HtLibraries *libraries)
{
    g_clear_pointer(&libraries->files, g_array_unref);
}
