/* `hutong spool keys` and `shred`. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/cli/ask.h"
#include "core/cli/spool.h"
#include "spool/sealed-use.h"
#include "spool/vault.h"

#include <glib/gi18n.h>
#include <stdio.h>

static int complain(const char *text)
{
    fprintf(stderr, "hutong spool: %s\n", text);
    return HT_EXIT_FAILED;
}

static const char *state_of(const HtSpoolPeriodUse *use)
{
    return use->number == UINT32_MAX ? "damaged"
           : use->number == 0        ? "not sealed"
           : use->destroyed_us > 0   ? "destroyed"
           : use->current            ? "current"
                                     : "kept";
}

static void print_line(const HtSpoolPeriodUse *use)
{
    char begun[HT_CLOCK_TEXT] = "-";
    if (use->begun_us > 0) {
        ht_clock_format(use->begun_us, begun);
    }
    printf("%6u  %-16s  %-29s  %-10s  %12" G_GUINT64_FORMAT "  %12" G_GUINT64_FORMAT "\n", use->number,
           use->begun_us > 0 ? ht_spool_cipher_name(use->cipher) : "-", begun, state_of(use), use->rows,
           use->values);
}

static void print_table(const GArray *uses)
{
    printf("%6s  %-16s  %-29s  %-10s  %12s  %12s\n", "PERIOD", "CIPHER", "BEGUN", "STATE", "EVENT ROWS",
           "OTHER VALUES");
    for (guint i = 0; i < uses->len; i++) {
        const HtSpoolPeriodUse *use = &g_array_index(uses, HtSpoolPeriodUse, i);
        if (use->begun_us > 0 || use->rows + use->values > 0) {
            print_line(use);
        }
    }
}

static void print_json(const GArray *uses)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '[');
    for (guint i = 0; i < uses->len; i++) {
        const HtSpoolPeriodUse *use = &g_array_index(uses, HtSpoolPeriodUse, i);
        if (use->number == UINT32_MAX && use->rows + use->values == 0) {
            continue;
        }
        ht_json_comma(&json);
        ht_buffer_add_char(&json, '{');
        ht_json_member_number(&json, "period", use->number);
        ht_json_member(&json, "cipher", ht_text_from(ht_spool_cipher_name(use->cipher)));
        ht_json_member(&json, "state", ht_text_from(state_of(use)));
        ht_json_member_time(&json, "begun", use->begun_us);
        ht_json_member_time(&json, "destroyed", use->destroyed_us);
        ht_json_member_number(&json, "rows", (int64_t)use->rows);
        ht_json_member_number(&json, "values", (int64_t)use->values);
        ht_buffer_add_char(&json, '}');
    }
    ht_buffer_add_literal(&json, "]\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

int ht_cli_spool_keys(const HtConfig *config, const HtSpoolFlags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    g_autoptr(GArray) uses = look ? ht_spool_look_periods(look, &error) : NULL;
    if (!uses) {
        return complain(error->message);
    }
    if (flags->json) {
        print_json(uses);
    } else {
        print_table(uses);
    }
    return HT_EXIT_OK;
}

int ht_cli_spool_shred(const HtConfig *config, const char *period, const HtSpoolFlags *flags)
{
    guint64 number;
    if (!flags->reason || !g_ascii_string_to_unsigned(period, 10, 1, G_MAXUINT32, &number, NULL)) {
        fprintf(
            stderr,
            _("usage: hutong spool shred PERIOD --reason TEXT [--json] [-c FILE]; `hutong spool keys` lists the periods\n"));
        return HT_EXIT_USAGE;
    }
    g_autoptr(JsonObject) question = json_object_new();
    json_object_set_int_member(question, "period", (gint64)number);
    json_object_set_string_member(question, "reason", flags->reason);
    g_autoptr(JsonObject) answer = ht_cli_ask(config, "shred", question);
    if (!answer) {
        return HT_EXIT_FAILED;
    }
    if (flags->json) {
        ht_cli_print(answer);
        return HT_EXIT_OK;
    }
    const char *file = json_object_get_string_member_with_default(answer, "file", "");
    fputs(json_object_get_string_member_with_default(answer, "certificate", ""), stdout);
    if (*file) {
        fprintf(stderr, _("the certificate is in \"%s\"; `hutong spool verify FILE` checks it\n"), file);
        return HT_EXIT_OK;
    }
    return complain(_(
        "the key is destroyed, but the certificate could not be written to the state directory: keep what is printed"));
}
