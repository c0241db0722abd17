/* `hutong reconcile` (对账): the books of some days, and how the other side's list differs from them. */
#include "core/cli/cli.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/reconcile/books.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define LIMIT 100

typedef struct {
    char *file, *source, *consumer, *list;
    gint limit;
    gboolean json;
} BookFlags;

static void clear_flags(BookFlags *flags)
{
    g_free(flags->file);
    g_free(flags->source);
    g_free(flags->consumer);
    g_free(flags->list);
}

static int complain(const char *text)
{
    fprintf(stderr, "hutong reconcile: %s\n", text);
    return HT_EXIT_FAILED;
}

/* ---- Days ---- */

#define DAY_TEXT 11

static void format_day(int day, char text[DAY_TEXT])
{
    char time[HT_CLOCK_TEXT];
    ht_clock_format(ht_spool_day_begin(day), time);
    g_strlcpy(text, time, DAY_TEXT);
}

static bool parse_day(const char *text, int *day)
{
    g_autofree char *time = g_strconcat(text, "T00:00:00+08:00", NULL);
    g_autoptr(GDateTime) begin =
        strlen(text) == DAY_TEXT - 1 ? g_date_time_new_from_iso8601(time, NULL) : NULL;
    char again[DAY_TEXT];
    if (!begin) {
        return false;
    }
    *day = ht_spool_day_of(g_date_time_to_unix(begin) * HT_SECOND);
    format_day(*day, again);
    return strcmp(again, text) == 0;
}

/* ---- As a table ---- */

static void print_head(const HtBookHead *head, HtBookKind kind)
{
    printf("%-10s  %-14s", "DAY", "SOURCE");
    if (kind != HT_BOOK_INTAKE) {
        printf("  %-28s", "TYPE");
    }
    if (kind == HT_BOOK_DELIVERIES) {
        printf("  %-14s", "CONSUMER");
    }
    for (unsigned i = 0; i < HT_BOOK_COUNTS && head->columns[i]; i++) {
        g_autofree char *column = g_ascii_strup(head->columns[i], -1);
        printf("  %10s", column);
    }
    printf("  IDS\n");
}

static void print_line(const HtBookHead *head, HtBookKind kind, const HtBookLine *line)
{
    char day[DAY_TEXT], sum[HT_SUM_TEXT];
    format_day(line->day, day);
    ht_sum_format(&line->ids, sum);
    printf("%-10s  %-14s", day, line->source ? line->source : "");
    if (kind != HT_BOOK_INTAKE) {
        printf("  %-28s", line->type ? line->type : "");
    }
    if (kind == HT_BOOK_DELIVERIES) {
        printf("  %-14s", line->consumer);
    }
    for (unsigned i = 0; i < HT_BOOK_COUNTS && head->columns[i]; i++) {
        printf("  %10" G_GUINT64_FORMAT, line->counts[i]);
    }
    printf("  %.16s…\n", sum);
}

static void print_differences(const HtBooks *books)
{
    for (unsigned i = 0; i < books->differences->len; i++) {
        const HtDifference *difference = &g_array_index(books->differences, HtDifference, i);
        char id[HT_UUID_TEXT] = "";
        if (difference->has_id) {
            ht_uuid_format(&difference->id, id);
        }
        printf("%-12s  %s", ht_difference_names[difference->kind], id);
        if (difference->line > 0) {
            printf("%sline %u", *id ? "  " : "", difference->line);
        }
        printf("\n");
    }
    for (unsigned i = 0; i < HT_DIFFERENCES; i++) {
        if (books->different[i] > 0) {
            printf("%s: %" G_GUINT64_FORMAT "\n", ht_difference_names[i], books->different[i]);
        }
    }
}

static void print_books(const HtBooks *books, const HtBooksQuestion *question)
{
    for (unsigned kind = 0; kind < HT_BOOKS; kind++) {
        if (books->lines[kind]->len > 0) {
            print_head(&ht_book_heads[kind], kind);
        }
        for (guint i = 0; i < books->lines[kind]->len; i++) {
            print_line(&ht_book_heads[kind], kind, books->lines[kind]->pdata[i]);
        }
    }
    if (question->list) {
        print_differences(books);
        printf(ht_books_agree(books) ? _("agrees: %" PRIu64 " entries are in both\n")
                                     : _("differs: %" PRIu64 " entries are in both\n"),
               books->agreed);
    }
    if (books->waiting > 0) {
        printf(_("note: %" PRIu64 " of them were not acknowledged, and come again\n"), books->waiting);
    }
    if (books->damaged > 0) {
        printf(_("damaged: %" PRIu64
                 " events of the time cannot be read, and are not counted: hutong spool check\n"),
               books->damaged);
    }
    if (books->pruned > 0) {
        printf(_("note: events up to sequence %" PRIu64 " are not kept any more, and not counted\n"),
               books->pruned);
    }
}

/* ---- As JSON ---- */

static void add_sum(HtBuffer *json, const char *name, const HtSum *sum)
{
    char text[HT_SUM_TEXT];
    ht_sum_format(sum, text);
    ht_json_member(json, name, ht_text_from(text));
}

static void add_line(HtBuffer *json, const HtBookHead *head, HtBookKind kind, const HtBookLine *line)
{
    char day[DAY_TEXT];
    format_day(line->day, day);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "day", ht_text_from(day));
    ht_json_member(json, "consumer", ht_text_from(line->consumer));
    ht_json_member(json, "source", ht_text_from(line->source));
    ht_json_member(json, "type", ht_text_from(line->type));
    for (unsigned i = 0; i < HT_BOOK_COUNTS && head->columns[i]; i++) {
        ht_json_member_number(json, head->columns[i], (int64_t)line->counts[i]);
    }
    add_sum(json, "ids", &line->ids);
    if (kind == HT_BOOK_INTAKE) {
        add_sum(json, "payloads", &line->payloads);
    }
    ht_buffer_add_char(json, '}');
}

static void add_differences(HtBuffer *json, const HtBooks *books)
{
    ht_json_name(json, "differences");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < books->differences->len; i++) {
        const HtDifference *difference = &g_array_index(books->differences, HtDifference, i);
        char id[HT_UUID_TEXT];
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "kind", ht_text_from(ht_difference_names[difference->kind]));
        if (difference->has_id) {
            ht_uuid_format(&difference->id, id);
            ht_json_member(json, "id", ht_text_from(id));
        }
        if (difference->line > 0) {
            ht_json_member_number(json, "line", difference->line);
        }
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
    ht_json_open(json, "counts");
    for (unsigned i = 0; i < HT_DIFFERENCES; i++) {
        ht_json_member_number(json, ht_difference_names[i], (int64_t)books->different[i]);
    }
    ht_buffer_add_char(json, '}');
}

static void print_json(const HtBooks *books, const HtBooksQuestion *question)
{
    HtBuffer json = {.data = NULL};
    ht_buffer_add_char(&json, '{');
    for (unsigned kind = 0; kind < HT_BOOKS; kind++) {
        ht_json_name(&json, ht_book_heads[kind].name);
        ht_buffer_add_char(&json, '[');
        for (guint i = 0; i < books->lines[kind]->len; i++) {
            add_line(&json, &ht_book_heads[kind], kind, books->lines[kind]->pdata[i]);
        }
        ht_buffer_add_char(&json, ']');
    }
    ht_json_member_number(&json, "damaged", (int64_t)books->damaged);
    ht_json_member_number(&json, "prunedThrough", (int64_t)books->pruned);
    if (question->list) {
        ht_json_name(&json, "agrees");
        ht_buffer_add_string(&json, ht_books_agree(books) ? "true" : "false");
        ht_json_member_number(&json, "inBoth", (int64_t)books->agreed);
        ht_json_member_number(&json, "notAcknowledged", (int64_t)books->waiting);
        add_differences(&json, books);
    }
    ht_buffer_add_literal(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

/* ---- The command ---- */

/* What cannot be asked; NULL when it can. */
static const char *find_mistake(const HtConfig *config, const BookFlags *flags)
{
    if (flags->source && !ht_config_source(config, flags->source)) {
        return "there is no such source in the configuration";
    }
    if (flags->consumer && !ht_config_consumer(config, flags->consumer)) {
        return "there is no such consumer in the configuration";
    }
    if (flags->list && !flags->source && !flags->consumer) {
        return "say whose list it is: --source (of messages), or --consumer (of events)";
    }
    return flags->limit < 0 ? "--limit is below 0" : NULL;
}

static int reconcile(const HtConfig *config, const BookFlags *flags, HtBooksQuestion *question)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDictionary) dictionary = ht_source_dictionary(config, &error);
    g_autoptr(HtManifest) list = dictionary && flags->list ? ht_manifest_read(flags->list, &error) : NULL;
    question->list = list;
    g_autoptr(HtBooks) books = error ? NULL : ht_books_make(config, dictionary, question, &error);
    if (!books) {
        complain(error->message);
        return g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT) ? HT_EXIT_INTEGRITY
                                                                              : HT_EXIT_FAILED;
    }
    if (flags->json) {
        print_json(books, question);
    } else {
        print_books(books, question);
    }
    return books->damaged > 0 ? HT_EXIT_INTEGRITY : ht_books_agree(books) ? HT_EXIT_OK : HT_EXIT_FAILED;
}

static int run(int argc, char **argv, const BookFlags *flags)
{
    HtBooksQuestion question = {
        .source = flags->source, .consumer = flags->consumer, .limit = (unsigned)flags->limit};
    question.first = question.last = ht_spool_day_of(ht_clock_now());
    bool good = argc <= 3 && (argc < 2 || parse_day(argv[1], &question.first));
    question.last = argc == 2 ? question.first : question.last;
    good = good && (argc < 3 || parse_day(argv[2], &question.last)) && question.first <= question.last;
    if (!good) {
        fprintf(
            stderr,
            _("usage: hutong reconcile [DAY [LAST-DAY]] [--source S] [--consumer C] [--list FILE] [--limit N] [--json]\n"
              "days are written 2026-11-28, and begin at +08:00; without one: today\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(flags->file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    const char *mistake = find_mistake(config, flags);
    if (mistake) {
        complain(mistake);
        return HT_EXIT_USAGE;
    }
    return reconcile(config, flags, &question);
}

int ht_cli_reconcile(int argc, char **argv)
{
    BookFlags flags = {.limit = LIMIT};
    const GOptionEntry entries[] = {
        {"source", 0, 0, G_OPTION_ARG_STRING, &flags.source, N_("Of this source only"), "NAME"},
        {"consumer", 0, 0, G_OPTION_ARG_STRING, &flags.consumer, N_("Of this consumer only"), "NAME"},
        {"list", 0, 0, G_OPTION_ARG_FILENAME, &flags.list,
         N_("Compare with the other side's list (CSV or XML): the source's of messages, or the consumer's of events"),
         "FILE"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &flags.limit, N_("Differences of each kind that are listed (100)"),
         "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &flags.json, N_("As JSON"), NULL},
        G_OPTION_ENTRY_NULL};
    bool good = ht_cli_options(
        &argc, &argv,
        N_("[DAY [LAST-DAY]]: what came in, became events, was known, refused, delivered, acknowledged, dead or waits; whether the bus "
           "runs or not. Exit 0: agrees with the list; 1: differs; 2: the spool is damaged."),
        entries, &flags.file);
    int status = good ? run(argc, argv, &flags) : HT_EXIT_USAGE;
    clear_flags(&flags);
    return status;
}
