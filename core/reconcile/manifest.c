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

/* ---- Columns ---- */

typedef enum { COLUMN_OTHER, COLUMN_ID, COLUMN_DIGEST } Column;

/* What a column, an attribute or an element is by its name: letters count, not case, blanks and signs between them. */
static Column column_of(HtText name)
{
    static const char *const ids[] = {"id",       "messageid", "msgid",    "eventid",
                                      "uuid",     "报文编号",  "报文标识", "消息编号",
                                      "消息标识", "事件编号",  "事件标识", "回执编号"};
    static const char *const digests[] = {"digest", "sha256",   "hash",     "摘要",
                                          "哈希",   "报文摘要", "数据摘要", "杂凑值"};
    char bare[64];
    size_t size = 0;
    for (size_t i = 0; i < name.size && size < sizeof bare; i++) {
        if (!strchr(" _-.", name.data[i])) {
            bare[size++] = g_ascii_tolower(name.data[i]);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        if (ht_text_is((HtText){bare, size}, ids[i])) {
            return COLUMN_ID;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
        if (ht_text_is((HtText){bare, size}, digests[i])) {
            return COLUMN_DIGEST;
        }
    }
    return COLUMN_OTHER;
}

/* Without what spreadsheets and clerks put around a value: blanks, quotes, ="…", {…}. */
static HtText strip(HtText text)
{
    static const char around[] = " \t\r\n\v\f\"'={}";
    while (text.size > 0 && memchr(around, *text.data, sizeof around - 1)) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && memchr(around, text.data[text.size - 1], sizeof around - 1)) {
        text.size--;
    }
    return text;
}

/* ---- CSV ---- */

#define FIELDS_MAX 64 /* of a line; what stands behind them is not looked at */
#define NO_COLUMN FIELDS_MAX

/* A list as far as it is read. */
typedef struct {
    FILE *stream;
    bool wide, little;           /* UTF-16, and its byte order */
    char separator;              /* as the first line that says something has it; 0: any */
    bool settled;                /* the columns are known */
    unsigned id, digest;         /* their numbers; NO_COLUMN: there is none */
    bool knows_id, knows_digest; /* said by a heading, or by a value that is one; else where it would stand */
    char line[LINE_MAX_BYTES];
    size_t size;
    bool too_long;
    bool held; /* `unit` was read ahead */
    int unit;
} Csv;

/* The next byte, in UTF-16 the next unit; EOF at the end. */
static int next_unit(Csv *csv)
{
    if (csv->held) {
        csv->held = false;
        return csv->unit;
    }
    int first = getc(csv->stream), second = csv->wide && first != EOF ? getc(csv->stream) : 0;
    if (first == EOF || second == EOF || !csv->wide) {
        return second == EOF ? EOF : first;
    }
    return csv->little ? second << 8 | first : first << 8 | second;
}

/* Only what is in the basic plane: ids and digests are ASCII, and so are the names of columns that matter, or Chinese. */
static void put_unit(Csv *csv, int unit)
{
    char bytes[6];
    int size = csv->wide ? g_unichar_to_utf8((gunichar)unit, bytes) : 1;
    bytes[0] = csv->wide ? bytes[0] : (char)unit;
    csv->too_long = csv->too_long || csv->size + (size_t)size > sizeof csv->line;
    if (!csv->too_long) {
        memcpy(csv->line + csv->size, bytes, (size_t)size);
        csv->size += (size_t)size;
    }
}

/* Up to LF, CR or both; false at the end of the file. */
static bool next_line(Csv *csv)
{
    csv->size = 0;
    csv->too_long = false;
    int unit = next_unit(csv);
    bool any = unit != EOF;
    for (; unit != EOF && unit != '\n' && unit != '\r'; unit = next_unit(csv)) {
        put_unit(csv, unit);
    }
    if (unit == '\r') {
        csv->unit = next_unit(csv);
        csv->held = csv->unit != '\n';
    }
    return any;
}

static bool is_separator(const Csv *csv, char byte)
{
    return csv->separator ? byte == csv->separator : memchr(",;\t|", byte, 4) != NULL;
}

/* One field, in quotes with separators and doubled quotes in it if need be. */
static HtText next_field(const Csv *csv, HtText *rest)
{
    size_t size = 0;
    bool quoted = false;
    for (; size < rest->size && (quoted || !is_separator(csv, rest->data[size])); size++) {
        quoted = quoted != (rest->data[size] == '"');
    }
    HtText field = {rest->data, size};
    size_t step = MIN(size + 1, rest->size);
    *rest = (HtText){rest->data + step, rest->size - step};
    return strip(field);
}

static unsigned split_line(const Csv *csv, HtText rest, HtText fields[FIELDS_MAX])
{
    unsigned count = 0;
    while (rest.size > 0 && count < FIELDS_MAX) {
        fields[count++] = next_field(csv, &rest);
    }
    return count;
}

static void settle_separator(Csv *csv, HtText line)
{
    bool quoted = false;
    for (size_t i = 0; i < line.size && !csv->separator; i++) {
        quoted = quoted != (line.data[i] == '"');
        csv->separator = !quoted && memchr(",;\t|", line.data[i], 4) ? line.data[i] : '\0';
    }
}

/* Headings in GBK, too, of which some are sound UTF-8 of other letters. */
static Column column_of_heading(HtText name)
{
    gsize size;
    g_autofree char *text = g_convert(name.data, (gssize)name.size, "UTF-8", "GB18030", NULL, &size, NULL);
    Column column = column_of(name);
    return column == COLUMN_OTHER && text ? column_of((HtText){text, size}) : column;
}

/* Columns by the headings' names; false when the line has none of them. */
static bool settle_by_names(Csv *csv, const HtText *fields, unsigned count)
{
    csv->id = csv->digest = NO_COLUMN;
    for (unsigned i = count; i-- > 0;) {
        Column column = column_of_heading(fields[i]);
        csv->id = column == COLUMN_ID ? i : csv->id;
        csv->digest = column == COLUMN_DIGEST ? i : csv->digest;
    }
    csv->knows_id = csv->id != NO_COLUMN;
    csv->knows_digest = csv->digest != NO_COLUMN;
    return csv->knows_id || csv->knows_digest;
}

/* A column of which no heading is known is the first in which one of its values stands, in whatever line: a digest that is not looked
 * at would agree with everything. */
static void learn_columns(Csv *csv, const HtText *fields, unsigned count)
{
    HtUuid id;
    uint8_t digest[HT_SHA256];
    for (unsigned i = 0; i < count; i++) {
        if (!csv->knows_id && !(csv->knows_digest && i == csv->digest) && ht_uuid_parse(fields[i], &id)) {
            csv->id = i;
            csv->knows_id = true;
        }
        if (!csv->knows_digest && !(csv->knows_id && i == csv->id) && parse_digest(fields[i], digest)) {
            csv->digest = i;
            csv->knows_digest = true;
        }
    }
}

/* Columns by what stands in them; false when no field is an id or a digest. Without a digest beside it that of an id is the next one. */
static bool settle_by_values(Csv *csv, const HtText *fields, unsigned count)
{
    csv->id = csv->digest = NO_COLUMN;
    learn_columns(csv, fields, count);
    if (csv->knows_id && !csv->knows_digest) {
        csv->digest = csv->id + 1;
    } else if (csv->knows_digest && !csv->knows_id && csv->digest > 0) {
        csv->id = csv->digest - 1;
    }
    return csv->knows_id || csv->knows_digest;
}

static bool has_digit(HtText line)
{
    bool found = false;
    for (size_t i = 0; i < line.size; i++) {
        found = found || g_ascii_isdigit(line.data[i]);
    }
    return found;
}

/* What the line says in the columns that are known, or that it makes known. */
static bool read_columns(HtManifest *manifest, Csv *csv, HtText line, unsigned number)
{
    HtText fields[FIELDS_MAX];
    unsigned count = split_line(csv, line, fields);
    if (!csv->settled && settle_by_names(csv, fields, count)) {
        return csv->settled = true;
    }
    if (csv->settled && csv->separator) {
        learn_columns(csv, fields, count);
    }
    csv->settled = csv->settled || settle_by_values(csv, fields, count);
    if (!csv->settled) {
        return false;
    }
    HtText id = csv->id < count ? fields[csv->id] : HT_TEXT_NONE;
    HtText digest = csv->digest < count ? fields[csv->digest] : HT_TEXT_NONE;
    return add_entry(manifest, id, digest, number);
}

/* False when the line is no entry. Not all lines need have the first one's separator. What stands before the first entry and has no
 * digit is a heading of the other side's own. */
static bool read_fields(HtManifest *manifest, Csv *csv, HtText line, unsigned number)
{
    char separator = csv->separator;
    bool good = read_columns(manifest, csv, line, number);
    if (!good && separator) {
        csv->separator = '\0';
        good = read_columns(manifest, csv, line, number);
        csv->separator = csv->settled ? separator : '\0';
    }
    return good || (!csv->settled && !has_digit(line));
}

static void read_line(HtManifest *manifest, Csv *csv, unsigned number)
{
    HtText line = {csv->line, csv->size};
    if (number == 1 && line.size >= 3 && memcmp(line.data, "\xEF\xBB\xBF", 3) == 0) {
        line = (HtText){line.data + 3, line.size - 3};
    }
    if (csv->too_long) {
        add_unreadable(manifest, number);
    } else if (number == 1 && line.size == 5 && g_ascii_strncasecmp(line.data, "sep=", 4) == 0) {
        csv->separator = line.data[4];
    } else if (strip(line).size > 0 && *line.data != '#') {
        if (!csv->separator) {
            settle_separator(csv, line);
        }
        if (!read_fields(manifest, csv, line, number)) {
            add_unreadable(manifest, number);
        }
    }
}

static bool read_csv(HtManifest *manifest, FILE *stream, GError **error)
{
    g_autofree Csv *csv = g_new0(Csv, 1);
    csv->stream = stream;
    int first = getc(stream), second = getc(stream);
    csv->little = first == 0xFF && second == 0xFE;
    csv->wide = csv->little || (first == 0xFE && second == 0xFF);
    if (!csv->wide) {
        rewind(stream);
    }
    for (unsigned number = 1; next_line(csv); number++) {
        read_line(manifest, csv, number);
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

/* What an entry says: in attributes, or in elements of it. */
typedef struct {
    xmlChar *id, *digest;
} Said;

static void keep_said(Said *said, const xmlNode *node, const xmlChar *name)
{
    Column column = column_of(ht_text_from((const char *)name));
    xmlChar **kept = column == COLUMN_ID ? &said->id : column == COLUMN_DIGEST ? &said->digest : NULL;
    if (kept && !*kept) {
        *kept = xmlNodeGetContent(node);
    }
}

static void read_entry(HtManifest *manifest, xmlTextReader *reader)
{
    Said said = {NULL, NULL};
    int line = xmlTextReaderGetParserLineNumber(reader);
    const xmlNode *node = xmlTextReaderExpand(reader);
    for (const xmlAttr *one = node ? node->properties : NULL; one; one = one->next) {
        keep_said(&said, (const xmlNode *)one, one->name);
    }
    for (const xmlNode *one = node ? node->children : NULL; one; one = one->next) {
        if (one->type == XML_ELEMENT_NODE) {
            keep_said(&said, one, one->name);
        }
    }
    HtText id = strip(ht_text_from(said.id ? (const char *)said.id : ""));
    HtText digest = strip(ht_text_from(said.digest ? (const char *)said.digest : ""));
    if (!add_entry(manifest, id, digest, (unsigned)line)) {
        add_unreadable(manifest, (unsigned)line);
    }
    xmlFree(said.id);
    xmlFree(said.digest);
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
    while ((byte = fgetc(stream)) != EOF && (g_ascii_isspace(byte) || strchr("\xEF\xBB\xBF\xFF\xFE", byte))) {
    } /* marks of byte order, and the zeros of UTF-16 */
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
