/* Reading manifests, entry by entry. Called by `hutong reconcile`. */
#include "core/reconcile/manifest.h"

#include "core/base/digest.h"

#include <errno.h>
#include <libxml/xmlreader.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define LISTED_MAX 10000 /* lines that are no entry; more are counted as the last */

G_DEFINE_QUARK(ht_manifest_error, ht_manifest_error)

static guint hash_bytes(const void *key)
{
    guint hash;
    memcpy(&hash, (const char *)key + 12, sizeof hash); /* of a UUID its random end; of a digest any bytes */
    return hash;
}

static gboolean equal_ids(const void *a, const void *b)
{
    return memcmp(a, b, HT_UUID_SIZE) == 0;
}

static gboolean equal_digests(const void *a, const void *b)
{
    return memcmp(a, b, 32) == 0;
}

static HtManifest *make_manifest(void)
{
    HtManifest *manifest = g_new0(HtManifest, 1);
    manifest->by_id = g_hash_table_new_full(hash_bytes, equal_ids, NULL, g_free);
    manifest->by_digest = g_hash_table_new_full(hash_bytes, equal_digests, NULL, g_free);
    manifest->twice = g_array_new(FALSE, FALSE, sizeof(HtManifestEntry));
    manifest->unreadable = g_array_new(FALSE, FALSE, sizeof(unsigned));
    return manifest;
}

void ht_manifest_free(HtManifest *manifest)
{
    if (manifest) {
        g_hash_table_unref(manifest->by_id);
        g_hash_table_unref(manifest->by_digest);
        g_array_unref(manifest->twice);
        g_array_unref(manifest->unreadable);
        g_free(manifest);
    }
}

HtManifestEntry *ht_manifest_find(const HtManifest *manifest, const HtUuid *id, const uint8_t digest[32])
{
    HtManifestEntry *entry = g_hash_table_lookup(manifest->by_id, id->bytes);
    return entry || !digest ? entry : g_hash_table_lookup(manifest->by_digest, digest);
}

/* ---- Entries ---- */

static bool parse_digest(HtText text, uint8_t digest[HT_SHA256])
{
    return text.size == 2 * HT_SHA256 && ht_hex_read(text.data, digest, HT_SHA256);
}

static void keep_entry(HtManifest *manifest, const HtManifestEntry *entry)
{
    HtManifestEntry *copy = g_memdup2(entry, sizeof *entry);
    GHashTable *table = entry->has_id ? manifest->by_id : manifest->by_digest;
    void *key = entry->has_id ? copy->id.bytes : copy->digest;
    manifest->count++;
    if (g_hash_table_contains(table, key)) {
        g_array_append_val(manifest->twice, *copy);
        g_free(copy);
    } else {
        g_hash_table_insert(table, key, copy);
    }
}

/* False when it is no entry. */
static bool add_entry(HtManifest *manifest, HtText id, HtText digest, unsigned line)
{
    HtManifestEntry entry = {.line = line};
    entry.has_id = id.size > 0 && ht_uuid_parse(id, &entry.id);
    entry.has_digest = digest.size > 0 && parse_digest(digest, entry.digest);
    if (entry.has_id != (id.size > 0) || entry.has_digest != (digest.size > 0) ||
        (!entry.has_id && !entry.has_digest)) {
        return false;
    }
    keep_entry(manifest, &entry);
    return true;
}

static void add_unreadable(HtManifest *manifest, unsigned line)
{
    if (manifest->unreadable->len < LISTED_MAX) {
        g_array_append_val(manifest->unreadable, line);
    }
}

static bool has_room(const HtManifest *manifest, GError **error)
{
    if (manifest->count >= HT_MANIFEST_MAX) {
        g_set_error(error, HT_MANIFEST_ERROR, 0,
                    "it has more than %d entries: reconcile a shorter time at once", HT_MANIFEST_MAX);
        return false;
    }
    return true;
}

/* ---- CSV ---- */

static HtText strip(HtText text)
{
    while (text.size > 0 && (g_ascii_isspace(*text.data) || *text.data == '"')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (g_ascii_isspace(text.data[text.size - 1]) || text.data[text.size - 1] == '"')) {
        text.size--;
    }
    return text;
}

static HtText next_field(HtText *rest)
{
    size_t size = 0;
    while (size < rest->size && !memchr(",;\t", rest->data[size], 3)) {
        size++;
    }
    HtText field = {rest->data, size};
    size_t step = MIN(size + 1, rest->size);
    *rest = (HtText){rest->data + step, rest->size - step};
    return strip(field);
}

static void read_line(HtManifest *manifest, char *text, size_t size, unsigned number)
{
    HtText rest = {text, size};
    if (number == 1 && size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        rest = (HtText){text + 3, size - 3};
    }
    if (strip(rest).size == 0 || *rest.data == '#') {
        return;
    }
    HtText id = next_field(&rest), digest = next_field(&rest);
    bool is_heading = number == 1 && id.size == 2 && g_ascii_strncasecmp(id.data, "id", 2) == 0;
    if (!is_heading && !add_entry(manifest, id, digest, number)) {
        add_unreadable(manifest, number);
    }
}

static bool read_csv(HtManifest *manifest, FILE *stream, GError **error)
{
    char line[LINE_MAX_BYTES];
    unsigned number = 1;
    bool is_rest = false; /* of a line that was too long */
    while (fgets(line, sizeof line, stream)) {
        size_t size = strlen(line);
        bool is_whole = size > 0 && line[size - 1] == '\n';
        if (!is_rest && !is_whole && !feof(stream)) {
            add_unreadable(manifest, number);
        } else if (!is_rest) {
            read_line(manifest, line, size, number);
        }
        is_rest = !is_whole;
        number += is_whole;
        if (!has_room(manifest, error)) {
            return false;
        }
    }
    if (ferror(stream)) {
        g_set_error(error, HT_MANIFEST_ERROR, 0, "%s", g_strerror(errno));
    }
    return !ferror(stream);
}

/* ---- XML ---- */

static HtText attribute(xmlTextReader *reader, const char *name, xmlChar **kept)
{
    *kept = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
    return strip(ht_text_from(*kept ? (const char *)*kept : ""));
}

static void read_entry(HtManifest *manifest, xmlTextReader *reader)
{
    xmlChar *id, *digest;
    int line = xmlTextReaderGetParserLineNumber(reader);
    HtText first = attribute(reader, "id", &id), second = attribute(reader, "digest", &digest);
    if (!add_entry(manifest, first, second, (unsigned)line)) {
        add_unreadable(manifest, (unsigned)line);
    }
    xmlFree(id);
    xmlFree(digest);
}

static bool read_xml(HtManifest *manifest, const char *file, GError **error)
{
    xmlTextReader *reader =
        xmlReaderForFile(file, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int more = reader ? xmlTextReaderRead(reader) : -1;
    bool good = true;
    for (; good && more == 1; more = xmlTextReaderRead(reader)) {
        int type = xmlTextReaderNodeType(reader);
        if (type == XML_READER_TYPE_DOCUMENT_TYPE) {
            more = -1;
            break;
        }
        if (type == XML_READER_TYPE_ELEMENT &&
            strcmp((const char *)xmlTextReaderConstLocalName(reader), "entry") == 0) {
            read_entry(manifest, reader);
            good = has_room(manifest, error);
        }
    }
    if (good && more != 0) {
        g_set_error(error, HT_MANIFEST_ERROR, 0, "it is not well-formed XML, or has a DOCTYPE (line %d)",
                    reader ? xmlTextReaderGetParserLineNumber(reader) : 0);
    }
    xmlFreeTextReader(reader);
    return good && more == 0;
}

static bool begins_as_xml(FILE *stream)
{
    int byte;
    while ((byte = fgetc(stream)) != EOF && (g_ascii_isspace(byte) || strchr("\xEF\xBB\xBF", byte))) {
    }
    rewind(stream);
    return byte == '<';
}

HtManifest *ht_manifest_read(const char *file, GError **error)
{
    g_autoptr(HtManifest) manifest = make_manifest();
    FILE *stream = fopen(file, "re");
    if (!stream) {
        g_set_error(error, HT_MANIFEST_ERROR, 0, "\"%s\": %s", file, g_strerror(errno));
        return NULL;
    }
    bool good = begins_as_xml(stream) ? read_xml(manifest, file, error) : read_csv(manifest, stream, error);
    fclose(stream);
    if (!good) {
        g_prefix_error(error, "\"%s\": ", file);
    }
    return good ? g_steal_pointer(&manifest) : NULL;
}
