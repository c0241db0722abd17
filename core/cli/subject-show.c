/* `hutong subject show` and `conflicts`. No number is shown, for none is kept. */
#include "core/cli/subject.h"
#include "core/cli/columns.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define EACH_MAX 1000

static void format_time(int64_t time_us, char text[HT_CLOCK_TEXT])
{
    ht_clock_format(time_us, text);
}

static void add_time(HtBuffer *json, const char *name, int64_t time_us)
{
    char text[HT_CLOCK_TEXT];
    format_time(time_us, text);
    ht_json_member(json, name, ht_text_from(text));
}

static void open_list(HtBuffer *json, const char *name)
{
    ht_json_name(json, name);
    ht_buffer_add_char(json, '[');
}

static void open_entry(HtBuffer *json)
{
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
}

static void print_json(HtBuffer *json)
{
    ht_buffer_add_char(json, '\n');
    fwrite(json->data, 1, json->size, stdout);
    ht_buffer_clear(json);
}

/* ---- One conflict ---- */

static void add_conflict(HtBuffer *json, const HtSpoolConflict *conflict)
{
    open_entry(json);
    ht_json_member(json, "kind", ht_text_from(conflict->kind));
    ht_json_member(json, "source", ht_text_from(conflict->source));
    ht_json_member(json, "subject", ht_text_from(conflict->subject));
    ht_json_member(json, "other", ht_text_from(conflict->other));
    ht_json_name(json, "more");
    ht_buffer_add_string(json, conflict->more ? "true" : "false");
    ht_json_member_number(json, "events", (int64_t)conflict->events);
    add_time(json, "first", conflict->first_us);
    add_time(json, "last", conflict->last_us);
    ht_buffer_add_char(json, '}');
}

static void print_conflict(const HtSpoolConflict *conflict)
{
    char first[HT_CLOCK_TEXT], last[HT_CLOCK_TEXT];
    format_time(conflict->first_us, first);
    format_time(conflict->last_us, last);
    printf(_("  %s of %s: %s and %s%s, %" PRIu64 " events, %s to %s\n"), conflict->kind, conflict->source,
           conflict->subject, conflict->other, conflict->more ? _(" and more") : "", conflict->events, first,
           last);
}

/* ---- One subject ---- */

static void add_members(HtBuffer *json, const HtSpoolPerson *person)
{
    open_list(json, "members");
    for (guint i = 0; i < person->members->len; i++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(person->members->pdata[i]));
    }
    ht_buffer_add_char(json, ']');
}

static void add_tied(HtBuffer *json, const HtSpoolPerson *person)
{
    open_list(json, "ties");
    for (guint i = 0; i < person->tied->len; i++) {
        const HtSpoolTied *tied = person->tied->pdata[i];
        open_entry(json);
        ht_json_member(json, "kind", ht_text_from(tied->kind));
        ht_json_member(json, "source", ht_text_from(tied->source));
        ht_json_member_number(json, "count", (int64_t)tied->count);
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static void add_audit(HtBuffer *json, const HtSpoolPerson *person)
{
    open_list(json, "changes");
    for (guint i = 0; i < person->audit->len; i++) {
        const HtSpoolAudit *audit = person->audit->pdata[i];
        open_entry(json);
        add_time(json, "time", audit->time_us);
        ht_json_member_number(json, "uid", audit->uid);
        ht_json_member(json, "verb", ht_text_from(audit->verb));
        ht_json_member(json, "subject", ht_text_from(audit->subject));
        ht_json_member(json, "other", ht_text_from(audit->other));
        ht_json_member(json, "kind", ht_text_from(audit->kind));
        ht_json_member(json, "source", ht_text_from(audit->source));
        ht_json_member(json, "reason", ht_text_from(audit->reason));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static void show_json(const HtSpoolPerson *person)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "subject", ht_text_from(person->subject));
    add_members(&json, person);
    add_tied(&json, person);
    ht_json_member_number(&json, "events", (int64_t)person->events);
    ht_json_member_number(&json, "firstSequence", (int64_t)person->first);
    ht_json_member_number(&json, "lastSequence", (int64_t)person->last);
    open_list(&json, "conflicts");
    for (guint i = 0; i < person->conflicts->len; i++) {
        add_conflict(&json, person->conflicts->pdata[i]);
    }
    ht_buffer_add_char(&json, ']');
    add_audit(&json, person);
    ht_buffer_add_char(&json, '}');
    print_json(&json);
}

static void show_lists(const HtSpoolPerson *person)
{
    for (guint i = 1; i < person->members->len; i++) {
        printf(_("  joined: %s\n"), (const char *)person->members->pdata[i]);
    }
    for (guint i = 0; i < person->tied->len; i++) {
        const HtSpoolTied *tied = person->tied->pdata[i];
        printf(_("  tied: %" PRIu64 " %s of %s\n"), tied->count,
               *tied->kind ? tied->kind : _("(of an older version)"),
               *tied->source ? tied->source : _("any source"));
    }
    if (person->conflicts->len > 0) {
        printf(_("conflicts:\n"));
    }
    for (guint i = 0; i < person->conflicts->len; i++) {
        print_conflict(person->conflicts->pdata[i]);
    }
    if (person->audit->len > 0) {
        printf(_("changed by hand:\n"));
    }
    for (guint i = 0; i < person->audit->len; i++) {
        const HtSpoolAudit *audit = person->audit->pdata[i];
        char time[HT_CLOCK_TEXT];
        format_time(audit->time_us, time);
        printf(_("  %s uid %" PRIi64 " %s %s %s: %s\n"), time, audit->uid, audit->verb, audit->subject,
               audit->other, audit->reason);
    }
}

int ht_cli_subject_show(HtSpoolLook *look, const char *subject, bool json)
{
    HtSpoolPerson person;
    g_autoptr(GError) error = NULL;
    if (!ht_spool_look_person(look, subject, &person, &error)) {
        fprintf(stderr, "hutong subject: %s\n", error->message);
        ht_spool_person_clear(&person);
        return HT_EXIT_FAILED;
    }
    if (json) {
        show_json(&person);
    } else {
        printf(_("%s: %" PRIu64 " events, %" PRIu64 " to %" PRIu64 "\n"), person.subject, person.events,
               person.first, person.last);
        show_lists(&person);
    }
    ht_spool_person_clear(&person);
    return HT_EXIT_OK;
}

/* ---- All conflicts ---- */

/* Conflicts of one kind and source. */
typedef struct {
    const char *kind, *source;
    uint64_t numbers, events;
    int64_t first_us, last_us;
} Sum;

static void add_to_sums(GArray *sums, const HtSpoolConflict *conflict)
{
    Sum *sum = NULL;
    for (guint i = 0; i < sums->len && !sum; i++) {
        Sum *known = &g_array_index(sums, Sum, i);
        bool same = g_str_equal(known->kind, conflict->kind) && g_str_equal(known->source, conflict->source);
        sum = same ? known : NULL;
    }
    if (!sum) {
        Sum begun = {conflict->kind, conflict->source, 0, 0, conflict->first_us, conflict->last_us};
        g_array_append_val(sums, begun);
        sum = &g_array_index(sums, Sum, sums->len - 1);
    }
    sum->numbers++;
    sum->events += conflict->events;
    sum->first_us = MIN(sum->first_us, conflict->first_us);
    sum->last_us = MAX(sum->last_us, conflict->last_us);
}

static void print_sums(const GArray *sums)
{
    printf("%-*s %-*s %*s %*s  %-*s  %s\n", HT_COLUMN(16, _("SOURCE")), HT_COLUMN(20, _("KIND")),
           HT_COLUMN(8, _("NUMBERS")), HT_COLUMN(8, _("EVENTS")), HT_COLUMN(29, _("FIRST")), _("LAST"));
    for (guint i = 0; i < sums->len; i++) {
        const Sum *sum = &g_array_index(sums, Sum, i);
        char first[HT_CLOCK_TEXT], last[HT_CLOCK_TEXT];
        format_time(sum->first_us, first);
        format_time(sum->last_us, last);
        printf("%-16s %-20s %8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT "  %-29s  %s\n", sum->source,
               sum->kind, sum->numbers, sum->events, first, last);
    }
}

static void sums_json(const GArray *sums, const GPtrArray *conflicts)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    open_list(&json, "kinds");
    for (guint i = 0; i < sums->len; i++) {
        const Sum *sum = &g_array_index(sums, Sum, i);
        open_entry(&json);
        ht_json_member(&json, "source", ht_text_from(sum->source));
        ht_json_member(&json, "kind", ht_text_from(sum->kind));
        ht_json_member_number(&json, "numbers", (int64_t)sum->numbers);
        ht_json_member_number(&json, "events", (int64_t)sum->events);
        add_time(&json, "first", sum->first_us);
        add_time(&json, "last", sum->last_us);
        ht_buffer_add_char(&json, '}');
    }
    ht_buffer_add_char(&json, ']');
    open_list(&json, "latest");
    for (guint i = 0; i < MIN(conflicts->len, EACH_MAX); i++) {
        add_conflict(&json, conflicts->pdata[i]);
    }
    ht_buffer_add_literal(&json, "]}");
    print_json(&json);
}

int ht_cli_subject_conflicts(HtSpoolLook *look, const HtSubjectFlags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_spool_look_conflicts(look, &error);
    if (!conflicts) {
        fprintf(stderr, "hutong subject: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    g_autoptr(GArray) sums = g_array_new(FALSE, FALSE, sizeof(Sum));
    for (guint i = 0; i < conflicts->len; i++) {
        add_to_sums(sums, conflicts->pdata[i]);
    }
    if (flags->json) {
        sums_json(sums, conflicts);
        return HT_EXIT_OK;
    }
    print_sums(sums);
    for (guint i = 0; flags->each && i < MIN(conflicts->len, EACH_MAX); i++) {
        print_conflict(conflicts->pdata[i]);
    }
    return HT_EXIT_OK;
}
