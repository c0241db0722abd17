/* See crash-vfs.h. */
#include "tests/lib/crash-vfs.h"

#include <glib/gstdio.h>

Shim shim;

static void clear_change(void *item)
{
    g_clear_pointer(&((ShimChange *)item)->bytes, g_bytes_unref);
}

/* Of a file that is there already, all that it holds counts as synced. */
static ShimImage *image_new(const char *path)
{
    ShimImage *image = g_new0(ShimImage, 1);
    char *bytes = NULL;
    gsize size = 0;
    image->durable = g_file_get_contents(path, &bytes, &size, NULL)
                         ? g_byte_array_new_take((uint8_t *)bytes, size)
                         : g_byte_array_new();
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

/* Each sector of it with the given chance in two. */
static void apply_change(GByteArray *content, const ShimChange *change, bool torn)
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

/* What could not be synced is never: a later sync does not find it among what is to be written any more. */
static void note_sync(const char *path, bool good)
{
    ShimImage *image = shim.recording ? g_hash_table_lookup(shim.images, path) : NULL;
    for (guint i = 0; image && good && i < image->changes->len; i++) {
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
        if (shim.at_cut) {
            shim.at_cut();
        }
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

static void shim_begin(void)
{
    if (shim.before) {
        shim.before();
    }
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    const ShimFile *self = (ShimFile *)file;
    shim_begin();
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
    shim_begin();
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
    shim_begin();
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
    shim_begin();
    g_mutex_lock(&shim.lock);
    bool allowed = shim_allows();
    if (!shim.cut) {
        note_sync(((ShimFile *)file)->path, allowed);
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
        g_hash_table_insert(shim.images, g_strdup(path), image_new(path));
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

static int shim_sleep(sqlite3_vfs *vfs, int us)
{
    if (shim.before) {
        shim.slept_us += us;
        shim.before();
        return us;
    }
    return shim.real->xSleep(vfs, us);
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
        shim.vfs.xSleep = shim_sleep;
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
    shim.main_write = shim.before = shim.at_cut = NULL;
    shim.slept_us = 0;
}

/* ---- What the disk holds ---- */

/* A new file, because GLib cuts no longer one off. */
void shim_write_file(const char *path, const void *bytes, gsize size)
{
    g_unlink(path);
    g_assert_true(g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

void shim_write_images(const char *directory, ShimLoss loss)
{
    GHashTableIter iter;
    gpointer path, value;
    g_hash_table_iter_init(&iter, shim.images);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        ShimImage *image = value;
        for (guint i = 0; loss != SHIM_LOSE_ALL && i < image->changes->len; i++) {
            if (loss == SHIM_TEAR || g_random_boolean()) {
                apply_change(image->durable, &g_array_index(image->changes, ShimChange, i),
                             loss == SHIM_TEAR);
            }
        }
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *copy = g_build_filename(directory, name, NULL);
        shim_write_file(copy, image->durable->data, image->durable->len);
    }
}

/* A piece of bytes with its size; of NULL the size is negative. */
static void put_piece(GByteArray *out, const void *bytes, gsize size)
{
    gint64 head = bytes ? (gint64)size : -1;
    g_byte_array_append(out, (const uint8_t *)&head, sizeof head);
    g_byte_array_append(out, bytes, bytes ? (guint)size : 0);
}

static GBytes *take_piece(const char **at)
{
    gint64 head;
    memcpy(&head, *at, sizeof head);
    *at += sizeof head;
    GBytes *bytes = head < 0 ? NULL : g_bytes_new(*at, (gsize)head);
    *at += MAX(head, 0);
    return bytes;
}

static void put_image(GByteArray *out, const ShimImage *image)
{
    put_piece(out, image->durable->len > 0 ? image->durable->data : (const void *)"", image->durable->len);
    put_piece(out, &image->changes->len, sizeof image->changes->len);
    for (guint i = 0; i < image->changes->len; i++) {
        const ShimChange *change = &g_array_index(image->changes, ShimChange, i);
        gsize size = 0;
        const void *bytes = change->bytes ? g_bytes_get_data(change->bytes, &size) : NULL;
        put_piece(out, &change->offset, sizeof change->offset);
        put_piece(out, bytes, size);
    }
}

void shim_save(const char *path)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    GHashTableIter iter;
    gpointer name, image;
    g_hash_table_iter_init(&iter, shim.images);
    while (g_hash_table_iter_next(&iter, &name, &image)) {
        put_piece(out, name, strlen(name) + 1);
        put_image(out, image);
    }
    shim_write_file(path, out->data, out->len);
}

static ShimImage *take_image(const char **at)
{
    ShimImage *image = image_new("");
    g_byte_array_unref(image->durable);
    image->durable = g_bytes_unref_to_array(take_piece(at));
    g_autoptr(GBytes) count = take_piece(at);
    for (guint left = *(const guint *)g_bytes_get_data(count, NULL); left > 0; left--) {
        g_autoptr(GBytes) offset = take_piece(at);
        ShimChange change = {*(const sqlite3_int64 *)g_bytes_get_data(offset, NULL), take_piece(at)};
        g_array_append_val(image->changes, change);
    }
    return image;
}

void shim_load(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size;
    if (!g_file_get_contents(path, &bytes, &size, NULL)) {
        return;
    }
    for (const char *at = bytes; at < bytes + size;) {
        char *name = g_bytes_unref_to_data(take_piece(&at), &(gsize){0});
        g_hash_table_insert(shim.images, name, take_image(&at));
    }
}
