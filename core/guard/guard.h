/* Who may come in at the public door for a source or a consumer: from which addresses, and with which token. Held against a
 * request's head, before its body is read. Main-loop thread. */
#pragma once

#include "core/refusal/refusal.h"

#include <glib.h>
#include <sys/socket.h>

typedef struct HtGuard HtGuard;

#define HT_GUARD_ERROR (ht_guard_error_quark())
GQuark ht_guard_error_quark(void);

/* What a section of the configuration says of it. */
typedef struct {
    const char *section, *name; /* "source", "hukou" */
    char **peers;               /* as ht_network_parse() reads them; NULL: see token_file */
    const char *token_file;     /* NULL: no token; without peers, too, only this machine may come in */
    const char *place;          /* "FILE:LINE" of token-file */
} HtGuardKeys;

/* Reads the token file (token.h); only digests stay in memory. HT_GUARD_ERROR when that cannot be read or holds no token:
 * "FILE:LINE: error: [source NAME] …", with its place. */
HtGuard *ht_guard_new(const HtGuardKeys *keys, GError **error);
void ht_guard_free(HtGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtGuard, ht_guard_free)

/* What should be other than it is, for the log and for `hutong check`; NULL when nothing. Lives for ever. */
const char *ht_guard_doubt(const HtGuard *guard);

/* May this request be read on? `peer` is where it comes from, `authorization` what that header says; absent when there is none. False
 * with 403 or 401 in `refusal`. */
bool ht_guard_admits(const HtGuard *guard, const struct sockaddr *peer, HtText authorization,
                     HtRefusal *refusal);
