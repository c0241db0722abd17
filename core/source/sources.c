/* All sources; see sources.h. Main-loop thread. */
#include "core/source/sources.h"

#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/source/host.h"

struct HtSources {
    const HtConfig *config;
    GPtrArray *all;      /* of HtSource */
    GHashTable *by_path; /* path → HtSource */
    HtGate *gate;        /* NULL: adapters serve unchecked */
};

/* ---- The gate ---- */

bool ht_sources_gate(const HtSources *sources, const HtSource *source, HtGateStatus *status)
{
    const HtGateSource with = {source->adapter_file, source->mapping_file, source->config->division};
    if (sources->gate) {
        ht_gate_status(sources->gate, &with, status);
    }
    return sources->gate != NULL;
}

static void on_gate(void *user)
{
    HtSources *sources = user;
    for (unsigned i = 0; i < sources->all->len; i++) {
        HtSource *source = sources->all->pdata[i];
        HtGateState before = source->gate;
        HtGateStatus status;
        ht_sources_gate(sources, source, &status);
        source->gate = status.state;
        if (status.state == HT_GATE_PASSED && before != HT_GATE_PASSED) {
            ht_source_renew_host(source, sources->config);
        }
    }
}

static void make_gate(HtSources *sources)
{
    const HtBusConfig *config = &sources->config->bus;
    if (!g_str_equal(config->adapter_check, "on")) {
        ht_log(HT_LOG_WARNING, "bus", "adapter-check is off: adapters serve unchecked");
        return;
    }
    g_autofree char *data = config->data ? g_strdup(config->data) : ht_paths_data(NULL);
    HtGateOptions options = {.state = config->state,
                             .data = data,
                             .mappings = config->mappings,
                             .changed = on_gate,
                             .user = sources};
    sources->gate = ht_gate_new(&options);
}

void ht_sources_tick(HtSources *sources)
{
    if (sources->gate) {
        ht_gate_tick(sources->gate);
    }
}

/* ---- All of them ---- */

static void add_source(HtSources *sources, HtSource *source /* transfer full */)
{
    HtGateStatus status;
    g_autofree char *doubt = ht_source_doubt_memory(source->config);
    if (doubt) {
        ht_log(HT_LOG_WARNING, "bus", "source %s: %s", source->config->name, doubt);
    }
    if (ht_guard_doubt(source->guard)) {
        ht_log(HT_LOG_WARNING, "bus", "source %s: %s", source->config->name, ht_guard_doubt(source->guard));
    }
    g_ptr_array_add(sources->all, source);
    g_hash_table_insert(sources->by_path, g_strconcat("/in/", source->config->name, NULL), source);
    for (char **path = source->config->paths; path && *path; path++) {
        g_hash_table_insert(sources->by_path, g_strdup(*path), source);
    }
    if (sources->gate) {
        const HtGateSource with = {source->adapter_file, source->mapping_file, source->config->division};
        ht_gate_add(sources->gate, &with);
        ht_sources_gate(sources, source, &status);
        source->gate = status.state;
    }
}

HtSources *ht_sources_new(const HtConfig *config, GError **error)
{
    g_autoptr(HtSources) sources = g_new0(HtSources, 1);
    g_autoptr(GString) reasons = g_string_new(NULL);
    sources->config = config;
    sources->all = g_ptr_array_new_with_free_func((GDestroyNotify)ht_source_free);
    sources->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    make_gate(sources);
    for (unsigned i = 0; i < config->sources->len; i++) {
        g_autoptr(GError) reason = NULL;
        HtSource *source = ht_source_new(config, config->sources->pdata[i], &reason);
        if (source) {
            add_source(sources, source);
        } else {
            g_string_append_printf(reasons, "%s%s", reasons->len > 0 ? "\n" : "", reason->message);
        }
    }
    if (reasons->len > 0) {
        g_set_error_literal(error, HT_GUARD_ERROR, 0, reasons->str);
        return NULL;
    }
    return g_steal_pointer(&sources);
}

void ht_sources_free(HtSources *sources)
{
    if (sources) {
        g_clear_pointer(&sources->gate, ht_gate_free);
        g_hash_table_unref(sources->by_path);
        g_ptr_array_unref(sources->all);
        g_free(sources);
    }
}

HtSource *ht_sources_find(const HtSources *sources, const char **path)
{
    void *own = NULL, *source = NULL;
    if (g_hash_table_lookup_extended(sources->by_path, *path, &own, &source)) {
        *path = own;
    }
    return source;
}

unsigned ht_sources_count(const HtSources *sources)
{
    return sources->all->len;
}

HtSource *ht_sources_at(const HtSources *sources, unsigned index)
{
    return sources->all->pdata[index];
}
