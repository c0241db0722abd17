/* TLS of the public door; see tls.h. Owned by the door; main-loop thread.
 *
 * A certificate that is replaced is kept for a while: a handshake that has begun with it may still need it, and is over by `tls-handshake`
 * (core/ingress/peers.c). */
#include "core/ingress/tls.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/private.h"
#include "core/ingress/peers.h"

#include <glib/gi18n.h>
#include <gnutls/x509.h>
#include <sys/stat.h>

#define FILE_MAX (256 * 1024)
#define CHAIN_MAX 8
#define SOON_S (INT64_C(30) * 24 * 3600)
#define DAY_US (INT64_C(24) * 3600 * HT_SECOND)

G_DEFINE_QUARK(ht_tls_error, ht_tls_error)

/* Of one time that the files were read. */
typedef struct {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t trust; /* NULL: no client-ca */
    int64_t expires_s;
    int64_t until_us; /* monotonic: then nobody needs it any more; of a former one */
} Certificate;

typedef struct {
    const char *path; /* NULL: not configured */
    struct timespec changed;
    ino_t number;
    off_t size;
} Watched;

enum { CERTIFICATE, KEY, CLIENT_CA, FILES };

struct HtTls {
    const HtBusConfig *bus;
    bool asks;
    Certificate *now;
    uint64_t generation; /* of it: another with each that is read, 1 of the first */
    GQueue former;       /* of Certificate, with `until_us` rising */
    Watched files[FILES];
    int64_t next_read_us, next_warning_us; /* monotonic */
    uint64_t reloads, failures;
};

/* ---- Reading ---- */

static bool fail(GError **error, const char *path, const char *what, int code)
{
    g_set_error(error, HT_TLS_ERROR, 0, "\"%s\": %s: %s", path, what, gnutls_strerror(code));
    return false;
}

static bool read_file(const char *path, HtPrivateKind kind, gnutls_datum_t *text, GError **error)
{
    size_t size = 0;
    g_autoptr(GError) reason = NULL;
    text->data = (unsigned char *)ht_private_read(path, kind, FILE_MAX, &size, &reason);
    text->size = (unsigned)size;
    if (!text->data) {
        g_set_error_literal(error, HT_TLS_ERROR, 0, reason->message);
    }
    return text->data != NULL;
}

static void forget(gnutls_datum_t *text)
{
    if (text->data) {
        explicit_bzero(text->data, text->size);
        g_free(text->data);
    }
}

static void free_certificate(Certificate *certificate)
{
    if (!certificate) {
        return;
    }
    for (unsigned i = 0; i < certificate->count; i++) {
        gnutls_pcert_deinit(&certificate->chain[i]);
    }
    if (certificate->key) {
        gnutls_privkey_deinit(certificate->key);
    }
    if (certificate->trust) {
        gnutls_x509_trust_list_deinit(certificate->trust, 1);
    }
    g_free(certificate);
}

static bool check_pair(const HtBusConfig *bus, const gnutls_datum_t *chain, const gnutls_datum_t *key,
                       GError **error)
{
    gnutls_certificate_credentials_t pair;
    gnutls_certificate_allocate_credentials(&pair);
    int code = gnutls_certificate_set_x509_key_mem2(pair, chain, key, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_certificate_free_credentials(pair);
    return code >= 0 ||
           fail(error, bus->tls_certificate,
                _("tls-certificate and tls-key must be a certificate (PEM, its chain behind it) and its key"),
                code);
}

static bool import(const HtBusConfig *bus, Certificate *made, const gnutls_datum_t *chain,
                   const gnutls_datum_t *key, GError **error)
{
    gnutls_x509_crt_t list[CHAIN_MAX];
    unsigned count = CHAIN_MAX;
    int code = gnutls_x509_crt_list_import(list, &count, chain, GNUTLS_X509_FMT_PEM,
                                           GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (code < 0) {
        return fail(error, bus->tls_certificate, "tls-certificate", code);
    }
    made->expires_s = gnutls_x509_crt_get_expiration_time(list[0]);
    for (unsigned i = 0; i < count; i++) {
        if (gnutls_pcert_import_x509(&made->chain[made->count], list[i], 0) == 0) {
            made->count++;
        }
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_privkey_init(&made->key);
    code = gnutls_privkey_import_x509_raw(made->key, key, GNUTLS_X509_FMT_PEM, NULL, 0);
    return code >= 0 || fail(error, bus->tls_key, "tls-key", code);
}

static bool import_trust(const HtBusConfig *bus, Certificate *made, GError **error)
{
    gnutls_datum_t text = {NULL, 0};
    if (!bus->client_ca) {
        return true;
    }
    if (!read_file(bus->client_ca, HT_PRIVATE_OBEYED, &text, error)) {
        return false;
    }
    gnutls_x509_trust_list_init(&made->trust, 0);
    int count = gnutls_x509_trust_list_add_trust_mem(made->trust, &text, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
    forget(&text);
    return count > 0 || fail(error, bus->client_ca, _("client-ca: no certificate in it"), count);
}

static Certificate *load(const HtBusConfig *bus, GError **error)
{
    gnutls_datum_t chain = {NULL, 0}, key = {NULL, 0};
    Certificate *made = g_new0(Certificate, 1);
    bool good = read_file(bus->tls_certificate, HT_PRIVATE_OBEYED, &chain, error) &&
                read_file(bus->tls_key, HT_PRIVATE_SECRET, &key, error) &&
                check_pair(bus, &chain, &key, error) && import(bus, made, &chain, &key, error) &&
                import_trust(bus, made, error);
    forget(&chain);
    forget(&key);
    if (!good) {
        g_clear_pointer(&made, free_certificate);
    }
    return made;
}

/* ---- When files change ---- */

/* Whether one is another than at the last look, which this is now. */
static bool look_at_files(HtTls *tls)
{
    bool changed = false;
    for (unsigned i = 0; i < FILES; i++) {
        Watched *file = &tls->files[i];
        struct stat info;
        if (!file->path || stat(file->path, &info) != 0) {
            continue; /* on its way: the next look finds it */
        }
        changed |= file->number != info.st_ino || file->size != info.st_size ||
                   file->changed.tv_sec != info.st_ctim.tv_sec ||
                   file->changed.tv_nsec != info.st_ctim.tv_nsec;
        file->number = info.st_ino;
        file->size = info.st_size;
        file->changed = info.st_ctim;
    }
    return changed;
}

static void replace(HtTls *tls, Certificate *made)
{
    tls->now->until_us = ht_clock_monotonic() + 2 * (int64_t)tls->bus->tls_handshake_ms * 1000;
    g_queue_push_tail(&tls->former, tls->now);
    tls->now = made;
    tls->generation++;
    tls->next_warning_us = 0;
}

static void free_former(HtTls *tls, int64_t now_us)
{
    Certificate *oldest;
    while ((oldest = g_queue_peek_head(&tls->former)) && oldest->until_us <= now_us) {
        free_certificate(g_queue_pop_head(&tls->former));
    }
}

static void read_anew(HtTls *tls)
{
    g_autoptr(GError) error = NULL;
    Certificate *made = load(tls->bus, &error);
    if (!made) {
        tls->failures++;
        ht_log(HT_LOG_WARNING, "ingress",
               "the certificate was changed and cannot be taken, the former one stays: %s", error->message);
        return;
    }
    tls->reloads++;
    replace(tls, made);
    ht_log(HT_LOG_INFO, "ingress", "the certificate was changed: handshakes have the new one");
}

static void warn_of_end(HtTls *tls, int64_t now_us)
{
    int64_t left_s = tls->now->expires_s - ht_clock_now() / HT_SECOND;
    if (left_s >= SOON_S || now_us < tls->next_warning_us) {
        return;
    }
    tls->next_warning_us = now_us + DAY_US;
    if (left_s <= 0) {
        ht_log(HT_LOG_ERROR, "ingress", "the certificate \"%s\" has ended: clients refuse it",
               tls->bus->tls_certificate);
    } else {
        ht_log(HT_LOG_WARNING, "ingress",
               "the certificate \"%s\" ends in %" G_GINT64_FORMAT " days: renew it",
               tls->bus->tls_certificate, left_s / (24 * 3600));
    }
}

void ht_tls_tick(HtTls *tls)
{
    int64_t now_us = ht_clock_monotonic();
    free_former(tls, now_us);
    if (now_us >= tls->next_read_us && look_at_files(tls)) {
        tls->next_read_us = now_us + 2 * (int64_t)tls->bus->tls_handshake_ms * 1000;
        read_anew(tls);
    }
    warn_of_end(tls, now_us);
}

static void watch_files(HtTls *tls)
{
    tls->files[CERTIFICATE].path = tls->bus->tls_certificate;
    tls->files[KEY].path = tls->bus->tls_key;
    tls->files[CLIENT_CA].path = tls->bus->client_ca;
    look_at_files(tls);
}

static bool have_same_files(const HtBusConfig *a, const HtBusConfig *b)
{
    return g_strcmp0(a->tls_certificate, b->tls_certificate) == 0 && g_strcmp0(a->tls_key, b->tls_key) == 0 &&
           g_strcmp0(a->client_ca, b->client_ca) == 0;
}

/* What has changed in the same files is read at once: who is sent away meanwhile comes again under what they hold now. */
bool ht_tls_change(HtTls *tls, const HtBusConfig *bus, bool asks, GError **error)
{
    if (!have_same_files(tls->bus, bus)) {
        Certificate *made = load(bus, error);
        if (!made) {
            return false;
        }
        replace(tls, made);
        tls->reloads++;
        tls->bus = bus;
        watch_files(tls);
    }
    tls->bus = bus;
    tls->asks = asks;
    tls->files[CERTIFICATE].path = bus->tls_certificate;
    tls->files[KEY].path = bus->tls_key;
    tls->files[CLIENT_CA].path = bus->client_ca;
    if (look_at_files(tls)) {
        read_anew(tls);
    }
    return true;
}

void ht_tls_retire(HtTls *tls, const HtBusConfig *bus)
{
    if (g_strcmp0(tls->bus->client_ca, bus->client_ca) != 0 && tls->now->trust) {
        gnutls_x509_trust_list_deinit(tls->now->trust, 1);
        tls->now->trust = NULL;
        tls->generation++; /* whoever was vouched for is looked at again */
    }
    tls->bus = NULL;
}

HtTls *ht_tls_new(const HtBusConfig *bus, bool asks, GError **error)
{
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES ||
        MHD_is_feature_supported(MHD_FEATURE_HTTPS_CERT_CALLBACK2) != MHD_YES) {
        g_set_error(error, HT_TLS_ERROR, 0, _("this machine's libmicrohttpd is without TLS"));
        return NULL;
    }
    g_autoptr(HtTls) tls = g_new0(HtTls, 1);
    tls->bus = bus;
    tls->asks = asks;
    watch_files(tls);
    tls->now = load(bus, error);
    tls->generation = 1;
    return tls->now ? g_steal_pointer(&tls) : NULL;
}

void ht_tls_free(HtTls *tls)
{
    if (tls) {
        free_certificate(tls->now);
        free_former(tls, INT64_MAX);
        g_free(tls);
    }
}

int64_t ht_tls_expires(const HtTls *tls)
{
    return tls->now->expires_s;
}

bool ht_tls_ends_soon(const HtTls *tls)
{
    return tls->now->expires_s - ht_clock_now() / HT_SECOND < SOON_S;
}

uint64_t ht_tls_reloads(const HtTls *tls)
{
    return tls->reloads;
}

uint64_t ht_tls_failures(const HtTls *tls)
{
    return tls->failures;
}

/* ---- Connections ---- */

/* libmicrohttpd keeps its connection with the session, and the door its peer with the connection. */
static HtTlsPeer *peer_of(gnutls_session_t session)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    HtPeer *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    return peer->tls;
}

int ht_tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **certificates, unsigned *count, gnutls_ocsp_data_st **ocsp,
                    unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
    (void)info;
    Certificate *now = peer_of(session)->tls->now;
    *certificates = now->chain;
    *count = now->count;
    *key = now->key;
    *ocsp = NULL;
    *ocsp_count = 0;
    *flags = 0;
    return 0;
}

/* The client's last word of a handshake was good. */
static int note_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                         const gnutls_datum_t *message)
{
    (void)type;
    (void)when;
    (void)message;
    if (incoming) {
        peer_of(session)->shaken = true;
    }
    return 0;
}

HtTlsPeer *ht_tls_peer_new(HtTls *tls, struct MHD_Connection *connection)
{
    HtTlsPeer *peer = g_new0(HtTlsPeer, 1);
    peer->tls = tls;
    peer->session = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
    gnutls_certificate_server_set_request(peer->session,
                                          tls->asks ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
    gnutls_handshake_set_hook_function(peer->session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       note_finished);
    return peer;
}

static void free_shown(HtCertificate *shown)
{
    if (shown) {
        g_free(shown->subject);
        g_free(shown);
    }
}

void ht_tls_peer_free(HtTlsPeer *peer)
{
    if (peer) {
        free_shown(peer->shown);
        g_free(peer);
    }
}

static bool is_trusted(gnutls_x509_trust_list_t trust, gnutls_x509_crt_t *chain, unsigned count)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned status = GNUTLS_CERT_INVALID;
    return trust &&
           gnutls_x509_trust_list_verify_crt2(trust, chain, count, &purpose, 1, 0, &status, NULL) >= 0 &&
           status == 0;
}

static char *write_subject(gnutls_x509_crt_t certificate)
{
    gnutls_datum_t name = {NULL, 0};
    if (gnutls_x509_crt_get_dn3(certificate, &name, 0) < 0) {
        return g_strdup("");
    }
    char *subject = g_strndup((const char *)name.data, name.size);
    gnutls_free(name.data);
    return subject;
}

static HtCertificate *look_at_chain(const Certificate *now, const gnutls_datum_t *list, unsigned count)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned read = 0;
    while (read < count && read < CHAIN_MAX && gnutls_x509_crt_init(&chain[read]) == 0) {
        read++;
        if (gnutls_x509_crt_import(chain[read - 1], &list[read - 1], GNUTLS_X509_FMT_DER) < 0) {
            gnutls_x509_crt_deinit(chain[--read]);
            break;
        }
    }
    HtCertificate *shown = NULL;
    if (read > 0 && read == count) {
        shown = g_new0(HtCertificate, 1);
        shown->subject = write_subject(chain[0]);
        shown->begins_s = gnutls_x509_crt_get_activation_time(chain[0]);
        shown->expires_s = gnutls_x509_crt_get_expiration_time(chain[0]);
        shown->trusted = is_trusted(now->trust, chain, read);
        ht_sha256_hex((HtText){(const char *)list[0].data, list[0].size}, shown->fingerprint);
    }
    while (read > 0) {
        gnutls_x509_crt_deinit(chain[--read]);
    }
    return shown;
}

const HtCertificate *ht_tls_peer_certificate(HtTlsPeer *peer)
{
    unsigned count = 0;
    if (peer->looked != peer->tls->generation && peer->shaken) {
        const gnutls_datum_t *list = gnutls_certificate_get_peers(peer->session, &count);
        peer->looked = peer->tls->generation;
        free_shown(peer->shown);
        peer->shown = list ? look_at_chain(peer->tls->now, list, count) : NULL;
    }
    return peer->shown;
}

ssize_t ht_tls_peer_send(HtTlsPeer *peer, const void *bytes, size_t size)
{
    size_t sent = 0;
    while (peer->shaken && sent < size) {
        ssize_t now = gnutls_record_send(peer->session, (const char *)bytes + sent, size - sent);
        if (now <= 0) {
            break;
        }
        sent += (size_t)now;
    }
    return sent > 0 ? (ssize_t)sent : -1;
}
