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
        printf(_("table %s: %" PRIu64 " rows, and what stood in %" PRIu64 " places, are lost\n"), hole->table,
               hole->rows, hole->holes);
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
