/* The files of keys: the site's, and that of receipts. Read and made by commands and at start, on the main thread. */
#include "spool/spool.h"

#include "core/base/digest.h"
#include "core/base/disk-write.h"
#include "core/base/private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#define KEY_SIZE 32
#define KEY_TEXT (2 * KEY_SIZE)

static bool set_error(GError **error, const char *path, const char *reason)
{
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY, "key \"%s\": %s", path, reason);
    return false;
}

/* A disk that fails or is full is no mistake in the configuration. */
static bool set_errno(GError **error, const char *path, int number)
{
    bool is_disk = number == EIO || number == ENOSPC || number == EDQUOT || number == EROFS;
    g_set_error(error, HT_SPOOL_ERROR, is_disk ? HT_SPOOL_ERROR_IO : HT_SPOOL_ERROR_KEY,
                "site key \"%s\": %s", path, g_strerror(number));
    return false;
}

static bool parse_key(const char *text, size_t size, uint8_t key[KEY_SIZE])
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
        size--;
    }
    return size == KEY_TEXT && ht_hex_read(text, key, KEY_SIZE);
}

static bool read_key(int file, const char *path, uint8_t key[KEY_SIZE], GError **error)
{
    char text[KEY_TEXT + 3]; /* one more than a good file can have */
    g_autoptr(GError) reason = NULL;
    if (!ht_private_check(file, path, HT_PRIVATE_SECRET, &reason)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY, "key %s", reason->message);
        return false;
    }
    ssize_t size = read(file, text, sizeof text);
    if (size < 0) {
        return set_errno(error, path, errno);
    }
    bool good = parse_key(text, (size_t)size, key);
    explicit_bzero(text, sizeof text);
    return good || set_error(error, path, "it must hold 64 hexadecimal digits");
}

static bool sync_folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    return ht_disk_sync_folder(folder);
}

static bool write_key(int file, const uint8_t key[KEY_SIZE])
{
    char text[KEY_TEXT + 2];
    ht_hex_write(key, KEY_SIZE, text);
    text[KEY_TEXT] = '\n';
    bool good = ht_disk_write(file, text, KEY_TEXT + 1) && fsync(file) == 0;
    explicit_bzero(text, sizeof text);
    return good;
}

/* Under a name of its own until it is complete: half a key must never be found. */
static bool make_key(const char *path, uint8_t key[KEY_SIZE], GError **error)
{
    g_autofree char *draft = g_strconcat(path, ".new", NULL);
    int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return set_errno(error, path, errno);
    }
    bool good = getrandom(key, KEY_SIZE, 0) == KEY_SIZE && write_key(file, key);
    good = close(file) == 0 && good;
    if (!good || link(draft, path) != 0) {
        int number = errno;
        unlink(draft);
        return set_errno(error, path, number);
    }
    unlink(draft);
    if (!sync_folder_of(path)) {
        int number = errno;
        unlink(path); /* a key without a spool is taken for one whose spool was lost */
        return set_errno(error, path, number);
    }
    return true;
}

bool ht_spool_load_key(const char *path, bool create, uint8_t key[32], GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        bool good = read_key(file, path, key, error);
        close(file);
        return good;
    }
    if (errno == ENOENT && create) {
        return make_key(path, key, error);
    }
    return set_errno(error, path, errno);
}

void ht_spool_pseudonym_key(const uint8_t site_key[KEY_SIZE], uint8_t key[KEY_SIZE])
{
    const HtText text = HT_TEXT_LITERAL("pseudonyms outside of the spool");
    ht_hmac_sha256((HtText){(const char *)site_key, KEY_SIZE}, &text, 1, key);
}
