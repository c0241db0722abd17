/* What an ELF shared object says of itself, read from its bytes: nothing of it is mapped as code, so nothing of it runs. In the host,
 * before the box stands; the file may be hostile. No state. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    GPtrArray *needed;     /* char *: the libraries that it asks for, as it names them */
    char *rpath, *runpath; /* where to look for them, `:` between; NULL: nothing */
    uint32_t threads;      /* what its hutong_adapter_v1 says; 0: nothing, or it has none */
} HtObject;

#define HT_OBJECT_ERROR (ht_object_error_quark())
GQuark ht_object_error_quark(void);

/* Reads the file behind `fd`, whose offset stays; `path` is for the message. On both answers ht_object_clear() frees what was taken. */
bool ht_object_read(int fd, const char *path, HtObject *object, GError **error);

/* The same, from bytes. */
bool ht_object_parse(const void *bytes, size_t size, const char *path, HtObject *object, GError **error);

void ht_object_clear(HtObject *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtObject, ht_object_clear)
