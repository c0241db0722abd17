/* The configuration in force: hutong.conf and the .conf files of conf.d beside it, read into plain structs. Every key is declared once,
 * in the option tables (core/config/options.c), which drive parsing, messages, `hutong config` and docs/config.md.
 * Read at start and at each reload; never changed once it is in force. Main thread. */
#pragma once

#include "core/base/limits.h"
#include "spool/spool.h"

#include <glib.h>

/* Every string is owned by the HtConfig; NULL when not given and without default. Paths are absolute. Sizes are in
 * bytes, times in milliseconds. */

typedef struct {
    char *name;      /* name = */
    char **listen;   /* of the public door: core/config/listen.h; port 0 lets the kernel choose */
    char *cleartext; /* local | anywhere: where it may listen without TLS */
    char *tls_certificate, *tls_key, *client_ca; /* PEM files; NULL: none */
    char *admin;                                 /* path of the admin socket */
    char **metrics;                              /* addresses for monitoring; NULL: none */
    char *metrics_cleartext;                     /* local | anywhere: where they may be */
    uint64_t admin_connections, admin_idle_ms;
    uint64_t metrics_connections, metrics_timeout_ms;
    char **observers, **operators, **auditors, **privacy_officers; /* core/admin/roles.h; NULL: nobody */
    char *calendar; /* file of working days; NULL: Monday to Friday */
    uint64_t alarm_calm_ms, alarm_certificate_ms;
    char *user;       /* whom a start as root becomes; NULL: nobody */
    char *state;      /* directory: spool, key */
    char *adapters;   /* directory */
    char *mappings;   /* directory: mapping files named by sources */
    char *data;       /* directory: dictionary.xml, tables/, divisions/ */
    char *public_url; /* as departments see us; NULL: taken from the request */
    char **
        hosts; /* names in Host under which the bus may say that it is; NULL: localhost and where it listens */
    char *schema_url;    /* where the schemas of events are, ending in '/'; NULL: nowhere that we know */
    char *site_key_file; /* default: state/site.key, made at first start */
    char *log_format;    /* text | logfmt | json | journal */
    uint64_t log_rate;   /* lines a second; 0: no limit */
    char *log_level;     /* error | warning | info | debug */
    char *audit_failure; /* stop | go-on: what personal data does when the audit log cannot be written */
    char *signature;     /* ed25519 | sm2 */
    uint64_t audit_segment_bytes, audit_keep_ms, audit_sync_ms;
    char *require_box;   /* whole | calls | any: which layers of its box an adapter is not loaded without */
    char *adapter_check; /* on | off: an adapter serves only after the conformance kit has passed it */
    uint64_t max_connections, max_connections_per_address;
    uint64_t tls_handshake_ms;
    uint64_t header_timeout_ms, idle_timeout_ms, body_grace_ms, body_bytes_per_second;
    uint64_t reload_within_ms, reload_drain_ms;
    uint64_t door_memory; /* of one connection */
} HtBusConfig;

typedef struct {
    HtSpoolLimits limits;
    char *archive;            /* directory; default: state/archive */
    char *archive_encryption; /* on | off */
    uint64_t archive_file_bytes, archive_bytes, prune_every_ms;
    char *encryption;    /* aes-256-gcm | sm4-ctr-hmac-sm3 | off */
    char **master_files; /* NULL: master.key in the state directory */
    uint64_t key_period_ms;
} HtSpoolConfig;

typedef struct {
    char *name, *department, *adapter, *mapping, *division;
    char *published; /* yyyy-mm-dd: since when others may have its data; NULL: not said */
    HtLimits limits;
    char *on_invalid;           /* reject | quarantine */
    char *keep_payload;         /* repaired | error | all | none */
    char *compress_payload;     /* zstd | off */
    char *soap12_sender_status; /* 500 | 400 */
    char *language;             /* en | both */
    char *sign_receipts;        /* asked | all */
    char *identities;           /* own | authority */
    char *
        username_file; /* names and passwords of WS-Security headers: core/guard/usernames.h; NULL: not asked for */
    uint64_t username_age_ms, username_nonces;
    char *signature_ca,
        *signature_certificate; /* files of certificates, by which messages must be signed; NULL: not asked for */
    char **signature_subjects; /* under signature_ca; NULL: any */
    uint64_t signature_age_ms;
    char *signature_timestamp, *signature_sha1; /* optional | required; no | yes */
    uint64_t alarm_silence_ms, alarm_refused;   /* 0: never; percent */
    char *alarm_days;                           /* working | all */
    char *token_file;                           /* what a sender must show; NULL: nothing */
    char **peers; /* networks that may send, as ht_network_parse() reads them; NULL: see token_file */
    char **users; /* of this machine that may send over a unix socket: core/base/users.h */
    char **client_subjects,
        **client_fingerprints; /* of certificates that a sender may show; NULL: none is asked for */
    char *trust_address;       /* no | yes: enough of a source of authority */
    char **paths;       /* further ones under which it answers, as ht_url_path_write() has them; NULL: none */
    GPtrArray *options; /* adapter's own keys: key, value, …, NULL (char *) */
    char *file;
    unsigned line;                   /* of the section */
    const struct HtOrigins *origins; /* of its keys; NULL: as the section */
} HtSourceConfig;

typedef struct {
    char *name, *type, *url, *purpose;
    char **secret_files;                                /* NULL-terminated; NULL: nothing is signed */
    char *tls_ca, *tls_certificate, *tls_key, *tls_pin; /* webhook: core/delivery/sender.h; NULL: none */
    char *mode;                                         /* batch | structured | binary */
    uint64_t batch, clearance, connections, timeout_ms, connect_timeout_ms, retry_first_ms, retry_max_ms,
        rest_max_ms, probe_ms, attempts, dead_max, window_bytes, held;
    uint64_t lease_ms, wait_ms, polls, heartbeat_ms, linger_ms; /* pull */
    char *directory;                                            /* file */
    uint64_t rotate_bytes, rotate_ms, files_bytes, keep_files_ms;
    char **allow, **deny, **hash, **mask; /* elements; mask as element:mask; NULL-terminated, may be NULL */
    char *purpose_until;                  /* yyyy-mm-dd, the last day; NULL: no purpose */
    uint64_t purpose_alarm_ms, alarm_oldest_ms, alarm_backlog, alarm_dead; /* 0: never */
    char *validate; /* no | yes: whether the endpoint is asked first */
    uint64_t validate_rate, validate_every_ms;
    char *order; /* loose | strict: whether what is refused holds up its person */
    char *start; /* beginning | now: where a new consumer starts */
    char *token_file, **peers, **users, **client_subjects,
        **client_fingerprints; /* who may come to the public door for it: as with a source */
    char *file;
    unsigned line;
    const struct HtOrigins *origins;
} HtConsumerConfig;

typedef struct {
    char *name;
    char **from, **types, **divisions, **to; /* NULL-terminated; NULL: all (from, types, divisions) */
    char *file;
    unsigned line;
    const struct HtOrigins *origins;
} HtRouteConfig;

/* How long events are kept. The first section in the file that fits an event counts for it. */
typedef struct {
    char *name;
    char **from, **types; /* NULL-terminated; NULL: all */
    uint64_t keep_ms;     /* 0: however old they are */
    uint64_t keep_bytes;  /* 0: however many */
    uint64_t max_wait_ms; /* 0: what a consumer has still to get stays */
    char *archive;        /* on | off */
    char *file;
    unsigned line;
    const struct HtOrigins *origins;
} HtRetentionConfig;

typedef struct {
    char *file; /* hutong.conf */
    HtBusConfig bus;
    HtSpoolConfig spool;
    GPtrArray *sources;        /* of HtSourceConfig, in order */
    GPtrArray *consumers;      /* of HtConsumerConfig */
    GPtrArray *routes;         /* of HtRouteConfig */
    GPtrArray *retentions;     /* of HtRetentionConfig, in order */
    struct HtOrigins *origins; /* which file:line each value came from */
    int holders;               /* beside its owner */
} HtConfig;

#define HT_CONFIG_ERROR (ht_config_error_quark())
GQuark ht_config_error_quark(void);

/* Reads everything. On failure NULL, and `errors` holds every problem found, one a line, `file:line: error: …`, unknown
 * keys with a suggestion. Warnings are added as `file:line: warning: …` also on success. */
HtConfig *ht_config_load(const char *file, GString *errors);

/* The same, for those who go on and look for what else is wrong: what could be read also when there are errors (`sound`
 * is false then): a bad value is as if its key were not there, so required ones may be NULL. NULL only where the file
 * itself cannot be read. Must not be run. */
HtConfig *ht_config_read(const char *file, GString *errors, bool *sound);

/* Lets go of it; it is freed when nobody else holds it. Any thread. */
void ht_config_free(HtConfig *config);

/* Keeps it alive for one more, who lets go of it by ht_config_free(). Any thread. */
HtConfig *ht_config_hold(const HtConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtConfig, ht_config_free)

const HtSourceConfig *ht_config_source(const HtConfig *config, const char *name);
const HtConsumerConfig *ht_config_consumer(const HtConfig *config, const char *name);

/* "FILE:LINE", for messages: where the key stands, or the section where it does not. The caller frees. In places.c. */
char *ht_bus_place(const HtConfig *config, const char *key);

/* How the spool seals its values, as [spool] says. Points into the configuration. */
HtSpoolSealing ht_config_sealing(const HtConfig *config);
char *ht_source_place(const HtSourceConfig *source, const char *key);
char *ht_consumer_place(const HtConsumerConfig *consumer, const char *key);
char *ht_route_place(const HtRouteConfig *route, const char *key);
char *ht_retention_place(const HtRetentionConfig *retention, const char *key);

/* Writes the configuration in force, normalised: every key with its value and, as a comment, where it came from. */
void ht_config_print(const HtConfig *config, GString *text);

/* Writes docs/config.md from the option tables. In reference.c. */
void ht_config_reference(GString *markdown);
