/* Addresses and tokens; see guard.h. Each source and each consumer has one, and the door asks it; `hutong check` makes them
 * to see whether it can. Main-loop thread. */
#include "core/guard/guard.h"

#include "core/config/network.h"
#include "core/guard/token.h"

G_DEFINE_QUARK(ht_guard_error, ht_guard_error)

struct HtGuard {
    bool has_peers;
    GArray *networks; /* of HtNetwork */
    bool has_token;
    HtTokens tokens;
};

/* ---- Making ---- */

static void add_network(HtGuard *guard, const char *text)
{
    HtNetwork network;
    if (ht_network_parse(text, &network)) {
        g_array_append_val(guard->networks, network);
    }
}

HtGuard *ht_guard_new(const HtGuardKeys *keys, GError **error)
{
    g_autoptr(HtGuard) guard = g_new0(HtGuard, 1);
    g_autoptr(GError) reason = NULL;
    guard->networks = g_array_new(FALSE, FALSE, sizeof(HtNetwork));
    guard->has_peers = keys->peers != NULL;
    for (char **peer = keys->peers; peer && *peer; peer++) {
        add_network(guard, *peer);
    }
    guard->has_token = keys->token_file != NULL;
    if (keys->token_file && !ht_tokens_read(keys->token_file, &guard->tokens, &reason)) {
        g_set_error(error, HT_GUARD_ERROR, 0, "%s: error: [%s %s] token-file: %s", keys->place, keys->section,
                    keys->name, reason->message);
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

const char *ht_guard_doubt(const HtGuard *guard)
{
    return guard->tokens.plain
               ? "token-file: it holds the token itself, for everyone who reads the file or a copy of it; "
                 "`hutong token hash` makes the line that should stand there instead"
               : NULL;
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
    if (authorization.size <= skip || g_ascii_strncasecmp(authorization.data, scheme, skip) != 0) {
        return ht_refuse(refusal, "token-missing");
    }
    HtText token = {authorization.data + skip, authorization.size - skip};
    return ht_tokens_have(&guard->tokens, token) || ht_refuse(refusal, "token-wrong");
}

bool ht_guard_admits(const HtGuard *guard, const struct sockaddr *peer, HtText authorization,
                     HtRefusal *refusal)
{
    return check_peer(guard, peer, refusal) &&
           (!guard->has_token || check_token(guard, authorization, refusal));
}
