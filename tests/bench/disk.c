/* Timing fdatasync. Used by bench-bus; no state. */
#include "tests/bench/disk.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define TIMES 400
#define BYTES 4096

static int compare(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return left < right ? -1 : left > right;
}

DiskSync disk_sync(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "bench-disk-XXXXXX", NULL),
                    *bytes = g_strnfill(BYTES, 'x');
    gint64 took_us[TIMES];
    int fd = g_mkstemp(path);
    bool good = fd >= 0;
    for (unsigned i = 0; good && i < TIMES; i++) {
        gint64 start_us = g_get_monotonic_time();
        good = write(fd, bytes, BYTES) == BYTES && fdatasync(fd) == 0;
        took_us[i] = g_get_monotonic_time() - start_us;
    }
    if (fd >= 0) {
        close(fd);
        g_unlink(path);
    }
    if (!good) {
        return (DiskSync){-1, -1};
    }
    qsort(took_us, TIMES, sizeof *took_us, compare);
    return (DiskSync){(double)took_us[TIMES / 2] / 1e3, (double)took_us[TIMES * 99 / 100] / 1e3};
}
