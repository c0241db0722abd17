/* Wide tables: a department that sends all kinds of records as rows of one table has the columns of all of them in each row, with 0 in
 * those that the row has no number or day for. In every payload of the ready mappings each column that a condition asks for, and that the
 * row does not have, is added with a zero: the same events must come of it. Not so the steps of one-stop, which a sender may count from 0. */
#include "tests/lib/adapter-test.h"

#include "mappings/engine/rules/when-inside.h"

/* What came of a payload: types and actions, a line each; "" when it was refused. transfer full. */
static char *describe(AdapterTest *test)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; test->outcome.verdict == HT_VERDICT_OK && i < test->outcome.events->len; i++) {
        HtEvent event = adapter_test_event(test, i);
        HtText type = event.attr[HT_ATTR_TYPE], action = event.attr[HT_ATTR_ACTION];
        g_string_append_printf(text, "%.*s %.*s\n", (int)type.size, type.data, (int)action.size, action.data);
    }
    return g_string_free(text, FALSE);
}

static bool is_plain_name(const char *name)
{
    return *name && strcspn(name, "/@. ") == strlen(name) && g_str_is_ascii(name);
}

/* Names of the columns whose presence decides something, each once. transfer full. */
static GPtrArray *list_columns(const HtMapping *mapping)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < mapping->whens->len; i++) {
        const HtWhen *when = mapping->whens->pdata[i];
        bool asks = (when->test == TEST_HAS || when->test == TEST_FILLED) && !when->is_of_columns;
        if (!asks || (when->slot & HT_SLOT_ABSOLUTE)) {
            continue;
        }
        HtText path = ht_mapping_path(mapping, when->slot, 0);
        g_autofree char *name = g_strndup(path.data, path.size);
        if (is_plain_name(name) && !g_ptr_array_find_with_equal_func(columns, name, g_str_equal, NULL)) {
            g_ptr_array_add(columns, g_steal_pointer(&name));
        }
    }
    return columns;
}

static bool has_tag(const char *text, const char *name)
{
    g_autofree char *small = g_ascii_strdown(text, -1), *start = g_strdup_printf("<%s", name),
                    *tag = g_ascii_strdown(start, -1);
    size_t size = strlen(tag);
    for (const char *at = small; (at = strstr(at, tag)); at += size) {
        if (strchr("> /\t\r\n", at[size])) {
            return true;
        }
    }
    return false;
}

/* The place behind the start tag of an element of this name that is not empty, from `at` on; NULL when there is none. */
static const char *find_start(const char *at, const char *name)
{
    g_autofree char *tag = g_strconcat("<", name, NULL);
    size_t size = strlen(tag);
    for (; (at = strstr(at, tag)); at += size) {
        const char *end = strchr("> \t\r\n", at[size]) && at[size] ? strchr(at, '>') : NULL;
        if (end && end[-1] != '/') {
            return end + 1;
        }
    }
    return NULL;
}

static void add_behind(GString *wide, const char *name, const char *more)
{
    for (const char *at = wide->str; (at = find_start(at, name));) {
        gsize place = (gsize)(at - wide->str);
        g_string_insert(wide, (gssize)place, more);
        at = wide->str + place + strlen(more);
    }
}

/* The text with the column behind each start of a record; NULL when there is none. transfer full. */
static char *add_column(const HtMapping *mapping, const char *text, const char *column, const char *zero)
{
    g_autoptr(GString) wide = g_string_new(text);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *more = g_strdup_printf("<%s>%s</%s>", column, zero, column);
    for (guint r = 0; r < mapping->records->len; r++) {
        const HtRecordRule *record = mapping->records->pdata[r];
        if (g_hash_table_add(names, strrchr(record->path, '/') + 1)) {
            add_behind(wide, strrchr(record->path, '/') + 1, more);
        }
    }
    return wide->len > strlen(text) ? g_string_free(g_steal_pointer(&wide), FALSE) : NULL;
}

static unsigned check_payload(AdapterTest *test, const char *text, const GPtrArray *columns)
{
    static const char *const zeros[] = {"0", "00", "0.0"};
    unsigned checked = 0;
    adapter_test_run(test, text);
    g_autofree char *wanted = describe(test);
    for (guint c = 0; *wanted && c < columns->len * G_N_ELEMENTS(zeros); c++) {
        const char *column = columns->pdata[c / G_N_ELEMENTS(zeros)], *zero = zeros[c % G_N_ELEMENTS(zeros)];
        g_autofree char *wide =
            has_tag(text, column) ? NULL : add_column(test->worker.mapping, text, column, zero);
        if (!wide) {
            continue;
        }
        adapter_test_run(test, wide);
        g_autofree char *got = describe(test);
        if (strcmp(got, wanted) != 0) {
            g_error("with <%s>%s</%s> in each row:\n%sinstead of\n%s", column, zero, column, got, wanted);
        }
        checked++;
    }
    return checked;
}

typedef struct {
    const char *mapping, *adapter, *folder; /* of the fixtures, below adapters */
} Wide;

/* Fixtures about flags that are left out are others with one, and an answer of NCIIC is no row of the register's table. */
static bool is_no_wide_table(const char *name)
{
    return strstr(name, "-without-a-flag") != NULL || g_str_has_prefix(name, "nciic-");
}

static void test_zeros(gconstpointer data)
{
    const Wide *wide = data;
    g_autoptr(AdapterTest) test = adapter_test_new(wide->mapping, wide->adapter);
    g_autoptr(GPtrArray) columns = list_columns(test->worker.mapping);
    g_autofree char *folder = g_build_filename(mapping_test_folder(), "..", "adapters", wide->folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    unsigned checked = 0;
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        gsize size = 0;
        bool good = g_str_has_suffix(name, ".xml") && !is_no_wide_table(name) &&
                    g_file_get_contents(path, &text, &size, NULL) && strlen(text) == size;
        g_test_message("%s", name);
        checked += good ? check_payload(test, text, columns) : 0;
    }
    g_test_message("%u payloads", checked);
    g_assert_cmpuint(checked, >, 0);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    static const Wide wide[] = {
        {"mappings/hukou.xml", "hukou", "hukou/fixtures"},
#define XML(name) {"mappings/" name ".xml", "xml", "xml/fixtures/" name}
        XML("addresses"),
        XML("child-welfare"),
        XML("commerce"),
        XML("community-notices"),
        XML("credit"),
        XML("education"),
        XML("environment"),
        XML("family-planning"),
        XML("floating"),
        XML("funeral"),
        XML("governance"),
        XML("health-reports"),
        XML("household-register"),
        XML("housing"),
        XML("justice"),
        XML("key-persons"),
        XML("labour"),
        XML("legal-persons"),
        XML("low-income"),
        XML("maintenance-fund"),
        XML("non-tax"),
        XML("property-management"),
        XML("rental"),
        XML("statistics-units"),
        XML("street-people"),
        XML("tax"),
        XML("urban-management"),
        XML("utilities"),
        XML("venues"),
        XML("veterans"),
        XML("volunteers"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++) {
        g_autofree char *stem = g_path_get_basename(wide[i].mapping);
        g_autofree char *path =
            g_strdup_printf("/columns/zeros-make-no-other-event/%.*s", (int)(strlen(stem) - 4), stem);
        g_test_add_data_func(path, &wide[i], test_zeros);
    }
    return g_test_run();
}
