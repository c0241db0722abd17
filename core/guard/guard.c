/* Addresses, users, tokens and certificates; see guard.h. Each source and each consumer has one, and the door asks it; `hutong check` makes
 * them to see whether it can. Main-loop thread. */
#include "core/guard/guard.h"

#include "core/base/clock.h"
#include "core/config/network.h"
#include "core/guard/token.h"

#include <glib/gi18n.h>

G_DEFINE_QUARK(ht_guard_error, ht_guard_error)

struct HtGuard {
    bool has_peers;
    GArray *networks; /* of HtNetwork */
    HtUsers *users;   /* NULL: not asked for */
    bool has_token;
    HtTokens tokens;
    char **subjects;     /* NULL: not asked for */
    char **fingerprints; /* the same; as HtCertificate has them */
};

/* ---- Making ---- */

static void add_network(HtGuard *guard, const char *text)
{
    HtNetwork network;
    if (ht_network_parse(text, &network)) {
        g_array_append_val(guard->networks, network);
    }
}

static bool fail(const HtGuardKeys *keys, const char *key, const char *reason, GError **error)
{
    g_autofree char *place = keys->place(keys->of, key);
    g_set_error(error, HT_GUARD_ERROR, 0, "%s: error: [%s %s] %s: %s", place, keys->section, keys->name, key,
                reason);
    return false;
}

static bool read_tokens(HtGuard *guard, const HtGuardKeys *keys, GError **error)
{
    g_autoptr(GError) reason = NULL;
    guard->has_token = keys->token_file != NULL;
    return !guard->has_token || ht_tokens_read(keys->token_file, &guard->tokens, &reason) ||
           fail(keys, "token-file", reason->message, error);
}

static bool read_users(HtGuard *guard, const HtGuardKeys *keys, GError **error)
{
    const char *wrong = NULL;
    guard->users = keys->users ? ht_users_new(keys->users, &wrong) : NULL;
    if (!wrong) {
        return true;
    }
    g_autofree char *reason = *wrong == '@' ? g_strdup_printf(_("this machine has no group '%s'"), wrong + 1)
                                            : g_strdup_printf(_("this machine has no user '%s'"), wrong);
    return fail(keys, "users", reason, error);
}

static char *fold_fingerprint(const char *text)
{
    GString *folded = g_string_new(NULL);
    for (; *text; text++) {
        if (*text != ':') {
            g_string_append_c(folded, g_ascii_tolower(*text));
        }
    }
    return g_string_free(folded, FALSE);
}

static void read_certificates(HtGuard *guard, const HtGuardKeys *keys)
{
    guard->subjects = g_strdupv(keys->subjects);
    guard->fingerprints = g_strdupv(keys->fingerprints);
    for (char **text = guard->fingerprints; text && *text; text++) {
        char *folded = fold_fingerprint(*text);
        g_free(*text);
        *text = folded;
    }
}

static bool asks_for_certificate(const HtGuard *guard)
{
    return guard->subjects || guard->fingerprints;
}

HtGuard *ht_guard_new(const HtGuardKeys *keys, GError **error)
{
    g_autoptr(HtGuard) guard = g_new0(HtGuard, 1);
    guard->networks = g_array_new(FALSE, FALSE, sizeof(HtNetwork));
    guard->has_peers = keys->peers != NULL;
    for (char **peer = keys->peers; peer && *peer; peer++) {
        add_network(guard, *peer);
    }
    read_certificates(guard, keys);
    if (!read_tokens(guard, keys, error) || !read_users(guard, keys, error)) {
        return NULL;
    }
    if (!guard->has_peers && !guard->has_token && !guard->users && !asks_for_certificate(guard)) {
        add_network(guard, "127.0.0.0/8");
        add_network(guard, "::1");
    }
    return g_steal_pointer(&guard);
}

void ht_guard_free(HtGuard *guard)
{
    if (guard) {
        g_array_unref(guard->networks);
        ht_users_free(guard->users);
        g_strfreev(guard->subjects);
        g_strfreev(guard->fingerprints);
        g_free(guard);
    }
}

const char *ht_guard_doubt(const HtGuard *guard)
{
    return guard->tokens.plain
               ? _("token-file: it holds the token itself, for everyone who reads the file or a copy of "
                   "it; `hutong token hash` makes the line that should stand there instead")
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
    bool shows_more = guard->has_token || asks_for_certificate(guard);
    if ((shows_more && !guard->has_peers) || is_known_peer(guard, peer)) {
        return true;
    }
    if (guard->has_peers) {
        return ht_refuse_with(
            refusal, "peer-refused",
            "This address may not come in here; the administrator names in `peers` those that may.");
    }
    return ht_refuse(refusal, guard->users ? "user-refused" : "peer-refused");
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

/* A subject says something only of a certificate that the CA vouches for; a fingerprint is that of one certificate, whoever made it. */
static bool is_known_certificate(const HtGuard *guard, const HtCertificate *shown)
{
    int64_t now_s = ht_clock_now() / HT_SECOND;
    if (now_s < shown->begins_s || now_s > shown->expires_s) {
        return false;
    }
    bool known =
        guard->fingerprints && g_strv_contains((const char *const *)guard->fingerprints, shown->fingerprint);
    return known || (guard->subjects && shown->trusted &&
                     g_strv_contains((const char *const *)guard->subjects, shown->subject));
}

static bool check_certificate(const HtGuard *guard, const HtCertificate *shown, HtRefusal *refusal)
{
    if (!shown) {
        return ht_refuse(refusal, "certificate-missing");
    }
    return is_known_certificate(guard, shown) || ht_refuse(refusal, "certificate-refused");
}

/* A user who is named needs nothing more. Where users are not asked for, a token is enough; without one too, only who could read the bus's
 * memory anyway comes in. */
static bool check_user(const HtGuard *guard, const HtVisitor *visitor, HtRefusal *refusal)
{
    if (guard->users) {
        return ht_users_have(guard->users, visitor->credentials) || ht_refuse(refusal, "user-refused");
    }
    if (guard->has_token && !asks_for_certificate(guard)) {
        return check_token(guard, visitor->authorization, refusal);
    }
    return ht_credentials_are_ours(visitor->credentials) || ht_refuse(refusal, "user-refused");
}

bool ht_guard_admits(const HtGuard *guard, const HtVisitor *visitor, HtRefusal *refusal)
{
    if (visitor->credentials) {
        return check_user(guard, visitor, refusal);
    }
    return check_peer(guard, visitor->address, refusal) &&
           (!asks_for_certificate(guard) || check_certificate(guard, visitor->certificate, refusal)) &&
           (!guard->has_token || check_token(guard, visitor->authorization, refusal));
}
