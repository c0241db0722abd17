/* The services that an adapter calls (hutong_host). Runs in hutong-host, inside a call of the adapter. Each
 * service does something only in the calls where it is offered; elsewhere it does nothing and says so in
 * the log. */
#include "plugins/host/worker.h"

#include "core/base/digest.h"
#include "core/base/xml.h"

#define LOG_MAX_BYTES 1000

typedef struct {
    const hutong_filter *filter;
    void *state;
    HtWorker *worker;
} FilterBinding;

static HtWorker *worker_of(const hutong_host *host)
{
    return (HtWorker *)(void *)host;
}

static bool is_in(hutong_out *out, HtPhase phase, const char *service)
{
    if (out && out->phase == phase) {
        return true;
    }
    if (out) {
        g_autofree char *text = g_strdup_printf("the adapter called %s() where it does nothing", service);
        ht_worker_log(out->worker, HUTONG_WARNING, text);
    }
    return false;
}

/* ---- Log, options, codes ---- */

void ht_worker_log(HtWorker *worker, hutong_level level, const char *text)
{
    if (!text || worker->log_lines++ >= HT_WORKER_LOG_LINES) {
        return;
    }
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_LOG, 0);
    ht_pack_u32(&worker->frames, HT_FIELD_LEVEL, CLAMP((uint32_t)level, HUTONG_ERROR, HUTONG_DEBUG));
    ht_pack_text(&worker->frames, HT_FIELD_TEXT, (HtText){text, strnlen(text, LOG_MAX_BYTES)});
    ht_frame_end(&worker->frames, place);
}

static void serve_log(const hutong_host *host, hutong_level level, const char *text)
{
    ht_worker_log(worker_of(host), level, text);
}

static const char *serve_option(const hutong_host *host, const char *key)
{
    HtWorker *worker = worker_of(host);
    for (unsigned i = 0; key && i + 1 < worker->start.options->len; i += 2) {
        if (strcmp(g_ptr_array_index(worker->start.options, i), key) == 0) {
            return g_ptr_array_index(worker->start.options, i + 1);
        }
    }
    for (const hutong_option *option = worker->adapter->options; key && option && option->key; option++) {
        if (strcmp(option->key, key) == 0) {
            return option->fallback;
        }
    }
    return NULL;
}

static int serve_code(const hutong_host *host, const char *table_name, hutong_text code, hutong_text *name)
{
    const HtTables *tables = worker_of(host)->reference.tables;
    const HtTable *table = tables && table_name ? ht_tables_find(tables, table_name) : NULL;
    const HtTableEntry *entry = table && code.data ? ht_table_find(table, code.data, code.size) : NULL;
    if (entry && name) {
        *name = (hutong_text){entry->zh, entry->zh_size};
    }
    return entry != NULL;
}

/* ---- Mapping ---- */

static hutong_verdict refuse_map(hutong_out *out, const char *text)
{
    out->verdict = HT_VERDICT_REJECT;
    if (!out->has_fault) {
        ht_fault_set(&out->fault, "adapter-misuse", "%s", text);
        out->has_fault = true;
    }
    return HUTONG_REJECT;
}

static HtText text_of(hutong_text text)
{
    return (HtText){text.data, text.size};
}

/* A second run in the same decode() replaces the first: an adapter may map, see it refused, repair and map
 * again. */
static hutong_verdict serve_map_bytes(const hutong_host *host, const hutong_payload *payload,
                                      hutong_text bytes, hutong_out *out)
{
    HtWorker *worker = worker_of(host);
    if (!is_in(out, HT_PHASE_DECODE, "map")) {
        return HUTONG_REJECT;
    }
    if (!worker->mapper) {
        return refuse_map(
            out, "the adapter asked for its mapping, but the source has none: give it one with mapping =");
    }
    if (!payload || payload->struct_size < sizeof(hutong_payload)) {
        return refuse_map(out, "the adapter handed over a payload of the wrong size");
    }
    bool as_received = bytes.size == worker->body_size; /* a copy with something blanked, too */
    HtPayload input = {.body = bytes.data ? text_of(bytes) : HT_TEXT_LITERAL(""), .head = worker->head};
    input.doubts_action = worker->signature && !worker->found.action;
    input.doubts_message_id = worker->signature && !worker->found.message_id;
    input.head.charset = text_of(payload->charset);
    input.head.soap_action = text_of(payload->soap_action);
    if (!as_received) {
        input.head.content_type = HT_TEXT_NONE;
        input.head.soap_expected = false;
    }
    uint64_t seen = worker->outcome.altered.seen; /* by a call before, of the same payload */
    ht_outcome_reset(&worker->outcome);
    out->phase = HT_PHASE_FILTER;
    ht_mapper_run(worker->mapper, &input, &worker->outcome);
    worker->outcome.altered.seen ^= seen << 1;
    out->phase = HT_PHASE_DECODE;
    return (hutong_verdict)worker->outcome.verdict;
}

static hutong_verdict serve_map(const hutong_host *host, const hutong_payload *payload, hutong_out *out)
{
    return serve_map_bytes(host, payload, payload ? payload->body : (hutong_text){NULL, 0}, out);
}

/* ---- Filters ---- */

static void run_filter_start(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    (void)mapper;
    FilterBinding *binding = user;
    binding->filter->start(binding->state, &binding->worker->out, name, attributes);
}

static void run_filter_text(void *user, HtMapper *mapper, const char *text, size_t size)
{
    (void)mapper;
    FilterBinding *binding = user;
    binding->filter->text(binding->state, &binding->worker->out, text, size);
}

static void run_filter_end(void *user, HtMapper *mapper, const char *name)
{
    (void)mapper;
    FilterBinding *binding = user;
    binding->filter->end(binding->state, &binding->worker->out, name);
}

static void serve_filter(const hutong_host *host, const char *root, const hutong_filter *filter, void *state)
{
    static const HtFilter functions = {run_filter_start, run_filter_text, run_filter_end};
    HtWorker *worker = worker_of(host);
    if (!is_in(&worker->out, HT_PHASE_OPEN, "filter")) {
        return;
    }
    if (!root || !filter || filter->struct_size < sizeof *filter || !filter->start || !filter->text ||
        !filter->end) {
        ht_worker_log(worker, HUTONG_ERROR,
                      "the adapter gave a filter without root, of the wrong size or incomplete");
        return;
    }
    if (!worker->mapper) {
        ht_worker_log(worker, HUTONG_WARNING,
                      "the adapter has a filter, but the source has no mapping for what it gives");
        return;
    }
    FilterBinding *binding = g_new(FilterBinding, 1);
    *binding = (FilterBinding){filter, state, worker};
    g_ptr_array_add(worker->filters, binding);
    ht_mapper_add_filter(worker->mapper, root, &functions, binding);
}

static void serve_emit_start(hutong_out *out, const char *name, const char *const *attributes)
{
    if (is_in(out, HT_PHASE_FILTER, "emit_start")) {
        ht_mapper_emit_start(out->worker->mapper, name, attributes);
    }
}

static void serve_emit_text(hutong_out *out, const char *text, size_t size)
{
    if (is_in(out, HT_PHASE_FILTER, "emit_text")) {
        ht_mapper_emit_text(out->worker->mapper, text, size);
    }
}

static void serve_emit_end(hutong_out *out, const char *name)
{
    if (is_in(out, HT_PHASE_FILTER, "emit_end")) {
        ht_mapper_emit_end(out->worker->mapper, name);
    }
}

static void serve_fault(hutong_out *out, hutong_verdict verdict, const char *code, const char *text)
{
    HtVerdict meant = verdict == HUTONG_RETRY ? HT_VERDICT_RETRY : HT_VERDICT_REJECT;
    const char *known_code = code ? code : "adapter-rejected";
    const char *known_text = text ? text : "the adapter refused the payload";
    if (out && out->phase == HT_PHASE_FILTER) {
        ht_mapper_emit_fault(out->worker->mapper, meant, known_code, known_text);
    } else if (is_in(out, HT_PHASE_DECODE, "fault")) {
        out->verdict = out->verdict == HT_VERDICT_REJECT ? HT_VERDICT_REJECT : meant;
        if (!out->has_fault) {
            ht_fault_set(&out->fault, known_code, "%s", known_text);
            out->has_fault = true;
        }
    }
}

/* Past the most that an outcome has, the last part grows: more is concealed then, never less. So that no sum of start and
 * size runs over, a size that means all the rest is cut. */
void ht_worker_conceal(HtWorker *worker, size_t start, size_t size)
{
    HtBuffer *parts = &worker->concealed;
    HtConcealed part = {start, MIN((uint64_t)size, UINT64_MAX - start)};
    if (parts->size == HT_OUTCOME_CONCEALED * sizeof part) {
        HtConcealed last;
        parts->size -= sizeof last;
        memcpy(&last, parts->data + parts->size, sizeof last);
        uint64_t end = MAX(last.start + last.size, part.start + part.size);
        part.start = MIN(last.start, start);
        part.size = end - part.start;
    }
    ht_buffer_add(parts, (const char *)&part, sizeof part);
}

static void serve_conceal(hutong_out *out, size_t start, size_t size)
{
    if (is_in(out, HT_PHASE_DECODE, "conceal") && size > 0) {
        ht_worker_conceal(out->worker, start, size);
    }
}

static void serve_sha256(const hutong_host *host, hutong_text bytes, char hex[65])
{
    (void)host;
    ht_sha256_hex((HtText){bytes.data, bytes.size}, hex);
}

/* ---- Text ---- */

static void serve_write(hutong_out *out, const char *text, size_t size)
{
    if (is_in(out, HT_PHASE_WRITE, "write") && text) {
        ht_buffer_add(&out->worker->text, text, size);
    }
}

static void serve_write_escaped(hutong_out *out, const char *text, size_t size)
{
    if (is_in(out, HT_PHASE_WRITE, "write_escaped") && text) {
        ht_xml_add(&out->worker->text, (HtText){text, size});
    }
}

void ht_services_init(HtWorker *worker)
{
    worker->table = (hutong_host){
        .struct_size = sizeof(hutong_host),
        .abi_major = HUTONG_ABI_MAJOR,
        .abi_minor = HUTONG_ABI_MINOR,
        .log = serve_log,
        .option = serve_option,
        .map = serve_map,
        .map_bytes = serve_map_bytes,
        .filter = serve_filter,
        .emit_start = serve_emit_start,
        .emit_text = serve_emit_text,
        .emit_end = serve_emit_end,
        .fault = serve_fault,
        .code = serve_code,
        .write = serve_write,
        .write_escaped = serve_write_escaped,
        .conceal = serve_conceal,
        .sha256 = serve_sha256,
    };
    worker->out.worker = worker;
}
