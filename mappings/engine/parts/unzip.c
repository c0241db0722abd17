/* Unpacking; see unzip.h. Host process, the mapper's thread. */
#include "mappings/engine/parts/unzip.h"

#include <glib.h>
#include <minizip/unzip.h>

#define NAME_MAX_BYTES 1024
#define PIECE_BYTES (64 * 1024)
#define KEPT_BYTES (1 << 20) /* memory that is kept for the next entry */
#define RATIO_FREE (1 << 20) /* bytes for which the ratio does not matter */
#define END_BYTES 22
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define FLAGS_ENCRYPTED (1u | 1u << 6 | 1u << 13)

struct HtUnzip {
    HtText bytes;
    size_t at;
    unzFile file;
    uint32_t entries, entry; /* of how many, which (from 1) is at hand */
    const HtLimits *limits;
    uint64_t left;   /* bytes that may still be unpacked */
    uint64_t packed; /* bytes that the entries so far have in the archive, as it says */
};

/* ---- Memory as minizip's file ---- */

static voidpf open_memory(voidpf opaque, const void *name, int mode)
{
    (void)name;
    bool reads = (mode & ZLIB_FILEFUNC_MODE_READWRITEFILTER) == ZLIB_FILEFUNC_MODE_READ;
    ((HtUnzip *)opaque)->at = 0;
    return reads ? opaque : NULL;
}

static uLong read_memory(voidpf opaque, voidpf stream, void *to, uLong size)
{
    (void)stream;
    HtUnzip *unzip = opaque;
    size_t read = MIN(size, unzip->bytes.size - unzip->at);
    if (read > 0) {
        memcpy(to, unzip->bytes.data + unzip->at, read);
    }
    unzip->at += read;
    return (uLong)read;
}

static uLong write_memory(voidpf opaque, voidpf stream, const void *from, uLong size)
{
    (void)opaque;
    (void)stream;
    (void)from;
    (void)size;
    return 0;
}

static ZPOS64_T tell_memory(voidpf opaque, voidpf stream)
{
    (void)stream;
    return ((HtUnzip *)opaque)->at;
}

static long seek_memory(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    (void)stream;
    HtUnzip *unzip = opaque;
    ZPOS64_T base = origin == ZLIB_FILEFUNC_SEEK_END   ? unzip->bytes.size
                    : origin == ZLIB_FILEFUNC_SEEK_CUR ? unzip->at
                                                       : 0;
    if (offset > unzip->bytes.size || base > unzip->bytes.size - offset) {
        return -1;
    }
    unzip->at = (size_t)(base + offset);
    return 0;
}

static int do_nothing(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

/* ---- Opening ---- */

bool ht_unzip_looks_like(HtText bytes)
{
    return bytes.size >= 4 && bytes.data[0] == 'P' && bytes.data[1] == 'K' &&
           ((bytes.data[2] == 3 && bytes.data[3] == 4) || (bytes.data[2] == 5 && bytes.data[3] == 6));
}

static uint32_t read_number(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Of an archive that was put behind another one, or behind anything, the library sees the last only. Where the directory is
 * too large for the numbers of this record, another one has them. */
static bool is_all_there_is(const uint8_t *end, size_t place)
{
    uint32_t size = read_number(end + 12), offset = read_number(end + 16);
    return size == UINT32_MAX || offset == UINT32_MAX || (uint64_t)size + offset == place;
}

/* The library takes missing bytes at the very end for zeroes. An archive ends with a record of 22 bytes and a comment. */
static bool has_end(HtText bytes)
{
    for (size_t comment = 0; comment <= UINT16_MAX && comment + END_BYTES <= bytes.size; comment++) {
        const uint8_t *end = (const uint8_t *)bytes.data + bytes.size - comment - END_BYTES;
        if (memcmp(end, "PK\5\6", 4) == 0 && (size_t)(end[20] | end[21] << 8) == comment) {
            return is_all_there_is(end, bytes.size - comment - END_BYTES);
        }
    }
    return false;
}

static int refuse(HtFault *fault, uint32_t entry, const char *code, const char *sentence)
{
    ht_fault_set(fault, code, "%s", sentence);
    fault->part = entry;
    return -1;
}

HtUnzip *ht_unzip_open(HtText bytes, const HtLimits *limits, HtFault *fault)
{
    HtUnzip *unzip = g_new0(HtUnzip, 1);
    unz_global_info64 info = {0};
    zlib_filefunc64_def calls = {.zopen64_file = open_memory,
                                 .zread_file = read_memory,
                                 .zwrite_file = write_memory,
                                 .ztell64_file = tell_memory,
                                 .zseek64_file = seek_memory,
                                 .zclose_file = do_nothing,
                                 .zerror_file = do_nothing,
                                 .opaque = unzip};
    unzip->bytes = bytes;
    unzip->limits = limits;
    unzip->left = limits->document_bytes;
    unzip->file = has_end(bytes) ? unzOpen2_64("", &calls) : NULL;
    if (!unzip->file || unzGetGlobalInfo64(unzip->file, &info) != UNZ_OK) {
        refuse(fault, 0, "zip-malformed", "The ZIP archive is damaged or was cut off: pack it again.");
    } else if (info.number_entry > limits->parts) {
        ht_fault_set_limit(fault, "too-many-parts", "The ZIP archive has",
                           ht_limit_of(limits, &limits->parts), ": send it in several messages.");
    } else {
        unzip->entries = (uint32_t)info.number_entry;
        return unzip;
    }
    ht_unzip_close(unzip);
    return NULL;
}

void ht_unzip_close(HtUnzip *unzip)
{
    if (unzip && unzip->file) {
        unzClose(unzip->file);
    }
    g_free(unzip);
}

/* ---- Entries ---- */

static int refuse_damaged(const HtUnzip *unzip, HtFault *fault)
{
    return refuse(fault, unzip->entry, "zip-malformed",
                  "An entry of the ZIP archive is damaged: pack it again.");
}

/* What can be said of an entry before it is unpacked. Entries that share their bytes need more than the archive has. */
static int check_entry(const HtUnzip *unzip, const unz_file_info64 *info, const char *name, HtFault *fault)
{
    size_t size = strlen(name);
    if (size > 0 && (name[size - 1] == '/' || name[size - 1] == '\\')) {
        return refuse(fault, unzip->entry, "part-not-xml",
                      "An entry of the ZIP archive is a directory: pack the documents alone.");
    }
    if (info->flag & FLAGS_ENCRYPTED) {
        return refuse(fault, unzip->entry, "zip-encrypted",
                      "An entry of the ZIP archive is encrypted: pack it without a password.");
    }
    if (info->compression_method != METHOD_STORED && info->compression_method != METHOD_DEFLATED) {
        return refuse(fault, unzip->entry, "zip-method",
                      "An entry of the ZIP archive is packed by a method that is not read: use deflate.");
    }
    return unzip->packed > unzip->bytes.size ? refuse_damaged(unzip, fault) : 0;
}

static bool is_bomb(const HtUnzip *unzip, uint64_t size, uint64_t packed)
{
    return size > RATIO_FREE && size / unzip->limits->zip_ratio > packed;
}

static int refuse_bomb(const HtUnzip *unzip, const char *what, HtFault *fault)
{
    ht_fault_set_limit(fault, "zip-bomb", what, ht_limit_of(unzip->limits, &unzip->limits->zip_ratio),
                       ": nothing was taken.");
    fault->part = unzip->entry;
    return -1;
}

static int unpack(HtUnzip *unzip, const unz_file_info64 *info, HtBuffer *to, HtFault *fault)
{
    for (;;) {
        int read = unzReadCurrentFile(unzip->file, ht_buffer_reserve(to, PIECE_BYTES), PIECE_BYTES);
        if (read < 0) {
            return refuse_damaged(unzip, fault);
        }
        if (read == 0) { /* the library looks at the checksum only when all that was stated has come */
            return to->size == info->uncompressed_size ? 1 : refuse_damaged(unzip, fault);
        }
        to->size += (size_t)read;
        if (is_bomb(unzip, to->size, info->compressed_size)) {
            return refuse_bomb(unzip, "An entry of the ZIP archive unpacks to", fault);
        }
        uint64_t before = unzip->limits->document_bytes - unzip->left;
        if (is_bomb(unzip, before + to->size, unzip->bytes.size)) {
            return refuse_bomb(unzip, "The ZIP archive unpacks to", fault);
        }
        if (to->size > unzip->left) {
            ht_fault_set_limit(fault, "document-too-long", "The ZIP archive unpacks to",
                               ht_limit_of(unzip->limits, &unzip->limits->document_bytes),
                               ": send it in several messages.");
            fault->part = unzip->entry;
            return -1;
        }
    }
}

int ht_unzip_next(HtUnzip *unzip, HtBuffer *to, HtFault *fault)
{
    char name[NAME_MAX_BYTES];
    unz_file_info64 info;
    if (unzip->entry == unzip->entries) {
        return 0;
    }
    int found = unzip->entry == 0 ? unzGoToFirstFile(unzip->file) : unzGoToNextFile(unzip->file);
    unzip->entry++;
    if (found != UNZ_OK ||
        unzGetCurrentFileInfo64(unzip->file, &info, name, sizeof name, NULL, 0, NULL, 0) != UNZ_OK) {
        return refuse_damaged(unzip, fault);
    }
    name[MIN(info.size_filename, sizeof name - 1)] = '\0';
    unzip->packed += MIN(info.compressed_size, unzip->bytes.size + 1); /* which may be any number */
    if (check_entry(unzip, &info, name, fault) != 0) {
        return -1;
    }
    ht_buffer_reset(to, KEPT_BYTES);
    if (unzOpenCurrentFile(unzip->file) != UNZ_OK) {
        return refuse_damaged(unzip, fault);
    }
    int result = unpack(unzip, &info, to, fault);
    if (unzCloseCurrentFile(unzip->file) != UNZ_OK && result > 0) {
        result = refuse_damaged(unzip, fault);
    }
    unzip->left -= MIN(to->size, unzip->left);
    return result;
}
