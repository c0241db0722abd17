/* What must hold of the doors: where there is TLS, who shows what, and which files that needs. Called by config.c once all is read; main thread. */
#include "core/config/doors.h"

#include "core/base/private.h"
#include "core/config/listen.h"

#include <glib/gi18n.h>
#include <string.h>

#define FILE_MAX (256 * 1024) /* of certificates */

static void report(const HtConfigReport *to, const char *place, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void report(const HtConfigReport *to, const char *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    to->report(place, text, to->user);
}

static bool has_secure_place(const HtBusConfig *bus)
{
    const char *place;
    for (char **item = bus->listen; item && *item; item++) {
        if (ht_listen_read(*item, &place) == HT_LISTEN_TLS) {
            return true;
        }
    }
    return false;
}

static void check_listen(const HtBusConfig *bus, const char *listen, const HtConfigReport *to)
{
    bool anywhere = g_str_equal(bus->cleartext, "anywhere");
    for (char **item = bus->listen; item && *item; item++) {
        const char *place;
        HtListenKind kind = ht_listen_read(*item, &place);
        if (kind == HT_LISTEN_PLAIN && !anywhere && !ht_listen_is_local(place)) {
            report(
                to, listen,
                _("[bus] listen: '%s' is without TLS beyond this machine: write 'tls:%s', or cleartext = anywhere "
                  "where a proxy or a tunnel protects what passes"),
                *item, *item);
        }
    }
    if (has_secure_place(bus) && (!bus->tls_certificate || !bus->tls_key)) {
        report(to, listen, _("[bus] listen: TLS needs tls-certificate and tls-key"));
    }
}

static void check_metrics(const HtConfig *config, const HtConfigReport *to)
{
    const HtBusConfig *bus = &config->bus;
    g_autofree char *metrics = ht_bus_place(config, "metrics");
    bool anywhere = g_str_equal(bus->metrics_cleartext, "anywhere");
    for (char **item = bus->metrics; item && *item; item++) {
        const char *place;
        if (ht_listen_read(*item, &place) != HT_LISTEN_PLAIN) {
            report(to, metrics, _("[bus] metrics: '%s' is no plain address: write it as 127.0.0.1:9464"),
                   *item);
        } else if (!anywhere && !ht_listen_is_local(place)) {
            report(to, metrics,
                   _("[bus] metrics: '%s' can be reached from other machines: write 127.0.0.1:PORT, or "
                     "metrics-cleartext = anywhere where that is meant"),
                   *item);
        }
    }
}

/* What a certificate's name says, an authority must have said. */
static void check_subjects(const HtBusConfig *bus, const HtConfigReport *to, char **subjects,
                           char *place /* transfer full */, const char *section, const char *name)
{
    if (subjects && !bus->client_ca) {
        report(to, place, _("[%s %s] client-subject: [bus] client-ca is missing, which vouches for names"),
               section, name);
    }
    g_free(place);
}

static void check_senders(const HtBusConfig *bus, const HtSourceConfig *source, const HtConfigReport *to)
{
    bool proves = source->token_file || source->username_file || source->signature_ca ||
                  source->signature_certificate || source->users || source->client_subjects ||
                  source->client_fingerprints;
    if (g_str_equal(source->identities, "authority") && !proves &&
        !g_str_equal(source->trust_address, "yes")) {
        g_autofree char *place = ht_source_place(source, "identities");
        report(
            to, place,
            _("[source %s] identities = authority: every user of a machine that may send could say who is who; it needs "
              "token-file, username-file, signature-ca, signature-certificate, client-subject, client-fingerprint or users, or trust-address = yes where that is meant"),
            source->name);
    }
    check_subjects(bus, to, source->client_subjects, ht_source_place(source, "client-subject"), "source",
                   source->name);
    if (source->signature_subjects && !source->signature_ca) {
        g_autofree char *place = ht_source_place(source, "signature-subject");
        report(to, place, "[source %s] signature-subject: signature-ca is missing, which vouches for names",
               source->name);
    }
}

static bool is_pin(const char *text)
{
    g_auto(GStrv) pins = g_strsplit(text, ";", -1);
    bool good = true;
    for (char **pin = pins; *pin; pin++) {
        gsize size = 0;
        bool begins = g_str_has_prefix(*pin, "sha256//");
        g_autofree guchar *digest = begins ? g_base64_decode(*pin + strlen("sha256//"), &size) : NULL;
        good = good && begins && size == 32;
    }
    return good;
}

/* What is shown, and what must be shown, is shown over TLS only. */
static void check_outgoing_tls(const HtConsumerConfig *consumer, const HtConfigReport *to)
{
    bool any = consumer->tls_ca || consumer->tls_certificate || consumer->tls_key || consumer->tls_pin;
    const char *key = consumer->tls_ca            ? "tls-ca"
                      : consumer->tls_certificate ? "tls-certificate"
                      : consumer->tls_key         ? "tls-key"
                                                  : "tls-pin";
    g_autofree char *place = ht_consumer_place(consumer, key);
    if (any && (!consumer->url || !g_str_has_prefix(consumer->url, "https:"))) {
        report(to, place, _("[consumer %s] %s: only a webhook whose url is https:// has TLS"), consumer->name,
               key);
    }
    if (!consumer->tls_certificate != !consumer->tls_key) {
        report(to, place, _("[consumer %s] tls-certificate and tls-key go together"), consumer->name);
    }
    if (consumer->tls_pin && !is_pin(consumer->tls_pin)) {
        g_autofree char *own = ht_consumer_place(consumer, "tls-pin");
        report(to, own, _("[consumer %s] tls-pin: '%s' is not sha256// and base64 of 32 bytes"),
               consumer->name, consumer->tls_pin);
    }
    const struct {
        const char *key, *path;
        HtPrivateKind kind;
    } files[] = {{"tls-ca", consumer->tls_ca, HT_PRIVATE_OBEYED},
                 {"tls-certificate", consumer->tls_certificate, HT_PRIVATE_OBEYED},
                 {"tls-key", consumer->tls_key, HT_PRIVATE_SECRET}};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        size_t size;
        g_autofree char *own = ht_consumer_place(consumer, files[i].key);
        g_autofree char *text =
            files[i].path ? ht_private_read(files[i].path, files[i].kind, FILE_MAX, &size, &error) : NULL;
        if (error) {
            report(to, own, _("[consumer %s] %s: %s"), consumer->name, files[i].key, error->message);
        }
        if (text) {
            explicit_bzero(text, size);
        }
    }
}

void ht_config_check_doors(const HtConfig *config, const char *listen, const HtConfigReport *to)
{
    const HtBusConfig *bus = &config->bus;
    check_listen(bus, listen, to);
    check_metrics(config, to);
    for (unsigned i = 0; i < config->sources->len; i++) {
        check_senders(bus, config->sources->pdata[i], to);
    }
    for (unsigned i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        check_outgoing_tls(consumer, to);
        check_subjects(bus, to, consumer->client_subjects, ht_consumer_place(consumer, "client-subject"),
                       "consumer", consumer->name);
    }
}
