/* Who may come in at the public door for a source or a consumer: from which addresses or as which users of this machine, and with which
 * token and certificate. Held against a request's head, before its body is read. Main-loop thread.
 *
 * Where from: over TCP the address must be one of `peers`; over a unix socket the user one of `users`, who then has shown enough, for the kernel
 * has said who it is. Besides, over TCP, a token and a certificate where they are asked for: all that is asked for must be shown.
 * Where nothing is asked for, this machine may come in; over a unix socket only the bus's own user and root. */
#pragma once

#include "core/base/users.h"
#include "core/refusal/refusal.h"

#include <glib.h>
#include <sys/socket.h>

typedef struct HtGuard HtGuard;

#define HT_GUARD_ERROR (ht_guard_error_quark())
GQuark ht_guard_error_quark(void);

/* What a section of the configuration says of it. Lists end with NULL. */
typedef struct {
    const char *section, *name; /* "source", "hukou" */
    char **peers;               /* as ht_network_parse() reads them */
    char **users;               /* "name", "1001", "@group" */
    const char *token_file;
    char **subjects;     /* distinguished names (RFC 4514) of certificates, */
    char **fingerprints; /* or their SHA-256: 64 hexadecimal digits, with or without colons */
    char *(*place)(const void *of, const char *key); /* "FILE:LINE" of a key; the caller frees */
    const void *of;
} HtGuardKeys;

/* What a client's certificate says. */
typedef struct {
    char *subject;        /* RFC 4514 */
    char fingerprint[65]; /* SHA-256, small letters */
    bool trusted;         /* it leads to `client-ca` and is for clients */
    int64_t begins_s, expires_s;
} HtCertificate;

/* Who is at the door. */
typedef struct {
    const struct sockaddr *address;   /* not looked at with credentials */
    const HtCredentials *credentials; /* of a unix socket; NULL: it came over TCP */
    const HtCertificate *certificate; /* NULL: none */
    HtText authorization;             /* what that header says; absent when there is none */
} HtVisitor;

/* Reads the token file (token.h), of which only digests stay in memory, and looks users and groups up. HT_GUARD_ERROR: "FILE:LINE: error:
 * [source NAME] …", with the key's place. */
HtGuard *ht_guard_new(const HtGuardKeys *keys, GError **error);
void ht_guard_free(HtGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtGuard, ht_guard_free)

/* What should be other than it is, for the log and for `hutong check`; NULL when nothing. Lives for ever. */
const char *ht_guard_doubt(const HtGuard *guard);

/* May this request be read on? False with 403 or 401 in `refusal`. */
bool ht_guard_admits(const HtGuard *guard, const HtVisitor *visitor, HtRefusal *refusal);
