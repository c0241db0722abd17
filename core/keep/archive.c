/* Writing and verifying files of events. */
#include "core/keep/archive.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/disk-write.h"
#include "core/base/forms.h"
#include "core/base/json.h"
#include "spool/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define FILE_MODE 0600
#define PREFIX "events-"
#define SUFFIX ".jsonl.zst"
#define MANIFEST ".manifest.json"
#define MANIFEST_MAX ((gsize)64 << 10)
#define LEVEL 6
#define LINE_BYTES_MAX ((size_t)256 << 20)
#define PIECE ((size_t)128 << 10)

G_DEFINE_QUARK(ht_archive_error, ht_archive_error)

struct HtArchive {
    char *part;
    int fd;
    ZSTD_CCtx *packer; /* NULL: not compressed */
    struct sha256_ctx sum, plain_sum;
    HtArchiveSum content;
    uint8_t room[PIECE];
};

static bool fail(GError **error, const char *what, const char *path)
{
    int code = errno;
    bool full = code == ENOSPC || code == EDQUOT;
    g_set_error(error, HT_ARCHIVE_ERROR, full ? HT_ARCHIVE_ERROR_FULL : HT_ARCHIVE_ERROR_IO,
                "archive: \"%s\" cannot be %s: %s", path, what, g_strerror(code));
    return false;
}

static bool bad(GError **error, const char *path, const char *what)
{
    g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_BAD, "archive: \"%s\": %s", path, what);
    return false;
}

/* ---- Writing ---- */

HtArchive *ht_archive_begin(const char *part, bool compressed, GError **error)
{
    HtArchive *archive = g_new0(HtArchive, 1);
    archive->part = g_strdup(part);
    archive->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (archive->fd < 0 || fchmod(archive->fd, FILE_MODE) != 0) {
        fail(error, "written", part);
        ht_archive_free(archive);
        return NULL;
    }
    if (compressed) {
        archive->packer = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(archive->packer, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(archive->packer, ZSTD_c_checksumFlag, 1);
    }
    sha256_init(&archive->sum);
    sha256_init(&archive->plain_sum);
    return archive;
}

void ht_archive_free(HtArchive *archive)
{
    if (archive) {
        if (archive->fd >= 0) {
            close(archive->fd);
            g_unlink(archive->part);
        }
        ZSTD_freeCCtx(archive->packer);
        g_free(archive->part);
        g_free(archive);
    }
}

static bool write_bytes(HtArchive *archive, const void *bytes, size_t size, GError **error)
{
    sha256_update(&archive->sum, size, bytes);
    archive->content.bytes += size;
    return ht_disk_write(archive->fd, bytes, size) || fail(error, "written", archive->part);
}

/* Has the packer take all of it; with ZSTD_e_end what it still holds comes out, too. */
static bool pack(HtArchive *archive, const void *bytes, size_t size, ZSTD_EndDirective how, GError **error)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (in.pos < in.size || (how == ZSTD_e_end && left > 0)) {
        ZSTD_outBuffer out = {archive->room, sizeof archive->room, 0};
        left = ZSTD_compressStream2(archive->packer, &out, &in, how);
        if (ZSTD_isError(left)) {
            return bad(error, archive->part, ZSTD_getErrorName(left));
        }
        if (!write_bytes(archive, archive->room, out.pos, error)) {
            return false;
        }
    }
    return true;
}

static bool put(HtArchive *archive, const void *bytes, size_t size, GError **error)
{
    sha256_update(&archive->plain_sum, size, bytes);
    archive->content.plain_bytes += size;
    return archive->packer ? pack(archive, bytes, size, ZSTD_e_continue, error)
                           : write_bytes(archive, bytes, size, error);
}

bool ht_archive_add(HtArchive *archive, uint64_t sequence, HtText line, GError **error)
{
    HtArchiveSum *content = &archive->content;
    content->first = content->events == 0 ? sequence : content->first;
    content->last = sequence;
    content->events++;
    return put(archive, line.data, line.size, error) && put(archive, "\n", 1, error);
}

const HtArchiveSum *ht_archive_sum(const HtArchive *archive)
{
    return &archive->content;
}

static bool sync_folder_of(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    return ht_disk_sync_folder(folder) || fail(error, "synced", folder);
}

static char *choose_name(const HtArchive *archive)
{
    g_autofree char *folder = g_path_get_dirname(archive->part);
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(ht_clock_now() / HT_SECOND);
    g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
    for (unsigned i = 1;; i++) {
        g_autofree char *number = i > 1 ? g_strdup_printf("-%u", i) : g_strdup("");
        g_autofree char *path =
            g_strdup_printf("%s/" PREFIX "%020" G_GUINT64_FORMAT "-%020" G_GUINT64_FORMAT "-%s%s" SUFFIX,
                            folder, archive->content.first, archive->content.last, time, number);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
}

static void add_digest(HtBuffer *json, const char *name, struct sha256_ctx *sum)
{
    uint8_t digest[HT_SHA256];
    char hex[HT_SHA256_HEX] = "";
    sha256_digest(sum, sizeof digest, digest);
    ht_hex_write(digest, sizeof digest, hex);
    ht_json_member(json, name, ht_text_from(hex));
}

/* What a manifest says. */
typedef struct {
    const HtArchiveSum *content;
    struct sha256_ctx *sum, *plain_sum;
} Description;

static void describe(const Description *of, const char *path, HtBuffer *json)
{
    g_autofree char *name = g_path_get_basename(path);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "file", ht_text_from(name));
    ht_json_member_number(json, "events", (int64_t)of->content->events);
    ht_json_member_number(json, "first", (int64_t)of->content->first);
    ht_json_member_number(json, "last", (int64_t)of->content->last);
    ht_json_member_number(json, "bytes", (int64_t)of->content->bytes);
    add_digest(json, "sha256", of->sum);
    ht_json_member_number(json, "plainBytes", (int64_t)of->content->plain_bytes);
    add_digest(json, "plainSha256", of->plain_sum);
    ht_buffer_add_literal(json, "}\n");
}

static bool write_manifest(const Description *of, const char *path, GError **error)
{
    HtBuffer json = {0};
    g_autofree char *manifest = g_strconcat(path, MANIFEST, NULL),
                    *part = g_strconcat(manifest, ".part", NULL);
    describe(of, path, &json);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    bool good = fd >= 0 && ht_disk_write(fd, json.data, json.size) && fsync(fd) == 0;
    good = (good && rename(part, manifest) == 0) || fail(error, "written", manifest);
    ht_buffer_clear(&json);
    if (fd >= 0) {
        close(fd);
    }
    return good && sync_folder_of(manifest, error);
}

char *ht_archive_end(HtArchive *archive, const char *path, GError **error)
{
    g_autofree char *name = path ? g_strdup(path) : choose_name(archive);
    if (archive->packer && !pack(archive, "", 0, ZSTD_e_end, error)) {
        return NULL;
    }
    ht_spool_step("archive-written");
    if (fsync(archive->fd) != 0) {
        fail(error, "synced", archive->part);
        return NULL;
    }
    if (rename(archive->part, name) != 0) {
        fail(error, "renamed", archive->part);
        return NULL;
    }
    close(archive->fd);
    archive->fd = -1;
    ht_spool_step("archive-named");
    Description description = {&archive->content, &archive->sum, &archive->plain_sum};
    if (!sync_folder_of(name, error) || !write_manifest(&description, name, error)) {
        return NULL;
    }
    ht_spool_step("archived");
    return g_steal_pointer(&name);
}

/* ---- Verifying ---- */

typedef struct {
    const char *path;
    struct sha256_ctx plain_sum;
    HtArchiveSum found;
    HtBuffer line; /* the beginning of one that is not whole yet */
} ArchiveReading;

/* What a line says it is: 0 when it is none of ours. */
static uint64_t sequence_of(HtText line)
{
    static const char key[] = "\"sequence\":\"";
    bool framed = line.size > 2 && line.data[0] == '{' && line.data[line.size - 1] == '}';
    const char *at = framed ? g_strstr_len(line.data, (gssize)line.size, key) : NULL;
    return at ? g_ascii_strtoull(at + sizeof key - 1, NULL, 10) : 0;
}

static bool take_line(ArchiveReading *reading, HtText line, GError **error)
{
    HtArchiveSum *found = &reading->found;
    uint64_t sequence = sequence_of(line);
    if (sequence == 0) {
        g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_BAD,
                    "archive: \"%s\", line %" G_GUINT64_FORMAT ": it is no event", reading->path,
                    found->events + 1);
        return false;
    }
    if (found->events > 0 && sequence <= found->last) {
        g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_BAD,
                    "archive: \"%s\", line %" G_GUINT64_FORMAT ": sequence %" G_GUINT64_FORMAT
                    " is out of order",
                    reading->path, found->events + 1, sequence);
        return false;
    }
    found->first = found->events == 0 ? sequence : found->first;
    found->last = sequence;
    found->events++;
    return true;
}

static bool take_text(ArchiveReading *reading, HtText text, GError **error)
{
    sha256_update(&reading->plain_sum, text.size, (const uint8_t *)text.data);
    reading->found.plain_bytes += text.size;
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        if (reading->line.size + size > LINE_BYTES_MAX) {
            return bad(error, reading->path, "a line has no end");
        }
        ht_buffer_add(&reading->line, text.data, size);
        if (!end) {
            return true;
        }
        if (!take_line(reading, ht_buffer_text(&reading->line), error)) {
            return false;
        }
        reading->line.size = 0;
        text = (HtText){end + 1, text.size - size - 1};
    }
    return true;
}

static bool unpack(ArchiveReading *reading, ZSTD_DCtx *unpacker, HtText packed, size_t *left, GError **error)
{
    g_autofree char *room = g_malloc(PIECE);
    ZSTD_inBuffer in = {packed.data, packed.size, 0};
    ZSTD_outBuffer out = {room, PIECE, PIECE};
    while (in.pos < in.size || out.pos == out.size) {
        out = (ZSTD_outBuffer){room, PIECE, 0};
        *left = ZSTD_decompressStream(unpacker, &out, &in);
        if (ZSTD_isError(*left)) {
            return bad(error, reading->path, ZSTD_getErrorName(*left));
        }
        if (!take_text(reading, (HtText){room, out.pos}, error)) {
            return false;
        }
    }
    return true;
}

static bool read_file(ArchiveReading *reading, FILE *file, struct sha256_ctx *sum, GError **error)
{
    g_autofree char *bytes = g_malloc(PIECE);
    bool compressed = g_str_has_suffix(reading->path, ".zst"), good = true;
    ZSTD_DCtx *unpacker = compressed ? ZSTD_createDCtx() : NULL;
    size_t left = 0;
    for (size_t size; good && (size = fread(bytes, 1, PIECE, file)) > 0;) {
        sha256_update(sum, size, (const uint8_t *)bytes);
        reading->found.bytes += size;
        good = compressed ? unpack(reading, unpacker, (HtText){bytes, size}, &left, error)
                          : take_text(reading, (HtText){bytes, size}, error);
    }
    ZSTD_freeDCtx(unpacker);
    if (good && ferror(file)) {
        return fail(error, "read", reading->path);
    }
    bool whole = left == 0 && reading->line.size == 0;
    return good && (whole || bad(error, reading->path, "its end is missing"));
}

static bool is_digest(JsonObject *manifest, const char *name, struct sha256_ctx *sum)
{
    uint8_t digest[HT_SHA256];
    char hex[HT_SHA256_HEX] = "";
    sha256_digest(sum, sizeof digest, digest);
    ht_hex_write(digest, sizeof digest, hex);
    return g_strcmp0(json_object_get_string_member_with_default(manifest, name, ""), hex) == 0;
}

static bool is_number(JsonObject *manifest, const char *name, uint64_t number)
{
    return json_object_get_int_member_with_default(manifest, name, -1) == (int64_t)number;
}

static JsonNode *read_manifest(const char *path, GError **error)
{
    g_autofree char *manifest = g_strconcat(path, MANIFEST, NULL), *text = NULL;
    gsize size = 0;
    GStatBuf status;
    bool small = g_stat(manifest, &status) == 0 && (gsize)status.st_size <= MANIFEST_MAX;
    if (!small || !g_file_get_contents(manifest, &text, &size, NULL)) {
        bad(error, path,
            "it has no manifest that can be read: it was not finished, or its manifest is elsewhere");
        return NULL;
    }
    g_autoptr(JsonNode) node = json_from_string(text, NULL);
    if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
        bad(error, path, "its manifest is no JSON object");
        return NULL;
    }
    return g_steal_pointer(&node);
}

bool ht_archive_verify(const char *path, HtArchiveSum *sum, GError **error)
{
    ArchiveReading reading = {.path = path};
    struct sha256_ctx file_sum;
    g_autoptr(JsonNode) node = read_manifest(path, error);
    FILE *file = node ? fopen(path, "re") : NULL;
    sha256_init(&reading.plain_sum);
    sha256_init(&file_sum);
    if (!file) {
        return node ? fail(error, "read", path) : false;
    }
    bool good = read_file(&reading, file, &file_sum, error);
    const HtArchiveSum *found = &reading.found;
    JsonObject *manifest = json_node_get_object(node);
    if (good) {
        good = (is_digest(manifest, "sha256", &file_sum) &&
                is_digest(manifest, "plainSha256", &reading.plain_sum) &&
                is_number(manifest, "bytes", found->bytes) &&
                is_number(manifest, "plainBytes", found->plain_bytes)) ||
               bad(error, path, "it is not what its manifest describes: a digest or a size differs");
        good = good &&
               ((is_number(manifest, "events", found->events) && is_number(manifest, "first", found->first) &&
                 is_number(manifest, "last", found->last)) ||
                bad(error, path, "its manifest has another number of events, or other sequences"));
    }
    *sum = *found;
    ht_buffer_clear(&reading.line);
    fclose(file);
    return good;
}

/* ---- The folder ---- */

static bool add_manifest(const char *path, GError **error)
{
    g_autofree char *manifest = g_strconcat(path, MANIFEST, NULL);
    struct sha256_ctx file_sum;
    ArchiveReading reading = {.path = path};
    if (g_file_test(manifest, G_FILE_TEST_EXISTS)) {
        return true;
    }
    FILE *file = fopen(path, "re");
    sha256_init(&reading.plain_sum);
    sha256_init(&file_sum);
    bool good = file ? read_file(&reading, file, &file_sum, error) : fail(error, "read", path);
    Description description = {&reading.found, &file_sum, &reading.plain_sum};
    good = good && write_manifest(&description, path, error);
    ht_buffer_clear(&reading.line);
    if (file) {
        fclose(file);
    }
    return good;
}

bool ht_archive_recover(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) files = ht_archive_files(folder);
    for (guint i = 0; i < files->len; i++) {
        if (!add_manifest(files->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

GPtrArray *ht_archive_files(const char *folder)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (g_str_has_prefix(name, PREFIX) && g_str_has_suffix(name, SUFFIX)) {
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
        }
    }
    g_ptr_array_sort(files, ht_compare_strings);
    return files;
}

uint64_t ht_archive_bytes(const char *folder)
{
    uint64_t bytes = 0;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        GStatBuf status;
        bytes += g_stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
    }
    return bytes;
}
