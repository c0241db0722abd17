/* Files of events; see batchfile.h. Used by file.c, on its thread, and when it begins and ends.
 *
 * States of the part, and the function that makes each:
 *
 *   NONE    nothing was added since the last file     ht_batch_files_open(), close_part()
 *   OPEN    it has a descriptor, and `size` bytes     open_part(), ht_batch_files_append()
 *   SHUT    it has no descriptor: what is behind      take_back(), when it could not cut; recover_part()
 *           `size` is cut off when it is opened
 *
 * What may be trusted: `size` bytes of the part are on disk, and told as taken. What is behind them was never told, and is never in
 * a file that has its name.
 *
 * Invariants, checked by assert_part() at each transition:
 *   1. NONE has no descriptor and no bytes; nothing is renamed of it.
 *   2. Only whole lines are added, so a file holds whole events.
 *   3. `size` grows only behind fdatasync(), and falls only when the part has its name. */
#include "core/delivery/batchfile.h"

#include "core/base/ages.h"
#include "core/base/digest.h"
#include "core/base/disk-write.h"
#include "core/base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640
#define FOLDER_MODE 0750
#define SUFFIX ".jsonl"
#define MANIFEST ".manifest.json"
#define REPLAY ".replay-"
#define SEQUENCE_DIGITS 20

struct HtBatchFiles {
    char *directory, *part; /* the path of NAME.part */
    char *family, *name;    /* the consumer's, and what its files begin with: the same, or a replay's */
    uint64_t rotate_bytes, most_bytes, keep_ms;
    int folder; /* its descriptor, for fsync */
    int fd;     /* of the part; -1 while there is none */
    off_t size; /* of what is on disk of it */
};

static bool fail(GError **error, const char *what, const char *path)
{
    int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s: cannot be %s: %s", path, what,
                g_strerror(code));
    return false;
}

/* ---- What is in a file ---- */

typedef struct {
    uint64_t lines, first, last;
    off_t bytes;                /* of whole lines from the beginning */
    char sha256[HT_SHA256_HEX]; /* of them */
} Content;

/* The sequence of an event's line; 0 when it is none. The attributes stand before the data, and no text has a quote in it that is not
 * escaped. */
static uint64_t sequence_of(const char *line, size_t size)
{
    static const char key[] = "\"sequence\":\"";
    const char *at =
        size > 2 && line[0] == '{' && line[size - 1] == '}' ? g_strstr_len(line, (gssize)size, key) : NULL;
    return at ? g_ascii_strtoull(at + sizeof key - 1, NULL, 10) : 0;
}

/* Reads the file up to its first line that is not whole. Sequences above `cursor` go to `written` unless that is NULL. */
static bool read_content(const char *path, uint64_t cursor, GHashTable *written, Content *content,
                         GError **error)
{
    g_autofree char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    *content = (Content){.first = UINT64_MAX};
    if (!file) {
        return fail(error, "read", path);
    }
    struct sha256_ctx sum;
    uint8_t digest[HT_SHA256];
    sha256_init(&sum);
    for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
        uint64_t sequence = line[size - 1] == '\n' ? sequence_of(line, (size_t)size - 1) : 0;
        if (sequence == 0) {
            break;
        }
        sha256_update(&sum, (size_t)size, (const uint8_t *)line);
        content->lines++;
        content->bytes += size;
        content->first = MIN(content->first, sequence);
        content->last = MAX(content->last, sequence);
        if (written && sequence > cursor) {
            uint64_t *kept = g_new(uint64_t, 1);
            *kept = sequence;
            g_hash_table_add(written, kept);
        }
    }
    sha256_digest(&sum, sizeof digest, digest);
    ht_hex_write(digest, sizeof digest, content->sha256);
    bool good = !ferror(file) || fail(error, "read", path);
    fclose(file);
    return good;
}

/* ---- Names ---- */

/* Reads `digits` of them behind a hyphen; NULL when they are not there. */
static const char *skip_number(const char *at, size_t digits)
{
    return at && *at == '-' && strspn(at + 1, "0123456789") == digits ? at + 1 + digits : NULL;
}

/* Behind "NAME.replay-7" of this family; NULL when it begins otherwise. A dot is in no consumer's name. */
static const char *skip_replay(const HtBatchFiles *files, const char *name, int64_t *replay)
{
    const char *at = g_str_has_prefix(name, files->family) ? name + strlen(files->family) : "";
    char *end = NULL;
    *replay = g_str_has_prefix(at, REPLAY) ? g_ascii_strtoll(at + strlen(REPLAY), &end, 10) : 0;
    return *replay > 0 ? end : NULL;
}

/* Whether it is a file of this name, or with `family` also one of a replay of it; `last`: the greatest sequence that its name says. */
static bool is_own(const HtBatchFiles *files, const char *name, bool family, uint64_t *last)
{
    int64_t replay;
    const char *behind = family ? skip_replay(files, name, &replay) : NULL;
    const char *first = family ? files->family : files->name;
    const char *at = behind ? behind : g_str_has_prefix(name, first) ? name + strlen(first) : NULL;
    const char *second = skip_number(at, SEQUENCE_DIGITS), *time = skip_number(second, SEQUENCE_DIGITS);
    const char *day = skip_number(time, 8);
    *last = second ? g_ascii_strtoull(second + 1, NULL, 10) : 0;
    return day && *day == 'T' && g_str_has_suffix(day, SUFFIX) && !strchr(day, '/');
}

static char *path_of(const HtBatchFiles *files, const char *name)
{
    return g_build_filename(files->directory, name, NULL);
}

/* A name that is not there yet. */
static char *choose_name(const HtBatchFiles *files, const Content *content)
{
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(ht_clock_now() / HT_SECOND);
    g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    for (unsigned i = 1;; i++) {
        g_autofree char *number = i > 1 ? g_strdup_printf("-%u", i) : g_strdup("");
        g_autofree char *name =
            g_strdup_printf("%s-%020" G_GUINT64_FORMAT "-%020" G_GUINT64_FORMAT "-%s%s" SUFFIX, files->name,
                            content->first, content->last, time, number);
        g_autofree char *path = path_of(files, name);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&name);
        }
    }
}

static void assert_part(const HtBatchFiles *files, bool may_add)
{
    g_assert(files->fd >= -1 && files->size >= 0);
    g_assert(!may_add || files->fd >= 0);
}

typedef bool (*Visit)(HtBatchFiles *files, const char *name, uint64_t last, void *user, GError **error);

/* Each file of this name that is whole; with `family` also those of its replays. */
static bool visit_all(HtBatchFiles *files, bool family, Visit visit, void *user, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(files->directory, 0, error);
    bool good = folder != NULL;
    uint64_t last;
    for (const char *name; good && (name = g_dir_read_name(folder));) {
        good = !is_own(files, name, family, &last) || visit(files, name, last, user, error);
    }
    return good;
}

/* ---- Writing ---- */

static int open_new(const char *path, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, FILE_MODE);
    if (fd >= 0) {
        fchmod(fd, FILE_MODE); /* whatever the umask says: the group is who fetches */
    }
    return fd;
}

/* From `path` to `name`, and on disk. */
static bool publish(const HtBatchFiles *files, const char *path, const char *name, GError **error)
{
    g_autofree char *target = path_of(files, name);
    if (rename(path, target) != 0) {
        return fail(error, "renamed", path);
    }
    return fsync(files->folder) == 0 || fail(error, "written", files->directory);
}

static void describe(const HtBatchFiles *files, const char *name, const Content *content, HtBuffer *json)
{
    int64_t replay;
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "file", ht_text_from(name));
    ht_json_member(json, "consumer", ht_text_from(files->family));
    if (skip_replay(files, name, &replay)) {
        ht_json_member_number(json, "replay", replay);
    }
    ht_json_member_number(json, "events", (int64_t)content->lines);
    ht_json_member_number(json, "bytes", (int64_t)content->bytes);
    ht_json_member(json, "sha256", ht_text_from(content->sha256));
    ht_json_member_number(json, "first", (int64_t)content->first);
    ht_json_member_number(json, "last", (int64_t)content->last);
    ht_buffer_add_literal(json, "}\n");
}

static bool write_manifest(const HtBatchFiles *files, const char *name, const Content *content,
                           GError **error)
{
    HtBuffer json = {.data = NULL};
    g_autofree char *part = g_strconcat(files->directory, "/", files->name, ".manifest.part", NULL);
    g_autofree char *manifest = g_strconcat(name, MANIFEST, NULL);
    describe(files, name, content, &json);
    int fd = open_new(part, O_TRUNC);
    bool good = fd >= 0 && ht_disk_write(fd, json.data, json.size) && fsync(fd) == 0;
    good = good || fail(error, "written", part);
    ht_buffer_clear(&json);
    if (fd >= 0) {
        close(fd);
    }
    return good && publish(files, part, manifest, error);
}

static bool add_manifest(HtBatchFiles *files, const char *name, uint64_t last, void *user, GError **error)
{
    (void)last, (void)user;
    g_autofree char *path = path_of(files, name), *manifest = g_strconcat(path, MANIFEST, NULL);
    Content content;
    if (g_file_test(manifest, G_FILE_TEST_EXISTS)) {
        return true;
    }
    bool good = read_content(path, 0, NULL, &content, error);
    good = good && write_manifest(files, name, &content, error);
    return good;
}

static bool remove_old(HtBatchFiles *files, const char *name, uint64_t last, void *user, GError **error)
{
    (void)last, (void)error;
    const int64_t *before = user;
    g_autofree char *path = path_of(files, name), *manifest = g_strconcat(path, MANIFEST, NULL);
    GStatBuf status;
    if (g_stat(path, &status) == 0 && status.st_mtime < *before) {
        g_unlink(manifest);
        g_unlink(path);
    }
    return true;
}

static void close_part(HtBatchFiles *files)
{
    if (files->fd >= 0) {
        close(files->fd);
    }
    files->fd = -1;
    files->size = 0;
}

/* Back to what is known to be on disk. */
static void take_back(HtBatchFiles *files)
{
    int code = errno;
    if (ftruncate(files->fd, files->size) != 0) {
        close(files->fd); /* it is opened, and cut, before something is added */
        files->fd = -1;
    }
    errno = code;
    assert_part(files, false);
}

static bool open_part(HtBatchFiles *files, GError **error)
{
    if (files->fd >= 0) {
        return true;
    }
    files->fd = open_new(files->part, O_APPEND);
    if (files->fd < 0 || ftruncate(files->fd, files->size) != 0 || fsync(files->folder) != 0) {
        fail(error, "written", files->part);
        if (files->fd >= 0) {
            close(files->fd);
        }
        files->fd = -1;
        return false;
    }
    return true;
}

bool ht_batch_files_rotate(HtBatchFiles *files, GError **error)
{
    Content content;
    bool good = true;
    if (files->size > 0) {
        good = open_part(files, error) && read_content(files->part, 0, NULL, &content, error);
        g_autofree char *name = good ? choose_name(files, &content) : NULL;
        good = good && publish(files, files->part, name, error);
        if (good || !g_file_test(files->part, G_FILE_TEST_EXISTS)) {
            close_part(files);
        }
    }
    if (good && files->keep_ms > 0) {
        int64_t before = (ht_ages_now() - (int64_t)files->keep_ms * 1000) / HT_SECOND;
        visit_all(files, true, remove_old, &before, NULL);
    }
    return good && visit_all(files, false, add_manifest, NULL, error);
}

/* ---- Adding ---- */

static bool add_size(HtBatchFiles *files, const char *name, uint64_t last, void *user, GError **error)
{
    (void)last, (void)error;
    uint64_t *bytes = user;
    g_autofree char *path = path_of(files, name);
    GStatBuf status;
    *bytes += g_stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
    return true;
}

static bool has_room(HtBatchFiles *files, size_t more, GError **error)
{
    uint64_t bytes = (uint64_t)files->size + more;
    if (files->most_bytes == 0) {
        return true;
    }
    if (!visit_all(files, true, add_size, &bytes, error)) {
        return false;
    }
    if (bytes > files->most_bytes) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
                    "the files take %" G_GUINT64_FORMAT " bytes (files-max): fetch and remove some",
                    bytes - more);
        return false;
    }
    return true;
}

bool ht_batch_files_append(HtBatchFiles *files, HtText lines, GError **error)
{
    if (lines.size == 0) {
        return true;
    }
    g_assert(lines.data[lines.size - 1] == '\n');
    if (!has_room(files, lines.size, error) || !open_part(files, error)) {
        return false;
    }
    assert_part(files, true);
    if (!ht_disk_write(files->fd, lines.data, lines.size) || fdatasync(files->fd) != 0) {
        take_back(files);
        return fail(error, "written", files->part);
    }
    files->size += (off_t)lines.size;
    assert_part(files, true);
    return true;
}

bool ht_batch_files_is_full(const HtBatchFiles *files)
{
    return (uint64_t)files->size >= files->rotate_bytes;
}

bool ht_batch_files_has_part(const HtBatchFiles *files)
{
    return files->size > 0;
}

/* ---- Beginning and end ---- */

/* What a crash left of a part: its whole lines become a file. */
static bool recover_part(HtBatchFiles *files, GError **error)
{
    Content content;
    if (!g_file_test(files->part, G_FILE_TEST_EXISTS)) {
        return true;
    }
    if (!read_content(files->part, 0, NULL, &content, error)) {
        return false;
    }
    files->size = content.bytes;
    if (!open_part(files, error)) { /* which cuts it */
        return false;
    }
    if (fsync(files->fd) != 0) {
        return fail(error, "written", files->part);
    }
    if (content.lines == 0) {
        g_unlink(files->part);
        close_part(files);
    }
    return true;
}

typedef struct {
    uint64_t cursor;
    GHashTable *written;
} Known;

static bool note_written(HtBatchFiles *files, const char *name, uint64_t last, void *user, GError **error)
{
    Known *known = user;
    g_autofree char *path = path_of(files, name);
    Content content;
    if (last <= known->cursor) {
        return true;
    }
    bool good = read_content(path, known->cursor, known->written, &content, error);
    return good;
}

static HtBatchFiles *new_files(const HtBatchOptions *options, int64_t replay)
{
    HtBatchFiles *files = g_new0(HtBatchFiles, 1);
    char *name = replay > 0 ? g_strdup_printf("%s" REPLAY "%" G_GINT64_FORMAT, options->name, replay)
                            : g_strdup(options->name);
    *files = (HtBatchFiles){.directory = g_strdup(options->directory),
                            .family = g_strdup(options->name),
                            .name = name,
                            .part = g_strconcat(options->directory, "/", name, ".part", NULL),
                            .rotate_bytes = options->rotate_bytes,
                            .most_bytes = options->most_bytes,
                            .keep_ms = options->keep_ms,
                            .folder = -1,
                            .fd = -1};
    return files;
}

/* The part that it has becomes a file. */
static bool recover(HtBatchFiles *files, GError **error)
{
    bool good =
        g_mkdir_with_parents(files->directory, FOLDER_MODE) == 0 || fail(error, "made", files->directory);
    files->folder = good ? open(files->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    good = good && (files->folder >= 0 || fail(error, "opened", files->directory));
    return good && recover_part(files, error) && ht_batch_files_rotate(files, error);
}

/* Those of replays that have ended are nobody else's; one that goes on begins a new part. */
static bool recover_replays(HtBatchFiles *files, const HtBatchOptions *options, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(files->directory, 0, error);
    bool good = folder != NULL;
    for (const char *name; good && (name = g_dir_read_name(folder));) {
        int64_t replay;
        const char *behind = skip_replay(files, name, &replay);
        if (behind && g_str_equal(behind, ".part")) {
            HtBatchFiles *left = new_files(options, replay);
            good = recover(left, error);
            ht_batch_files_free(left);
        }
    }
    return good && visit_all(files, true, add_manifest, NULL, error);
}

HtBatchFiles *ht_batch_files_open(const HtBatchOptions *options, uint64_t cursor, GHashTable *written,
                                  GError **error)
{
    HtBatchFiles *files = new_files(options, options->replay);
    Known known = {cursor, written};
    if (!recover(files, error) || (options->replay == 0 && !recover_replays(files, options, error)) ||
        !visit_all(files, false, note_written, &known, error)) {
        ht_batch_files_free(files);
        return NULL;
    }
    return files;
}

void ht_batch_files_free(HtBatchFiles *files)
{
    close_part(files);
    if (files->folder >= 0) {
        close(files->folder);
    }
    g_free(files->directory);
    g_free(files->family);
    g_free(files->name);
    g_free(files->part);
    g_free(files);
}
