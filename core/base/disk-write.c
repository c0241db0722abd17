/* Writing to files. */
#include "core/base/disk-write.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool ht_disk_write(int file, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(file, at, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            errno = done == 0 ? ENOSPC : errno;
            return false;
        }
        at += done;
        size -= (size_t)done;
    }
    return true;
}

bool ht_disk_sync_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = file >= 0 && fsync(file) == 0;
    int number = errno;
    if (file >= 0) {
        close(file);
    }
    errno = number;
    return good;
}
