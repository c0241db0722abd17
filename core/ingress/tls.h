/* TLS of the public door: GnuTLS, which libmicrohttpd runs. The certificate and its key, also when they are changed while connections are
 * open; what a client shows of itself; bytes past libmicrohttpd. TLS 1.2 and 1.3, with forward secrecy, and nothing older. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/guard/guard.h"

#include <gnutls/abstract.h>
#include <microhttpd.h>

/* What libmicrohttpd is started with. */
#define HT_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:%SERVER_PRECEDENCE"

#define HT_TLS_ERROR (ht_tls_error_quark())
GQuark ht_tls_error_quark(void);

typedef struct HtTls HtTls;

/* Reads `tls-certificate`, `tls-key` and `client-ca`. HT_TLS_ERROR: the file and what is wrong with it. `asks`: clients are asked for a
 * certificate; who has none comes in all the same, as far as the guards let him. The configuration lives longer. */
HtTls *ht_tls_new(const HtBusConfig *bus, bool asks, GError **error);
void ht_tls_free(HtTls *tls);

/* Other files, or other limits, count from here on; a client's certificate is asked for or not. HT_TLS_ERROR: all stays as it is. */
bool ht_tls_change(HtTls *tls, const HtBusConfig *bus, bool asks, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTls, ht_tls_free)

/* The door speaks TLS no more: `bus` is without a certificate. For connections that stand what was read last counts, but for an authority that is
 * `client-ca` no more. Nothing but freeing it may follow, when they are gone. */
void ht_tls_retire(HtTls *tls, const HtBusConfig *bus);

/* Once a second: reads the files anew when one of them is another than before, for the handshakes from then on. What cannot be read is
 * logged, and the former certificate stays. Warns of a certificate that ends soon, once a day. */
void ht_tls_tick(HtTls *tls);

/* When the server's certificate ends: seconds since 1970. */
int64_t ht_tls_expires(const HtTls *tls);

/* It has ended, or does so within 30 days. */
bool ht_tls_ends_soon(const HtTls *tls);

/* How often the files were read anew, and how often they could not be. */
uint64_t ht_tls_reloads(const HtTls *tls);
uint64_t ht_tls_failures(const HtTls *tls);

/* One connection's. */
typedef struct {
    HtTls *tls;
    gnutls_session_t session; /* libmicrohttpd's */
    bool shaken;              /* the handshake is over: the client has proven what it shows */
    HtCertificate *shown;     /* NULL: not looked at yet, or nothing */
    uint64_t looked;          /* which reading of the files it was held against; 0: not looked at yet */
} HtTlsPeer;

/* A connection begins; its peer is the connection's socket context, and stays where it is. */
HtTlsPeer *ht_tls_peer_new(HtTls *tls, struct MHD_Connection *connection);
void ht_tls_peer_free(HtTlsPeer *peer);

/* What the client has shown, held against `client-ca` as it was read last; NULL when nothing. Lives until the next call for the connection. */
const HtCertificate *ht_tls_peer_certificate(HtTlsPeer *peer);

/* Sends what can be sent at once; as send() does. */
ssize_t ht_tls_peer_send(HtTlsPeer *peer, const void *bytes, size_t size);

/* libmicrohttpd's MHD_OPTION_HTTPS_CERT_CALLBACK2. The connection's socket context must be a HtPeer (core/ingress/peers.h). */
int ht_tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **certificates, unsigned *count, gnutls_ocsp_data_st **ocsp,
                    unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags);
