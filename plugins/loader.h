/* Checks and loads an adapter's file. Loading runs the file's constructors, so only a host process (or a
 * test) loads; the bus and the commands only check the file. */
#pragma once

#include "plugins/hutong-plugin.h"

#include <glib.h>
#include <stdbool.h>

#define HT_LOADER_ERROR (ht_loader_error_quark())
GQuark ht_loader_error_quark(void);

/* Whether the file may be loaded at all: an absolute path to a regular file that belongs to root or to this
 * user and that nobody else may write. HT_LOADER_ERROR names the file and what to do. */
bool ht_loader_check_file(const char *path, GError **error);

/* The same, and the file itself, open for reading, at its beginning; -1 when it may not be loaded. Whoever exchanges the file afterwards does not
 * exchange this. */
int ht_loader_open_file(const char *path, GError **error);

/* Checks the descriptor, calling nothing: versions, sizes (`symbol_size` is that of the ELF symbol, 0 when
 * not known), and that what must be there is there. `path` is for the message and for the name, which must
 * be the file's. */
bool ht_loader_check_adapter(const hutong_adapter *adapter, size_t symbol_size, const char *path,
                             GError **error);

/* Loads a file that was checked, finds the symbol, checks the descriptor. `handle` is for dlclose();
 * NULL on failure. */
const hutong_adapter *ht_loader_load(const char *path, void **handle, GError **error);

/* How many threads it asks for; 0: none, or it is older than the question. */
uint32_t ht_loader_threads(const hutong_adapter *adapter);
