/* The tables of all options. To add a key: a field in core/config/config.h, a line here, and `make docs`; a limit of a source or of the
 * spool has both in core/base/limits.h and limits.c. */
#include "core/config/options.h"

#include "core/config/suggest.h"

#include <glib/gi18n.h>
#include <string.h>

#define BUS(field) offsetof(HtBusConfig, field)
#define SOURCE(field) offsetof(HtSourceConfig, field)
#define CONSUMER(field) offsetof(HtConsumerConfig, field)
#define ROUTE(field) offsetof(HtRouteConfig, field)
#define RETENTION(field) offsetof(HtRetentionConfig, field)
#define SPOOL(field) offsetof(HtSpoolConfig, field)

#define K (UINT64_C(1) << 10)
#define M (UINT64_C(1) << 20)
#define G (UINT64_C(1) << 30)
#define MS UINT64_C(1)
#define SECOND (UINT64_C(1000))
#define MINUTE (UINT64_C(60000))
#define HOUR (UINT64_C(3600000))

/* clang-format off */
static const HtOption bus_options[] = {
    {"name", HT_OPTION_NAME, BUS(name), NULL, 0, 0, NULL, true,
     N_("The bus's name: in the `source` of every event, in receipts and in metrics.")},
    {"listen", HT_OPTION_LISTEN, BUS(listen), "127.0.0.1:8080", 0, 0, NULL, false,
     N_("The public door: where departments send. `tls:` before an address: with TLS; `unix:PATH`: a unix socket, at which users of this machine are known "
     "by what the kernel says (`users`). Port 0 lets the kernel choose. At most 16.")},
    {"cleartext", HT_OPTION_WORD, BUS(cleartext), "local", 0, 0, "local|anywhere", false,
     N_("Where `listen` may be without TLS: `local`: only at addresses of this machine that nobody else comes to; `anywhere`: where a proxy or a tunnel protects what passes.")},
    {"tls-certificate", HT_OPTION_PATH, BUS(tls_certificate), NULL, 0, 0, NULL, false,
     N_("The door's certificate, PEM, with those that lead to its authority behind it. Read anew when it changes, for new connections; those that are open go on.")},
    {"tls-key", HT_OPTION_PATH, BUS(tls_key), NULL, 0, 0, NULL, false, N_("The certificate's key, PEM, mode 0600.")},
    {"client-ca", HT_OPTION_PATH, BUS(client_ca), NULL, 0, 0, NULL, false,
     N_("Authorities, PEM, that vouch for the names in clients' certificates (`client-subject`). Read anew with the certificate; from then on it counts for the next request of open connections too.")},
    {"tls-handshake", HT_OPTION_TIME, BUS(tls_handshake_ms), "5s", 100 * MS, 1 * MINUTE, NULL, false,
     N_("Time for a TLS handshake.")},
    {"admin", HT_OPTION_PATH, BUS(admin), "./run/admin.sock", 0, 0, NULL, false,
     N_("A unix socket for the administrator's commands. Only root and the bus's own user may do all of them; others by the four keys below.")},
    {"admin-connections", HT_OPTION_NUMBER, BUS(admin_connections), "64", 8, 1000, NULL, false,
     N_("Connections to the admin socket at once; more wait. Of users other than root and the bus's own (`observers` and the other three) a quarter each, and half of it together; more are closed.")},
    {"admin-idle", HT_OPTION_TIME, BUS(admin_idle_ms), "1min", 100 * MS, 10 * MINUTE, NULL, false,
     N_("A connection to the admin socket that asks nothing for so long, or does not take its answer, is closed.")},
    {"metrics", HT_OPTION_LISTEN, BUS(metrics), NULL, 0, 0, NULL, false,
     N_("Addresses for monitoring, `127.0.0.1:9464`: `/metrics` for Prometheus, `/live` and `/ready`, by HTTP, of whoever asks. Without it only the admin socket has them. No `tls:`, no `unix:`.")},
    {"metrics-cleartext", HT_OPTION_WORD, BUS(metrics_cleartext), "local", 0, 0, "local|anywhere", false,
     N_("Where `metrics` may be: `local`: only at addresses of this machine that nobody else comes to; `anywhere`: also where others come. The metrics have no personal data, but the names of sources and consumers and how much they send.")},
    {"metrics-connections", HT_OPTION_NUMBER, BUS(metrics_connections), "16", 1, 1000, NULL, false,
     N_("Connections to `metrics` at once; more wait.")},
    {"metrics-timeout", HT_OPTION_TIME, BUS(metrics_timeout_ms), "10s", 100 * MS, 10 * MINUTE, NULL, false,
     N_("A connection to `metrics` is cut off after so long, whatever it does.")},
    {"observers", HT_OPTION_LIST, BUS(observers), NULL, 0, 0, NULL, false,
     N_("Users of this machine, or `@group`, who may look at status, metrics and lists by the admin socket; so may who has one of the other roles.")},
    {"operators", HT_OPTION_LIST, BUS(operators), NULL, 0, 0, NULL, false,
     N_("Those who pause and resume consumers, replay and drop dead letters and have messages done again; they see no personal data.")},
    {"auditors", HT_OPTION_LIST, BUS(auditors), NULL, 0, 0, NULL, false,
     N_("Those who read who did what, and who received what.")},
    {"privacy-officers", HT_OPTION_LIST, BUS(privacy_officers), NULL, 0, 0, NULL, false,
     N_("Those who look at bodies and events in clear and change who is who.")},
    {"calendar", HT_OPTION_PATH, BUS(calendar), NULL, 0, 0, NULL, false,
     N_("File of working days, for `alarm-silence`: lines such as `2026-10-01..2026-10-07 off` and `2026-10-10 work`. Without it Monday to Friday are. `examples/calendar-2026.txt` has those of 2026.")},
    {"alarm-calm", HT_OPTION_TIME, BUS(alarm_calm_ms), "1min", 0, 24 * HOUR, NULL, false,
     N_("An alarm is over when for so long nothing has been wrong: one that flickers is told once.")},
    {"alarm-certificate", HT_OPTION_TIME, BUS(alarm_certificate_ms), "336h", 0, 8760 * HOUR, NULL, false,
     N_("Alarm so long before the door's certificate ends; 0: none.")},
    {"user", HT_OPTION_STRING, BUS(user), NULL, 0, 0, NULL, false,
     N_("Started by root, `hutong` goes on as this user, whatever the verb, before it opens anything but the configuration: what it opens and writes is that user's. `root` says that root is meant; "
     "without the key a start as root is warned of. Started by anybody else it has no effect.")},
    {"state", HT_OPTION_PATH, BUS(state), "./state", 0, 0, NULL, false,
     N_("Directory of the spool and the site key. On a local disk; made at the first start.")},
    {"adapters", HT_OPTION_PATH, BUS(adapters), NULL, 0, 0, NULL, false,
     N_("Directory of the adapters. Without it, the installed one.")},
    {"mappings", HT_OPTION_PATH, BUS(mappings), NULL, 0, 0, NULL, false,
     N_("Directory of the site's own mapping files, beside the shipped ones, which sources may name as well; and of its own words: dictionary.d/, "
     "tables/, divisions/ (docs/mapping.md).")},
    {"data", HT_OPTION_PATH, BUS(data), NULL, 0, 0, NULL, false,
     N_("Directory of the dictionary, code tables and divisions. Without it, the installed one.")},
    {"public-url", HT_OPTION_URL, BUS(public_url), NULL, 0, 0, NULL, false,
     N_("The address that departments and consumers use, for WSDL and schemas. Without it, WSDL has the `hosts`.")},
    {"hosts", HT_OPTION_LIST, BUS(hosts), NULL, 0, 0, NULL, false,
     N_("Names, as `bus.example` or `bus.example:8443`, by which clients reach the bus: without `public-url` a request's Host stands in the addresses of its WSDL only when it is "
     "listed here. Otherwise the address stands there that the client has connected to.")},
    {"schema-url", HT_OPTION_URL, BUS(schema_url), NULL, 0, 0, NULL, false,
     N_("Where the JSON Schemas of events are, for their `dataschema`. Without it, `/schema/` behind `public-url`, where the bus serves "
     "them; without that too, `dataschema` is only a name, `urn:hutong:schema:TYPE`.")},
    {"site-key-file", HT_OPTION_PATH, BUS(site_key_file), NULL, 0, 0, NULL, false,
     N_("File of the site key (64 hex digits), under which persons become subjects. Without it, `site.key` in `state`, made at "
     "the first start. Keep a copy: without it, subjects change.")},
    {"log-level", HT_OPTION_WORD, BUS(log_level), "info", 0, 0, "error|warning|info|debug", false,
     N_("How much goes to the log (standard error).")},
    {"log-format", HT_OPTION_WORD, BUS(log_format), "text", 0, 0, "text|logfmt|json|journal", false,
     N_("How lines of the log are written: `text`; `logfmt`; `json`: an object a line; `journal`: to systemd's journal with fields (`journalctl HUTONG_PART=alarm`), as text where there is none.")},
    {"log-rate", HT_OPTION_NUMBER, BUS(log_rate), "1000", 0, 1000000, NULL, false,
     N_("Lines a second at most, and as many warnings beside them; errors are always written, and how many lines were left out is. 0: no limit.")},
    {"require-box", HT_OPTION_WORD, BUS(require_box), "calls", 0, 0, "whole|calls|any", false,
     N_("Which layers of an adapter's box (`hutong adapter inspect`) must stand before it is loaded; without them its source answers 503. `calls`: the list of "
     "system calls, which alone leaves it nothing; what else is missing is warned of. `whole`: every layer. `any`: none; never with departments' data.")},
    {"adapter-check", HT_OPTION_WORD, BUS(adapter_check), "on", 0, 0, "on|off", false,
     N_("`on`: a source serves only after the conformance kit (`hutong adapter check`) has passed its adapter, and the site's own mapping "
     "with the fixtures beside it; until then it answers 503. A passed check is remembered in `state` until the adapter, its fixtures, "
     "mappings or tables change. `off`: adapters are loaded unchecked; for developing one, never with departments' data.")},
    {"audit-failure", HT_OPTION_WORD, BUS(audit_failure), "stop", 0, 0, "stop|go-on", false,
     N_("When the audit log (`audit/` in `state`) cannot be written: `stop`: nothing goes to a consumer that may see personal data, and nobody is shown any, until it can "
     "be; `go-on`: they go unrecorded, which log, status and metrics say.")},
    {"audit-segment", HT_OPTION_SIZE, BUS(audit_segment_bytes), "64M", 1 * M, 4 * G, NULL, false,
     N_("Size of a file of the audit log, after which the next one begins.")},
    {"audit-keep", HT_OPTION_TIME, BUS(audit_keep_ms), "0", 0, 1000000 * HOUR, NULL, false,
     N_("Files of the audit log whose last record is older are removed, which the log says itself; 0: none are. PIPL Art. 56 wants three years: `26280h`.")},
    {"signature", HT_OPTION_WORD, BUS(signature), "ed25519", 0, 0, "ed25519|sm2", false,
     N_("How receipts, the audit log and certificates are signed: Ed25519 (RFC 8032), or SM2 with SM3 (GB/T 32918, 32905), each with a key of its own in `state` (`sign.key`, `sign-sm2.key`). What the other one has signed "
     "is verified as before: the public halves of both are in `sign.pub`. `sm2` goes with `encryption = sm4-ctr-hmac-sm3`.")},
    {"audit-sync", HT_OPTION_TIME, BUS(audit_sync_ms), "1s", 10 * MS, 1 * HOUR, NULL, false,
     N_("What was added to the audit log is sealed (signed) and brought to the disk so often. A power cut may lose what was recorded since; a kill does not.")},
    {"max-connections", HT_OPTION_NUMBER, BUS(max_connections), "4096", 8, 100000, NULL, false,
     N_("Connections at the public door; lowered to what file descriptors allow. When there are so many, those that have sent nothing give way to new ones.")},
    {"max-connections-per-address", HT_OPTION_NUMBER, BUS(max_connections_per_address), "1024", 1, 100000, NULL, false,
     N_("Connections from one address, or of one user over a unix socket. When there are so many, those of them that have sent nothing give way.")},
    {"header-timeout", HT_OPTION_TIME, BUS(header_timeout_ms), "10s", 100 * MS, 10 * MINUTE, NULL, false,
     N_("Time for a request's head to arrive.")},
    {"idle-timeout", HT_OPTION_TIME, BUS(idle_timeout_ms), "60s", 1 * SECOND, 1 * HOUR, NULL, false,
     N_("How long a connection may stay open without a request.")},
    {"body-grace", HT_OPTION_TIME, BUS(body_grace_ms), "10s", 100 * MS, 10 * MINUTE, NULL, false,
     N_("After so long, a body must arrive at `body-rate`.")},
    {"body-rate", HT_OPTION_SIZE, BUS(body_bytes_per_second), "1K", 1, 1 * G, NULL, false,
     N_("Bytes a second that a body must arrive at, after `body-grace`.")},
    {"reload-within", HT_OPTION_TIME, BUS(reload_within_ms), "5min", 1 * SECOND, 1 * HOUR, NULL, false,
     N_("Time for a reload to try the new configuration, its adapters included; then the old one stays.")},
    {"reload-drain", HT_OPTION_TIME, BUS(reload_drain_ms), "1min", 1 * SECOND, 1 * HOUR, NULL, false,
     N_("What is under way when a reload changes its source or its consumer ends under the old settings. A message that is not whole after so long is not taken (503); "
     "events that a worker holds for so long go again.")},
    {"connection-memory", HT_OPTION_SIZE, BUS(door_memory), "16K", 4 * K, 1 * M, NULL, false,
     N_("Memory for one connection's head and buffer; a larger head is refused.")},
    {0}};

static const HtOption source_options[] = {
    {"department", HT_OPTION_NAME, SOURCE(department), NULL, 0, 0, NULL, true,
     N_("Who answers for the data: police, civil-affairs, hrss, health, …")},
    {"adapter", HT_OPTION_FILE, SOURCE(adapter), NULL, 0, 0, NULL, true,
     N_("Which adapter: a name in `adapters` (without .so), or a path; `xml` needs no C.")},
    {"mapping", HT_OPTION_FILE, SOURCE(mapping), NULL, 0, 0, NULL, true,
     N_("The mapping file: a name in `mappings`, else a shipped one's, or a path.")},
    {"division", HT_OPTION_DIVISION, SOURCE(division), NULL, 0, 0, NULL, false,
     N_("Jurisdiction assumed where a record names none: 6, 9 or 12 digits.")},
    {"published", HT_OPTION_DATE, SOURCE(published), NULL, 0, 0, NULL, false,
     N_("The day on which the department opened this data to others (信息资源出版日期), for `hutong catalogue`; without it the catalogue does not say.")},
    {"on-invalid", HT_OPTION_WORD, SOURCE(on_invalid), "reject", 0, 0, "reject|quarantine", false,
     N_("Records that lack what the mapping requires: `reject` refuses the whole message; `quarantine` takes the good records "
     "and keeps the bad ones for a person.")},
    {"keep-payload", HT_OPTION_WORD, SOURCE(keep_payload), "repaired", 0, 0, "repaired|error|all|none", false,
     N_("Which original bytes of taken messages are kept in the spool, linked to their events: `error`: of those of which records were left "
     "out (`on-invalid = quarantine`); `repaired`: also of those that had to be repaired; of all; of none, and what was left out is "
     "nowhere then. Of bodies above 64K, which pass in pieces, only repaired ones and those with records left out can be kept. What is "
     "refused as a whole and goes into quarantine is kept in any case.")},
    {"compress-payload", HT_OPTION_WORD, SOURCE(compress_payload), "zstd", 0, 0, "zstd|off", false,
     N_("Whether payloads are compressed before they are kept (and sealed), where that saves room.")},
    {"soap12-sender-status", HT_OPTION_WORD, SOURCE(soap12_sender_status), "500", 0, 0, "500|400", false,
     N_("HTTP status of SOAP 1.2 faults that are the sender's to mend (`env:Sender`): `500`, the only one under which WCF reads a "
     "fault; or `400`, as SOAP 1.2's HTTP binding has it.")},
    {"language", HT_OPTION_WORD, SOURCE(language), "en", 0, 0, "en|both", false,
     N_("In which languages refusals are said to senders: English; or `both`, with a sentence in Chinese beside it (`textZh`, in SOAP 1.2 "
     "also a second `Text` of the reason).")},
    {"sign-receipts", HT_OPTION_WORD, SOURCE(sign_receipts), "asked", 0, 0, "asked|all", false,
     N_("Which receipts are signed (as `signature` says, `hutong receipt verify`). `asked`: those of requests with `Hutong-Receipt: signed`, and those "
     "that are asked for again (`GET /in/NAME/receipt/ID`). "
     "`all`: every one; each costs about 30 µs of the bus's main thread, and strict clients (Axis 1.4) that were generated from an older "
     "WSDL stumble over the elements that are more.")},
    {"identities", HT_OPTION_WORD, SOURCE(identities), "own", 0, 0, "own|authority", false,
     N_("What it may say of who is who. `own`: which of its own numbers belong to whom. `authority`, for the police's register: also "
     "that a citizen number was corrected, is shared by two persons, or is that of a birth certificate; such a tie holds for all "
     "departments and for good.")},
    {"alarm-silence", HT_OPTION_TIME, SOURCE(alarm_silence_ms), "0", 0, 8760 * HOUR, NULL, false,
     N_("Alarm when nothing was accepted from it for so long, counted as `alarm-days` says; 0: none.")},
    {"alarm-days", HT_OPTION_WORD, SOURCE(alarm_days), "working", 0, 0, "working|all", false,
     N_("Which days count for `alarm-silence`: `working`: those of `calendar`; `all`.")},
    {"alarm-refused", HT_OPTION_NUMBER, SOURCE(alarm_refused), "50", 0, 100, NULL, false,
     N_("Alarm when so many percent of its messages in the last ten minutes, of at least 10, were refused or failed; 0: none.")},
    {"token-file", HT_OPTION_PATH, SOURCE(token_file), NULL, 0, 0, NULL, false,
     N_("File of what a sender's token is known by; it must show the token in `Authorization: Bearer TOKEN`, otherwise 401. `hutong token new` makes both. "
     "Up to 8 lines, each of which opens: so tokens are changed without a gap. Mode 0600. The token itself in one line, as in older files, is taken with a warning.")},
    {"username-file", HT_OPTION_PATH, SOURCE(username_file), NULL, 0, 0, NULL, false,
     N_("File of names and passwords, a line `NAME PASSWORD` for each: a message must show one in a WS-Security header (UsernameToken, PasswordText or PasswordDigest), which is understood then; otherwise 403. Instead of the "
     "password there may be what `hutong token hash` makes of it, for PasswordText only. Mode 0600. Over the network ask for TLS.")},
    {"username-age", HT_OPTION_TIME, SOURCE(username_age_ms), "5min", 1000, 24 * HOUR, NULL, false,
     N_("How far a time in a WS-Security header may be from the bus's.")},
    {"username-nonces", HT_OPTION_NUMBER, SOURCE(username_nonces), "100000", 1, 10000000, NULL, false,
     N_("How many nonces are remembered, each for twice `username-age`; more messages with a nonce are answered 503.")},
    {"signature-ca", HT_OPTION_PATH, SOURCE(signature_ca), NULL, 0, 0, NULL, false,
     N_("File of certificates (PEM) that vouch for who signs: a message must be a SOAP Envelope whose Body is signed in its WS-Security header (X.509 Certificate Token Profile), "
     "which is understood then; otherwise 403. Nothing else of the file's authorities' certificates is asked: use `signature-subject` where they sign for others, too.")},
    {"signature-subject", HT_OPTION_LIST, SOURCE(signature_subjects), NULL, 0, 0, NULL, false,
     N_("Names in certificates under `signature-ca`, one of which a signer must have, as RFC 4514 writes them (`openssl x509 -noout -subject -nameopt RFC2253,-esc_msb`).")},
    {"signature-certificate", HT_OPTION_PATH, SOURCE(signature_certificate), NULL, 0, 0, NULL, false,
     N_("File of signers' own certificates (PEM), whoever made them. A signature may name them by key identifier, thumbprint or serial number, without carrying them. With `signature-ca` too, either counts.")},
    {"signature-age", HT_OPTION_TIME, SOURCE(signature_age_ms), "5min", 1000, 24 * HOUR, NULL, false,
     N_("How far the time of a signed Timestamp may be from the bus's.")},
    {"signature-timestamp", HT_OPTION_WORD, SOURCE(signature_timestamp), "optional", 0, 0, "optional|required", false,
     N_("Whether a message must have a signed Timestamp. One that is there must be signed and hold in any case. Without one a message that somebody kept can be sent again for ever, which changes nothing "
     "that is known.")},
    {"signature-sha1", HT_OPTION_WORD, SOURCE(signature_sha1), "no", 0, 0, "no|yes", false,
     N_("`yes`: signatures and digests with SHA-1, which can be forged with effort, are taken, for a system that can make no others.")},
    {"peers", HT_OPTION_NETWORKS, SOURCE(peers), NULL, 0, 0, NULL, false,
     N_("Who may send: addresses and networks, IPv4 and IPv6. Others get 403. With `token-file` too, both must hold. With neither, "
     "only this machine may send; behind a proxy on this machine that is everybody, so use `token-file` there.")},
    {"users", HT_OPTION_LIST, SOURCE(users), NULL, 0, 0, NULL, false,
     N_("Users of this machine who may send over a unix socket (`listen = unix:…`): names or numbers, `@group` for those of a group. They need show nothing else. "
     "Without it only root and the bus's own user may, or who shows the token.")},
    {"client-subject", HT_OPTION_LIST, SOURCE(client_subjects), NULL, 0, 0, NULL, false,
     N_("Names in certificates, one of which a sender must show over TLS, as RFC 4514 writes them (`openssl x509 -noout -subject -nameopt RFC2253`); the certificate must lead to `client-ca`. Otherwise 403.")},
    {"client-fingerprint", HT_OPTION_DIGESTS, SOURCE(client_fingerprints), NULL, 0, 0, NULL, false,
     N_("SHA-256 of certificates (`openssl x509 -noout -fingerprint -sha256`), one of which a sender must show over TLS, whoever made it; with `client-subject` too, one of both.")},
    {"trust-address", HT_OPTION_WORD, SOURCE(trust_address), "no", 0, 0, "no|yes", false,
     N_("`yes`: of a source with `identities = authority` the address alone says enough of who sends, although every user of the machine at that address may then "
     "say who is who. Without it such a source needs `token-file`, `client-subject`, `client-fingerprint` or `users`.")},
    {"paths", HT_OPTION_URL_PATHS, SOURCE(paths), NULL, 0, 0, NULL, false,
     N_("Further paths under which the source answers, besides `/in/NAME`: those of the service that a department's client was written "
     "for. Letter by letter as the client asks for them; with `?wsdl`, too. No path of another source, none of the bus's own.")},
    {0}};

static const HtOption consumer_options[] = {
    {"type", HT_OPTION_WORD, CONSUMER(type), NULL, 0, 0, "webhook|pull|file", true,
     N_("How events go out: `webhook`: the bus POSTs them; `pull`: the consumer fetches them at `/out/NAME`, or reads the stream "
     "`/out/NAME/stream`; `file`: it finds them as lines of JSON in files of `directory`.")},
    {"url", HT_OPTION_URL, CONSUMER(url), NULL, 0, 0, NULL, false, N_("`webhook`: where events are POSTed. Required there.")},
    {"mode", HT_OPTION_WORD, CONSUMER(mode), "batch", 0, 0, "batch|structured|binary", false,
     N_("`batch`: application/cloudevents-batch+json, an array; `structured`: one event a request; `binary`: one event a request, its attributes as `ce-` headers, "
     "its data as the body.")},
    {"batch", HT_OPTION_NUMBER, CONSUMER(batch), "100", 1, 1000, NULL, false, N_("Events in one request at most; with `pull` in one answer, and of a stream "
     "those that are out at once.")},
    {"connections", HT_OPTION_NUMBER, CONSUMER(connections), "8", 1, 64, NULL, false,
     N_("Requests under way at once. Events of one person never overtake each other.")},
    {"clearance", HT_OPTION_NUMBER, CONSUMER(clearance), "0", 0, 3, NULL, false,
     N_("Highest sensitivity (0 to 3) that it may see without being named in `allow`.")},
    {"alarm-oldest", HT_OPTION_TIME, CONSUMER(alarm_oldest_ms), "1h", 0, 8760 * HOUR, NULL, false,
     N_("Alarm when the oldest event that it has still to get was taken so long ago; 0: none.")},
    {"alarm-backlog", HT_OPTION_NUMBER, CONSUMER(alarm_backlog), "0", 0, 1000000000, NULL, false,
     N_("Alarm when so many events are behind its cursor, routed to it or not; 0: none.")},
    {"alarm-dead", HT_OPTION_NUMBER, CONSUMER(alarm_dead), "1", 0, 1000000000, NULL, false,
     N_("Alarm when it has so many dead letters; 0: none.")},
    {"purpose", HT_OPTION_STRING, CONSUMER(purpose), NULL, 0, 0, NULL, false,
     N_("Why it may see personal data. No purpose, no personal data. Needs `purpose-until`.")},
    {"purpose-until", HT_OPTION_DATE, CONSUMER(purpose_until), NULL, 0, 0, NULL, false,
     N_("The last day (`2027-06-30`, at +08:00) on which the purpose holds. From the next day on it sees no personal data, until a later day is written here.")},
    {"purpose-alarm", HT_OPTION_TIME, CONSUMER(purpose_alarm_ms), "720h", 1 * HOUR, 8760 * HOUR, NULL, false,
     N_("So long before the purpose lapses log, status, metrics and `/ready` begin to say that it will.")},
    {"allow", HT_OPTION_LIST, CONSUMER(allow), NULL, 0, 0, NULL, false, N_("Elements granted above the clearance: `person.idNumber`, or a pattern `*.phone`; `unmapped` for what no mapping names, `unmapped:PATH` for some of it.")},
    {"deny", HT_OPTION_LIST, CONSUMER(deny), NULL, 0, 0, NULL, false, N_("Elements withheld although the clearance would show them; patterns and `unmapped` as in `allow`.")},
    {"hash", HT_OPTION_LIST, CONSUMER(hash), NULL, 0, 0, NULL, false,
     N_("Elements shown as `h-` and 32 hexadecimal digits, a keyed hash: equal for equal values, and for this consumer only. Patterns and `unmapped` as in `allow`.")},
    {"mask", HT_OPTION_LIST, CONSUMER(mask), NULL, 0, 0, NULL, false,
     N_("Elements shown masked: `person.phone:phone`, a pattern `*.idNumber:idNumber`, or `person.name` with the dictionary's own mask; `@name`, `@idNumber`, `@phone`, `@address`: all elements that the "
     "dictionary masks so, those of departments to come, too. Of several that name an element the last one holds.")},
    {"secret-file", HT_OPTION_PATHS, CONSUMER(secret_files), NULL, 0, 0, NULL, false,
     N_("File of the secret for Standard Webhooks signatures: `whsec_` and base64 of 24 to 64 bytes. While a secret is changed, two files (at most 8), `new;old`: "
     "every request is signed with each.")},
    {"tls-ca", HT_OPTION_PATH, CONSUMER(tls_ca), NULL, 0, 0, NULL, false,
     N_("`webhook`: authorities, PEM, of which one must vouch for the consumer's certificate. Without it, those of the system.")},
    {"tls-certificate", HT_OPTION_PATH, CONSUMER(tls_certificate), NULL, 0, 0, NULL, false,
     N_("`webhook`: the certificate, PEM with its chain, that the bus shows to the consumer. Read with each connection, so one that was renewed needs no restart.")},
    {"tls-key", HT_OPTION_PATH, CONSUMER(tls_key), NULL, 0, 0, NULL, false, N_("Its key, PEM, mode 0600.")},
    {"tls-pin", HT_OPTION_STRING, CONSUMER(tls_pin), NULL, 0, 0, NULL, false,
     N_("`webhook`: `sha256//BASE64` of the public key that the consumer must show besides, several separated by `;`: the next one before it is changed.")},
    {"validate", HT_OPTION_WORD, CONSUMER(validate), "no", 0, 0, "no|yes", false,
     N_("`webhook`: `yes`: the endpoint is asked by OPTIONS whether it wants deliveries, and how fast, before it gets any (consumer.md).")},
    {"validate-rate", HT_OPTION_NUMBER, CONSUMER(validate_rate), "0", 0, 1000000, NULL, false,
     N_("With `validate`: requests a minute that it is asked for; 0: it is not asked for a number.")},
    {"validate-every", HT_OPTION_TIME, CONSUMER(validate_every_ms), "24h", 100 * MS, 8760 * HOUR, NULL, false,
     N_("With `validate`: it is asked again after so long, and at each start.")},
    {"timeout", HT_OPTION_TIME, CONSUMER(timeout_ms), "30s", 100 * MS, 1 * HOUR, NULL, false, N_("Time for one request.")},
    {"connect-timeout", HT_OPTION_TIME, CONSUMER(connect_timeout_ms), "5s", 50 * MS, 5 * MINUTE, NULL, false, N_("Time to connect.")},
    {"retry-first", HT_OPTION_TIME, CONSUMER(retry_first_ms), "500ms", 10 * MS, 1 * HOUR, NULL, false,
     N_("First pause of an event that fails; doubled each time, with jitter, up to `retry-max`.")},
    {"retry-max", HT_OPTION_TIME, CONSUMER(retry_max_ms), "5min", 10 * MS, 24 * HOUR, NULL, false,
     N_("Longest pause of an event that fails while others go through.")},
    {"rest-max", HT_OPTION_TIME, CONSUMER(rest_max_ms), "5min", 10 * MS, 24 * HOUR, NULL, false,
     N_("Longest pause that a consumer gets by `Retry-After`: what it asks for beyond that is not heeded.")},
    {"probe", HT_OPTION_TIME, CONSUMER(probe_ms), "5s", 10 * MS, 1 * HOUR, NULL, false,
     N_("While nothing goes through, the consumer is asked at least so often whether it works again.")},
    {"attempts", HT_OPTION_NUMBER, CONSUMER(attempts), "0", 0, 1000000, NULL, false,
     N_("Attempts, in a request of its own, before an event becomes a dead letter; 0: without limit.")},
    {"dead-max", HT_OPTION_NUMBER, CONSUMER(dead_max), "10000", 1, 10000000, NULL, false,
     N_("Dead letters at most. When there are so many, nothing more is sent to the consumer until some are replayed or dropped: none is forgotten.")},
    {"order", HT_OPTION_WORD, CONSUMER(order), "loose", 0, 0, "loose|strict", false,
     N_("What an event that is refused (4xx) does to later ones of its person. `loose`: it becomes a dead letter and they go on; `strict`: it goes again and again, up to "
     "`retry-max` apart, and they wait until it is taken. Not with `attempts`.")},
    {"window", HT_OPTION_SIZE, CONSUMER(window_bytes), "32M", 64 * K, 4 * G, NULL, false,
     N_("Memory for events read ahead and not yet delivered; and at most 4000 of them: with a webhook twice what its `connections` can take, but at least 1000. One page, up to 4M, may come on top, and about 400 bytes for each of `held`.")},
    {"held", HT_OPTION_NUMBER, CONSUMER(held), "100000", 4000, 10000000, NULL, false,
     N_("Events not yet delivered, those that fail and those behind them included: when there are more, nothing is read ahead until some are taken or dead letters (`attempts`).")},
    {"start", HT_OPTION_WORD, CONSUMER(start), "beginning", 0, 0, "beginning|now", false,
     N_("Where a consumer that the spool does not know yet starts.")},
    {"lease", HT_OPTION_TIME, CONSUMER(lease_ms), "60s", 100 * MS, 24 * HOUR, NULL, false,
     N_("`pull`: what is not acknowledged for so long goes again, and counts as failed.")},
    {"wait", HT_OPTION_TIME, CONSUMER(wait_ms), "60s", 0, 1 * HOUR, NULL, false,
     N_("`pull`: the longest that a request may wait for events, whatever its `wait=` says.")},
    {"polls", HT_OPTION_NUMBER, CONSUMER(polls), "64", 1, 10000, NULL, false,
     N_("`pull`: requests that may wait at once, streams included; more get 429.")},
    {"heartbeat", HT_OPTION_TIME, CONSUMER(heartbeat_ms), "15s", 100 * MS, 1 * HOUR, NULL, false,
     N_("`pull`: a stream on which nothing was written for so long gets a comment.")},
    {"linger", HT_OPTION_TIME, CONSUMER(linger_ms), "1s", 10 * MS, 1 * HOUR, NULL, false,
     N_("`pull`: a stream that has events to acknowledge and gets none for so long ends, so that its reader comes again with "
     "`Last-Event-ID`.")},
    {"directory", HT_OPTION_PATH, CONSUMER(directory), NULL, 0, 0, NULL, false,
     N_("`file`: where the files are; made if it is missing. Required there. Files have mode 0640: who fetches them is in the bus's group.")},
    {"rotate-size", HT_OPTION_SIZE, CONSUMER(rotate_bytes), "64M", 4 * K, 4 * G, NULL, false,
     N_("`file`: a file is closed when it has that many bytes,")},
    {"rotate-time", HT_OPTION_TIME, CONSUMER(rotate_ms), "5min", 100 * MS, 24 * HOUR, NULL, false,
     N_("or so long after its first event.")},
    {"files-max", HT_OPTION_SIZE, CONSUMER(files_bytes), "0", 0, 1024 * 1024 * G, NULL, false,
     N_("`file`: when its files have so many bytes together nothing is written until some are removed; 0: no limit but the disk's.")},
    {"files-keep", HT_OPTION_TIME, CONSUMER(keep_files_ms), "0", 0, 8760 * HOUR, NULL, false,
     N_("`file`: files that are older are removed, fetched or not; 0: none are.")},
    {"token-file", HT_OPTION_PATH, CONSUMER(token_file), NULL, 0, 0, NULL, false,
     N_("File of the token that it must show at `/out/NAME`, in `Authorization: Bearer TOKEN`: as for a source.")},
    {"peers", HT_OPTION_NETWORKS, CONSUMER(peers), NULL, 0, 0, NULL, false,
     N_("Addresses and networks from which it may come to `/out/NAME`: as for a source. With neither, only from this machine.")},
    {"users", HT_OPTION_LIST, CONSUMER(users), NULL, 0, 0, NULL, false,
     N_("Users of this machine who may come to `/out/NAME` over a unix socket: as for a source.")},
    {"client-subject", HT_OPTION_LIST, CONSUMER(client_subjects), NULL, 0, 0, NULL, false,
     N_("Names in certificates, one of which it must show at `/out/NAME`: as for a source.")},
    {"client-fingerprint", HT_OPTION_DIGESTS, CONSUMER(client_fingerprints), NULL, 0, 0, NULL, false,
     N_("SHA-256 of certificates, one of which it must show at `/out/NAME`: as for a source.")},
    {0}};

static const HtOption route_options[] = {
    {"from", HT_OPTION_LIST, ROUTE(from), NULL, 0, 0, NULL, false, N_("Sources; without it, all. What the bus itself says of subjects (`subject.*`) is not held back by it.")},
    {"types", HT_OPTION_LIST, ROUTE(types), NULL, 0, 0, NULL, false,
     N_("Event types, `*` for any rest: `person.*;marriage.registered.v1`; without it, all.")},
    {"divisions", HT_OPTION_LIST, ROUTE(divisions), NULL, 0, 0, NULL, false,
     N_("Prefixes of division codes, `440104*`, down to a grid (14 digits), held against division, fromdivision, otherdivisions and presentdivisions: one that fits is enough; without it, all. "
     "Nor does it hold back `subject.*`.")},
    {"to", HT_OPTION_LIST, ROUTE(to), NULL, 0, 0, NULL, true, N_("Consumers.")},
    {0}};

static const HtOption retention_options[] = {
    {"from", HT_OPTION_LIST, RETENTION(from), NULL, 0, 0, NULL, false, N_("Sources; without it, all, and the bus's own events.")},
    {"types", HT_OPTION_LIST, RETENTION(types), NULL, 0, 0, NULL, false,
     N_("Event types, `*` for any rest: `person.*;marriage.registered.v1`; without it, all.")},
    {"keep", HT_OPTION_TIME, RETENTION(keep_ms), "0", 0, 876000 * HOUR, NULL, false,
     N_("Events older than this are pruned. 0: however old they are, they stay.")},
    {"keep-size", HT_OPTION_SIZE, RETENTION(keep_bytes), "0", 0, 1024 * 1024 * G, NULL, false,
     N_("When their data has more bytes than this together, the oldest are pruned. 0: however many they are, they stay.")},
    {"max-wait", HT_OPTION_TIME, RETENTION(max_wait_ms), "0", 0, 876000 * HOUR, NULL, false,
     N_("What a consumer has still to get, or has as a dead letter, stays for as long as it takes; with a time it is pruned so long after `keep` has passed, and the log says "
     "which. With `keep` only.")},
    {"archive", HT_OPTION_WORD, RETENTION(archive), "on", 0, 0, "on|off", false,
     N_("Whether they are written to the archive ([spool] `archive`) before they are pruned.")},
    {0}};

static const HtOption spool_options[] = {
    {"archive", HT_OPTION_PATH, SPOOL(archive), NULL, 0, 0, NULL, false,
     N_("Directory of the archive: events that are pruned, as lines of JSON, compressed (zstd), each file with a manifest. They hold residents' data. Without it, `archive` "
     "in `state`. `hutong spool verify` checks it.")},
    {"archive-encryption", HT_OPTION_WORD, SPOOL(archive_encryption), "on", 0, 0, "on|off", false,
     N_("Whether files of the archive are sealed, with the spool's cipher and a key of their own in `periods` in `state`, wrapped under the master key; `hutong spool unseal FILE` writes their lines. `off`: "
     "they are in clear, for whoever reads them with `zstd`.")},
    {"archive-file", HT_OPTION_SIZE, SPOOL(archive_file_bytes), "256M", 64 * K, 16 * G, NULL, false,
     N_("A file of the archive is closed when its lines have so many bytes before they are compressed.")},
    {"archive-max", HT_OPTION_SIZE, SPOOL(archive_bytes), "0", 0, 1024 * 1024 * G, NULL, false,
     N_("When the archive's files have so many bytes nothing is pruned any more until some are moved away; 0: no limit but the disk's.")},
    {"prune-every", HT_OPTION_TIME, SPOOL(prune_every_ms), "10min", 100 * MS, 24 * HOUR, NULL, false,
     N_("How often it is looked for events that are to be pruned.")},
    {"encryption", HT_OPTION_WORD, SPOOL(encryption), "aes-256-gcm", 0, 0, "aes-256-gcm|sm4-ctr-hmac-sm3|off", false,
     N_("How events, payloads, faults and answers are sealed in the spool, each by itself, so that they can be read with the master key only and an altered byte is found. `sm4-ctr-hmac-sm3`: "
     "SM4 (GB/T 32907) and SM3 (GB/T 32905). What is in the spool already is sealed at the next start; with another cipher, or `off`, what is new.")},
    {"master-key-file", HT_OPTION_PATHS, SPOOL(master_files), NULL, 0, 0, NULL, false,
     N_("Files of the master key (64 hex digits, mode 0600), under which the spool's data keys are kept in `periods` in `state`; a file of $CREDENTIALS_DIRECTORY may be one. The first one wraps, the "
     "others may still unwrap: so it is changed, by a restart with the new file first. Without it, `master.key` in `state`, made when there is none: then who has a copy of `state` can read it.")},
    {"key-period", HT_OPTION_TIME, SPOOL(key_period_ms), "30d", 0, 36500 * 24 * HOUR, NULL, false,
     N_("A new data key is begun after so long; 0: never. What was sealed under a key is destroyed with it, wherever copies lie (`hutong spool shred`).")},
    {0}};
/* clang-format on */

/* What is bound, opened or written with until the bus ends. Everything else a reload takes. */
static const char *const bus_fixed[] = {"name",
                                        "admin",
                                        "state",
                                        "site-key-file",
                                        "signature",
                                        "max-connections",
                                        "idle-timeout",
                                        "connection-memory",
                                        "metrics",
                                        "metrics-connections",
                                        "metrics-timeout",
                                        "user",
                                        NULL};
static const char *const spool_fixed[] = {
    "archive", "archive-encryption", "encryption", "master-key-file", "key-period", "group",
    "large",   "wal-limit",          "page",       "recent",          "filters",    NULL};

const HtSectionTable ht_section_tables[HT_SECTIONS] = {
    [HT_SECTION_BUS] = {.name = "bus",
                        .size = sizeof(HtBusConfig),
                        .help = N_("The bus itself. One."),
                        .own = bus_options,
                        .fixed = bus_fixed},
    [HT_SECTION_SPOOL] = {.name = "spool",
                          .size = sizeof(HtSpoolConfig),
                          .help = N_("The durable log. At most one."),
                          .own = spool_options,
                          .fixed = spool_fixed,
                          .limits = ht_spool_limit_rows,
                          .limits_offset = offsetof(HtSpoolConfig, limits)},
    [HT_SECTION_SOURCE] = {.name = "source",
                           .named = true,
                           .size = sizeof(HtSourceConfig),
                           .help = N_("One for each department system; it sends to `/in/NAME`. Keys "
                                      "`option.NAME` are the adapter's own (`hutong adapter inspect ADAPTER` "
                                      "lists them)."),
                           .own = source_options,
                           .limits = ht_limit_rows,
                           .limits_offset = offsetof(HtSourceConfig, limits)},
    [HT_SECTION_CONSUMER] = {.name = "consumer",
                             .named = true,
                             .size = sizeof(HtConsumerConfig),
                             .help = N_("One for each receiver of events."),
                             .own = consumer_options},
    [HT_SECTION_ROUTE] = {.name = "route",
                          .named = true,
                          .size = sizeof(HtRouteConfig),
                          .help = N_("Which events go to which consumers. An event goes to a consumer once, "
                                     "however many routes say so."),
                          .own = route_options},
    [HT_SECTION_RETENTION] =
        {.name = "retention",
         .named = true,
         .size = sizeof(HtRetentionConfig),
         .help = N_(
             "How long events are kept once every consumer has them. The first section that fits an event (`from`, `types`) "
             "counts for it; what no section fits is kept for ever. Of an event that is pruned its number, subject and what "
             "corrections need stay, so that it is known when it is sent again."),
         .own = retention_options},
};

/* ---- Limits as options ---- */

static HtOption option_of_limit(const HtLimitRow *row, size_t offset)
{
    static const HtOptionType types[] = {
        [HT_LIMIT_COUNT] = HT_OPTION_NUMBER, [HT_LIMIT_BYTES] = HT_OPTION_SIZE, [HT_LIMIT_MS] = HT_OPTION_TIME};
    char fallback[HT_LIMIT_NUMBER];
    return (HtOption){.key = row->key,
                      .type = types[row->unit],
                      .offset = offset + row->offset,
                      .fallback = g_intern_string(ht_limit_write(row->fallback, row->unit, fallback)),
                      .min = row->min,
                      .max = row->max,
                      .help = row->help};
}

static const HtOption *make_options(const HtSectionTable *table)
{
    GArray *options = g_array_new(TRUE, TRUE, sizeof(HtOption));
    for (const HtOption *own = table->own; own && own->key; own++) {
        g_array_append_val(options, *own);
    }
    for (const HtLimitRow *row = table->limits; row && row->key; row++) {
        HtOption option = option_of_limit(row, table->limits_offset);
        g_array_append_val(options, option);
    }
    return (const HtOption *)(void *)g_array_free(options, FALSE);
}

const HtOption *ht_section_options(const HtSectionTable *table)
{
    static const HtOption *made[HT_SECTIONS]; /* as fixed as the tables that they come from: never freed */
    const HtOption **options = &made[table - ht_section_tables];
    if (!*options) {
        *options = make_options(table);
    }
    return *options;
}

bool ht_option_is_fixed(const HtSectionTable *table, const HtOption *option)
{
    return table->fixed && g_strv_contains(table->fixed, option->key);
}

const HtOption *ht_option_find(const HtSectionTable *table, const char *key)
{
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        if (g_str_equal(option->key, key)) {
            return option;
        }
    }
    return NULL;
}

const HtOption *ht_option_near(const HtSectionTable *table, const char *key)
{
    const HtOption *best = NULL;
    unsigned least = (unsigned)strlen(key) / 3 + 2;
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        unsigned distance = ht_suggest_distance(key, option->key);
        if (distance < least) {
            least = distance;
            best = option;
        }
    }
    return best;
}
