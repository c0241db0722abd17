/* `hutong wsdl diff`: what changed between the description that a source's mapping was written for (NAME.wsdl beside NAME.xml) and the
 * department's of today: operations, messages, types, addresses; not how the file is laid out. Command, main thread. */
#include "core/cli/cli.h"

#include "core/base/buffer.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BYTES_MAX ((size_t)16 << 20)

/* ---- What a description says ---- */

typedef struct {
    char *kind, *name; /* the element's local name, and its attribute `name`; NULL: none */
} WsdlLevel;

typedef struct {
    GHashTable *facts; /* "operation put input" → "putRequest" */
    GArray *levels;    /* of WsdlLevel: what is open */
} Wsdl11;

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static const char *attribute(const char **names, const char **values, const char *wanted)
{
    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(names[i], wanted) == 0) {
            return values[i];
        }
    }
    return NULL;
}

/* Said twice, both count: an overloaded operation has two inputs. */
static void note(Wsdl11 *description, char *key /* transfer full */, const char *value)
{
    const char *before = g_hash_table_lookup(description->facts, key);
    g_hash_table_insert(description->facts, key,
                        before ? g_strdup_printf("%s, %s", before, value) : g_strdup(value));
}

static const WsdlLevel *level_above(const Wsdl11 *description, const char *kind)
{
    for (unsigned i = description->levels->len; i-- > 0;) {
        const WsdlLevel *level = &g_array_index(description->levels, WsdlLevel, i);
        if (strcmp(level->kind, kind) == 0) {
            return level;
        }
    }
    return NULL;
}

/* "Person/name": the names of what is open in the schema. */
static char *path_of(const Wsdl11 *description, const char *name)
{
    GString *path = g_string_new(NULL);
    bool inside = false;
    for (unsigned i = 0; i < description->levels->len; i++) {
        const WsdlLevel *level = &g_array_index(description->levels, WsdlLevel, i);
        inside = inside || strcmp(level->kind, "schema") == 0;
        if (inside && level->name) {
            g_string_append_printf(path, "%s/", level->name);
        }
    }
    g_string_append(path, name);
    return g_string_free(path, FALSE);
}

static void note_schema(Wsdl11 *description, const char *kind, const char **names, const char **values)
{
    const char *name = attribute(names, values, "name"), *reference = attribute(names, values, "ref"),
               *type = attribute(names, values, "type"), *least = attribute(names, values, "minOccurs"),
               *most = attribute(names, values, "maxOccurs"), *value = attribute(names, values, "value");
    bool is_value = value && strcmp(kind, "schema") != 0;
    const char *called = name ? name : reference ? local_name(reference) : is_value ? value : NULL;
    if (called) {
        g_autofree char *path = path_of(description, called);
        g_autofree char *said =
            g_strdup_printf("%s%s%s%s%s", type ? local_name(type) : "", least ? " minOccurs " : "",
                            least ? least : "", most ? " maxOccurs " : "", most ? most : "");
        note(description, g_strdup_printf("%s %s", kind, path), said);
    }
}

static void note_operation(Wsdl11 *description, const char *kind, const char **names, const char **values)
{
    const WsdlLevel *operation = level_above(description, "operation");
    const char *action = attribute(names, values, "soapAction"),
               *message = attribute(names, values, "message");
    if (operation && operation->name && action) {
        note(description, g_strdup_printf("operation %s SOAPAction", operation->name), action);
    } else if (operation && operation->name && message) {
        note(description, g_strdup_printf("operation %s %s", operation->name, kind), local_name(message));
    }
}

static void note_other(Wsdl11 *description, const char *kind, const char **names, const char **values)
{
    const char *name = attribute(names, values, "name"), *location = attribute(names, values, "location"),
               *type = attribute(names, values, "type"), *element = attribute(names, values, "element");
    const WsdlLevel *message = level_above(description, "message"), *port = level_above(description, "port");
    if (strcmp(kind, "operation") == 0 && name && level_above(description, "portType")) {
        note(description, g_strdup_printf("operation %s", name), "");
    } else if (strcmp(kind, "part") == 0 && name && message && message->name) {
        note(description, g_strdup_printf("message %s part %s", message->name, name),
             local_name(type      ? type
                        : element ? element
                                  : ""));
    } else if (strcmp(kind, "address") == 0 && location) {
        note(description, g_strdup_printf("address of port %s", port && port->name ? port->name : "?"),
             location);
    } else {
        note_operation(description, kind, names, values);
    }
}

static void take_start(GMarkupParseContext *context, const char *name, const char **names,
                       const char **values, void *user, GError **error)
{
    Wsdl11 *description = user;
    const char *kind = local_name(name), *space = attribute(names, values, "targetNamespace");
    (void)context;
    (void)error;
    if (space && (strcmp(kind, "schema") == 0 || strcmp(kind, "definitions") == 0)) {
        note(description, g_strdup_printf("namespace of %s", kind), space);
    }
    if (level_above(description, "schema")) {
        note_schema(description, kind, names, values);
    } else {
        note_other(description, kind, names, values);
    }
    WsdlLevel level = {g_strdup(kind), g_strdup(attribute(names, values, "name"))};
    g_array_append_val(description->levels, level);
}

static void clear_level(void *data)
{
    WsdlLevel *level = data;
    g_free(level->kind);
    g_free(level->name);
}

static void take_end(GMarkupParseContext *context, const char *name, void *user, GError **error)
{
    Wsdl11 *description = user;
    (void)context;
    (void)name;
    (void)error;
    g_array_set_size(description->levels, description->levels->len - 1);
}

/* NULL, said to standard error: it cannot be read. transfer full. */
static GHashTable *read_facts(const char *file, const char *text, gsize size)
{
    static const GMarkupParser parser = {.start_element = take_start, .end_element = take_end};
    g_autoptr(GError) error = NULL;
    Wsdl11 description = {g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                          g_array_new(FALSE, FALSE, sizeof(WsdlLevel))};
    g_array_set_clear_func(description.levels, clear_level);
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &description, NULL);
    bool good = g_markup_parse_context_parse(context, text, (gssize)size, &error) &&
                g_markup_parse_context_end_parse(context, &error);
    bool says = good && g_hash_table_contains(description.facts, "namespace of definitions");
    g_array_unref(description.levels);
    if (!says) {
        fprintf(stderr, "hutong wsdl: %s: %s\n", file,
                error ? error->message : "it is no WSDL 1.1: no <definitions>");
        g_clear_pointer(&description.facts, g_hash_table_unref);
    }
    return description.facts;
}

/* ---- Files ---- */

/* NULL or "-": standard input. */
static GHashTable *read_file(const char *file)
{
    bool is_input = !file || strcmp(file, "-") == 0;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    FILE *from = is_input ? stdin : fopen(file, "re");
    guint8 piece[65536];
    size_t size;
    while (from && (size = fread(piece, 1, sizeof piece, from)) > 0 && bytes->len <= BYTES_MAX) {
        g_byte_array_append(bytes, piece, (guint)size);
    }
    bool failed = !from || ferror(from);
    if (from && !is_input) {
        fclose(from);
    }
    if (failed || bytes->len > BYTES_MAX) {
        fprintf(stderr, "hutong wsdl: %s: %s\n", is_input ? "standard input" : file,
                failed ? "it cannot be read" : "it has more than 16 MB");
        return NULL;
    }
    return read_facts(is_input ? "standard input" : file, (const char *)bytes->data, bytes->len);
}

static char *description_beside(const HtConfig *config, const HtSourceConfig *source)
{
    g_autofree char *mapping = ht_source_mapping(config, source);
    size_t size = strlen(mapping) - (g_str_has_suffix(mapping, ".xml") ? strlen(".xml") : 0);
    return g_strdup_printf("%.*s.wsdl", (int)size, mapping);
}

/* ---- Comparing ---- */

static GPtrArray *list_keys(GHashTable *one, GHashTable *other)
{
    GPtrArray *keys = g_ptr_array_new();
    GHashTable *const both[] = {one, other};
    for (unsigned i = 0; i < G_N_ELEMENTS(both); i++) {
        GHashTableIter iterator;
        gpointer key;
        g_hash_table_iter_init(&iterator, both[i]);
        while (g_hash_table_iter_next(&iterator, &key, NULL)) {
            if (i == 0 || !g_hash_table_contains(one, key)) {
                g_ptr_array_add(keys, key);
            }
        }
    }
    g_ptr_array_sort(keys, ht_compare_strings);
    return keys;
}

static unsigned print_differences(GHashTable *before, GHashTable *now)
{
    g_autoptr(GPtrArray) keys = list_keys(before, now);
    unsigned count = 0;
    for (unsigned i = 0; i < keys->len; i++) {
        const char *key = keys->pdata[i], *one = g_hash_table_lookup(before, key),
                   *other = g_hash_table_lookup(now, key);
        if (!one || !other) {
            printf("%-8s %s%s%s\n", one ? "gone" : "new", key, *(one ? one : other) ? ": " : "",
                   one ? one : other);
        } else if (strcmp(one, other) != 0) {
            printf(_("changed  %s: %s -> %s\n"), key, *one ? one : "nothing", *other ? other : "nothing");
        }
        count += !one || !other || strcmp(one, other) != 0;
    }
    return count;
}

static int compare(const char *old_file, const char *new_file)
{
    g_autoptr(GHashTable) before = read_file(old_file), now = before ? read_file(new_file) : NULL;
    if (!now) {
        return HT_EXIT_INTEGRITY;
    }
    return print_differences(before, now) == 0 ? HT_EXIT_OK : HT_EXIT_FAILED;
}

int ht_cli_wsdl(int argc, char **argv)
{
    g_autofree char *config_file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            N_("diff SOURCE [FILE]: what changed between NAME.wsdl beside the source's mapping NAME.xml, for which that was\n"
               "written, and the department's description of today (FILE, or standard input). Exit status 0: nothing, 1:\n"
               "something, 2: one of them cannot be read."),
            NULL, &config_file)) {
        return HT_EXIT_USAGE;
    }
    if (argc < 3 || argc > 4 || strcmp(argv[1], "diff") != 0) {
        fprintf(stderr, _("hutong wsdl: say what: hutong wsdl diff SOURCE [FILE]\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(config_file);
    const HtSourceConfig *source = config ? ht_config_source(config, argv[2]) : NULL;
    if (!source) {
        fprintf(stderr, _("hutong wsdl: there is no [source %s] in %s\n"), argv[2], config_file);
        return HT_EXIT_CONFIG;
    }
    g_autofree char *old_file = description_beside(config, source);
    return compare(old_file, argv[3]);
}
