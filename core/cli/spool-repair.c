/* `hutong spool repair`: what was saved, and what is missing, for a person or as JSON. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/cli/progress.h"
#include "core/cli/spool.h"
#include "spool/salvage.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

static void format_time(int64_t time_us, char text[HT_CLOCK_TEXT])
{
    text[0] = '\0';
    if (time_us > 0) {
        ht_clock_format(time_us, text);
    }
}

static void add_missing(HtBuffer *json, const HtSpoolMissing *missing)
{
    char time[HT_CLOCK_TEXT];
    format_time(missing->received_us, time);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "message", ht_text_from(*missing->message ? missing->message : NULL));
    ht_json_member(json, "source", ht_text_from(*missing->source ? missing->source : NULL));
    ht_json_member(json, "received", ht_text_from(*time ? time : NULL));
    ht_json_member_number(json, "first", (int64_t)missing->first);
    ht_json_member_number(json, "events", missing->events);
    ht_buffer_add_char(json, '}');
}

static void write_json(const HtSpoolSalvaged *salvaged)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member_number(&json, "events", salvaged->events);
    ht_json_member_number(&json, "lost", salvaged->lost);
    ht_json_member_number(&json, "messages", salvaged->messages);
    ht_json_member_number(&json, "last", salvaged->last);
    ht_json_member(&json, "kept", ht_text_from(salvaged->kept));
    ht_json_name(&json, "missing");
    ht_buffer_add_char(&json, '[');
    for (unsigned i = 0; i < salvaged->missing->len; i++) {
        add_missing(&json, salvaged->missing->pdata[i]);
    }
    ht_buffer_add_char(&json, ']');
    ht_json_name(&json, "tables");
    ht_buffer_add_char(&json, '[');
    for (unsigned i = 0; i < salvaged->holes->len; i++) {
        const HtSpoolHole *hole = salvaged->holes->pdata[i];
        ht_json_comma(&json);
        ht_buffer_add_char(&json, '{');
        ht_json_member(&json, "table", ht_text_from(hole->table));
        ht_json_member_number(&json, "rows", hole->rows);
        ht_json_member_number(&json, "holes", hole->holes);
        ht_buffer_add_char(&json, '}');
    }
    ht_buffer_add_string(&json, "]}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

/* What it means to people that rows of a table are lost; of the others they hear by the lines of what is missing. */
static const char *meaning_of(const char *table)
{
    static const char *const meanings[][2] = {
        {"pauses",
         N_("what was paused may go on at the start: take out of the configuration what must not, and pause it again")},
        {"cursors",
         N_("a consumer without its place begins where its `start` says: `hutong replay` gives it what it did not get")},
        {"dead_letters",
         N_("what was set aside for a consumer is not listed any more, and not delivered: `hutong replay` gives it again")},
        {"replays", N_("replays that ran may have ended: begin them again")},
        {"quarantine",
         N_("messages that were kept because of an error are gone: their departments send them again")},
        {"payloads", N_("`hutong message redo` has not all payloads any more")},
        {"faults", N_("of some messages it is not known any more why they were refused")},
        {"subjects",
         N_("persons that were merged may be two again, or get a new pseudonym: `hutong subject` shows them")},
        {"ties of identities",
         N_("persons that were merged may be two again, or get a new pseudonym: `hutong subject` shows them")},
        {"claims",
         N_("persons that were merged may be two again, or get a new pseudonym: `hutong subject` shows them")},
        {"conflicts", N_("conflicts of identities that are not decided are not listed any more")},
        {"known keys", N_("what is sent again may come as new events")},
        {"days", N_("figures of `hutong reconcile` are too low for some days")},
        {"audit", N_("some of what administrators did is in the audit log only: `hutong audit search`")},
        {"subject_audit",
         N_("some of what was decided about persons is in the audit log only: `hutong audit search`")},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (g_str_equal(meanings[i][0], table)) {
            return meanings[i][1];
        }
    }
    return NULL;
}

static void write_text(const HtSpoolSalvaged *salvaged)
{
    for (unsigned i = 0; i < salvaged->missing->len; i++) {
        const HtSpoolMissing *missing = salvaged->missing->pdata[i];
        char time[HT_CLOCK_TEXT];
        format_time(missing->received_us, time);
        g_autofree char *received = *time ? g_strdup_printf(_(", received %s"), time) : g_strdup("");
        printf(_("missing: %" PRIu64 " events from %" PRIu64 ", of message %s, source %s%s\n"),
               missing->events, missing->first, *missing->message ? missing->message : _("not known"),
               *missing->source ? missing->source : _("not known"), received);
    }
    for (unsigned i = 0; i < salvaged->holes->len; i++) {
        const HtSpoolHole *hole = salvaged->holes->pdata[i];
        printf(_("table %s: lost rows: %" PRIu64 ", places that cannot be read: %" PRIu64 "\n"), hole->table,
               hole->rows, hole->holes);
        const char *meaning = meaning_of(hole->table);
        if (meaning) {
            printf("    %s\n", _(meaning));
        }
    }
    printf(_("%" PRIu64 " events of %" PRIu64 " messages saved, %" PRIu64
             " lost; sequences go on above %" PRIu64 "; the old file is in \"%s\"\n"),
           salvaged->events, salvaged->messages, salvaged->lost, salvaged->last, salvaged->kept);
    if (salvaged->missing->len > 0) {
        printf(_(
            "Ask the departments to send these messages again: what is lost is not known any more, and is taken.\n"));
    }
}

int ht_cli_spool_repair(const HtConfig *config, const HtSpoolFlags *flags)
{
    HtSpoolSalvage asked = {.directory = config->bus.state,
                            .limits = config->spool.limits,
                            .sealing = ht_config_sealing(config),
                            .progress = ht_cli_progress,
                            .user = "events"};
    HtSpoolSalvaged salvaged;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int status = HT_EXIT_OK;
    if (!ht_spool_salvage(&asked, &salvaged, report, &error)) {
        fprintf(stderr, "hutong spool: %s\n", error->message);
        status = HT_EXIT_FAILED;
    } else {
        (flags->json ? write_json : write_text)(&salvaged);
        fputs(report->str, stderr);
        bool lost = salvaged.lost > 0 || salvaged.holes->len > 0 || salvaged.findings > 0;
        status = lost ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
    }
    ht_spool_salvaged_clear(&salvaged);
    return status;
}
