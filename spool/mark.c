/* The high-water mark's file: magic, sequence, and the checksum of both. */
#include "spool/mark.h"

#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#define MAGIC 0x31306b4d7448ULL /* "HtMk01" */

typedef struct {
    uint64_t magic, sequence, sum; /* little endian */
} MarkContent;

struct HtSpoolMark {
    char *path;
    int file;
    uint64_t written, synced;
    bool told;
};

static uint64_t sum_of(const MarkContent *content)
{
    return GUINT64_TO_LE(XXH3_64bits(content, offsetof(MarkContent, sum)));
}

HtSpoolMark *ht_spool_mark_open(const char *directory, GError **error)
{
    g_autoptr(HtSpoolMark) mark = g_new0(HtSpoolMark, 1);
    mark->path = g_build_filename(directory, "mark", NULL);
    mark->file = open(mark->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (mark->file < 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: cannot open \"%s\": %s", mark->path,
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&mark);
}

void ht_spool_mark_close(HtSpoolMark *mark)
{
    if (mark) {
        if (mark->file >= 0) {
            close(mark->file);
        }
        g_free(mark->path);
        g_free(mark);
    }
}

uint64_t ht_spool_mark_read(HtSpoolMark *mark)
{
    MarkContent content;
    ssize_t size = pread(mark->file, &content, sizeof content, 0);
    if (size == 0) {
        return 0;
    }
    if (size != sizeof content || content.magic != GUINT64_TO_LE(MAGIC) || content.sum != sum_of(&content)) {
        ht_log(HT_LOG_WARNING, "spool",
               "\"%s\" is damaged: it cannot be said whether the spool's end is missing", mark->path);
        return 0;
    }
    mark->written = mark->synced = GUINT64_FROM_LE(content.sequence);
    return mark->written;
}

void ht_spool_mark_write(HtSpoolMark *mark, uint64_t sequence)
{
    MarkContent content = {GUINT64_TO_LE(MAGIC), GUINT64_TO_LE(sequence), 0};
    if (sequence <= mark->written) {
        return;
    }
    content.sum = sum_of(&content);
    if (pwrite(mark->file, &content, sizeof content, 0) == sizeof content) {
        mark->written = sequence;
    } else if (!mark->told) {
        mark->told = true;
        ht_log(HT_LOG_WARNING, "spool", "cannot write \"%s\": %s", mark->path, g_strerror(errno));
    }
}

void ht_spool_mark_sync(HtSpoolMark *mark)
{
    if (mark->written > mark->synced && fdatasync(mark->file) == 0) {
        mark->synced = mark->written;
    }
}
