/* All sources; see sources.h. Main-loop thread.
 *
 * A source that a reload replaces is retired: nothing new finds it, and it is freed by a tick, when no message and no request holds it any
 * more. What the gate says goes for retired ones, too. */
#include "core/source/sources.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/kit/digest.h"
#include "core/source/host.h"

/* What one configuration makes. */
typedef struct {
    HtConfig *config;
    HtWords words;       /* where they are, */
    char *data_digest;   /* and what stands there */
    char *gate_settings; /* all that the gate answers for: the same for the same */
    GPtrArray *all;      /* of HtSource */
    GHashTable *by_path; /* path → HtSource */
    HtGate *gate;        /* NULL: adapters serve unchecked */
} Set;

typedef struct {
    HtSource *source;
    int64_t until_us; /* monotonic: then its host ends */
} Retired;

struct HtSources {
    Set now;
    GArray *retired; /* of Retired */
};

struct HtSourcesChange {
    Set next;          /* its gate is NULL where that of the sources goes on */
    GPtrArray *guards; /* of HtGuard, as `next.all`: NULL for those that are new */
    HtSources *of;
    bool has_own_gate;
};

/* ---- The gate ---- */

static HtGateSource of_gate(const HtSource *source)
{
    return (HtGateSource){source->adapter_file, source->mapping_file, source->config->division};
}

bool ht_sources_gate(const HtSources *sources, const HtSource *source, HtGateStatus *status)
{
    const HtGateSource with = of_gate(source);
    if (sources->now.gate) {
        ht_gate_status(sources->now.gate, &with, status);
    }
    return sources->now.gate != NULL;
}

/* Of a retired source the gate may know nothing any more. */
static void look_at_gate(const HtSources *sources, HtSource *source)
{
    HtGateState before = source->gate;
    HtGateStatus status;
    if (ht_sources_gate(sources, source, &status)) {
        source->gate = status.state;
        if (status.state == HT_GATE_PASSED && before != HT_GATE_PASSED) {
            ht_source_renew_host(source);
        }
    }
}

static bool is_known_to(const HtGate *gate, const HtSource *source)
{
    const HtGateSource with = of_gate(source);
    return gate && ht_gate_has(gate, &with);
}

static void on_gate(void *user)
{
    HtSources *sources = user;
    for (unsigned i = 0; i < sources->now.all->len; i++) {
        look_at_gate(sources, sources->now.all->pdata[i]);
    }
    for (unsigned i = 0; i < sources->retired->len; i++) {
        HtSource *source = g_array_index(sources->retired, Retired, i).source;
        if (is_known_to(sources->now.gate, source)) {
            look_at_gate(sources, source);
        }
    }
}

static bool is_checked(const HtConfig *config)
{
    return g_str_equal(config->bus.adapter_check, "on");
}

static char *write_gate_settings(const Set *set)
{
    const HtBusConfig *bus = &set->config->bus;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s\n%s\n%s\n%s\n", bus->adapter_check, set->words.data, set->data_digest,
                           bus->mappings ? bus->mappings : "");
    for (unsigned i = 0; i < set->all->len; i++) {
        const HtGateSource with = of_gate(set->all->pdata[i]);
        g_string_append_printf(text, "%s\n%s\n%s\n", with.adapter, with.mapping,
                               with.division ? with.division : "");
    }
    return g_string_free(text, FALSE);
}

static void make_gate(HtSources *sources, Set *set)
{
    HtGateOptions options = {.state = set->config->bus.state,
                             .data = set->words.data,
                             .mappings = set->config->bus.mappings,
                             .changed = on_gate,
                             .user = sources};
    if (!is_checked(set->config)) {
        ht_log(HT_LOG_WARNING, "bus", "adapter-check is off: adapters serve unchecked");
        return;
    }
    set->gate = ht_gate_new(&options);
    for (unsigned i = 0; i < set->all->len; i++) {
        const HtGateSource with = of_gate(set->all->pdata[i]);
        ht_gate_add(set->gate, &with);
    }
}

/* ---- What one configuration makes ---- */

static void clear_set(Set *set)
{
    g_clear_pointer(&set->gate, ht_gate_free);
    g_clear_pointer(&set->by_path, g_hash_table_unref);
    g_clear_pointer(&set->all, g_ptr_array_unref);
    g_clear_pointer(&set->config, ht_config_free);
    ht_words_clear(&set->words);
    g_clear_pointer(&set->data_digest, g_free);
    g_clear_pointer(&set->gate_settings, g_free);
}

static void begin_set(Set *set, const HtConfig *config)
{
    set->config = ht_config_hold(config);
    set->words = ht_source_words(config);
    set->data_digest = ht_kit_digest_data(set->words.data, set->words.site);
    set->all = g_ptr_array_new_with_free_func((GDestroyNotify)ht_source_free);
    set->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void doubt(const HtSource *source, const HtGuard *guard)
{
    g_autofree char *memory = ht_source_doubt_memory(source->config);
    if (memory) {
        ht_log(HT_LOG_WARNING, "bus", "source %s: %s", source->config->name, memory);
    }
    if (ht_guard_doubt(guard)) {
        ht_log(HT_LOG_WARNING, "bus", "source %s: %s", source->config->name, ht_guard_doubt(guard));
    }
}

static void add_source(Set *set, HtSource *source /* transfer full */)
{
    g_ptr_array_add(set->all, source);
    g_hash_table_insert(set->by_path, g_strconcat("/in/", source->config->name, NULL), source);
    for (char **path = source->config->paths; path && *path; path++) {
        g_hash_table_insert(set->by_path, g_strdup(*path), source);
    }
}

static HtSource *find_by_name(const Set *set, const char *name)
{
    for (unsigned i = 0; set->all && i < set->all->len; i++) {
        HtSource *source = set->all->pdata[i];
        if (g_str_equal(source->config->name, name)) {
            return source;
        }
    }
    return NULL;
}

/* The one that there is, where its settings are the same; `guard` is who may send to it from now on. */
static HtSource *make_source(const Set *set, const Set *former, const HtSourceConfig *config, HtGuard **guard,
                             GError **error)
{
    HtSource *before = find_by_name(former, config->name);
    g_autofree char *settings = ht_source_settings(set->config, config, set->data_digest);
    if (before && g_str_equal(before->settings, settings)) {
        *guard = ht_source_guard(config, error);
        return *guard ? ht_source_hold(before) : NULL;
    }
    HtSource *made = ht_source_new(set->config, config, before, error);
    if (made) {
        made->settings = g_steal_pointer(&settings);
    }
    return made;
}

static bool fill_set(Set *set, const Set *former, GPtrArray *guards, GError **error)
{
    g_autoptr(GString) reasons = g_string_new(NULL);
    for (unsigned i = 0; i < set->config->sources->len; i++) {
        g_autoptr(GError) reason = NULL;
        HtGuard *guard = NULL;
        HtSource *source = make_source(set, former, set->config->sources->pdata[i], &guard, &reason);
        if (source) {
            doubt(source, guard ? guard : source->guard);
            add_source(set, source);
            g_ptr_array_add(guards, guard);
        } else {
            g_string_append_printf(reasons, "%s%s", reasons->len > 0 ? "\n" : "", reason->message);
        }
    }
    set->gate_settings = write_gate_settings(set);
    if (reasons->len > 0) {
        g_set_error_literal(error, HT_GUARD_ERROR, 0, reasons->str);
    }
    return reasons->len == 0;
}

/* ---- All of them ---- */

HtSources *ht_sources_new(const HtConfig *config, GError **error)
{
    static const Set nothing = {.all = NULL};
    g_autoptr(HtSources) sources = g_new0(HtSources, 1);
    g_autoptr(GPtrArray) guards = g_ptr_array_new();
    sources->retired = g_array_new(FALSE, FALSE, sizeof(Retired));
    begin_set(&sources->now, config);
    if (!fill_set(&sources->now, &nothing, guards, error)) {
        return NULL;
    }
    make_gate(sources, &sources->now);
    HtGateStatus status;
    for (unsigned i = 0; i < sources->now.all->len; i++) {
        HtSource *source = sources->now.all->pdata[i];
        source->gate = ht_sources_gate(sources, source, &status) ? status.state : HT_GATE_PASSED;
    }
    return g_steal_pointer(&sources);
}

void ht_sources_free(HtSources *sources)
{
    if (!sources) {
        return;
    }
    for (unsigned i = 0; i < sources->now.all->len; i++) {
        ht_source_end(sources->now.all->pdata[i]);
    }
    for (unsigned i = 0; i < sources->retired->len; i++) {
        HtSource *source = g_array_index(sources->retired, Retired, i).source;
        ht_source_end(source);
        ht_source_free(source);
    }
    g_array_unref(sources->retired);
    clear_set(&sources->now);
    g_free(sources);
}

static void look_at_retired(HtSources *sources)
{
    int64_t now_us = ht_clock_monotonic();
    for (unsigned i = sources->retired->len; i-- > 0;) {
        const Retired *retired = &g_array_index(sources->retired, Retired, i);
        if (retired->source->holders > 1 && now_us < retired->until_us) {
            continue;
        }
        ht_source_end(retired->source);
        ht_source_free(retired->source);
        g_array_remove_index_fast(sources->retired, i);
    }
}

void ht_sources_tick(HtSources *sources)
{
    if (sources->now.gate) {
        ht_gate_tick(sources->now.gate);
    }
    look_at_retired(sources);
}

HtSource *ht_sources_find(const HtSources *sources, const char **path)
{
    void *own = NULL, *source = NULL;
    if (g_hash_table_lookup_extended(sources->now.by_path, *path, &own, &source)) {
        *path = own;
    }
    return source;
}

unsigned ht_sources_count(const HtSources *sources)
{
    return sources->now.all->len;
}

HtSource *ht_sources_at(const HtSources *sources, unsigned index)
{
    return sources->now.all->pdata[index];
}

/* ---- Another configuration ---- */

HtSourcesChange *ht_sources_prepare(HtSources *sources, const HtConfig *config, GError **error)
{
    g_autoptr(HtSourcesChange) change = g_new0(HtSourcesChange, 1);
    change->of = sources;
    change->guards = g_ptr_array_new_with_free_func((GDestroyNotify)ht_guard_free);
    begin_set(&change->next, config);
    if (!fill_set(&change->next, &sources->now, change->guards, error)) {
        return NULL;
    }
    change->has_own_gate = !g_str_equal(change->next.gate_settings, sources->now.gate_settings);
    if (change->has_own_gate) {
        make_gate(sources, &change->next);
    }
    return g_steal_pointer(&change);
}

bool ht_sources_change_has_other_data(const HtSourcesChange *change)
{
    const Set *now = &change->of->now, *next = &change->next;
    return !g_str_equal(now->words.data, next->words.data) ||
           g_strcmp0(now->words.site, next->words.site) != 0 ||
           !g_str_equal(now->data_digest, next->data_digest);
}

/* One that serves now, or did not before, must have passed; what takes nothing now need not. */
static bool is_to_pass(const HtSourcesChange *change, unsigned index)
{
    const HtSource *source = change->next.all->pdata[index];
    bool kept = change->guards->pdata[index] != NULL;
    return !kept || source->gate == HT_GATE_PASSED;
}

HtGateState ht_sources_change_look(HtSourcesChange *change, char **reason)
{
    HtGate *gate = change->has_own_gate ? change->next.gate : change->of->now.gate;
    HtGateState all = HT_GATE_PASSED;
    if (change->next.gate) {
        ht_gate_tick(change->next.gate);
    }
    for (unsigned i = 0; gate && i < change->next.all->len; i++) {
        const HtSource *source = change->next.all->pdata[i];
        const HtGateSource with = of_gate(source);
        HtGateStatus status;
        ht_gate_status(gate, &with, &status);
        if (status.state == HT_GATE_FAILED && is_to_pass(change, i)) {
            *reason = g_strdup_printf(
                "[source %s] %s failed its check: %s. To see all: %s", source->config->name,
                status.mapping ? status.mapping : source->config->adapter, status.reason, status.command);
            return HT_GATE_FAILED;
        }
        if (status.state == HT_GATE_CHECKING && is_to_pass(change, i)) {
            all = HT_GATE_CHECKING;
        }
    }
    return all;
}

static void retire(HtSources *sources, const Set *next)
{
    int64_t until_us = ht_clock_monotonic() + (int64_t)next->config->bus.reload_drain_ms * 1000;
    for (unsigned i = 0; i < sources->now.all->len; i++) {
        HtSource *source = sources->now.all->pdata[i];
        if (!g_ptr_array_find(next->all, source, NULL)) {
            source->replaced = true;
            Retired retired = {ht_source_hold(source), until_us};
            g_array_append_val(sources->retired, retired);
        }
    }
}

void ht_sources_commit(HtSources *sources, HtSourcesChange *change)
{
    Set *next = &change->next;
    retire(sources, next);
    for (unsigned i = 0; i < next->all->len; i++) {
        HtSource *source = next->all->pdata[i];
        if (change->guards->pdata[i]) {
            ht_guard_free(source->guard);
            source->guard = g_steal_pointer(&change->guards->pdata[i]);
        }
    }
    if (!change->has_own_gate) {
        next->gate = g_steal_pointer(&sources->now.gate);
    }
    clear_set(&sources->now);
    sources->now = *next;
    *next = (Set){.all = NULL};
    for (unsigned i = 0; i < sources->now.all->len; i++) {
        HtGateStatus status;
        HtSource *source = sources->now.all->pdata[i];
        source->gate = ht_sources_gate(sources, source, &status) ? status.state : HT_GATE_PASSED;
    }
    ht_sources_change_free(change);
}

void ht_sources_change_free(HtSourcesChange *change)
{
    clear_set(&change->next);
    g_ptr_array_unref(change->guards);
    g_free(change);
}
