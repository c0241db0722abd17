/* See zip-builder.h. */
#include "tests/lib/zip-builder.h"

static void zip_put16(GByteArray *to, guint number)
{
    const guint8 bytes[] = {(guint8)number, (guint8)(number >> 8)};
    g_byte_array_append(to, bytes, 2);
}

static void zip_put32(GByteArray *to, guint32 number)
{
    zip_put16(to, number & 0xffff);
    zip_put16(to, number >> 16);
}

static guint32 zip_crc(const guint8 *bytes, gsize size)
{
    guint32 crc = 0xffffffff;
    for (gsize i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

static GBytes *zip_deflate(const void *bytes, gsize size)
{
    g_autoptr(GZlibCompressor) deflater = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW, 9);
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(deflater));
    g_assert_true(g_output_stream_write_all(stream, bytes, size, NULL, NULL, NULL));
    g_assert_true(g_output_stream_close(stream, NULL, NULL));
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

ZipBuilder zip_builder(void)
{
    return (ZipBuilder){g_byte_array_new(), g_byte_array_new(), 0, 0};
}

/* What the local header and the directory both say. */
static void zip_put_common(GByteArray *to, const ZipOddity *odd, guint32 crc, gsize packed, gsize size,
                           const char *name)
{
    zip_put16(to, 20);
    zip_put16(to, odd->flags);
    zip_put16(to, odd->method ? odd->method : odd->stored ? 0 : 8);
    zip_put32(to, 0); /* time, date */
    zip_put32(to, crc + odd->crc_change);
    zip_put32(to, (guint32)packed);
    zip_put32(to, (guint32)size + odd->size_change);
    zip_put16(to, (guint)strlen(name));
    zip_put16(to, 0);
}

void zip_add(ZipBuilder *zip, const char *name, const void *bytes, gsize size, const ZipOddity *oddity)
{
    static const ZipOddity none;
    const ZipOddity *odd = oddity ? oddity : &none;
    g_autoptr(GBytes) packed = odd->stored ? g_bytes_new(bytes, size) : zip_deflate(bytes, size);
    guint32 place = zip->bytes->len, crc = zip_crc(bytes, size);
    gsize packed_size;
    const void *packed_bytes = g_bytes_get_data(packed, &packed_size);
    g_byte_array_append(zip->bytes, (const guint8 *)"PK\3\4", 4);
    zip_put_common(zip->bytes, odd, crc, packed_size, size, name);
    g_byte_array_append(zip->bytes, (const guint8 *)name, (guint)strlen(name));
    g_byte_array_append(zip->bytes, packed_bytes, (guint)packed_size);
    zip->last = zip->directory->len;
    g_byte_array_append(zip->directory, (const guint8 *)"PK\1\2", 4);
    zip_put16(zip->directory, 20);
    zip_put_common(zip->directory, odd, crc, packed_size, size, name);
    zip_put16(zip->directory, 0); /* comment */
    zip_put16(zip->directory, 0); /* disk */
    zip_put16(zip->directory, 0);
    zip_put32(zip->directory, 0);
    zip_put32(zip->directory, place);
    g_byte_array_append(zip->directory, (const guint8 *)name, (guint)strlen(name));
    zip->count++;
}

void zip_add_text(ZipBuilder *zip, const char *name, const char *text)
{
    zip_add(zip, name, text, strlen(text), NULL);
}

void zip_list_again(ZipBuilder *zip, unsigned times)
{
    guint size = zip->directory->len - zip->last;
    g_autofree guint8 *entry = g_memdup2(zip->directory->data + zip->last, size);
    for (unsigned i = 0; i < times; i++) {
        g_byte_array_append(zip->directory, entry, size);
        zip->count++;
    }
}

GBytes *zip_finish(ZipBuilder *zip, unsigned stated)
{
    guint32 place = zip->bytes->len, size = zip->directory->len;
    g_byte_array_append(zip->bytes, zip->directory->data, zip->directory->len);
    g_byte_array_append(zip->bytes, (const guint8 *)"PK\5\6", 4);
    zip_put32(zip->bytes, 0);
    zip_put16(zip->bytes, stated ? stated : zip->count);
    zip_put16(zip->bytes, stated ? stated : zip->count);
    zip_put32(zip->bytes, size);
    zip_put32(zip->bytes, place);
    zip_put16(zip->bytes, 0);
    g_byte_array_unref(zip->directory);
    return g_byte_array_free_to_bytes(zip->bytes);
}
