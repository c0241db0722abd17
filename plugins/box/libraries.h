/* The files that loading an adapter takes: its own, and the libraries that it asks for and the host does not have. They are found and
 * opened before the box stands; from then on no path can be opened. Runs in the host, main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One of them. */
typedef struct {
    char *path; /* absolute */
    char *name; /* as it is asked for; NULL: by its path only */
    int fd;     /* at its beginning; -1: handed over */
} HtLibrary;

typedef struct {
    GArray *files;    /* of HtLibrary; the adapter is the first */
    uint32_t threads; /* how many the adapter's descriptor asks for */
} HtLibraries;

#define HT_LIBRARIES_MAX 48

#define HT_LIBRARIES_ERROR (ht_libraries_error_quark())
GQuark ht_libraries_error_quark(void);

/* Opens them all. Each must belong to root or to this user, and nobody else may write it (loader.h). HT_LIBRARIES_ERROR, HT_LOADER_ERROR or
 * HT_OBJECT_ERROR name the file, what it needs and where that was looked for. On both answers ht_libraries_clear() closes them. */
bool ht_libraries_open(const char *adapter, HtLibraries *libraries, GError **error);

/* Closes what was not handed over. */
void ht_libraries_clear(HtLibraries *libraries);
