/* Refusals of what the host or the spool could not do. Main-loop thread. */
#include "core/refusal/refusal.h"
#include "plugins/supervisor.h"
#include "spool/spool.h"

#include <glib.h>

static const char *const host_codes[] = {
    [HT_HOST_ERROR_BUSY] = "busy",
    [HT_HOST_ERROR_DOWN] = "adapter-down",
    [HT_HOST_ERROR_LOST] = "adapter-died",
    [HT_HOST_ERROR_QUARANTINE] = "adapter-failed",
    [HT_HOST_ERROR_ADAPTER] = "adapter-broken",
    [HT_HOST_ERROR_STOPPED] = "stopping",
    [HT_HOST_ERROR_MEMORY] = "no-memory",
    [HT_HOST_ERROR_SERVICE] = "unknown-service",
};

/* NULL: neither's error. */
static const char *code_of(const GError *error)
{
    if (error->domain == HT_HOST_ERROR && (size_t)error->code < G_N_ELEMENTS(host_codes)) {
        return host_codes[error->code];
    }
    if (error->domain != HT_SPOOL_ERROR) {
        return NULL;
    }
    switch (error->code) {
    case HT_SPOOL_ERROR_FULL: return "spool-full";
    case HT_SPOOL_ERROR_CAPPED: return "spool-capped";
    case HT_SPOOL_ERROR_BUSY: return "busy";
    case HT_SPOOL_ERROR_MESSAGE: return "too-large-to-keep";
    default: return "spool-failed";
    }
}

/* Who is busy says how many may wait, who has no memory how much there is. One text for each limit that is configured, which lives for
 * ever. */
static const char *name_limit(const char *before, const GError *error, const char *behind)
{
    g_autofree char *text = g_strconcat(before, error->message, behind, NULL);
    return g_intern_string(text);
}

bool ht_refuse_error(HtRefusal *refusal, const GError *error)
{
    const char *code = code_of(error);
    if (!code) {
        return ht_refuse_with(refusal, "adapter-failed",
                              "The source's adapter gave back something that is not an event; nothing was "
                              "taken. The administrator must mend it.");
    }
    if (g_str_equal(code, "busy")) {
        return ht_refuse_with(refusal, code,
                              name_limit("The bus is busy: ", error, ". Nothing was taken; send it again."));
    }
    if (g_str_equal(code, "no-memory")) {
        return ht_refuse_with(refusal, code,
                              name_limit("The message is too large: ", error,
                                         ". Nothing was taken; send its records in several messages."));
    }
    return g_str_equal(code, "unknown-service") ? ht_refuse_with(refusal, code, error->message)
                                                : ht_refuse(refusal, code);
}
