/* Administrative divisions: one hash over the codes of all lists. Loaded at start by the host, the bus and
 * the tools; ht_division_check() runs for each record (hot path, host process). Loaded data never changes;
 * any thread may read. */
#include "mappings/engine/reference/divisions.h"

#include "core/base/citizen.h"
#include "mappings/engine/reference/tables.h"

#define EDITIONS_MAX 16
#define NOW_MAX_BYTES 40
#define NO_EDITION 0 /* of a list without date: its codes count as the county's edition */

G_DEFINE_QUARK(ht_divisions_error, ht_divisions_error)

typedef struct {
    uint64_t code; /* as a number; 6, 9, 12 and 14 digits cannot be confused, no code begins with 0 */
    const char *name;
    uint8_t edition;
    bool retired;
    uint8_t grid_least,
        grid_most; /* characters behind a committee's code that number its grids; 0: nothing is said */
    bool is_dated; /* only rows that have days list it, as many as there are: any other says more of it */
} Division;

typedef struct {
    const char *name;   /* "nbs-2022-10" */
    const char *issued; /* "2022-10" */
    bool complete;      /* holds every county in force */
} Edition;

struct HtDivisions {
    GPtrArray *files; /* HtTsv: names point into them */
    Edition editions[EDITIONS_MAX];
    guint n_editions;
    GArray *divisions; /* Division */
    uint16_t *slots;   /* index into divisions + 1; 0 is free */
    uint32_t mask;
    GHashTable *now; /* code, as it stands in a list → code under which it is known now; texts of the files */
    HtBoundaries *boundaries; /* what changes on a day */
};

void ht_divisions_free(HtDivisions *divisions)
{
    if (!divisions) {
        return;
    }
    g_ptr_array_unref(divisions->files);
    g_array_unref(divisions->divisions);
    g_free(divisions->slots);
    g_hash_table_unref(divisions->now);
    ht_boundaries_free(divisions->boundaries);
    g_free(divisions);
}

/* ---- The index ---- */

static inline uint32_t hash_code(uint64_t code)
{
    return (uint32_t)(code * 0x9e3779b97f4a7c15u >> 40);
}

static Division *division_at(const HtDivisions *divisions, uint32_t index)
{
    return &g_array_index(divisions->divisions, Division, index);
}

/* The slot of this code, or the free one where it belongs. */
static uint16_t *find_slot(const HtDivisions *divisions, uint64_t code)
{
    uint32_t at = hash_code(code) & divisions->mask;
    while (divisions->slots[at] && division_at(divisions, divisions->slots[at] - 1u)->code != code) {
        at = (at + 1) & divisions->mask;
    }
    return &divisions->slots[at];
}

static const Division *find_division(const HtDivisions *divisions, uint64_t code)
{
    uint16_t slot = *find_slot(divisions, code);
    return slot ? division_at(divisions, slot - 1u) : NULL;
}

/* ---- Loading ---- */

static void report(GString *errors, const HtTsv *tsv, guint line, const char *text)
{
    g_string_append_printf(errors, "%s:%u: error: %s\n", ht_tsv_path(tsv), line, text);
}

/* The number of the file's edition, added if it is new; NO_EDITION when the file names none. */
static uint8_t take_edition(HtDivisions *divisions, const HtTsv *tsv, GString *errors)
{
    const char *name = ht_tsv_header(tsv, "edition");
    const char *issued = ht_tsv_header(tsv, "issued");
    const char *complete = ht_tsv_header(tsv, "complete");
    if (!name) {
        return NO_EDITION;
    }
    for (guint i = 1; i < divisions->n_editions; i++) {
        if (strcmp(divisions->editions[i].name, name) == 0) {
            return (uint8_t)i;
        }
    }
    if (!issued || divisions->n_editions == EDITIONS_MAX) {
        report(errors, tsv, 1, "`# issued:` is missing, or there are more than 15 editions");
        return NO_EDITION;
    }
    divisions->editions[divisions->n_editions] =
        (Edition){name, issued, complete && strcmp(complete, "yes") == 0};
    return (uint8_t)divisions->n_editions++;
}

/* The code as a number, 0 when it is not 6, 9, 12 or 14 digits or begins with 0. */
static uint64_t number_of(const char *code, size_t size)
{
    uint64_t number = 0;
    if ((size != 6 && size != 9 && size != 12 && size != 14) || code[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(code[i] - '0');
        if (digit > 9) {
            return 0;
        }
        number = number * 10 + digit;
    }
    return number;
}

static bool is_newer(const HtDivisions *divisions, uint8_t a, uint8_t b)
{
    return b == NO_EDITION ||
           (a != NO_EDITION && strcmp(divisions->editions[a].issued, divisions->editions[b].issued) > 0);
}

/* A code in several lists counts as the newest says. */
static void take_division(HtDivisions *divisions, const Division *one, const HtTsv *tsv, guint row,
                          GString *errors)
{
    uint16_t *slot = find_slot(divisions, one->code);
    if (!*slot) {
        if (divisions->divisions->len >= UINT16_MAX) {
            report(errors, tsv, ht_tsv_line(tsv, row), "more than 65 535 codes");
            return;
        }
        g_array_append_val(divisions->divisions, *one);
        *slot = (uint16_t)divisions->divisions->len;
        return;
    }
    Division *known = division_at(divisions, *slot - 1u);
    if (one->grid_most > 0) { /* whichever list says it: only a site knows */
        known->grid_least = one->grid_least;
        known->grid_most = one->grid_most;
    }
    if (one->is_dated) {
        return;
    }
    if (!known->is_dated && known->edition == one->edition) {
        report(errors, tsv, ht_tsv_line(tsv, row), "code stands twice in this edition");
    } else if (known->is_dated || is_newer(divisions, one->edition, known->edition)) {
        uint8_t least = known->grid_least, most = known->grid_most;
        *known = *one;
        known->grid_least = least;
        known->grid_most = most;
    }
}

/* It is known under another now; one that is a division's is so no more. */
static void take_now(HtDivisions *divisions, Division *one, const char *code, const char *now,
                     const HtTsv *tsv, guint row, GString *errors)
{
    const char *other = g_hash_table_lookup(divisions->now, code);
    if (number_of(now, strlen(now)) == 0) {
        report(errors, tsv, ht_tsv_line(tsv, row),
               "now is not a code of 6, 9, 12 or 14 digits (several need until, the day of the change)");
    } else if (other && strcmp(other, now) != 0) {
        report(errors, tsv, ht_tsv_line(tsv, row), "code stands twice, and is known as something else there");
    } else if (strlen(code) > NOW_MAX_BYTES || !*code) {
        report(errors, tsv, ht_tsv_line(tsv, row), "code is empty, or longer than 40 bytes");
    } else {
        one->retired = true;
        g_hash_table_insert(divisions->now, (void *)code, (void *)now);
    }
}

static bool has_days(const HtDivisions *divisions, const char *code)
{
    size_t size = strlen(code);
    return number_of(code, size) > 0 &&
           ht_boundaries_have(divisions->boundaries, (HtText){code, ht_division_significant(code, size)});
}

/* One step is enough for whoever asks: nothing has to be followed. What is known as another for ever has no days. */
static void check_now(const HtDivisions *divisions, GString *errors)
{
    GHashTableIter iter;
    void *code, *now;
    g_hash_table_iter_init(&iter, divisions->now);
    while (g_hash_table_iter_next(&iter, &code, &now)) {
        if (g_hash_table_contains(divisions->now, now)) {
            g_string_append_printf(
                errors,
                "divisions: error: \"%s\" is known as \"%s\", which is known as another itself: "
                "name the last one\n",
                (const char *)code, (const char *)now);
        }
        if (has_days(divisions, code)) {
            g_string_append_printf(
                errors,
                "divisions: error: \"%s\" has rows with days, and one without that says \"%s\" "
                "for all days: leave that one away\n",
                (const char *)code, (const char *)now);
        }
    }
}

typedef struct {
    int code, zh, status, now, from, until, grids;
} Columns;

/* `3`, or `3-6`. */
static void take_grids(Division *one, const char *text, const HtTsv *tsv, guint row, GString *errors)
{
    size_t size = strlen(text);
    bool good = (size == 1 || (size == 3 && text[1] == '-')) && text[0] >= '1' && text[size - 1] <= '8' &&
                text[size - 1] >= text[0];
    if (good) {
        one->grid_least = (uint8_t)(text[0] - '0');
        one->grid_most = (uint8_t)(text[size - 1] - '0');
    } else if (size > 0) {
        report(errors, tsv, ht_tsv_line(tsv, row),
               "grids is no number of characters from 1 to 8, such as 3 or 3-6");
    }
}

/* What has a day is listed once, however many rows it has and whichever file is read first; whether it is in force is a question
 * of the day. */
static void take_dated(HtDivisions *divisions, Division *one, const HtBoundary *boundary, const HtTsv *tsv,
                       guint row, GString *errors)
{
    ht_boundaries_take(divisions->boundaries, boundary, tsv, row, errors);
    one->is_dated = true;
    if (one->code != 0) {
        take_division(divisions, one, tsv, row, errors);
    }
}

static void take_row(HtDivisions *divisions, const Columns *columns, uint8_t edition, const HtTsv *tsv,
                     guint row, GString *errors)
{
    const char *text = ht_tsv_get(tsv, row, columns->code), *word = ht_tsv_get(tsv, row, columns->status);
    const char *now = ht_tsv_get(tsv, row, columns->now);
    HtBoundary boundary = {text, ht_tsv_get(tsv, row, columns->from), ht_tsv_get(tsv, row, columns->until),
                           now};
    Division one = {number_of(text, strlen(text)),
                    ht_tsv_get(tsv, row, columns->zh),
                    edition,
                    strcmp(word, "retired") == 0,
                    0,
                    0,
                    false};
    take_grids(&one, ht_tsv_get(tsv, row, columns->grids), tsv, row, errors);
    if (*boundary.from || *boundary.until) {
        take_dated(divisions, &one, &boundary, tsv, row, errors);
        return;
    }
    if (*now) {
        take_now(divisions, &one, text, now, tsv, row, errors);
    }
    if (one.code == 0 && *now) {
        return; /* a department's own numbering */
    }
    if (one.code == 0) {
        report(errors, tsv, ht_tsv_line(tsv, row), "code is not 6, 9, 12 or 14 digits");
    } else if (word[0] && !one.retired) {
        report(errors, tsv, ht_tsv_line(tsv, row), "status is neither empty nor retired");
    } else {
        take_division(divisions, &one, tsv, row, errors);
    }
}

static void take_file(HtDivisions *divisions, const HtTsv *tsv, GString *errors)
{
    Columns columns = {ht_tsv_column(tsv, "code"), ht_tsv_column(tsv, "zh"),   ht_tsv_column(tsv, "status"),
                       ht_tsv_column(tsv, "now"),  ht_tsv_column(tsv, "from"), ht_tsv_column(tsv, "until"),
                       ht_tsv_column(tsv, "grids")};
    if (columns.code < 0 || columns.zh < 0) {
        report(errors, tsv, 1, "a list of divisions needs the columns code and zh");
        return;
    }
    uint8_t edition = take_edition(divisions, tsv, errors);
    for (guint row = 0; row < ht_tsv_n_rows(tsv); row++) {
        take_row(divisions, &columns, edition, tsv, row, errors);
    }
}

static void make_slots(HtDivisions *divisions)
{
    guint rows = 0;
    for (guint i = 0; i < divisions->files->len; i++) {
        rows += ht_tsv_n_rows(g_ptr_array_index(divisions->files, i));
    }
    uint32_t slots = 8;
    while (slots < rows * 2) {
        slots *= 2;
    }
    divisions->slots = g_new0(uint16_t, slots);
    divisions->mask = slots - 1;
}

static void read_folder(HtDivisions *divisions, const char *folder, bool may_lack, GString *errors)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir && may_lack && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        return;
    }
    if (!dir) {
        g_string_append_printf(errors, "%s:1: error: %s\n", folder, error->message);
        return;
    }
    const char *file;
    while ((file = g_dir_read_name(dir))) {
        if (!g_str_has_suffix(file, ".tsv") || file[0] == '.') {
            continue;
        }
        g_autofree char *path = g_build_filename(folder, file, NULL);
        HtTsv *tsv = ht_tsv_load(path, errors);
        if (tsv) {
            g_ptr_array_add(divisions->files, tsv);
        }
    }
}

HtDivisions *ht_divisions_load(const char *folder, const char *site, GError **error)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(HtDivisions) divisions = g_new0(HtDivisions, 1);
    divisions->files = g_ptr_array_new_with_free_func((GDestroyNotify)ht_tsv_free);
    divisions->divisions = g_array_new(FALSE, FALSE, sizeof(Division));
    divisions->n_editions = 1;
    divisions->now = g_hash_table_new(g_str_hash, g_str_equal);
    divisions->boundaries = ht_boundaries_new();
    read_folder(divisions, folder, false, errors);
    if (site) {
        read_folder(divisions, site, true, errors);
    }
    make_slots(divisions);
    for (guint i = 0; i < divisions->files->len; i++) {
        take_file(divisions, g_ptr_array_index(divisions->files, i), errors);
    }
    ht_boundaries_settle(divisions->boundaries, errors);
    check_now(divisions, errors);
    if (errors->len > 0) {
        g_string_truncate(errors, errors->len - 1); /* the last line break */
        g_set_error_literal(error, HT_DIVISIONS_ERROR, 0, errors->str);
        return NULL;
    }
    return g_steal_pointer(&divisions);
}

/* ---- Asking ---- */

static HtDivisionLevel level_of(const char *code, size_t size)
{
    switch (size) {
    case 14: return HT_DIVISION_GRID;
    case 12: return HT_DIVISION_COMMITTEE;
    case 9: return HT_DIVISION_STREET;
    default:
        return memcmp(code + 2, "0000", 4) == 0 ? HT_DIVISION_PROVINCE
               : memcmp(code + 4, "00", 2) == 0 ? HT_DIVISION_PREFECTURE
                                                : HT_DIVISION_COUNTY;
    }
}

static const char *edition_name(const HtDivisions *divisions, const Division *exact, const Division *county)
{
    uint8_t edition = exact ? exact->edition : NO_EDITION;
    if (edition == NO_EDITION && county) {
        edition = county->edition;
    }
    return edition == NO_EDITION ? NULL : divisions->editions[edition].name;
}

bool ht_division_check(const HtDivisions *divisions, const char *code, size_t size, HtDivisionInfo *info)
{
    *info = (HtDivisionInfo){.marks = HT_MARK_BIT(HT_MARK_DIVISION_UNKNOWN)};
    uint64_t number = number_of(code, size);
    if (number == 0) {
        return false;
    }
    info->size = ht_division_significant(code, size);
    info->level = level_of(code, info->size);
    uint64_t whole = number;
    for (size_t digits = size; digits > 6; digits -= digits == 14 ? 2 : 3) {
        number /= digits == 14 ? 100 : 1000;
        whole = digits > info->size ? number : whole;
    }
    const Division *county = find_division(divisions, number);
    const Division *exact = info->size == 6 ? county : find_division(divisions, whole);
    info->exact = exact != NULL;
    info->known = exact || county;
    info->retired = (exact && exact->retired) || (county && county->retired);
    info->edition = edition_name(divisions, exact, county);
    info->name = exact ? exact->name : NULL;
    info->marks = !info->known ? info->marks : info->retired ? HT_MARK_BIT(HT_MARK_DIVISION_RETIRED) : 0;
    return info->known;
}

const char *ht_division_now(const HtDivisions *divisions, HtText code)
{
    char key[NOW_MAX_BYTES + 1];
    if (g_hash_table_size(divisions->now) == 0 || code.size == 0 || code.size > NOW_MAX_BYTES) {
        return NULL;
    }
    memcpy(key, code.data, code.size);
    key[code.size] = '\0';
    return g_hash_table_lookup(divisions->now, key);
}

/* What is said nearest of the grids of this committee. */
static const Division *find_grids(const HtDivisions *divisions, const char *committee)
{
    for (size_t size = 12; size >= 6; size -= 3) {
        const Division *one = find_division(divisions, number_of(committee, size));
        if (one && one->grid_most > 0) {
            return one;
        }
    }
    return NULL;
}

/* A committee's code and more digits may be somebody's number (15 or 18 digits): then only a listed committee is believed, and 18 of
 * them never. */
static bool is_somebody(const HtDivisions *divisions, HtText text)
{
    bool listed = find_division(divisions, number_of(text.data, 12)) != NULL;
    return ht_citizen_may_be_in(text) && (!listed || text.size == 18);
}

static bool are_all(const char *text, size_t size, gboolean (*is)(gchar))
{
    size_t at = 0;
    while (at < size && is(text[at])) {
        at++;
    }
    return at == size;
}

static gboolean is_digit(gchar byte)
{
    return g_ascii_isdigit(byte);
}

static gboolean is_alphanumeric(gchar byte)
{
    return g_ascii_isalnum(byte);
}

size_t ht_division_grid(const HtDivisions *divisions, HtText text, char code[HT_DIVISION_MAX], bool *coarser)
{
    bool long_enough = text.size > 12 && text.size <= 20 && number_of(text.data, 12) > 0;
    const Division *grids = long_enough ? find_grids(divisions, text.data) : NULL;
    const char *number = text.data + 12;
    size_t size = text.size - 12;
    if (!grids || size < grids->grid_least || size > grids->grid_most ||
        !are_all(number, size, is_alphanumeric) || is_somebody(divisions, text)) {
        return 0;
    }
    for (; size > 2 && *number == '0'; size--) {
        number++;
    }
    memcpy(code, text.data, 12);
    *coarser = size > 2 || !are_all(number, size, is_digit);
    if (*coarser) {
        return 12;
    }
    code[12] = size == 2 ? number[0] : '0';
    code[13] = number[size - 1];
    return 14;
}

HtGround ht_division_ground(const HtDivisions *divisions, HtText code, uint32_t since, uint32_t day)
{
    size_t size = number_of(code.data, code.size) ? ht_division_significant(code.data, code.size) : 0;
    return ht_boundaries_find(divisions->boundaries, (HtText){code.data, size}, since, day);
}

const char *ht_divisions_edition(const HtDivisions *divisions)
{
    const Edition *newest = NULL;
    for (guint i = 1; i < divisions->n_editions; i++) {
        const Edition *one = &divisions->editions[i];
        if (one->complete && (!newest || strcmp(one->issued, newest->issued) > 0)) {
            newest = one;
        }
    }
    return newest ? newest->name : "none";
}
