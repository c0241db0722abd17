/* One source; see source.h. Main-loop thread. */
#include "core/source/source.h"

#include "core/source/host.h"

HtSource *ht_source_new(const HtConfig *config, const HtSourceConfig *source, GError **error)
{
    HtGuard *guard = ht_source_guard(source, error);
    if (!guard) {
        return NULL;
    }
    HtSource *made = g_new0(HtSource, 1);
    made->config = source;
    made->adapter_file = ht_source_adapter(config, source);
    made->mapping_file = ht_source_mapping(config, source);
    made->host = ht_source_host(config, source);
    made->gate = HT_GATE_PASSED;
    made->guard = guard;
    made->share = ht_share_new();
    return made;
}

static char *place_of(const void *source, const char *key)
{
    return ht_source_place(source, key);
}

HtGuard *ht_source_guard(const HtSourceConfig *source, GError **error)
{
    const HtGuardKeys keys = {.section = "source",
                              .name = source->name,
                              .peers = source->peers,
                              .users = source->users,
                              .token_file = source->token_file,
                              .subjects = source->client_subjects,
                              .fingerprints = source->client_fingerprints,
                              .place = place_of,
                              .of = source};
    return ht_guard_new(&keys, error);
}

void ht_source_free(HtSource *source)
{
    if (source) {
        ht_host_free(source->host);
        ht_guard_free(source->guard);
        ht_share_unref(source->share);
        g_free(source->adapter_file);
        g_free(source->mapping_file);
        g_free(source);
    }
}

void ht_source_renew_host(HtSource *source, const HtConfig *config)
{
    ht_host_free(source->host);
    source->host = ht_source_host(config, source->config);
}

bool ht_source_admits(const HtSource *source, HtRefusal *refusal)
{
    switch (source->gate) {
    case HT_GATE_CHECKING: return ht_refuse(refusal, "adapter-being-checked");
    case HT_GATE_FAILED: return ht_refuse(refusal, "adapter-failed-check");
    case HT_GATE_PASSED: break;
    }
    return true;
}
