/* HTTP out: libcurl's multi interface on the GLib main loop. Rules of HARDENING: http and https only, no redirects, no
 * proxy from the environment, bounded answers, every time bounded, certificates verified. Main-loop thread. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>
#include <sys/socket.h>

typedef struct HtSender HtSender;

HtSender *ht_sender_new(void);
void ht_sender_free(HtSender *sender); /* requests under way are dropped: `drop` runs for each */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSender, ht_sender_free)

#define HT_POST_WANTED 2

/* What is shown over TLS and what must be shown; each may be NULL. Files are PEM, and read with each connection: one that was changed counts from then
 * on. */
typedef struct {
    const char *ca;                /* authorities that vouch for the other side; NULL: the system's */
    const char *certificate, *key; /* of ours */
    const char *pin; /* "sha256//BASE64" of the other side's public key, several separated by ';' */
} HtPostTls;

typedef struct {
    const char *url;
    const HtPostTls
        *tls; /* lives as long as the sender; NULL: the system's authorities, no certificate of ours */
    const char *method;                 /* NULL: POST; another has no body */
    const char *content_type;           /* NULL: without */
    const char *wanted[HT_POST_WANTED]; /* names of the answer's headers that are asked for; static */
    const char *const *headers;         /* "Name: value", NULL-terminated; may be NULL; copied */
    HtBuffer body;                      /* transfer full */
    uint64_t timeout_ms, connect_timeout_ms;
    void (*drop)(void *user); /* runs instead of `done` when the sender is freed first */
} HtPost;

typedef struct {
    long status;             /* 0 when no answer came */
    const char *error;       /* words for "no answer came"; NULL otherwise */
    bool unsent;             /* no answer came, and nothing of the request had gone out */
    uint64_t retry_after_ms; /* 0 when the answer asked for nothing */
    HtText body; /* the beginning of the answer, at most 1 KB; of what is over 64 KB nothing is read */
    uint64_t took_us;
    struct {
        const char *value; /* NULL: it is not there */
        bool repeated;     /* it is there more than once: this is the first */
    } wanted[HT_POST_WANTED];
} HtPosted;

/* An empty buffer for a post's body, with the memory of a former one. transfer full. */
HtBuffer ht_sender_body(HtSender *sender);

/* Posts. `done` runs once, later, from the main loop; or `drop` does. */
void ht_sender_post(HtSender *sender, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                    void *user);

/* The configuration names the host; its name may still resolve to where nothing of ours may go: link-local addresses
 * (cloud metadata), multicast, "this network"; IPv4 in the clothes of IPv6 too. */
bool ht_sender_forbids(const struct sockaddr *address);
