/* Sealing and opening files; see sealed.h. */
#include "core/keep/sealed.h"

#include "core/base/little.h"

#include <string.h>

#define MAGIC "HtA1"
#define MAGIC_BYTES 4
#define FILE_ID 16
#define HEAD (MAGIC_BYTES + 4 + HT_SPOOL_VAULT_ID + FILE_ID)
#define PIECE ((size_t)64 << 10)
#define PIECE_HEAD (HT_SPOOL_NONCE + 4)
#define LAST ((uint32_t)1 << 31)

/* What a piece is bound to. */
typedef struct {
    uint8_t head[HEAD];
    uint8_t place[12]; /* number of the piece (8), size and bit (4) */
} SealedBound;

static HtText bind(SealedBound *bound, uint64_t number, uint32_t word)
{
    uint64_t little = GUINT64_TO_LE(number);
    memcpy(bound->place, &little, sizeof little);
    ht_little_put_u32(bound->place + sizeof little, word);
    return (HtText){(const char *)bound, sizeof *bound};
}

/* The first bytes, which were taken. */
static void drop(HtBuffer *waiting, size_t size)
{
    waiting->size -= size;
    if (waiting->size > 0) {
        memmove(waiting->data, waiting->data + size, waiting->size);
    }
}

/* ---- Writing ---- */

struct HtSealedWriter {
    HtSpoolAead *aead;
    SealedBound bound;
    uint64_t pieces;
    HtBuffer waiting;
    bool begun;
};

HtSealedWriter *ht_sealed_writer_new(HtSpoolVault *vault, GError **error)
{
    HtSpoolPeriod key;
    if (!ht_spool_vault_file_key(vault, HT_SPOOL_CIPHER_OFF, &key, error)) {
        return NULL;
    }
    HtSealedWriter *writer = g_new0(HtSealedWriter, 1);
    writer->aead = ht_spool_aead_new(key.cipher, key.key);
    memcpy(writer->bound.head, MAGIC, MAGIC_BYTES);
    writer->bound.head[MAGIC_BYTES] = (uint8_t)key.cipher;
    ht_spool_vault_id(vault, writer->bound.head + MAGIC_BYTES + 4);
    ht_spool_random(writer->bound.head + HEAD - FILE_ID, FILE_ID);
    explicit_bzero(&key, sizeof key);
    return writer;
}

void ht_sealed_writer_free(HtSealedWriter *writer)
{
    if (writer) {
        ht_spool_aead_free(writer->aead);
        ht_buffer_clear(&writer->waiting);
        g_free(writer);
    }
}

static void write_piece(HtSealedWriter *writer, HtText plain, bool last, HtBuffer *out)
{
    uint8_t head[PIECE_HEAD];
    uint32_t word = (uint32_t)plain.size | (last ? LAST : 0);
    ht_spool_random(head, HT_SPOOL_NONCE);
    ht_little_put_u32(head + HT_SPOOL_NONCE, word);
    ht_buffer_add(out, head, sizeof head);
    ht_spool_aead_seal(writer->aead, head, bind(&writer->bound, writer->pieces++, word), plain, out);
}

void ht_sealed_write(HtSealedWriter *writer, HtText bytes, bool last, HtBuffer *out)
{
    size_t done = 0;
    if (!writer->begun) {
        ht_buffer_add(out, writer->bound.head, HEAD);
        writer->begun = true;
    }
    ht_buffer_add_text(&writer->waiting, bytes);
    for (; writer->waiting.size - done > PIECE; done += PIECE) {
        write_piece(writer, (HtText){writer->waiting.data + done, PIECE}, false, out);
    }
    drop(&writer->waiting, done);
    if (last) {
        write_piece(writer, ht_buffer_text(&writer->waiting), true, out);
    }
}

/* ---- Reading ---- */

struct HtSealedReader {
    HtSpoolVault *vault;
    HtSpoolAead *aead; /* NULL: the head was not read yet */
    SealedBound bound;
    uint64_t pieces;
    HtBuffer waiting;
    bool ended;
};

HtSealedReader *ht_sealed_reader_new(HtSpoolVault *vault)
{
    HtSealedReader *reader = g_new0(HtSealedReader, 1);
    reader->vault = vault;
    return reader;
}

void ht_sealed_reader_free(HtSealedReader *reader)
{
    if (reader) {
        ht_spool_aead_free(reader->aead);
        ht_buffer_clear(&reader->waiting);
        g_free(reader);
    }
}

static bool fail(GError **error, int code, const char *text)
{
    g_set_error_literal(error, HT_SPOOL_ERROR, code, text);
    return false;
}

static bool read_head(HtSealedReader *reader, GError **error)
{
    static const uint8_t zeros[3] = {0};
    uint8_t id[HT_SPOOL_VAULT_ID] = {0};
    const uint8_t *head = (const uint8_t *)reader->waiting.data;
    HtSpoolPeriod key;
    if (memcmp(head, MAGIC, MAGIC_BYTES) != 0 || memcmp(head + MAGIC_BYTES + 1, zeros, sizeof zeros) != 0) {
        return fail(error, HT_SPOOL_ERROR_CORRUPT, "it does not begin as a sealed file does");
    }
    if (!ht_spool_vault_id(reader->vault, id) || memcmp(id, head + MAGIC_BYTES + 4, sizeof id) != 0) {
        return fail(error, HT_SPOOL_ERROR_KEY,
                    "it was sealed with the keys of another site's file \"periods\"");
    }
    if (!ht_spool_vault_file_key(reader->vault, (HtSpoolCipher)head[MAGIC_BYTES], &key, error)) {
        return false;
    }
    reader->aead = ht_spool_aead_new(key.cipher, key.key);
    explicit_bzero(&key, sizeof key);
    memcpy(reader->bound.head, head, HEAD);
    return true;
}

/* The piece at `at`, into `out`; `size` 0: it is not there whole yet. */
static bool read_piece(HtSealedReader *reader, size_t at, size_t *size, HtBuffer *out, GError **error)
{
    size_t left = reader->waiting.size - at;
    char *piece = reader->waiting.data + at;
    *size = 0;
    if (left < PIECE_HEAD) {
        return true;
    }
    uint32_t word = ht_little_u32(piece + HT_SPOOL_NONCE);
    size_t plain = word & ~LAST, whole = PIECE_HEAD + plain + HT_SPOOL_TAG;
    if (plain > PIECE) {
        return fail(error, HT_SPOOL_ERROR_CORRUPT, "a piece of it is not what was sealed");
    }
    if (left < whole) {
        return true;
    }
    if (!ht_spool_aead_open(reader->aead, (const uint8_t *)piece,
                            bind(&reader->bound, reader->pieces++, word), (uint8_t *)piece + PIECE_HEAD,
                            plain + HT_SPOOL_TAG)) {
        return fail(error, HT_SPOOL_ERROR_CORRUPT, "a piece of it is not what was sealed");
    }
    ht_buffer_add(out, piece + PIECE_HEAD, plain);
    reader->ended = (word & LAST) != 0;
    *size = whole;
    return true;
}

bool ht_sealed_read(HtSealedReader *reader, HtText bytes, HtBuffer *out, GError **error)
{
    size_t at = 0;
    out->size = 0;
    ht_buffer_add_text(&reader->waiting, bytes);
    if (!reader->aead) {
        if (reader->waiting.size < HEAD) {
            return true;
        }
        if (!read_head(reader, error)) {
            return false;
        }
        at = HEAD;
    }
    for (size_t size = 1; size > 0 && !reader->ended; at += size) {
        if (!read_piece(reader, at, &size, out, error)) {
            return false;
        }
    }
    drop(&reader->waiting, at);
    return !reader->ended || reader->waiting.size == 0 ||
           fail(error, HT_SPOOL_ERROR_CORRUPT, "something stands behind its end");
}

bool ht_sealed_is_whole(const HtSealedReader *reader)
{
    return reader->ended && reader->waiting.size == 0;
}
