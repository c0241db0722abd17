/* The tables of all options. To add a key: a field in core/config/config.h, a line here, and `make docs`. */
#include "core/config/options.h"

#define BUS(field) offsetof(HtBusConfig, field)
#define SPOOL(field) offsetof(HtSpoolConfig, field)
#define SOURCE(field) offsetof(HtSourceConfig, field)
#define CONSUMER(field) offsetof(HtConsumerConfig, field)
#define ROUTE(field) offsetof(HtRouteConfig, field)

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
     "The bus's name: in the `source` of every event, in receipts and in metrics."},
    {"listen", HT_OPTION_ADDRESS, BUS(listen), "127.0.0.1:8080", 0, 0, NULL, false,
     "The public door: where departments send and consumers pull. Port 0 lets the kernel choose."},
    {"admin", HT_OPTION_PATH, BUS(admin), "./run/admin.sock", 0, 0, NULL, false,
     "The house door: a unix socket for the administrator's commands. Only its owner may connect."},
    {"state", HT_OPTION_PATH, BUS(state), "./state", 0, 0, NULL, false,
     "Directory of the spool and the site key. On a local disk; made at the first start."},
    {"adapters", HT_OPTION_PATH, BUS(adapters), NULL, 0, 0, NULL, false,
     "Directory of the adapters. Without it, the installed one."},
    {"mappings", HT_OPTION_PATH, BUS(mappings), NULL, 0, 0, NULL, false,
     "Directory of the mapping files that sources name. Without it, the installed one."},
    {"data", HT_OPTION_PATH, BUS(data), NULL, 0, 0, NULL, false,
     "Directory of the dictionary, code tables and divisions. Without it, the installed one."},
    {"public-url", HT_OPTION_URL, BUS(public_url), NULL, 0, 0, NULL, false,
     "The address that departments use, for WSDL. Without it, taken from each request."},
    {"site-key-file", HT_OPTION_PATH, BUS(site_key_file), NULL, 0, 0, NULL, false,
     "File of the site key (64 hex digits), under which persons become subjects. Without it, `site.key` in `state`, made at "
     "the first start. Keep a copy: without it, subjects change."},
    {"log-level", HT_OPTION_WORD, BUS(log_level), "info", 0, 0, "error|warning|info|debug", false,
     "How much goes to the log (standard error)."},
    {"adapter-check", HT_OPTION_WORD, BUS(adapter_check), "on", 0, 0, "on|off", false,
     "`on`: an adapter serves only after the conformance kit (`hutong adapter check`) has passed it; until then its sources answer "
     "503. A passed check is remembered in `state` until the adapter, its fixtures, mappings or tables change. `off`: adapters "
     "are loaded unchecked; for developing one, never with departments' data."},
    {"max-connections", HT_OPTION_NUMBER, BUS(max_connections), "4096", 8, 100000, NULL, false,
     "Connections at the public door; lowered to what file descriptors allow."},
    {"max-connections-per-address", HT_OPTION_NUMBER, BUS(max_connections_per_address), "1024", 1, 100000, NULL, false,
     "Connections from one address."},
    {"header-timeout", HT_OPTION_TIME, BUS(header_timeout_ms), "10s", 100 * MS, 10 * MINUTE, NULL, false,
     "Time for a request's head to arrive."},
    {"idle-timeout", HT_OPTION_TIME, BUS(idle_timeout_ms), "60s", 1 * SECOND, 1 * HOUR, NULL, false,
     "How long a connection may stay open without a request."},
    {"body-grace", HT_OPTION_TIME, BUS(body_grace_ms), "10s", 100 * MS, 10 * MINUTE, NULL, false,
     "After so long, a body must arrive at `body-rate`."},
    {"body-rate", HT_OPTION_SIZE, BUS(body_bytes_per_second), "1K", 1, 1 * G, NULL, false,
     "Bytes a second that a body must arrive at, after `body-grace`."},
    {"connection-memory", HT_OPTION_SIZE, BUS(door_memory), "16K", 4 * K, 1 * M, NULL, false,
     "Memory for one connection's head and buffer; a larger head is refused."},
    {0}};

static const HtOption spool_options[] = {
    {"group", HT_OPTION_NUMBER, SPOOL(group), "256", 1, 10000, NULL, false,
     "Messages that one commit takes at most."},
    {"queue", HT_OPTION_NUMBER, SPOOL(queue), "4096", 1, 1000000, NULL, false,
     "Messages that may wait for a commit; more are answered 503."},
    {"queue-bytes", HT_OPTION_SIZE, SPOOL(queue_bytes), "64M", 1 * M, 64 * G, NULL, false,
     "Their bytes in memory. A single larger message is taken when no other waits."},
    {"wal-limit", HT_OPTION_SIZE, SPOOL(wal_limit), "64M", 1 * M, 4 * G, NULL, false,
     "Size of the write-ahead log at which a checkpoint is forced."},
    {"reserve", HT_OPTION_SIZE, SPOOL(reserve), "192M", 1 * M, 1024 * G, NULL, false,
     "Intake stops (503) when the disk has less room than this, so that deliveries can still be recorded. At least twice "
     "`wal-limit` plus 64M is advised."},
    {"page", HT_OPTION_SIZE, SPOOL(page), "8K", 4 * K, 64 * K, NULL, false,
     "Page size of a new spool file; a power of two."},
    {0}};

static const HtOption source_options[] = {
    {"department", HT_OPTION_NAME, SOURCE(department), NULL, 0, 0, NULL, true,
     "Who answers for the data: police, civil-affairs, hrss, health, …"},
    {"adapter", HT_OPTION_FILE, SOURCE(adapter), NULL, 0, 0, NULL, true,
     "Which adapter: a name in `adapters` (without .so), or a path; `xml` needs no C."},
    {"mapping", HT_OPTION_FILE, SOURCE(mapping), NULL, 0, 0, NULL, true,
     "The mapping file: a name in `mappings`, or a path."},
    {"division", HT_OPTION_DIVISION, SOURCE(division), NULL, 0, 0, NULL, false,
     "Jurisdiction assumed where a record names none: 6, 9 or 12 digits."},
    {"max-body", HT_OPTION_SIZE, SOURCE(max_body), "16M", 1 * K, 1 * G, NULL, false,
     "Largest body; a larger one is answered 413 at once."},
    {"on-invalid", HT_OPTION_WORD, SOURCE(on_invalid), "reject", 0, 0, "reject|quarantine", false,
     "Records that lack what the mapping requires: `reject` refuses the whole message; `quarantine` takes the good records "
     "and keeps the bad ones for a person."},
    {"keep-payload", HT_OPTION_WORD, SOURCE(keep_payload), "repaired", 0, 0, "repaired|all|none", false,
     "Which original bytes are kept in the spool: of payloads that had to be repaired, of all, of none. Of bodies above 64K, which "
     "pass in pieces, only repaired and quarantined ones can be kept."},
    {"soap12-sender-status", HT_OPTION_WORD, SOURCE(soap12_sender_status), "500", 0, 0, "500|400", false,
     "HTTP status of SOAP 1.2 faults that are the sender's to mend (`env:Sender`): `500`, the only one under which WCF reads a "
     "fault; or `400`, as SOAP 1.2's HTTP binding has it."},
    {"identities", HT_OPTION_WORD, SOURCE(identities), "own", 0, 0, "own|authority", false,
     "What it may say of who is who. `own`: which of its own numbers belong to whom. `authority`, for the police's register: also "
     "that a citizen number was corrected, is shared by two persons, or is that of a birth certificate; such a tie holds for all "
     "departments and for good."},
    {"token-file", HT_OPTION_PATH, SOURCE(token_file), NULL, 0, 0, NULL, false,
     "File of the token that a sender must show, in `Authorization: Bearer TOKEN`: 16 to 512 visible ASCII characters in one line. "
     "Otherwise 401."},
    {"peers", HT_OPTION_NETWORKS, SOURCE(peers), NULL, 0, 0, NULL, false,
     "Who may send: addresses and networks, IPv4 and IPv6. Others get 403. With `token-file` too, both must hold. With neither, "
     "only this machine may send; behind a proxy on this machine that is everybody, so use `token-file` there."},
    {"paths", HT_OPTION_URL_PATHS, SOURCE(paths), NULL, 0, 0, NULL, false,
     "Further paths under which the source answers, besides `/in/NAME`: those of the service that a department's client was written "
     "for. Letter by letter as the client asks for them; with `?wsdl`, too. No path of another source, none of the bus's own."},
    {"memory", HT_OPTION_SIZE, SOURCE(memory), "512M", 64 * M, 64 * G, NULL, false,
     "Address space of the adapter's host process."},
    {"start-timeout", HT_OPTION_TIME, SOURCE(start_timeout_ms), "10s", 100 * MS, 5 * MINUTE, NULL, false,
     "Time for the host to get ready."},
    {"message-timeout", HT_OPTION_TIME, SOURCE(message_timeout_ms), "10s", 50 * MS, 10 * MINUTE, NULL, false,
     "Watchdog: time for one message in the adapter, and the same again for each megabyte. The host is killed beyond it."},
    {"idle", HT_OPTION_TIME, SOURCE(idle_ms), "10min", 0, 240 * HOUR, NULL, false,
     "The host is ended after so long without work; 0: never."},
    {"strikes", HT_OPTION_NUMBER, SOURCE(strikes), "2", 1, 100, NULL, false,
     "Times that a message may kill the host before it is refused and kept in quarantine."},
    {"waiting", HT_OPTION_NUMBER, SOURCE(waiting), "1024", 1, 100000, NULL, false,
     "Messages that may wait for the host; more are answered 503."},
    {"waiting-bytes", HT_OPTION_SIZE, SOURCE(waiting_bytes), "64M", 64 * K, 16 * G, NULL, false,
     "Their bytes."},
    {"max-depth", HT_OPTION_NUMBER, SOURCE(max_depth), "64", 4, 1000, NULL, false, "Nesting of elements."},
    {"max-attributes", HT_OPTION_NUMBER, SOURCE(max_attributes), "256", 4, 10000, NULL, false, "Attributes of one element."},
    {"max-start-tag", HT_OPTION_SIZE, SOURCE(max_start_tag), "64K", 1 * K, 16 * M, NULL, false, "Bytes of one start tag."},
    {"max-names", HT_OPTION_NUMBER, SOURCE(max_names), "4096", 64, 1000000, NULL, false, "Distinct names in one payload."},
    {"max-elements", HT_OPTION_NUMBER, SOURCE(max_elements), "5000000", 100, 1000000000, NULL, false, "Elements in one payload."},
    {"max-records", HT_OPTION_NUMBER, SOURCE(max_records), "1000000", 1, 100000000, NULL, false, "Records in one payload."},
    {"max-value", HT_OPTION_SIZE, SOURCE(max_value), "8M", 1 * K, 1 * G, NULL, false, "Bytes of one value, photos included."},
    {"max-document", HT_OPTION_SIZE, SOURCE(max_document), "64M", 1 * K, 4 * G, NULL, false, "Bytes of a payload as UTF-8."},
    {"cpu-per-megabyte", HT_OPTION_TIME, SOURCE(cpu_ms_per_mb), "2s", 10 * MS, 10 * MINUTE, NULL, false,
     "Processor time for reading and mapping, for each begun megabyte."},
    {0}};

static const HtOption consumer_options[] = {
    {"type", HT_OPTION_WORD, CONSUMER(type), NULL, 0, 0, "webhook", true, "How events go out."},
    {"url", HT_OPTION_URL, CONSUMER(url), NULL, 0, 0, NULL, true, "Where events are POSTed."},
    {"mode", HT_OPTION_WORD, CONSUMER(mode), "batch", 0, 0, "batch|structured", false,
     "`batch`: application/cloudevents-batch+json, an array; `structured`: one event a request."},
    {"batch", HT_OPTION_NUMBER, CONSUMER(batch), "100", 1, 1000, NULL, false, "Events in one request at most."},
    {"connections", HT_OPTION_NUMBER, CONSUMER(connections), "8", 1, 64, NULL, false,
     "Requests under way at once. Events of one person never overtake each other."},
    {"clearance", HT_OPTION_NUMBER, CONSUMER(clearance), "0", 0, 3, NULL, false,
     "Highest sensitivity (0 to 3) that it may see without being named in `allow`."},
    {"purpose", HT_OPTION_STRING, CONSUMER(purpose), NULL, 0, 0, NULL, false,
     "Why it may see personal data. No purpose, no personal data."},
    {"allow", HT_OPTION_LIST, CONSUMER(allow), NULL, 0, 0, NULL, false, "Elements granted above the clearance: `person.idNumber`, or a pattern `*.phone`; `unmapped` for what no mapping names."},
    {"deny", HT_OPTION_LIST, CONSUMER(deny), NULL, 0, 0, NULL, false, "Elements withheld although the clearance would show them."},
    {"mask", HT_OPTION_LIST, CONSUMER(mask), NULL, 0, 0, NULL, false,
     "Elements shown masked: `person.phone:phone`, a pattern `*.idNumber:idNumber`, or `person.name` with the dictionary's own mask."},
    {"secret-file", HT_OPTION_PATH, CONSUMER(secret_file), NULL, 0, 0, NULL, false,
     "File of the secret for Standard Webhooks signatures."},
    {"timeout", HT_OPTION_TIME, CONSUMER(timeout_ms), "30s", 100 * MS, 1 * HOUR, NULL, false, "Time for one request."},
    {"connect-timeout", HT_OPTION_TIME, CONSUMER(connect_timeout_ms), "5s", 50 * MS, 5 * MINUTE, NULL, false, "Time to connect."},
    {"retry-first", HT_OPTION_TIME, CONSUMER(retry_first_ms), "500ms", 10 * MS, 1 * HOUR, NULL, false,
     "Pause after the first failure; doubled each time, with jitter, up to `retry-max`."},
    {"retry-max", HT_OPTION_TIME, CONSUMER(retry_max_ms), "5min", 10 * MS, 24 * HOUR, NULL, false, "Longest pause."},
    {"attempts", HT_OPTION_NUMBER, CONSUMER(attempts), "0", 0, 1000000, NULL, false,
     "Attempts, in a request of its own, before an event becomes a dead letter; 0: without limit."},
    {"window", HT_OPTION_SIZE, CONSUMER(window_bytes), "32M", 64 * K, 4 * G, NULL, false,
     "Memory for events read ahead and not yet delivered; and at most 4000 of them. One page, up to 4M, may come on top."},
    {"start", HT_OPTION_WORD, CONSUMER(start), "beginning", 0, 0, "beginning|now", false,
     "Where a consumer that the spool does not know yet starts."},
    {0}};

static const HtOption route_options[] = {
    {"from", HT_OPTION_LIST, ROUTE(from), NULL, 0, 0, NULL, false, "Sources; without it, all. What the bus itself says of subjects (`subject.*`) is not held back by it."},
    {"types", HT_OPTION_LIST, ROUTE(types), NULL, 0, 0, NULL, false,
     "Event types, `*` for any rest: `person.*;marriage.registered.v1`; without it, all."},
    {"divisions", HT_OPTION_LIST, ROUTE(divisions), NULL, 0, 0, NULL, false,
     "Prefixes of division codes, `440104*`, held against division and fromdivision; without it, all. "
     "Nor does it hold back `subject.*`."},
    {"to", HT_OPTION_LIST, ROUTE(to), NULL, 0, 0, NULL, true, "Consumers."},
    {0}};
/* clang-format on */

const HtSectionTable ht_section_tables[HT_SECTIONS] = {
    [HT_SECTION_BUS] = {"bus", false, sizeof(HtBusConfig), "The bus itself. One.", bus_options},
    [HT_SECTION_SPOOL] = {"spool", false, sizeof(HtSpoolConfig), "The durable log. At most one.",
                          spool_options},
    [HT_SECTION_SOURCE] =
        {"source", true, sizeof(HtSourceConfig),
         "One for each department system; it sends to `/in/NAME`. Keys `option.NAME` are the "
         "adapter's own (`hutong adapter inspect ADAPTER` lists them).",
         source_options},
    [HT_SECTION_CONSUMER] = {"consumer", true, sizeof(HtConsumerConfig), "One for each receiver of events.",
                             consumer_options},
    [HT_SECTION_ROUTE] =
        {"route", true, sizeof(HtRouteConfig),
         "Which events go to which consumers. An event goes to a consumer once, however many routes say "
         "so.",
         route_options},
};

const HtOption *ht_option_find(const HtSectionTable *table, const char *key)
{
    for (const HtOption *option = table->options; option->key; option++) {
        if (g_str_equal(option->key, key)) {
            return option;
        }
    }
    return NULL;
}
