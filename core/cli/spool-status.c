/* `hutong spool status`: what the spool holds, how much room that takes, and where its consumers are. */
#include "core/admin/ask.h"
#include "core/base/json.h"
#include "core/cli/spool.h"
#include "core/cli/columns.h"
#include "spool/history.h"
#include "spool/stock.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#define ASK_MS 2000

typedef struct {
    const HtConfig *config;
    bool running;
    HtSpoolStock stock;
    GPtrArray *consumers; /* of HtSpoolConsumer */
} SpoolView;

static bool is_running(const HtConfig *config)
{
    unsigned status = 0;
    g_autofree char *answer = ht_admin_get(config->bus.admin, "/live", ASK_MS, &status, NULL);
    return answer && status == 200;
}

static uint64_t behind(const SpoolView *view, const HtSpoolConsumer *consumer)
{
    return view->stock.last > consumer->cursor ? view->stock.last - consumer->cursor : 0;
}

static void add_consumers(const SpoolView *view, HtBuffer *json)
{
    ht_json_name(json, "consumers");
    ht_buffer_add_char(json, '[');
    for (guint i = 0; i < view->consumers->len; i++) {
        const HtSpoolConsumer *consumer = view->consumers->pdata[i];
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "name", ht_text_from(consumer->name));
        ht_json_member_number(json, "cursor", (int64_t)consumer->cursor);
        ht_json_member_number(json, "behind", (int64_t)behind(view, consumer));
        ht_json_member(json, "configured",
                       ht_text_from(ht_config_consumer(view->config, consumer->name) ? "yes" : "no"));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

static void write_json(const SpoolView *view)
{
    const HtSpoolStock *stock = &view->stock;
    const struct {
        const char *name;
        uint64_t number;
    } numbers[] = {{"fileBytes", stock->file_bytes},
                   {"usedBytes", stock->used_bytes},
                   {"maxBytes", view->config->spool.limits.most_bytes},
                   {"walBytes", stock->wal_bytes},
                   {"firstSequence", stock->first},
                   {"lastSequence", stock->last},
                   {"messages", stock->messages},
                   {"payloads", stock->payloads},
                   {"payloadBytes", stock->payload_bytes},
                   {"quarantined", stock->held},
                   {"quarantineBytes", stock->held_bytes},
                   {"deadLetters", stock->dead_letters},
                   {"damaged", stock->damaged}};
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "state", ht_text_from(view->config->bus.state));
    ht_json_member(&json, "bus", ht_text_from(view->running ? "running" : "stopped"));
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        ht_json_member_number(&json, numbers[i].name, (int64_t)numbers[i].number);
    }
    if (stock->messages > 0) {
        ht_json_member_time(&json, "firstReceived", stock->first_us);
        ht_json_member_time(&json, "lastReceived", stock->last_us);
    }
    add_consumers(view, &json);
    ht_buffer_add_literal(&json, "}\n");
    fwrite(json.data, 1, json.size, stdout);
    ht_buffer_clear(&json);
}

static void write_line(const char *name, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void write_line(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%-*s ", HT_COLUMN(14, name));
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void write_size(const SpoolView *view)
{
    const HtSpoolStock *stock = &view->stock;
    uint64_t most = view->config->spool.limits.most_bytes;
    g_autofree char *file = g_format_size_full(stock->file_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *used = g_format_size_full(stock->used_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *wal = g_format_size_full(stock->wal_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *limit = g_format_size_full(most, G_FORMAT_SIZE_IEC_UNITS);
    write_line(_("file"), _("%s, of it in use %s; log %s"), file, used, wal);
    if (most > 0) {
        write_line("max-size", _("%s, %" PRIu64 " percent in use"), limit,
                   (uint64_t)((double)stock->used_bytes * 100 / (double)most));
    }
}

static void write_text(const SpoolView *view)
{
    const HtSpoolStock *stock = &view->stock;
    g_autofree char *payloads = g_format_size_full(stock->payload_bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *held = g_format_size_full(stock->held_bytes, G_FORMAT_SIZE_IEC_UNITS);
    write_line(_("spool"), view->running ? _("%s, the bus is running") : _("%s, the bus is stopped"),
               view->config->bus.state);
    write_size(view);
    write_line(_("events"), _("%" PRIu64 " to %" PRIu64), stock->first, stock->last);
    write_line(_("messages"), "%" PRIu64, stock->messages);
    write_line(_("payloads"), "%" PRIu64 ", %s", stock->payloads, payloads);
    write_line(_("quarantine"), "%" PRIu64 ", %s", stock->held, held);
    write_line(_("dead letters"), "%" PRIu64, stock->dead_letters);
    write_line(_("damaged"), "%" PRIu64, stock->damaged);
    for (guint i = 0; i < view->consumers->len; i++) {
        const HtSpoolConsumer *consumer = view->consumers->pdata[i];
        write_line(_("consumer"),
                   ht_config_consumer(view->config, consumer->name)
                       ? _("%s: at %" PRIu64 ", %" PRIu64 " behind")
                       : _("%s: at %" PRIu64 ", %" PRIu64 " behind; the configuration has it no more"),
                   consumer->name, consumer->cursor, behind(view, consumer));
    }
}

int ht_cli_spool_status(const HtConfig *config, const HtSpoolFlags *flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) consumers = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, &error);
    SpoolView view = {.config = config, .running = is_running(config)};
    bool good = look && ht_spool_look_stock(look, &view.stock, &error);
    view.consumers = consumers = good ? ht_spool_look_consumers(look, 0, 0, &error) : NULL;
    if (!consumers) {
        fprintf(stderr, "hutong spool: %s\n", error->message);
        return g_error_matches(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT) ? HT_EXIT_INTEGRITY
                                                                              : HT_EXIT_FAILED;
    }
    (flags->json ? write_json : write_text)(&view);
    return view.stock.damaged > 0 ? HT_EXIT_INTEGRITY : HT_EXIT_OK;
}
