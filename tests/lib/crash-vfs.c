/* See crash-vfs.h. */
#include "tests/lib/crash-vfs.h"

Shim shim;

static void clear_change(void *item)
{
    g_clear_pointer(&((ShimChange *)item)->bytes, g_bytes_unref);
}

static ShimImage *image_new(void)
{
    ShimImage *image = g_new0(ShimImage, 1);
    image->durable = g_byte_array_new();
    image->changes = g_array_new(FALSE, FALSE, sizeof(ShimChange));
    g_array_set_clear_func(image->changes, clear_change);
    return image;
}

static void image_free(void *item)
{
    ShimImage *image = item;
    g_byte_array_unref(image->durable);
    g_array_unref(image->changes);
    g_free(image);
}

static void put_bytes(GByteArray *content, size_t offset, const uint8_t *bytes, size_t size)
{
    if (content->len < offset + size) {
        guint old = content->len;
        g_byte_array_set_size(content, (guint)(offset + size));
        memset(content->data + old, 0, content->len - old);
    }
    memcpy(content->data + offset, bytes, size);
}

void apply_change(GByteArray *content, const ShimChange *change, bool torn)
{
    size_t offset = (size_t)change->offset, size;
    if (!change->bytes) {
        guint old = content->len;
        g_byte_array_set_size(content, (guint)offset);
        if (offset > old) {
            memset(content->data + old, 0, offset - old);
        }
        return;
    }
    const uint8_t *bytes = g_bytes_get_data(change->bytes, &size);
    while (size > 0) {
        size_t piece = torn ? MIN(size, SHIM_SECTOR - offset % SHIM_SECTOR) : size;
        if (!torn || g_random_boolean()) {
            put_bytes(content, offset, bytes, piece);
        }
        bytes += piece;
        offset += piece;
        size -= piece;
    }
}

static void note_change(const char *path, sqlite3_int64 offset, const void *bytes, int size)
{
    ShimImage *image = shim.recording ? g_hash_table_lookup(shim.images, path) : NULL;
    if (image) {
        ShimChange change = {offset, bytes ? g_bytes_new(bytes, (gsize)size) : NULL};
        g_array_append_val(image->changes, change);
    }
}

static void note_sync(const char *path)
{
    ShimImage *image = shim.recording ? g_hash_table_lookup(shim.images, path) : NULL;
    for (guint i = 0; image && i < image->changes->len; i++) {
        apply_change(image->durable, &g_array_index(image->changes, ShimChange, i), false);
    }
    if (image) {
        g_array_set_size(image->changes, 0);
    }
}

/* Counts an operation; false when it has to fail. With the lock held. */
static bool shim_allows(void)
{
    shim.operations++;
    if (shim.recording && shim.operations >= shim.cut_at) {
        shim.cut = true; /* the machine is off: from now on nothing changes */
    }
    if (shim.cut) {
        return false;
    }
    if (shim.fault == SHIM_NO_FAULT || shim.operations < shim.fault_at) {
        return true;
    }
    bool fails = shim.for_ever || shim.operations == shim.fault_at;
    shim.hit = shim.hit || fails;
    return !fails;
}

static int shim_close(sqlite3_file *file)
{
    ShimFile *self = (ShimFile *)file;
    return self->real->pMethods ? self->real->pMethods->xClose(self->real) : SQLITE_OK;
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    const ShimFile *self = (ShimFile *)file;
    g_mutex_lock(&shim.lock);
    bool bad = self->is_main && offset < shim.bad_to && offset + size > shim.bad_from;
    g_mutex_unlock(&shim.lock);
    return bad ? SQLITE_IOERR_READ : self->real->pMethods->xRead(self->real, bytes, size, offset);
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    ShimFile *self = (ShimFile *)file;
    if (self->is_main && shim.main_write) {
        shim.main_write();
    }
    g_mutex_lock(&shim.lock);
    bool allowed = shim_allows();
    if (allowed) {
        note_change(self->path, offset, bytes, size);
    }
    g_mutex_unlock(&shim.lock);
    if (!allowed) {
        return shim.fault == SHIM_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return self->real->pMethods->xWrite(self->real, bytes, size, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    ShimFile *self = (ShimFile *)file;
    g_mutex_lock(&shim.lock);
    bool allowed = shim_allows();
    if (allowed) {
        note_change(self->path, size, NULL, 0);
    }
    g_mutex_unlock(&shim.lock);
    return allowed ? self->real->pMethods->xTruncate(self->real, size) : SQLITE_IOERR_TRUNCATE;
}

static int shim_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    g_mutex_lock(&shim.lock);
    bool allowed = shim_allows();
    if (allowed) {
        note_sync(((ShimFile *)file)->path);
    }
    g_mutex_unlock(&shim.lock);
    return allowed ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xFileSize(real, size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xLock(real, level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xUnlock(real, level);
}

static int shim_check_lock(sqlite3_file *file, int *reserved)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xCheckReservedLock(real, reserved);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xFileControl(real, operation, argument);
}

static int shim_sector(sqlite3_file *file)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xSectorSize(real);
}

static int shim_device(sqlite3_file *file)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xShmMap(real, page, size, extend, memory);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    real->pMethods->xShmBarrier(real);
}

static int shim_shm_unmap(sqlite3_file *file, int erase)
{
    sqlite3_file *real = ((ShimFile *)file)->real;
    return real->pMethods->xShmUnmap(real, erase);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    ShimFile *self = (ShimFile *)file;
    *self = (ShimFile){
        .path = path, .is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0, .real = (sqlite3_file *)(self + 1)};
    int result = shim.real->xOpen(shim.real, path, self->real, flags, out_flags);
    self->base.pMethods = self->real->pMethods ? &shim_methods : NULL;
    g_mutex_lock(&shim.lock);
    if (result == SQLITE_OK && shim.recording && path && !g_hash_table_contains(shim.images, path)) {
        g_hash_table_insert(shim.images, g_strdup(path), image_new());
    }
    g_mutex_unlock(&shim.lock);
    return result;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    (void)vfs;
    g_mutex_lock(&shim.lock);
    bool off = shim.cut;
    if (!off && shim.recording) {
        g_hash_table_remove(shim.images, path);
    }
    g_mutex_unlock(&shim.lock);
    return off ? SQLITE_IOERR_DELETE : shim.real->xDelete(shim.real, path, sync_directory);
}

static int shim_last_error(sqlite3_vfs *vfs, int size, char *text)
{
    (void)vfs;
    (void)size;
    (void)text;
    return shim.fault == SHIM_ENOSPC ? ENOSPC : EIO;
}

void shim_install(bool installed)
{
    if (!shim.real) {
        shim.real = sqlite3_vfs_find(NULL);
        shim.vfs = *shim.real;
        shim.vfs.zName = "shim";
        shim.vfs.szOsFile = (int)sizeof(ShimFile) + shim.real->szOsFile;
        shim.vfs.xOpen = shim_open;
        shim.vfs.xDelete = shim_delete;
        shim.vfs.xGetLastError = shim_last_error;
        shim.images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, image_free);
    }
    sqlite3_vfs_register(installed ? &shim.vfs : shim.real, 1);
    if (!installed) {
        sqlite3_vfs_unregister(&shim.vfs);
    }
}

void shim_reset(void)
{
    g_hash_table_remove_all(shim.images);
    shim.operations = shim.fault_at = shim.cut_at = 0;
    shim.fault = SHIM_NO_FAULT;
    shim.for_ever = shim.hit = shim.recording = shim.cut = false;
    shim.main_write = NULL;
}
