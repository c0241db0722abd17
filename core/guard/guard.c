/* Addresses and tokens; see guard.h. Each source and each consumer has one, and the door asks it; `hutong check` makes them
 * to see whether it can. Main-loop thread. */
#include "core/guard/guard.h"

#include "core/base/digest.h"
#include "core/config/network.h"

#define TOKEN_MIN_BYTES 16
#define TOKEN_MAX_BYTES 512

G_DEFINE_QUARK(ht_guard_error, ht_guard_error)

struct HtGuard {
    bool has_peers;
    GArray *networks; /* of HtNetwork */
    bool has_token;
    uint8_t token[HT_SHA256]; /* its digest: one length, and not to be shown to others */
};

/* ---- Making ---- */

static void add_network(HtGuard *guard, const char *text)
{
    HtNetwork network;
    if (ht_network_parse(text, &network)) {
        g_array_append_val(guard->networks, network);
    }
}

static bool is_token(const char *text)
{
    size_t size = 0;
    while (g_ascii_isgraph(text[size])) {
        size++;
    }
    return text[size] == '\0' && size >= TOKEN_MIN_BYTES && size <= TOKEN_MAX_BYTES;
}

static bool load_token(HtGuard *guard, const char *file, char **reason)
{
    char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &text, &size, &error)) {
        *reason = g_strdup_printf("token-file: %s", error->message);
        return false;
    }
    char *token = g_strstrip(text);
    guard->has_token = is_token(token);
    if (guard->has_token) {
        ht_sha256(ht_text_from(token), guard->token);
    } else {
        *reason =
            g_strdup_printf("token-file: %s: not a token: %d to %d visible ASCII characters in one line",
                            file, TOKEN_MIN_BYTES, TOKEN_MAX_BYTES);
    }
    explicit_bzero(text, size);
    g_free(text);
    return guard->has_token;
}

HtGuard *ht_guard_new(const HtGuardKeys *keys, GError **error)
{
    g_autoptr(HtGuard) guard = g_new0(HtGuard, 1);
    g_autofree char *reason = NULL;
    guard->networks = g_array_new(FALSE, FALSE, sizeof(HtNetwork));
    guard->has_peers = keys->peers != NULL;
    for (char **peer = keys->peers; peer && *peer; peer++) {
        add_network(guard, *peer);
    }
    if (keys->token_file && !load_token(guard, keys->token_file, &reason)) {
        g_set_error(error, HT_GUARD_ERROR, 0, "%s: error: [%s %s] %s", keys->place, keys->section, keys->name,
                    reason);
        return NULL;
    }
    if (!guard->has_peers && !guard->has_token) {
        add_network(guard, "127.0.0.0/8");
        add_network(guard, "::1");
    }
    return g_steal_pointer(&guard);
}

void ht_guard_free(HtGuard *guard)
{
    if (guard) {
        g_array_unref(guard->networks);
        g_free(guard);
    }
}

/* ---- Asking ---- */

static bool is_known_peer(const HtGuard *guard, const struct sockaddr *peer)
{
    for (guint i = 0; i < guard->networks->len; i++) {
        if (ht_network_has(&g_array_index(guard->networks, HtNetwork, i), peer)) {
            return true;
        }
    }
    return false;
}

static bool check_peer(const HtGuard *guard, const struct sockaddr *peer, HtRefusal *refusal)
{
    if ((guard->has_token && !guard->has_peers) || is_known_peer(guard, peer)) {
        return true;
    }
    if (guard->has_peers) {
        return ht_refuse_with(
            refusal, "peer-refused",
            "This address may not come in here; the administrator names in `peers` those that may.");
    }
    return ht_refuse(refusal, "peer-refused");
}

/* "Bearer TOKEN" (RFC 6750); the scheme in any case. */
static bool check_token(const HtGuard *guard, HtText authorization, HtRefusal *refusal)
{
    static const char scheme[] = "Bearer ";
    const size_t skip = sizeof scheme - 1;
    uint8_t shown[HT_SHA256];
    if (authorization.size <= skip || g_ascii_strncasecmp(authorization.data, scheme, skip) != 0) {
        return ht_refuse(refusal, "token-missing");
    }
    ht_sha256((HtText){authorization.data + skip, authorization.size - skip}, shown);
    return ht_sha256_equal(shown, guard->token) || ht_refuse(refusal, "token-wrong");
}

bool ht_guard_admits(const HtGuard *guard, const struct sockaddr *peer, HtText authorization,
                     HtRefusal *refusal)
{
    return check_peer(guard, peer, refusal) &&
           (!guard->has_token || check_token(guard, authorization, refusal));
}
