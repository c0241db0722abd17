/* The model and the screen of `hutong top`; the terminal is top-run.c's. Figures, names and states only. One thread. */
#include "core/cli/top.h"

#include "core/base/clock.h"
#include "core/cli/age.h"
#include "core/cli/columns.h"
#include "core/cli/states.h"
#include "core/cli/retell.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES 120
#define WIDE 110 /* from so many columns on there are more of them */

typedef enum { BY_CONFIGURATION, BY_NAME, BY_RATE, BY_WAITING, BY_TROUBLE, ORDERS } Order;
static const char *const order_names[ORDERS] = {N_("configuration"), N_("name"), N_("rate"), N_("waiting"),
                                                N_("trouble")};

/* What is remembered of a source or a consumer from page to page. */
typedef struct {
    double rates[SAMPLES]; /* round and round, events or messages a second */
    unsigned taken;
    int64_t count, time_us; /* of the last page */
} TopTrack;

typedef struct {
    JsonObject *object;
    const char *name;
    const TopTrack *track;
    bool consumer, trouble;
    unsigned place;
} TopRow;

struct HtTop {
    GHashTable *tracks;
    JsonObject *status; /* NULL before the first */
    GArray *rows;       /* of TopRow: sources, then consumers, each in the chosen order */
    Order order;
    unsigned selected;
    bool detail;
};

static int64_t number(JsonObject *object, const char *member)
{
    return json_object_get_int_member_with_default(object, member, 0);
}

static const char *text(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, "");
}

static JsonObject *part(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

HtTop *ht_top_new(void)
{
    HtTop *top = g_new0(HtTop, 1);
    top->tracks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    top->rows = g_array_new(FALSE, TRUE, sizeof(TopRow));
    return top;
}

void ht_top_free(HtTop *top)
{
    g_hash_table_unref(top->tracks);
    g_array_unref(top->rows);
    g_clear_pointer(&top->status, json_object_unref);
    g_free(top);
}

/* ---- Taking a page ---- */

static TopTrack *find_track(HtTop *top, bool consumer, const char *name)
{
    g_autofree char *key = g_strconcat(consumer ? "c:" : "s:", name, NULL);
    TopTrack *track = g_hash_table_lookup(top->tracks, key);
    if (!track) {
        track = g_new0(TopTrack, 1);
        g_hash_table_insert(top->tracks, g_steal_pointer(&key), track);
    }
    return track;
}

/* A count that is smaller than before is that of a bus that was started anew. */
static void take_count(TopTrack *track, int64_t count, int64_t time_us)
{
    if (track->time_us > 0 && time_us > track->time_us) {
        int64_t more = count >= track->count ? count - track->count : count;
        track->rates[track->taken++ % SAMPLES] =
            (double)more * HT_SECOND / (double)(time_us - track->time_us);
    }
    track->count = count;
    track->time_us = time_us;
}

static double rate_of(const TopTrack *track)
{
    return track->taken > 0 ? track->rates[(track->taken - 1) % SAMPLES] : 0;
}

static bool is_source_troubled(JsonObject *source)
{
    JsonObject *check = part(source, "adapterCheck"), *host = part(source, "host");
    return (check && g_str_equal(text(check, "state"), "failed")) ||
           (host && json_object_has_member(host, "reason"));
}

static bool is_consumer_troubled(JsonObject *consumer)
{
    const char *state = text(consumer, "state");
    JsonObject *pause = part(consumer, "pause");
    bool meant = pause && g_str_equal(text(pause, "by"), "administrator");
    return !meant && !g_str_equal(state, "idle") && !g_str_equal(state, "delivering");
}

static void add_rows(HtTop *top, const char *member, bool consumer, int64_t time_us)
{
    JsonNode *node = json_object_get_member(top->status, member);
    JsonArray *list = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (unsigned i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *object = json_array_get_object_element(list, i);
        TopTrack *track = find_track(top, consumer, text(object, "name"));
        take_count(track, number(object, consumer ? "delivered" : "messages"), time_us);
        TopRow row = {.object = object,
                      .name = text(object, "name"),
                      .track = track,
                      .consumer = consumer,
                      .trouble = consumer ? is_consumer_troubled(object) : is_source_troubled(object),
                      .place = i};
        g_array_append_val(top->rows, row);
    }
}

/* What waits: for a consumer its oldest event, of a source how long ago it sent. */
static int64_t waiting_of(const TopRow *row)
{
    return ht_cli_age_us(row->object, row->consumer ? "oldest" : "lastAccepted");
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer user)
{
    const TopRow *left = a, *right = b;
    const HtTop *top = user;
    double difference = 0;
    if (left->consumer != right->consumer) {
        return left->consumer ? 1 : -1;
    }
    switch (top->order) {
    case BY_NAME: difference = strcmp(left->name, right->name); break;
    case BY_RATE: difference = rate_of(right->track) - rate_of(left->track); break;
    case BY_WAITING: difference = (double)(waiting_of(right) - waiting_of(left)); break;
    case BY_TROUBLE: difference = right->trouble - left->trouble; break;
    default: break;
    }
    return difference < 0 ? -1 : difference > 0 ? 1 : (int)left->place - (int)right->place;
}

static void sort_rows(HtTop *top)
{
    g_array_sort_with_data(top->rows, compare_rows, top);
}

void ht_top_take(HtTop *top, JsonObject *status, int64_t time_us)
{
    json_object_ref(status);
    g_clear_pointer(&top->status, json_object_unref);
    top->status = status;
    g_array_set_size(top->rows, 0);
    add_rows(top, "sources", false, time_us);
    add_rows(top, "consumers", true, time_us);
    sort_rows(top);
    top->selected = MIN(top->selected, MAX(top->rows->len, 1) - 1);
}

/* ---- Keys ---- */

bool ht_top_key(HtTop *top, int key)
{
    switch (key) {
    case 'q': return false;
    case 'U': top->selected -= top->selected > 0; break;
    case 'D': top->selected += top->selected + 1 < top->rows->len; break;
    case '\n': top->detail = top->rows->len > 0; break;
    case 27: top->detail = false; break;
    case 's': top->order = (top->order + 1) % ORDERS; break;
    case 'n': top->order = BY_NAME; break;
    case 'r': top->order = BY_RATE; break;
    case 'w': top->order = BY_WAITING; break;
    case 't': top->order = BY_TROUBLE; break;
    default: break;
    }
    sort_rows(top);
    return true;
}

/* ---- Writing ---- */

/* `columns` are left of the line. */
typedef struct {
    const HtTopScreen *screen;
    GString *out;
    unsigned left, lines;
} Pen;

static void style(const Pen *pen, const char *codes)
{
    if (pen->screen->colour) {
        g_string_append_printf(pen->out, "\033[%sm", codes);
    }
}

/* What fits into `width` columns; the rest is blank, before it when `right`. A width of 0: as much as there is. */
static void put(Pen *pen, const char *words, unsigned width, bool right)
{
    unsigned room = MIN(width > 0 ? width : pen->left, pen->left), used = 0;
    g_autoptr(GString) fits = g_string_new(NULL);
    g_autofree char *valid = g_utf8_make_valid(words, -1);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        if (used + ht_columns_of(letter) > room) {
            break;
        }
        used += ht_columns_of(letter);
        g_string_append_unichar(fits, g_unichar_isprint(letter) ? letter : ' ');
    }
    g_string_append_printf(pen->out, "%*s", right ? (int)(room - used) : 0, "");
    g_string_append(pen->out, fits->str);
    g_string_append_printf(pen->out, "%*s", !right && width > 0 ? (int)(room - used) : 0, "");
    pen->left -= right || width > 0 ? room : used;
}

static void put_number(Pen *pen, int64_t value, unsigned width)
{
    char words[32];
    const char *units[] = {"", "K", "M", "G"};
    unsigned unit = 0;
    double scaled = (double)value;
    while (scaled >= 100000 && unit < 3) {
        scaled /= 1000;
        unit++;
    }
    g_snprintf(words, sizeof words, "%.0f%s", scaled, units[unit]);
    put(pen, words, width, true);
}

static void put_rate(Pen *pen, double rate, unsigned width)
{
    char words[32];
    g_snprintf(words, sizeof words, rate >= 100 || rate == 0 ? "%.0f" : "%.1f", rate);
    put(pen, words, width, true);
}

static bool next_line(Pen *pen)
{
    style(pen, "0");
    g_string_append_c(pen->out, '\n');
    pen->left = pen->screen->columns;
    pen->lines++;
    return pen->lines < pen->screen->rows;
}

/* The last `width` samples, the latest right, the highest of them as high as a line is. */
static void put_sparkline(Pen *pen, const TopTrack *track, unsigned width)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char ascii[] = "_.:-=+*#";
    double most = 0;
    unsigned have = MIN(MIN(track->taken, SAMPLES), width);
    for (unsigned i = 0; i < have; i++) {
        most = MAX(most, track->rates[(track->taken - have + i) % SAMPLES]);
    }
    put(pen, "", width - have, false);
    style(pen, "36");
    for (unsigned i = 0; i < have && pen->left > 0; i++, pen->left--) {
        double rate = track->rates[(track->taken - have + i) % SAMPLES];
        unsigned level = most > 0 ? (unsigned)(rate / most * 7 + 0.5) : 0;
        level = rate > 0 && level == 0 ? 1 : level;
        if (pen->screen->unicode) {
            g_string_append(pen->out, bars[level]);
        } else {
            g_string_append_c(pen->out, ascii[level]);
        }
    }
    style(pen, "39");
}

/* ---- The overview ---- */

static bool is_wide(const Pen *pen)
{
    return pen->screen->columns >= WIDE;
}

static unsigned spark_width(const Pen *pen)
{
    return is_wide(pen) ? 30 : 12;
}

typedef struct {
    const char *title;
    unsigned width; /* 0: the sparkline's */
    bool wide;      /* only where there is room */
    void (*put)(Pen *pen, const TopRow *row, unsigned width);
} TopColumn;

static void put_row_rate(Pen *pen, const TopRow *row, unsigned width)
{
    put_rate(pen, rate_of(row->track), width);
}

static void put_row_spark(Pen *pen, const TopRow *row, unsigned width)
{
    put_sparkline(pen, row->track, width);
}

static void put_events(Pen *pen, const TopRow *row, unsigned width)
{
    put_number(pen, number(row->object, "events"), width);
}

static void put_refused(Pen *pen, const TopRow *row, unsigned width)
{
    put_number(pen, number(row->object, "rejected") + number(row->object, "failed"), width);
}

static void put_busy(Pen *pen, const TopRow *row, unsigned width)
{
    put_number(pen, number(row->object, "busy"), width);
}

static void put_ms(Pen *pen, int64_t us, unsigned width)
{
    char words[32];
    g_snprintf(words, sizeof words, us < 10000 ? "%.1f ms" : "%.0f ms", (double)us / 1000);
    put(pen, us > 0 ? words : "-", width, true);
}

static void put_mean(Pen *pen, const TopRow *row, unsigned width)
{
    put_ms(pen, number(row->object, "latencyMeanUs"), width);
}

static void put_p99(Pen *pen, const TopRow *row, unsigned width)
{
    put_ms(pen, number(row->object, "answerP99Us"), width);
}

static void put_last(Pen *pen, const TopRow *row, unsigned width)
{
    char words[HT_CLI_AGE];
    ht_cli_age_of(row->object, "lastAccepted", _("never"), words);
    put(pen, words, width, true);
}

static void put_oldest(Pen *pen, const TopRow *row, unsigned width)
{
    char words[HT_CLI_AGE];
    ht_cli_age_of(row->object, "oldest", "-", words);
    put(pen, words, width, true);
}

static void put_backlog(Pen *pen, const TopRow *row, unsigned width)
{
    put_number(pen, number(row->object, "backlog"), width);
}

static void put_failing(Pen *pen, const TopRow *row, unsigned width)
{
    put_number(pen, number(row->object, "failing"), width);
}

static void put_letters(Pen *pen, const TopRow *row, unsigned width)
{
    int64_t letters = number(row->object, "letters");
    style(pen, letters > 0 ? "31;1" : "39");
    put_number(pen, letters, width);
    style(pen, "22;39");
}

static const TopColumn source_columns[] = {
    {N_("MSG/S"), 7, false, put_row_rate}, {"", 0, false, put_row_spark},
    {N_("EVENTS"), 7, false, put_events},  {N_("REFUSED"), 7, false, put_refused},
    {N_("BUSY"), 6, true, put_busy},       {N_("MEAN"), 8, true, put_mean},
    {N_("LAST"), 7, false, put_last},      {NULL, 0, false, NULL},
};

static const TopColumn consumer_columns[] = {
    {N_("EVT/S"), 7, false, put_row_rate},  {"", 0, false, put_row_spark},
    {N_("BACKLOG"), 7, false, put_backlog}, {N_("DEAD"), 7, false, put_letters},
    {N_("FAILS"), 6, true, put_failing},    {N_("P99"), 8, true, put_p99},
    {N_("OLDEST"), 7, false, put_oldest},   {NULL, 0, false, NULL},
};

#define NAME_WIDTH 16

static const char *state_of(const TopRow *row)
{
    JsonObject *check = part(row->object, "adapterCheck"), *host = part(row->object, "host");
    if (row->consumer) {
        return ht_cli_state(text(row->object, "state"));
    }
    if (part(row->object, "pause")) {
        return ht_cli_state(text(row->object, "intake"));
    }
    if (check &&
        (g_str_equal(text(check, "state"), "failed") || g_str_equal(text(check, "state"), "checking"))) {
        return g_str_equal(text(check, "state"), "failed") ? _("failed its check") : _("being checked");
    }
    const char *state = host ? text(host, "state") : "";
    return g_str_equal(state, "stopped") && !row->trouble ? _("at rest") : ht_cli_state(state);
}

static const char *reason_of(const TopRow *row)
{
    JsonObject *host = part(row->object, "host"), *pause = part(row->object, "pause");
    if (pause) {
        return *text(pause, "reason") ? text(pause, "reason") : text(pause, "notice");
    }
    return row->consumer ? text(row->object, "lastError") : host ? text(host, "reason") : "";
}

static bool put_titles(Pen *pen, const char *what, const TopColumn *columns)
{
    style(pen, "1");
    put(pen, what, NAME_WIDTH, false);
    for (const TopColumn *column = columns; column->title; column++) {
        if (!column->wide || is_wide(pen)) {
            put(pen, " ", 1, false);
            put(pen, *column->title ? _(column->title) : "",
                column->width > 0 ? column->width : spark_width(pen), true);
        }
    }
    put(pen, "  ", 2, false);
    put(pen, _("STATE"), 0, false);
    return next_line(pen);
}

static bool put_row(Pen *pen, const TopRow *row, bool selected)
{
    const TopColumn *columns = row->consumer ? consumer_columns : source_columns;
    style(pen, selected ? "7" : "0");
    put(pen, row->name, NAME_WIDTH, false);
    style(pen, "0");
    for (const TopColumn *column = columns; column->title; column++) {
        if (!column->wide || is_wide(pen)) {
            put(pen, " ", 1, false);
            column->put(pen, row, column->width > 0 ? column->width : spark_width(pen));
        }
    }
    g_autofree char *state =
        g_strconcat("  ", state_of(row), *reason_of(row) ? ": " : "", reason_of(row), NULL);
    style(pen, row->trouble ? "31" : part(row->object, "pause") ? "33" : "32");
    put(pen, state, 0, false);
    return next_line(pen);
}

static bool put_list(Pen *pen, const HtTop *top, bool consumers)
{
    if (!put_titles(pen, consumers ? _("CONSUMER") : _("SOURCE"),
                    consumers ? consumer_columns : source_columns)) {
        return false;
    }
    for (unsigned i = 0; i < top->rows->len; i++) {
        const TopRow *row = &g_array_index(top->rows, TopRow, i);
        if (row->consumer == consumers && !put_row(pen, row, i == top->selected)) {
            return false;
        }
    }
    return next_line(pen);
}

/* ---- One of them ---- */

static bool put_member(Pen *pen, unsigned depth, const char *name, JsonNode *node);

static bool put_object(Pen *pen, unsigned depth, JsonObject *object)
{
    g_autoptr(GList) members = json_object_get_members(object);
    for (GList *at = members; at; at = at->next) {
        if (!put_member(pen, depth, at->data, json_object_get_member(object, at->data))) {
            return false;
        }
    }
    return true;
}

static bool put_array(Pen *pen, unsigned depth, const char *name, JsonArray *array)
{
    for (unsigned i = 0; i < json_array_get_length(array); i++) {
        if (!put_member(pen, depth, name, json_array_get_element(array, i))) {
            return false;
        }
    }
    return true;
}

static bool put_member(Pen *pen, unsigned depth, const char *name, JsonNode *node)
{
    g_autofree char *label = g_strdup_printf("%*s%s", (int)(2 * depth), "", name);
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        return put_array(pen, depth, name, json_node_get_array(node));
    }
    style(pen, "2");
    put(pen, label, 22, false);
    style(pen, "22");
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return next_line(pen) && put_object(pen, depth + 1, json_node_get_object(node));
    }
    g_autofree char *value = json_node_get_value_type(node) == G_TYPE_STRING ? json_node_dup_string(node)
                                                                             : json_to_string(node, FALSE);
    put(pen, value, 0, false);
    return next_line(pen);
}

static bool put_detail(Pen *pen, const TopRow *row)
{
    char rate[64];
    style(pen, "1");
    put(pen, row->consumer ? _("CONSUMER") : _("SOURCE"), 0, false);
    put(pen, " ", 1, false);
    put(pen, row->name, 0, false);
    put(pen, "   ", 3, false);
    g_snprintf(rate, sizeof rate, row->consumer ? _("%.1f events a second") : _("%.1f messages a second"),
               rate_of(row->track));
    style(pen, "22");
    put(pen, rate, 0, false);
    if (!next_line(pen)) {
        return false;
    }
    put_sparkline(pen, row->track, MIN(pen->screen->columns - 1, SAMPLES));
    return next_line(pen) && put_object(pen, 0, row->object);
}

/* ---- The screen ---- */

static bool put_head(Pen *pen, const HtTop *top, const char *problem)
{
    JsonObject *door = part(top->status, "door"), *spool = part(top->status, "spool");
    bool ready = g_str_equal(text(top->status, "state"), "ready") && !problem;
    char since[HT_CLI_AGE];
    ht_cli_age_of(top->status, "started", "?", since);
    style(pen, "1");
    put(pen, text(top->status, "name"), 0, false);
    put(pen, " ", 1, false);
    style(pen, ready ? "22;32" : "31;1");
    put(pen, problem ? problem : ht_cli_state(text(top->status, "state")), 0, false);
    style(pen, "22;39");
    g_autofree char *more =
        g_strdup_printf(_("   up %s   %" PRIi64 " connections, %" PRIi64 " in flight   version %s"), since,
                        door ? number(door, "connections") : 0, door ? number(door, "inFlight") : 0,
                        text(top->status, "version"));
    put(pen, more, 0, false);
    if (!next_line(pen) || !spool) {
        return false;
    }
    g_autofree char *line =
        g_strdup_printf(_("spool %s   %" PRIi64 " events   %.1f MB, %.1f GB free   %" PRIi64
                          " dead letters   %" PRIi64 " in quarantine   commit p99 %.1f ms"),
                        ht_cli_state(text(spool, "state")), number(spool, "lastSequence"),
                        (double)(number(spool, "fileBytes") + number(spool, "walBytes")) / 1e6,
                        (double)number(spool, "freeBytes") / 1e9, number(spool, "deadLetters"),
                        number(spool, "quarantined"), (double)number(spool, "commitP99Us") / 1000);
    put(pen, line, 0, false);
    return next_line(pen);
}

static bool put_notice(Pen *pen, const HtTop *top)
{
    g_auto(GStrv) lines = g_strsplit(text(top->status, "notice"), "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line) {
            style(pen, "31");
            g_autofree char *told = ht_cli_retell(*line);
            put(pen, "! ", 2, false);
            put(pen, told, 0, false);
            if (!next_line(pen)) {
                return false;
            }
        }
    }
    return next_line(pen);
}

static char *describe_keys(const HtTop *top, const HtTopScreen *screen)
{
    const char *arrows = screen->unicode ? "↑↓" : "j/k";
    if (top->detail) {
        return g_strdup(_("Esc back   q end"));
    }
    return screen->columns >= WIDE
               ? g_strdup_printf(
                     _("%s choose   Enter look into it   s order: %s   n name  r rate  w waiting  t trouble   q end"),
                     arrows, _(order_names[top->order]))
               : g_strdup_printf(_("%s choose  Enter look into it  s order: %s  q end"), arrows,
                                 _(order_names[top->order]));
}

void ht_top_draw(HtTop *top, const HtTopScreen *screen, const char *problem, GString *out)
{
    HtTopScreen body = *screen;
    body.rows = MAX(screen->rows, 2) - 1; /* the last line is that of the keys */
    Pen pen = {&body, out, screen->columns, 0};
    if (!top->status) {
        put(&pen, problem ? problem : _("asking the bus …"), 0, false);
        next_line(&pen);
    } else if (top->detail && top->selected < top->rows->len) {
        if (put_head(&pen, top, problem) && next_line(&pen)) {
            put_detail(&pen, &g_array_index(top->rows, TopRow, top->selected));
        }
    } else if (put_head(&pen, top, problem) && put_notice(&pen, top) && put_list(&pen, top, false)) {
        put_list(&pen, top, true);
    }
    pen.left = screen->columns;
    style(&pen, "2");
    g_autofree char *keys = describe_keys(top, screen);
    put(&pen, keys, 0, false);
    style(&pen, "0");
    g_string_append_c(out, '\n');
}
