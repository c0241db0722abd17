/* `hutong adapter check`: runs the conformance kit (core/kit) over one adapter or all, and writes what comes of it: lines
 * for people, TAP, or JSON. Command, main thread. */
#include "core/cli/adapter.h"
#include "core/cli/cli.h"
#include "core/cli/columns.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/kit/kit.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#define CLAIM_COLUMNS 44

typedef struct {
    const HtAdapterOptions *options;
    bool brief;       /* of several adapters, only what is wrong */
    const char *name; /* of the adapter at work */
    unsigned number;  /* TAP: of the last test */
    HtBuffer json;
} Output;

/* ---- One line ---- */

static void print_line(const Output *output, HtKitResult result, const char *claim, const char *detail)
{
    static const char *const words[] = {N_("ok"), N_("FAILED"), N_("note")};
    bool has_detail = detail && *detail;
    if (result == HT_KIT_OK && (output->brief || output->options->quiet)) {
        return;
    }
    g_auto(GStrv) details = g_strsplit(has_detail ? detail : "", "\n", -1);
    printf("  %-*s %-*s%s%s\n", HT_COLUMN(7, _(words[result])),
           HT_COLUMN(has_detail ? CLAIM_COLUMNS : 0, claim), has_detail ? "  " : "",
           details[0] ? details[0] : "");
    for (unsigned i = 1; details[0] && details[i]; i++) {
        printf("  %*s%s\n", CLAIM_COLUMNS + 10, "", details[i]);
    }
}

/* `#` begins a directive, and `\` escapes it. */
static char *escape_tap(const char *text)
{
    GString *escaped = g_string_new(text);
    g_string_replace(escaped, "\\", "\\\\", 0);
    g_string_replace(escaped, "#", "\\#", 0);
    g_string_replace(escaped, "\n", " ", 0);
    return g_string_free(escaped, FALSE);
}

static void print_tap(Output *output, HtKitResult result, const char *claim, const char *detail)
{
    g_autofree char *escaped = escape_tap(claim);
    g_auto(GStrv) details = g_strsplit(detail ? detail : "", "\n", -1);
    if (result == HT_KIT_NOTE) {
        printf("# %s: %s\n", output->name, claim);
        return;
    }
    printf("%s %u - %s: %s\n", result == HT_KIT_OK ? "ok" : "not ok", ++output->number, output->name,
           escaped);
    for (unsigned i = 0; details[i]; i++) {
        g_autofree char *more = escape_tap(details[i]);
        printf("# %s\n", more);
    }
}

static void add_json(Output *output, HtKitResult result, const char *claim, const char *detail)
{
    static const char *const words[] = {"ok", "failed", "note"};
    HtBuffer *json = &output->json;
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "result", ht_text_from(words[result]));
    ht_json_member(json, "check", ht_text_from(claim));
    ht_json_member(json, "detail", ht_text_from(detail));
    ht_buffer_add_char(json, '}');
}

static void take_report(void *user, HtKitResult result, const char *claim, const char *detail)
{
    Output *output = user;
    if (output->options->json) {
        add_json(output, result, claim, detail);
    } else if (output->options->tap) {
        print_tap(output, result, claim, detail);
    } else {
        print_line(output, result, claim, detail);
    }
}

/* ---- One adapter ---- */

static void begin_adapter(Output *output, const HtPlaces *places)
{
    output->name = places->name;
    if (output->options->json) {
        ht_json_comma(&output->json);
        ht_buffer_add_char(&output->json, '{');
        ht_json_member(&output->json, "name", ht_text_from(places->name));
        ht_json_member(&output->json, "file", ht_text_from(places->file));
        ht_json_name(&output->json, "results");
        ht_buffer_add_char(&output->json, '[');
    } else if (!output->options->tap && !output->brief) {
        printf("%s (%s)\n", places->name, places->file);
    }
}

static void end_adapter(Output *output, const HtKitSummary *summary)
{
    HtBuffer *json = &output->json;
    if (output->options->json) {
        ht_buffer_add_char(json, ']');
        ht_json_member(json, "version", ht_text_from(summary->version));
        ht_json_member(json, "result", ht_text_from(summary->failures == 0 ? "passed" : "failed"));
        ht_json_member(json, "failed", ht_text_from(summary->failed));
        ht_json_name(json, "late");
        ht_buffer_add_string(json, summary->late ? "true" : "false");
        ht_json_member_number(json, "checks", summary->checks);
        ht_json_member_number(json, "failures", summary->failures);
        ht_json_member_number(json, "fixtures", summary->fixtures);
        ht_json_member_number(json, "payloads", summary->payloads);
        ht_json_member_number(json, "milliseconds", (int64_t)(summary->seconds * 1000));
        ht_buffer_add_char(json, '}');
    } else if (!output->options->tap) {
        g_autofree char *verdict = summary->failures == 0
                                       ? g_strdup(_("passed"))
                                       : g_strdup_printf(_("%u FAILED"), summary->failures);
        printf(_("%s: %s; %u checks, %u fixtures, %u payloads, %.1f s\n"), output->name, verdict,
               summary->checks, summary->fixtures, summary->payloads, summary->seconds);
    }
}

static bool check_one(Output *output, const char *file)
{
    const HtAdapterOptions *options = output->options;
    const HtPlacesGiven given = {options->mapping, options->fixtures, options->data, options->mappings};
    g_autoptr(HtPlaces) places = ht_places_find(file, &given);
    HtKitOptions kit = {places, options->division, !options->json, take_report, output};
    HtKitSummary summary;
    begin_adapter(output, places);
    bool good = ht_kit_run(&kit, &summary);
    end_adapter(output, &summary);
    ht_kit_summary_clear(&summary);
    return good;
}

/* ---- One or all ---- */

static bool check_all(Output *output, const GPtrArray *files)
{
    unsigned failures = 0;
    output->brief = true;
    for (unsigned i = 0; i < files->len; i++) {
        failures += !check_one(output, files->pdata[i]);
    }
    if (!output->options->json && !output->options->tap) {
        printf(_("%u adapters: %u passed, %u FAILED\n"), files->len, files->len - failures, failures);
    }
    return failures == 0;
}

static bool run_checks(Output *output, const char *name)
{
    if (name) {
        g_autofree char *file = ht_adapter_find(name, output->options);
        return check_one(output, file);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = ht_adapter_list_files(output->options, &error);
    if (!files) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
        return false;
    }
    return check_all(output, files);
}

int ht_adapter_check(const char *name, const HtAdapterOptions *options)
{
    Output output = {.options = options};
    ht_log_set_level(options->json || options->tap ? HT_LOG_ERROR : HT_LOG_WARNING);
    if (options->json) {
        ht_buffer_add_char(&output.json, '[');
    } else if (options->tap) {
        puts("TAP version 13");
    }
    bool good = run_checks(&output, name);
    if (options->json) {
        ht_buffer_add_literal(&output.json, "]\n");
        fwrite(output.json.data, 1, output.json.size, stdout);
    } else if (options->tap) {
        printf("1..%u\n", output.number);
    }
    ht_buffer_clear(&output.json);
    return good ? HT_EXIT_OK : HT_EXIT_FAILED;
}
