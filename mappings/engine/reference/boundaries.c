/* Boundaries that change. A row ends on a day and names those that follow; looking a code up follows them from day to day,
 * so that a chain over years leads to the right one for each day. Filled at load; ht_boundaries_find() runs for each record
 * (hot path, host process). That every step is later than the one before is checked at load: nothing can go round. */
#include "mappings/engine/reference/boundaries.h"

#include "core/base/forms.h"

#define STEPS_MAX 256 /* from one row */
#define DATE_SIZE 10  /* YYYY-MM-DD */

typedef struct {
    char *code; /* of `size` digits, those that matter */
    size_t size;
    uint32_t from, until; /* yyyymmdd; 0: since ever, in force */
    char **now;           /* NULL-terminated, of the digits that matter; NULL: nothing follows */
    char *place;          /* "FILE:LINE", for errors */
} DatedCode;

struct HtBoundaries {
    GArray *rows; /* DatedCode; once settled by code and from */
};

static void clear_row(void *data)
{
    DatedCode *row = data;
    g_free(row->code);
    g_strfreev(row->now);
    g_free(row->place);
}

HtBoundaries *ht_boundaries_new(void)
{
    HtBoundaries *boundaries = g_new0(HtBoundaries, 1);
    boundaries->rows = g_array_new(FALSE, FALSE, sizeof(DatedCode));
    g_array_set_clear_func(boundaries->rows, clear_row);
    return boundaries;
}

void ht_boundaries_free(HtBoundaries *boundaries)
{
    g_array_unref(boundaries->rows);
    g_free(boundaries);
}

/* ---- Looking up ---- */

uint8_t ht_division_significant(const char *code, size_t size)
{
    if (size == 14 && memcmp(code + 12, "00", 2) == 0) {
        size = 12;
    }
    if (size == 12 && memcmp(code + 9, "000", 3) == 0) {
        size = 9;
    }
    if (size == 9 && memcmp(code + 6, "000", 3) == 0) {
        size = 6;
    }
    return (uint8_t)size;
}

static DatedCode *row_at(const HtBoundaries *boundaries, guint index)
{
    return &g_array_index(boundaries->rows, DatedCode, index);
}

static int compare_codes(HtText a, HtText b)
{
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* The first row of the code, or the number of rows. */
static guint find_first(const HtBoundaries *boundaries, HtText code)
{
    guint low = 0, high = boundaries->rows->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const DatedCode *row = row_at(boundaries, middle);
        if (compare_codes((HtText){row->code, row->size}, code) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The code's row on that day: the last that had begun, or (`early`) the first, when they all begin later. NULL: it has none. */
static const DatedCode *find_row(const HtBoundaries *boundaries, HtText code, uint32_t day, bool *early)
{
    const DatedCode *found = NULL;
    for (guint i = find_first(boundaries, code); i < boundaries->rows->len; i++) {
        const DatedCode *row = row_at(boundaries, i);
        bool is_code = row->size == code.size && memcmp(row->code, code.data, code.size) == 0;
        if (!is_code || (found && row->from > day)) {
            break;
        }
        found = row;
    }
    *early = *early || (found && found->from > day);
    return found;
}

bool ht_boundaries_have(const HtBoundaries *boundaries, HtText code)
{
    bool early = false;
    return find_row(boundaries, code, UINT32_MAX, &early) != NULL;
}

static size_t next_size(size_t size)
{
    return size == 14 ? 12 : size - 3;
}

/* The row, of the code or of what is around it, that was in force on the one day and has ended by the other. */
static const DatedCode *find_ended(const HtBoundaries *boundaries, HtText code, uint32_t at, uint32_t day,
                                   bool *early)
{
    for (size_t size = code.size; size >= 6; size = next_size(size)) {
        bool later = false;
        const DatedCode *row = find_row(boundaries, (HtText){code.data, size}, at, &later);
        *early = *early || (later && size == code.size);
        if (row && row->until && row->until <= day) {
            return row;
        }
    }
    return NULL;
}

/* ---- Following ---- */

typedef struct {
    const HtBoundaries *boundaries;
    uint32_t since, day;
    HtGround ground;
    unsigned ends;
} Following;

/* `440104` is in `440100` and in `440000`. */
static void widen(HtGround *ground, const char *other, size_t common)
{
    static const char zeros[] = "0000";
    size_t kept = common >= 4 ? 4 : 2;
    memcpy(ground->code, other, kept);
    memcpy(ground->code + kept, zeros, 6 - kept);
    ground->size = 6;
}

/* What is around both. Of two provinces nothing is: the code stays. */
static void join(Following *walk, HtText code)
{
    HtGround *ground = &walk->ground;
    size_t common = 0, least = MIN(ground->size, code.size);
    while (common < least && ground->code[common] == code.data[common]) {
        common++;
    }
    ground->coarser = ground->coarser || common < code.size || common < ground->size;
    size_t size = common >= 14 ? 14 : common >= 12 ? 12 : common >= 9 ? 9 : common >= 6 ? 6 : 0;
    if (size > 0) {
        ground->size = (uint8_t)size;
    } else if (common >= 2) {
        widen(ground, code.data, common);
    }
}

static void end_at(Following *walk, HtText code)
{
    if (walk->ends++ == 0) {
        memcpy(walk->ground.code, code.data, code.size);
        walk->ground.size = (uint8_t)code.size;
    } else {
        join(walk, code);
    }
}

static void follow(Following *walk, HtText code, uint32_t at)
{
    bool early = false;
    const DatedCode *row = find_ended(walk->boundaries, code, at, walk->day, &early);
    if (walk->ends == 0 && at == walk->since) {
        walk->ground.early = early && !row;
    }
    walk->ground.ended = walk->ground.ended || row;
    if (!row || !row->now) {
        end_at(walk, code);
        return;
    }
    walk->ground.coarser = walk->ground.coarser || row->size < code.size;
    for (char **now = row->now; *now; now++) {
        follow(walk, ht_text_from(*now), row->until);
    }
}

HtGround ht_boundaries_find(const HtBoundaries *boundaries, HtText code, uint32_t since, uint32_t day)
{
    Following walk = {.boundaries = boundaries, .since = MIN(since, day), .day = day};
    if (boundaries->rows->len == 0 || code.size < 6 || code.size > HT_DIVISION_MAX) {
        return walk.ground;
    }
    follow(&walk, code, walk.since);
    walk.ground.changed =
        walk.ground.size != code.size || memcmp(walk.ground.code, code.data, code.size) != 0;
    return walk.ground;
}

/* ---- Loading ---- */

static void report(GString *errors, const char *place, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void report(GString *errors, const char *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(errors, "%s: error: ", place);
    g_string_append_vprintf(errors, format, arguments);
    g_string_append_c(errors, '\n');
    va_end(arguments);
}

/* yyyymmdd; 0 for an empty text, and with an error for one that is no day. */
static uint32_t read_day(const char *text, const char *column, const char *place, GString *errors)
{
    unsigned parts[3] = {0};
    bool good = strlen(text) == DATE_SIZE;
    for (unsigned i = 0, part = 0; good && i < DATE_SIZE; i++) {
        bool dash = i == 4 || i == 7;
        good = dash ? text[i] == '-' : g_ascii_isdigit(text[i]);
        part += dash;
        parts[part] = dash ? 0 : parts[part] * 10 + (unsigned)(text[i] - '0');
    }
    good = good && parts[0] >= 1000 &&
           g_date_valid_dmy((GDateDay)parts[2], (GDateMonth)parts[1], (GDateYear)parts[0]);
    if (*text && !good) {
        report(errors, place, "%s is no day, such as 2026-03-01", column);
    }
    return good ? parts[0] * 10000 + parts[1] * 100 + parts[2] : 0;
}

/* The digits that matter, as a text of its own; NULL when it is no code. */
static char *read_code(const char *text)
{
    size_t size = strlen(text);
    HtText whole = {text, size};
    return ht_form_is_division(whole) && *text != '0' ? g_strndup(text, ht_division_significant(text, size))
                                                      : NULL;
}

static char **read_now(const char *text, const char *place, GString *errors)
{
    g_auto(GStrv) words = g_strsplit_set(text, " ", -1);
    g_autoptr(GPtrArray) codes = g_ptr_array_new_with_free_func(g_free);
    for (char **word = words; *word; word++) {
        char *code = **word ? read_code(*word) : NULL;
        if (code) {
            g_ptr_array_add(codes, code);
        } else if (**word) {
            report(errors, place, "now is not a code of 6, 9, 12 or 14 digits");
        }
    }
    if (codes->len == 0) {
        return NULL;
    }
    g_ptr_array_add(codes, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&codes), FALSE);
}

void ht_boundaries_take(HtBoundaries *boundaries, const HtBoundary *boundary, const HtTsv *tsv, guint row,
                        GString *errors)
{
    g_autofree char *place = g_strdup_printf("%s:%u", ht_tsv_path(tsv), ht_tsv_line(tsv, row));
    gsize before = errors->len;
    DatedCode taken = {.code = read_code(boundary->code),
                       .from = read_day(boundary->from, "from", place, errors),
                       .until = read_day(boundary->until, "until", place, errors),
                       .now = read_now(boundary->now, place, errors)};
    taken.size = taken.code ? strlen(taken.code) : 0;
    if (!taken.code) {
        report(errors, place, "code is not 6, 9, 12 or 14 digits, and only a division's may have days");
    } else if (errors->len == before && taken.until && taken.until <= taken.from) {
        report(errors, place, "until is not after from");
    } else if (errors->len == before && taken.now && !taken.until) {
        report(errors, place, "now needs until, the day of the change, where from is given");
    }
    if (errors->len > before) {
        clear_row(&taken);
        return;
    }
    taken.place = g_steal_pointer(&place);
    g_array_append_val(boundaries->rows, taken);
}

static int compare_rows(const void *a, const void *b)
{
    const DatedCode *one = a, *other = b;
    int order = compare_codes((HtText){one->code, one->size}, (HtText){other->code, other->size});
    return order ? order : (one->from > other->from) - (one->from < other->from);
}

static void check_overlap(const DatedCode *row, const DatedCode *next, GString *errors)
{
    if (strcmp(row->code, next->code) == 0 && (!row->until || row->until > next->from)) {
        report(errors, next->place, "code is in force twice at the same time: also by %s", row->place);
    }
}

/* What follows must be there on that day. In a circle each would have to end before the other. */
static void check_successors(const HtBoundaries *boundaries, const DatedCode *row, GString *errors)
{
    for (char **now = row->now; now && *now; now++) {
        bool early = false;
        const DatedCode *ended = find_ended(boundaries, ht_text_from(*now), row->until, row->until, &early);
        if (ended) {
            report(
                errors, row->place,
                "now leads to %s, which is no more on that day by %s: in a circle, or the code was set up again and "
                "needs a row with from",
                *now, ended->place);
        }
    }
}

/* How many steps at most, whatever the day is. */
static unsigned count_steps(const HtBoundaries *boundaries, const DatedCode *row, unsigned sum)
{
    for (char **now = row->now; now && *now && sum <= STEPS_MAX; now++) {
        size_t whole = strlen(*now);
        sum++;
        for (size_t size = whole; size >= 6; size = next_size(size)) {
            bool early = false;
            const DatedCode *next = find_row(boundaries, (HtText){*now, size}, row->until, &early);
            sum = next && next->until ? count_steps(boundaries, next, sum) : sum;
        }
    }
    return sum;
}

void ht_boundaries_settle(HtBoundaries *boundaries, GString *errors)
{
    gsize before = errors->len;
    g_array_sort(boundaries->rows, compare_rows);
    for (guint i = 0; i + 1 < boundaries->rows->len; i++) {
        check_overlap(row_at(boundaries, i), row_at(boundaries, i + 1), errors);
    }
    for (guint i = 0; errors->len == before && i < boundaries->rows->len; i++) {
        check_successors(boundaries, row_at(boundaries, i), errors);
    }
    for (guint i = 0; errors->len == before && i < boundaries->rows->len; i++) {
        if (count_steps(boundaries, row_at(boundaries, i), 0) > STEPS_MAX) {
            report(errors, row_at(boundaries, i)->place, "now leads over more than 256 steps");
        }
    }
}
