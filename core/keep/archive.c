/* Writing and verifying files of events. */
#include "core/keep/archive.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/disk-write.h"
#include "core/base/forms.h"
#include "core/base/json.h"
#include "core/keep/sealed.h"
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
    ZSTD_CCtx *packer;      /* NULL: not compressed */
    HtSealedWriter *sealer; /* NULL: in clear */
    HtBuffer sealed;
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

HtArchive *ht_archive_begin(const char *part, bool compressed, HtSpoolVault *vault, GError **error)
{
    HtArchive *archive = g_new0(HtArchive, 1);
    archive->part = g_strdup(part);
    archive->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (archive->fd < 0 || fchmod(archive->fd, FILE_MODE) != 0) {
        fail(error, "written", part);
        ht_archive_free(archive);
        return NULL;
    }
    if (vault && !(archive->sealer = ht_sealed_writer_new(vault, error))) {
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
        ht_sealed_writer_free(archive->sealer);
        ht_buffer_clear(&archive->sealed);
        g_free(archive->part);
        g_free(archive);
    }
}

static bool write_out(HtArchive *archive, const void *bytes, size_t size, GError **error)
{
    sha256_update(&archive->sum, size, bytes);
    archive->content.bytes += size;
    return ht_disk_write(archive->fd, bytes, size) || fail(error, "written", archive->part);
}

static bool write_sealed(HtArchive *archive, HtText bytes, bool last, GError **error)
{
    archive->sealed.size = 0;
    ht_sealed_write(archive->sealer, bytes, last, &archive->sealed);
    return write_out(archive, archive->sealed.data, archive->sealed.size, error);
}

static bool write_bytes(HtArchive *archive, const void *bytes, size_t size, GError **error)
{
    return archive->sealer ? write_sealed(archive, (HtText){bytes, size}, false, error)
                           : write_out(archive, bytes, size, error);
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
            g_strdup_printf("%s/" PREFIX "%020" G_GUINT64_FORMAT "-%020" G_GUINT64_FORMAT "-%s%s" SUFFIX "%s",
                            folder, archive->content.first, archive->content.last, time, number,
                            archive->sealer ? HT_SEALED_SUFFIX : "");
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
    if ((archive->packer && !pack(archive, "", 0, ZSTD_e_end, error)) ||
        (archive->sealer && !write_sealed(archive, HT_TEXT_LITERAL(""), true, error))) {
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
    HtBuffer line;          /* the beginning of one that is not whole yet */
    ZSTD_DCtx *unpacker;    /* NULL: it is not compressed */
    HtSealedReader *opener; /* NULL: it is in clear */
    HtBuffer opened;
    void (*see)(HtText line, void *user); /* NULL: nobody */
    void *user;
} ArchiveReading;

static void begin_reading(ArchiveReading *reading, HtSpoolVault *vault)
{
    bool sealed = g_str_has_suffix(reading->path, HT_SEALED_SUFFIX);
    reading->opener = sealed ? ht_sealed_reader_new(vault) : NULL;
    reading->unpacker =
        g_str_has_suffix(reading->path, ".zst") || g_str_has_suffix(reading->path, ".zst" HT_SEALED_SUFFIX)
            ? ZSTD_createDCtx()
            : NULL;
    sha256_init(&reading->plain_sum);
}

static void end_reading(ArchiveReading *reading)
{
    ht_sealed_reader_free(reading->opener);
    ZSTD_freeDCtx(reading->unpacker);
    ht_buffer_clear(&reading->opened);
    ht_buffer_clear(&reading->line);
}

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
    if (reading->see) {
        reading->see(line, reading->user);
    }
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

static bool unpack(ArchiveReading *reading, HtText packed, size_t *left, GError **error)
{
    g_autofree char *room = g_malloc(PIECE);
    ZSTD_inBuffer in = {packed.data, packed.size, 0};
    ZSTD_outBuffer out = {room, PIECE, PIECE};
    while (in.pos < in.size || out.pos == out.size) {
        out = (ZSTD_outBuffer){room, PIECE, 0};
        *left = ZSTD_decompressStream(reading->unpacker, &out, &in);
        if (ZSTD_isError(*left)) {
            return bad(error, reading->path, ZSTD_getErrorName(*left));
        }
        if (!take_text(reading, (HtText){room, out.pos}, error)) {
            return false;
        }
    }
    return true;
}

/* Of a sealed file whose key is not here only the bytes are counted from then on. */
static bool take_bytes(ArchiveReading *reading, HtText bytes, size_t *left, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (reading->found.unopened) {
        return true;
    }
    if (reading->opener && !ht_sealed_read(reading->opener, bytes, &reading->opened, &reason)) {
        reading->found.unopened = g_error_matches(reason, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
        return reading->found.unopened || bad(error, reading->path, reason->message);
    }
    HtText clear = reading->opener ? ht_buffer_text(&reading->opened) : bytes;
    return reading->unpacker ? unpack(reading, clear, left, error) : take_text(reading, clear, error);
}

static bool read_file(ArchiveReading *reading, FILE *file, struct sha256_ctx *sum, GError **error)
{
    g_autofree char *bytes = g_malloc(PIECE);
    bool good = true;
    size_t left = 0;
    for (size_t size; good && (size = fread(bytes, 1, PIECE, file)) > 0;) {
        sha256_update(sum, size, (const uint8_t *)bytes);
        reading->found.bytes += size;
        good = take_bytes(reading, (HtText){bytes, size}, &left, error);
    }
    if (good && ferror(file)) {
        return fail(error, "read", reading->path);
    }
    bool whole = reading->found.unopened || (left == 0 && reading->line.size == 0 &&
                                             (!reading->opener || ht_sealed_is_whole(reading->opener)));
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

/* A file of the archive has the sequences of its name: with its manifest it could stand in another's place. An export has any name. */
static bool is_named(const ArchiveReading *reading)
{
    g_autofree char *name = g_path_get_basename(reading->path);
    g_autofree char *own = g_strdup_printf(PREFIX "%020" G_GUINT64_FORMAT "-%020" G_GUINT64_FORMAT "-",
                                           reading->found.first, reading->found.last);
    return !g_regex_match_simple("^" PREFIX "[0-9]{20}-[0-9]{20}-", name, 0, 0) ||
           g_str_has_prefix(name, own);
}

/* What was read is what the manifest describes; of lines that could not be opened nothing is known. */
static bool is_described(JsonObject *manifest, ArchiveReading *reading, struct sha256_ctx *file_sum,
                         GError **error)
{
    const HtArchiveSum *found = &reading->found;
    bool same = is_digest(manifest, "sha256", file_sum) && is_number(manifest, "bytes", found->bytes);
    bool same_lines = found->unopened || (is_digest(manifest, "plainSha256", &reading->plain_sum) &&
                                          is_number(manifest, "plainBytes", found->plain_bytes));
    if (!same || !same_lines) {
        return bad(error, reading->path, "it is not what its manifest describes: a digest or a size differs");
    }
    if (found->unopened) {
        return true;
    }
    bool same_events = is_number(manifest, "events", found->events) &&
                       is_number(manifest, "first", found->first) && is_number(manifest, "last", found->last);
    return same_events
               ? is_named(reading) || bad(error, reading->path, "its name is another file's")
               : bad(error, reading->path, "its manifest has another number of events, or other sequences");
}

bool ht_archive_verify(const char *path, HtSpoolVault *vault, HtArchiveSum *sum, GError **error)
{
    ArchiveReading reading = {.path = path};
    struct sha256_ctx file_sum;
    g_autoptr(JsonNode) node = read_manifest(path, error);
    FILE *file = node ? fopen(path, "re") : NULL;
    sha256_init(&file_sum);
    if (!file) {
        return node ? fail(error, "read", path) : false;
    }
    begin_reading(&reading, vault);
    bool good = read_file(&reading, file, &file_sum, error);
    good = good && is_described(json_node_get_object(node), &reading, &file_sum, error);
    *sum = reading.found;
    end_reading(&reading);
    fclose(file);
    return good;
}

static bool no_key(GError **error, const char *path)
{
    g_set_error(
        error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY,
        "archive: \"%s\" is sealed, and its key is not here: it takes the site's file \"periods\" and its master key",
        path);
    return false;
}

bool ht_archive_read(const char *path, HtSpoolVault *vault, void (*see)(HtText line, void *user), void *user,
                     GError **error)
{
    ArchiveReading reading = {.path = path, .see = see, .user = user};
    struct sha256_ctx file_sum;
    FILE *file = fopen(path, "re");
    if (!file) {
        return fail(error, "read", path);
    }
    sha256_init(&file_sum);
    begin_reading(&reading, vault);
    bool good =
        read_file(&reading, file, &file_sum, error) && (!reading.found.unopened || no_key(error, path));
    end_reading(&reading);
    fclose(file);
    return good;
}

/* ---- The folder ---- */

static bool add_manifest(const char *path, HtSpoolVault *vault, GError **error)
{
    g_autofree char *manifest = g_strconcat(path, MANIFEST, NULL);
    struct sha256_ctx file_sum;
    ArchiveReading reading = {.path = path};
    if (g_file_test(manifest, G_FILE_TEST_EXISTS)) {
        return true;
    }
    FILE *file = fopen(path, "re");
    sha256_init(&file_sum);
    begin_reading(&reading, vault);
    bool good = file ? read_file(&reading, file, &file_sum, error) : fail(error, "read", path);
    Description description = {&reading.found, &file_sum, &reading.plain_sum};
    good =
        good && (!reading.found.unopened || no_key(error, path)) && write_manifest(&description, path, error);
    end_reading(&reading);
    if (file) {
        fclose(file);
    }
    return good;
}

bool ht_archive_recover(const char *folder, HtSpoolVault *vault, GError **error)
{
    g_autoptr(GPtrArray) files = ht_archive_files(folder);
    for (guint i = 0; i < files->len; i++) {
        if (!add_manifest(files->pdata[i], vault, error)) {
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
        if (g_str_has_prefix(name, PREFIX) &&
            (g_str_has_suffix(name, SUFFIX) || g_str_has_suffix(name, SUFFIX HT_SEALED_SUFFIX))) {
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
