/* One source; see source.h. Main-loop thread. */
#include "core/source/source.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/config/compare.h"

#include <glib/gi18n.h>

static HtSourceFigures *begin_figures(void)
{
    HtSourceFigures *figures = g_rc_box_new0(HtSourceFigures);
    figures->since_us = ht_clock_now();
    return figures;
}

HtSource *ht_source_new(const HtConfig *config, const HtSourceConfig *source, const HtSource *former,
                        GError **error)
{
    HtGuard *guard = ht_source_guard(source, error);
    if (!guard) {
        return NULL;
    }
    g_autoptr(GError) reason = NULL;
    HtUsernames *usernames = ht_source_usernames(source, &reason);
    if (reason) {
        ht_guard_free(guard);
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    g_auto(HtSourceSigners) signers = {NULL, NULL};
    if (!ht_source_signers(source, &signers, error)) {
        ht_guard_free(guard);
        ht_usernames_free(usernames);
        return NULL;
    }
    HtSource *made = g_new0(HtSource, 1);
    made->all = ht_config_hold(config);
    made->usernames = usernames;
    if (usernames && former && former->usernames) {
        ht_usernames_follow(usernames, former->usernames);
    }
    made->config = source;
    made->adapter_file = ht_source_adapter(config, source);
    made->mapping_file = ht_source_mapping(config, source);
    made->signers = signers;
    signers = (HtSourceSigners){NULL, NULL};
    made->host = ht_source_host(config, source, &made->signers);
    made->gate = HT_GATE_PASSED;
    made->guard = guard;
    made->figures = former ? g_rc_box_acquire(former->figures) : begin_figures();
    made->share = former ? ht_share_ref(former->share) : ht_share_new();
    made->holders = 1;
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

HtSource *ht_source_hold(HtSource *source)
{
    source->holders++;
    return source;
}

void ht_source_end(HtSource *source)
{
    g_clear_pointer(&source->host, ht_host_free);
}

HtUsernames *ht_source_usernames(const HtSourceConfig *source, GError **error)
{
    g_autoptr(GError) reason = NULL;
    HtUsernames *usernames = source->username_file
                                 ? ht_usernames_new(source->username_file, source->username_age_ms,
                                                    source->username_nonces, &reason)
                                 : NULL;
    if (reason) {
        g_autofree char *place = place_of(source, "username-file");
        g_set_error(error, HT_GUARD_ERROR, 0, _("%s: error: [source %s] username-file: %s"), place,
                    source->name, reason->message);
    }
    return usernames;
}

void ht_source_free(HtSource *source)
{
    if (source && --source->holders == 0) {
        ht_source_end(source);
        ht_guard_free(source->guard);
        g_clear_pointer(&source->usernames, ht_usernames_free);
        ht_source_signers_clear(&source->signers);
        ht_share_unref(source->share);
        g_free(source->adapter_file);
        g_rc_box_release(source->figures);
        ht_config_free(source->all);
        g_free(source->settings);
        g_free(source->mapping_file);
        g_free(source);
    }
}

void ht_source_renew_host(HtSource *source)
{
    if (source->host) {
        ht_host_free(source->host);
        source->host = ht_source_host(source->all, source->config, &source->signers);
    }
}

/* ---- What it runs by ---- */

/* Its digest; of what cannot be read only the name. */
static void add_file(GString *text, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size;
    char hex[HT_SHA256_HEX] = "";
    if (path && g_file_get_contents(path, &bytes, &size, NULL)) {
        ht_sha256_hex((HtText){bytes, size}, hex);
        explicit_bzero(bytes, size); /* it may be of passwords */
    }
    g_string_append_printf(text, "%s %s\n", path ? path : "", hex);
}

char *ht_source_settings(const HtConfig *config, const HtSourceConfig *source, const char *data)
{
    static const char *const who[] = {"token-file",         "peers",         "users", "client-subject",
                                      "client-fingerprint", "trust-address", NULL};
    g_autofree char *keys = ht_config_section_text(HT_SECTION_SOURCE, source, who);
    g_autofree char *adapter = ht_source_adapter(config, source),
                    *mapping = ht_source_mapping(config, source);
    GString *text = g_string_new(keys);
    add_file(text, adapter);
    add_file(text, mapping);
    add_file(text, source->username_file);
    add_file(text, source->signature_ca);
    add_file(text, source->signature_certificate);
    g_auto(HtWords) words = ht_source_words(config);
    g_string_append_printf(text, "%s\n%s\n%s\n%s\n", config->bus.require_box, words.data,
                           words.site ? words.site : "", data);
    return g_string_free(text, FALSE);
}

bool ht_source_admits(const HtSource *source, HtRefusal *refusal)
{
    if (!source->host) {
        return ht_refuse(refusal, "source-changed");
    }
    switch (source->gate) {
    case HT_GATE_CHECKING: return ht_refuse(refusal, "adapter-being-checked");
    case HT_GATE_FAILED: return ht_refuse(refusal, "adapter-failed-check");
    case HT_GATE_PASSED: break;
    }
    return true;
}
