/* Every code with which a message is refused: its status, its side in SOAP, when to send again, its sentence, what it means
 * and what to do about it. `make docs` writes docs/errors.md from it; tests/lint/codes.pl holds the codes that stand in
 * the program and in the adapters against it. No state; any thread. */
#include "core/refusal/table.h"

#include <glib.h>

/* ---- The payload cannot be read ---- */

static const HtRefusalKind payload_kinds[] = {
    {"empty", 400, "no body, or nothing but blanks",
     .advice = "send something; look at what the client did with its file"},
    {"not-well-formed", 400,
     "the XML is broken at `line`; \"(Also after repair.)\": the mapping's repairs did not help",
     .advice = "mend what writes it; the text says what is wrong"},
    {"json-malformed", 400, "the JSON is broken at `line`, at the character that the text names",
     .advice = "mend what writes it; the text says what is wrong"},
    {"namespace-not-well-formed", 400, "a prefix is not declared, or declared wrongly",
     .advice = "declare it with `xmlns:`"},
    {"doctype-refused", 400, "there is a DOCTYPE, also in a document inside a string",
     .advice = "leave it out"},
    {"html-instead-of-xml", 400, "an HTML page, mostly a proxy's or server's error page",
     .advice = "look at the system that made it"},
    {"unsupported-encoding", 415,
     "the declared encoding is not UTF-8, UTF-16, the GB family, ASCII or Latin-1",
     .advice = "send UTF-8 or GB 18030"},
    {"document-too-long", 413, "longer than `max-document` as UTF-8", .advice = "send it in parts"},
    {"too-deep", 413, "nesting above `max-depth`", .advice = "hardly ever honest data; else raise the key"},
    {"too-many-attributes", 413, "above `max-attributes`, `max-start-tag`", .advice = "the same"},
    {"start-tag-too-long", .status = 413},
    {"too-many-names", 413,
     "above `max-names` distinct names, or `max-name-bytes` of them, or one above 50 000 bytes",
     .advice = "data as element names? ask the mapping's author"},
    {"too-many-elements", 413, "above `max-elements`, `max-records`", .advice = "send it in parts"},
    {"too-many-records", .status = 413},
    {"record-too-large", 413, "the records inside of one record take more than `max-held`",
     .advice = "send them in several messages, or raise the key"},
    {"value-too-long", 413, "one value above `max-value`", .advice = "a photo? shrink it, or raise the key"},
    {"too-slow", 413, "reading took more than `cpu-per-megabyte` allows",
     .advice = "send it in parts; tell the administrator"},
    {"result-too-large", 413, "the events are above twice `max-document` and 1 MB",
     .advice = "send it in parts"},
};

/* ---- SOAP ---- */

static const HtRefusalKind soap_kinds[] = {
    {"soap-version", 400,
     "an Envelope of neither SOAP 1.1 nor 1.2, or `application/soap+xml` without an Envelope",
     .advice = "use one of the two namespaces", .side = HT_SIDE_VERSION, .about_header = true},
    {"soap-malformed", 400,
     "the envelope is not built as SOAP is: two Bodies or Headers, something before, between or (SOAP "
     "1.2) behind them, text beside elements; an Envelope inside of another document; in SOAP 1.2 also "
     "a processing instruction, or on Envelope, Header or Body an attribute without a namespace, or "
     "`encodingStyle`",
     .advice = "the text says which: mend what writes it"},
    {"soap-header-malformed", 400,
     "`mustUnderstand` is none of `0`, `1`, `false`, `true`; or (SOAP 1.2) a header has no namespace",
     .advice = "mend the header, or leave it out", .about_header = true},
    {"soap-outside-body", 400,
     "records, or something called like them, stand in the Header or behind the Body, also in a string",
     .advice = "send them in the Body"},
    {"soap-encoding-unknown", 400, "SOAP 1.2 data with an `encodingStyle` that is neither SOAP's nor none",
     .advice = "leave it out, or use SOAP's", .side = HT_SIDE_ENCODING},
    {"soap-must-understand", 400,
     "a header with `mustUnderstand` that the bus does not know (WS-Security, …). SOAP 1.2's fault "
     "names each in a `NotUnderstood` header",
     .advice = "send it without that header", .side = HT_SIDE_MUST_UNDERSTAND, .about_header = true},
    {"soap-security-unsupported", 400,
     "the source asks for a user name (`username-file`) or a signature (`signature-ca`), and its WS-Security header holds something else, too: something encrypted, or of these two what is not asked for",
     .advice = "send what is asked for and, if you like, a Timestamp", .side = HT_SIDE_MUST_UNDERSTAND,
     .about_header = true},
    {"signature-missing", 403,
     "the source asks for a signature (`signature-ca`, `signature-certificate`), and the message is no SOAP Envelope with one in its WS-Security header",
     .advice = "sign the Body"},
    {"signature-unsupported", 403,
     "the signature is not of the form that is taken: another algorithm, transform, reference or way to name the certificate, several signatures, something beside the Body, several parts",
     .advice = "the text says which; docs/wire.md says what is taken"},
    {"signature-refused", 403,
     "the signature does not verify, does not name the Body (and the Timestamp) of this message, or its certificate is none that belongs here",
     .advice = "the text says which"},
    {"signature-stale", 403,
     "the signed Timestamp is further from the bus's clock than `signature-age`, or has expired",
     .advice = "set the sender's clock"},
    {"soap-action-mismatch", 400, "`SOAPAction` names another operation than the body",
     .advice = "send the body's, or `\"\"`"},
    {"soap-body-empty", 400, .meaning = "the Body has no element, or there is none"},
    {"soap-fault-received", 400, "what was sent is itself a fault",
     .advice = "look at the system that answered with it"},
    {"href-missing", 400, "a reference (`href=\"#…\"`, `enc:ref`) to an id that no element of the Body has",
     .advice = "send that element (`multiRef`) too"},
    {"href-ambiguous", 400, "several elements have the id", .advice = "make ids unique"},
    {"href-cycle", 400,
     "an element contains itself by its references, or every element of the Body is referred to by "
     "another",
     .advice = "send a tree"},
    {"href-not-local", 400, "an empty element's `href` points out of the message: nothing is fetched",
     .advice = "send what it means"},
};

/* ---- Attachments and batches ---- */

static const HtRefusalKind attachments_kinds[] = {
    {"attachment-missing", 400, "`cid:` names a part that is not there, or there are no parts",
     .advice = "send it along, as `multipart/related`"},
    {"attachment-unreferenced", 400, "nothing in the document refers to this part: it would be lost",
     .advice = "leave it out, or refer to it"},
    {"multipart-malformed", 400,
     "boundary missing, cut off, headers or coding of a part broken, something after the end",
     .advice = "mend what writes it; a proxy that changes line ends?"},
    {"zip-malformed", 400,
     "the archive, or an entry, is damaged or cut off, or has no entry; or entries share their bytes",
     .advice = "pack it again"},
    {"part-not-xml", 415,
     "a part of a batch is neither XML nor JSON: a directory, a picture, a text; or the document of "
     "`multipart/related` is none",
     .advice = "send only documents"},
    {"part-nested", 415, "a container in a container", .advice = "send its documents directly"},
    {"zip-encrypted", 415, "packed with a password, or neither stored nor deflated",
     .advice = "pack it plainly"},
    {"zip-method", .status = 415},
    {"zip-bomb", 413,
     "an entry, or the archive, above 1 MB unpacks to more than `max-zip-ratio` times its size",
     .advice = "hardly any honest data does; else raise the key"},
    {"too-many-parts", 413, "more than `max-parts`", .advice = "several messages"},
};

/* ---- The records are wrong ---- */

static const HtRefusalKind records_kinds[] = {
    {"unknown-document", 422, "nothing that the mapping knows is in the payload",
     .advice = "right source? else the mapping must learn it"},
    {"no-event-for-record", 422, "a record that fits none of the mapping's events", .advice = "the same"},
    {"record-missing", 422,
     "a message that the mapping knows, without what it is about: a document set without documents",
     .advice = "send the whole message"},
    {"required-missing", 422,
     "a required element, or the event's time, has no value; or a birth, death or marriage names "
     "nobody (mapping.md)",
     .advice = "fill it; `element` gives element and path"},
    {"value-invalid", 422, "it has one that cannot be read as its type", .advice = "mend the value"},
    {"flag-unreadable", 422,
     "a value that decides what the record means (reversed or not, which kind of correction) is none "
     "that the mapping knows; `element` gives its path",
     .advice =
         "correct the value; a further spelling: the mapping's author adds it to `<flag>` or `<choice>`"},
    {"key-not-unique", 422, "two events of one record would have the same key",
     .advice = "the mapping's `<id>` must name what sets them apart: its author"},
    {"department-error", 422,
     "the payload is a department's answer that says error; 503 when it says \"later\"",
     .advice = "look at that system; its code is in the text", .retry_after_s = 30, .may_wait = true},
    {"count-mismatch", 422,
     "the payload states another number of records than it holds; nothing was taken, with `on-invalid "
     "= quarantine` too",
     .advice = "send the whole again; look for what was lost"},
    {"operation-unknown", 422,
     "the operation, or the value that says what is to be done, is none that the mapping names: what "
     "it means is not known, so nothing is taken. The text lists the known ones",
     .advice = "call one of them; a new one must be named in the mapping, with what it means"},
    {"query-not-answered", 422, "the operation is a query, and the bus answers none",
     .advice = "ask the department's own service"},
    {"service-not-taken", 422, .meaning = "the operation is known, and its data are not for this source"},
    {"changes-not-taken", 422,
     "`marriage`: a diffgram with `diffgr:before` or `diffgr:errors`; it says what was changed, or "
     "what is wrong, and not what is registered",
     .advice = "send the rows as they are now: `AcceptChanges()` before `WriteXml`"},
    {"several-documents", 422, "`social-security`: more than one document in base64, or one beside rows",
     .advice = "send them one by one"},
    {"condition-unreadable", 422,
     .meaning = "`hukou`: the SQL condition of an RBSP request has no `COLUMN='value'`"},
    {"string-not-xml", 422, "`population-base`: the answer is a string, whose columns nobody has published",
     .advice = "send rows as XML"},
    {"document-unreadable", 422,
     "`health`: a document inside of a message is empty, no base64, or no UTF-8 XML that can be read",
     .advice = "the text says which: send that document whole"},
    {"foreign-dialect", 422, "`health`: a clinical document of another country's kind, or of HL7's own",
     .advice = "send documents after WS/T 483 or WS/T 500"},
    {"row-too-long", 422, "`health`: a row has more than 1024 columns, or more than 1 MB of text",
     .advice = "no honest row has: look at what writes it"},
    {"too-many-fields", 422, "`social-security`: a row, or what is around the rows, has too many fields",
     .advice = "no honest row has: look at what writes it"},
};

/* ---- The adapter ---- */

static const HtRefusalKind adapter_kinds[] = {
    {"adapter-rejected", 422, "the adapter refused without saying why", .advice = "ask its author"},
    {"adapter-retry", 503, "it asks to send again later", .advice = "send again", .retry_after_s = 30},
    {"adapter-misuse", 500, "it asked for a mapping that the source has not",
     .advice = "`mapping =`; its author"},
    {"filter-missing", 500, "the mapping passes elements to a filter that the adapter does not have",
     .advice = "`adapter =`, `mapping =`"},
    {"filter-unbalanced", 500, "a filter emitted elements that do not close", .advice = "its author"},
    {"adapter-failed", 500,
     "its host died with this message `strikes` times, or it gave back what is no event",
     .advice =
         "not again; the message is in quarantine. Of one above 64 KB, which passed in pieces, only its "
         "digest is: the text says so; keep it, and send it again when told",
     .sentence = "The source's adapter fails on this message. It was put aside for the administrator; do not "
                 "send it again."},
    {"adapter-died", 503, "its host died with this message, which came in pieces", .advice = "send again",
     .sentence = "The source's adapter died while it read; nothing was taken. Send it again.",
     .retry_after_s = 2},
    {"no-memory", 413, "its host has run out of memory with it (`memory`)",
     .advice =
         "send its records in several messages, or have `memory` raised; as it is it will not be taken"},
    {"adapter-down", 503, "its host dies at start", .advice = "later; the administrator sees why",
     .sentence = "The source's adapter cannot be started at present; nothing was taken. Send it again.",
     .retry_after_s = 10},
    {"adapter-being-checked", 503,
     "the bus checks the adapter, and the site's mapping, before the source serves: at the first start, or when one was replaced",
     .advice = "again after `Retry-After`",
     .sentence = "The source's adapter or mapping is being checked; nothing was taken. Send it again.",
     .retry_after_s = 10},
    {"source-changed", 503,
     "the source's settings were changed while the message came, and it took longer than `reload-drain`",
     .advice = "again, at once",
     .sentence =
         "The source's settings were changed while the message was on its way; nothing was taken. Send it again.",
     .retry_after_s = 1},
    {"adapter-failed-check", 503, "the adapter or the site's mapping did not pass",
     .advice = "later; the log has the command that says why",
     .sentence =
         "The source's adapter or mapping has failed its check; nothing was taken. The administrator must mend it.",
     .retry_after_s = 10},
    {"adapter-broken", 503, "adapter file or mapping cannot be loaded",
     .advice = "later; `hutong check` says why",
     .sentence =
         "The source's adapter or mapping is broken; nothing was taken. The administrator must mend it.",
     .retry_after_s = 60},
    {"rejected", 422, "refused without any fault", .advice = "a mistake of ours: report it",
     .sentence = "The message was refused without a reason."},
};

/* ---- Later ---- */

static const HtRefusalKind later_kinds[] = {
    {"busy", 503,
     "too many messages wait for this source's host (`waiting`, `waiting-bytes`) or for the disk "
     "(`queue`, `queue-bytes`, `queue-share`)",
     .advice = "again after `Retry-After`",
     .sentence = "Too many messages are waiting; nothing was taken. Send it again.", .retry_after_s = 2},
    {"spool-full", 503, "the disk has less room than `reserve`",
     .advice = "again later; the administrator makes room",
     .sentence = "There is no room left; nothing was taken. Send it again later.", .retry_after_s = 60},
    {"spool-capped", 503, "the spool has reached `max-size`",
     .advice = "again later; the administrator raises it, or has older events pruned",
     .sentence = "The spool has reached its size (max-size); nothing was taken. Send it again later.",
     .retry_after_s = 60},
    {"spool-failed", 503, "the disk failed; the bus is about to end",
     .advice = "again later; the administrator looks at the disk",
     .sentence = "The bus cannot write to its disk. Send it again later.", .retry_after_s = 60},
    {"source-paused", 503,
     "an administrator has paused or drains the source; `notice` is what he says to senders, if he does",
     .advice = "again after `Retry-After`; the notice may say when",
     .sentence = "The source is paused by its administrator; nothing was taken. Send it again later.",
     .retry_after_s = 60},
    {"maintenance", 503, "the bus is in maintenance: no source takes anything; `notice` as above",
     .advice = "again after `Retry-After`; the notice may say when",
     .sentence = "The bus is in maintenance; nothing was taken. Send it again later.", .retry_after_s = 60},
    {"stopping", 503, "the bus is ending", .advice = "again",
     .sentence = "The bus is ending; nothing was taken. Send it again.", .retry_after_s = 10},
    {"too-large-to-keep", 413, "a payload, reply or event above 900 MB", .advice = "send it in parts",
     .sentence = "The payload, the reply or an event has more than 900 MB (fixed), which the spool cannot "
                 "keep; nothing was taken. Send its records in several messages."},
};

/* ---- At the door ---- */

static const HtRefusalKind door_kinds[] = {
    {"bad-header", 400,
     "a header is not written as HTTP wants it (folded lines and bare line feeds included)",
     .sentence = "A header is not written as HTTP wants it."},
    {"bad-chunk", 400, "a line of a chunked body does not end in CR LF",
     .sentence = "The lines between chunks must end in CR LF."},
    {"bad-host", 400, .sentence = "Host is not a host name."},
    {"bad-length", 400, .sentence = "Content-Length is not a number."},
    {"bad-target", 400,
     "the address in the request line is neither a path nor an http address; or an escape in it is none",
     .sentence = "The address in the request line is neither a path nor an http address."},
    {"bad-query", 400,
     "a value behind the `?` is not what is meant there, an escape is malformed, or a name stands there twice; the text says "
     "which",
     .sentence = "A value behind the ? is not what is meant there."},
    {"bad-acknowledgement", 400,
     "what is said of events that are out is no JSON object of `through` or `sequences` (consumer.md)",
     .sentence = "Send a JSON object with \"through\": SEQUENCE or \"sequences\": [SEQUENCE, ...]; "
                 "docs/consumer.md has the rest."},
    {"bad-idempotency-key", 400, "`Idempotency-Key` is not given once, as 1 to 255 visible ASCII characters",
     .sentence = "Idempotency-Key must be given once, as 1 to 255 visible ASCII characters."},
    {"repeated-length", 400, "a header is there twice",
     .sentence = "Content-Length is given more than once."},
    {"repeated-host", 400, .sentence = "Host is given more than once."},
    {"repeated-coding", 400, .sentence = "Transfer-Encoding is given more than once."},
    {"repeated-type", 400, .sentence = "Content-Type is given more than once."},
    {"repeated-authorization", 400, .sentence = "Authorization is given more than once."},
    {"two-lengths", 400, "`Content-Length` and `Transfer-Encoding`",
     .sentence = "Content-Length and Transfer-Encoding exclude each other."},
    {"chunked-http-1.0", 400, "`Transfer-Encoding` in HTTP/1.0",
     .sentence = "HTTP/1.0 knows no Transfer-Encoding."},
    {"unexpected-body", 400, "a GET with a body", .sentence = "A GET has no body."},
    {"token-missing", 401,
     "the source, or the consumer, has a `token-file`: send `Authorization: Bearer TOKEN`",
     .sentence = "Send the header Authorization: Bearer TOKEN, with the token that the administrator gave."},
    {"token-wrong", 401, "it is not the token of this source or consumer",
     .sentence = "This is not the token that belongs here."},
    {"peer-refused", 403,
     "the address is not in the source's or the consumer's `peers`; one with neither `peers` nor "
     "`token-file` is open only to this machine",
     .sentence = "Only the bus's own machine may come in here; the administrator lets others in by their "
                 "addresses (`peers`) or by a token (`token-file`)."},
    {"user-refused", 403,
     "over a unix socket: the user is not among the source's or the consumer's `users`; or it has `users`, and this came over the network",
     .sentence =
         "Only users of the bus's machine whom the administrator names may come in here, over its unix socket."},
    {"certificate-missing", 403,
     "the source, or the consumer, asks for a certificate (`client-subject`, `client-fingerprint`), and none was shown: it comes over TLS",
     .sentence = "Show the certificate that the administrator knows, over TLS."},
    {"certificate-refused", 403,
     "the certificate is not one of those that belong here, has ended or not begun, or does not lead to `client-ca`",
     .sentence = "This is not the certificate that belongs here, or it has ended."},
    {"username-missing", 403,
     "the source has a `username-file`, and the message has no WS-Security header with a UsernameToken, or the source's adapter reads no envelope",
     .sentence =
         "Send a WS-Security header with a UsernameToken: the name and the password that the administrator gave.",
     .as_fault = true},
    {"username-refused", 403,
     "the name or the password is not one of the source's; a digest without nonce or time; a nonce that is not base64 as it is written (RFC 4648, with padding, no blanks in it); or a digest, and the file holds the password's hash only",
     .sentence = "The name or the password in the WS-Security header does not belong here.",
     .as_fault = true},
    {"username-stale", 403,
     "a time in the WS-Security header is further from the bus's than `username-age`, or cannot be read",
     .advice = "set the sender's clock",
     .sentence = "A time in the WS-Security header is too far from the bus's clock.", .as_fault = true},
    {"username-replayed", 403, "the nonce came before, with another message",
     .advice = "make a new nonce for each message",
     .sentence = "The nonce in the WS-Security header was used before, with another message.",
     .as_fault = true},
    {"username-busy", 503, "`username-nonces` have come within `username-age`", .retry_after_s = 60,
     .sentence = "No further nonce can be remembered now: send again later.", .as_fault = true},
    {"unknown-path", 404, "messages go to `/in/SOURCE`, sources and consumers are the configuration's",
     .sentence = "There is nothing at this address; messages go to /in/SOURCE."},
    {"unknown-source", 404, .sentence = "There is no source of this name."},
    {"unknown-consumer", 404, .sentence = "There is no consumer of this name."},
    {"unknown-message", 404,
     "no message of this source with this id is known: it was refused, is known under the id of its first receipt, "
     "or is not kept any more",
     .sentence =
         "There is no receipt with this id. A message that was sent again has the id of its first receipt."},
    {"not-pulled", 404, "the consumer is sent its events, or finds them as files: `type` is not `pull`",
     .sentence = "This consumer does not fetch its events here."},
    {"not-validated", 404,
     "the consumer's endpoint is not asked (`validate`), or the key is not that of the last request",
     .sentence = "There is nothing to confirm here."},
    {"unknown-schema", 404, "`/schema/index.json` lists the schemas that there are",
     .sentence = "There is no schema of this name; /schema/index.json lists them."},
    {"nothing-to-get", 404, "a GET without `?wsdl`",
     .sentence = "Messages are POSTed here; GET with ?wsdl gives the WSDL."},
    {"no-wsdl", 404,
     "this source has neither a mapping nor a WSDL of its adapter (asked of the host; the connection "
     "stays)",
     .sentence = "This source has no WSDL."},
    {"unknown-service", 404,
     "`?wsdl=SERVICE` names none of the source's services; the text lists them (asked of the host; the "
     "connection stays)",
     .sentence = "This source has no service of this name.", .as_fault = true},
    {"method", 405, "see `Allow`", .sentence = "Messages are POSTed; GET with ?wsdl gives the WSDL."},
    {"not-acceptable", 406, "`Accept` names nothing that there is at this address",
     .sentence = "What there is here is of no type that your Accept header names."},
    {"not-out", 409,
     "the sequence that `through` names is not out to this worker: acknowledged before, or its lease is over. Nothing was "
     "acknowledged; what was not comes again",
     .sentence = "This event is not out to this worker any more; nothing was acknowledged."},
    {"not-kept-yet", 503,
     "what was said of events counts, but is not on disk, which is full or fails: it is written when there is room again. After a kill or a "
     "power failure before that, these events come again",
     .advice = "go on; the administrator looks at the disk",
     .sentence = "What you said of these events counts, but cannot be written at present.",
     .retry_after_s = 60},
    {"length-required", 411, "neither `Content-Length` nor chunks",
     .sentence = "Send Content-Length, or the body in chunks."},
    {"body-too-large", 413, "above `max-body`; with chunks also in the middle of the body",
     .sentence = "The body has more bytes than this source may send: split it.", .as_fault = true},
    {"content-type", 415, "neither XML nor JSON",
     .sentence =
         "Send XML or JSON: Content-Type text/xml, application/xml, application/soap+xml or application/json."},
    {"content-encoding", 415, "compressed", .sentence = "Compressed bodies are not taken; send it as it is."},
    {"attachments", 415, "`multipart/…` other than `related` and `mixed`: forms",
     .sentence = "Of multipart bodies multipart/related (MTOM, SOAP with attachments) and multipart/mixed "
                 "(batches) are taken; forms are not."},
    {"expectation", 417, "other than `100-continue`",
     .sentence = "Only \"Expect: 100-continue\" is understood."},
    {"too-many-polls", 429, "more than `polls` requests of this consumer wait",
     .sentence = "Too many requests of this consumer are waiting already.", .retry_after_s = 1},
    {"consumer-changed", 503,
     "the consumer's settings are being changed: what its workers hold is waited for, up to `reload-drain`",
     .advice = "again, at once",
     .sentence = "The consumer's settings are being changed at this moment. Ask again.", .retry_after_s = 1},
    {"transfer-coding", 501, "other than `chunked`",
     .sentence = "Only the transfer coding \"chunked\" is understood."},
};

#define KINDS(kinds) (kinds), G_N_ELEMENTS(kinds)

const HtRefusalSection ht_refusal_sections[] = {
    {"The payload cannot be read", NULL, NULL, KINDS(payload_kinds), false},
    {"SOAP", NULL, NULL, KINDS(soap_kinds), false},
    {"Attachments and batches",
     "`part` in the answer is the part's or entry's number, from 1. Names of files are never shown.", NULL,
     KINDS(attachments_kinds), false},
    {"The records are wrong", NULL,
     "Values that look wrong but can be kept (a check digit, an unknown code) are never faults: they become `quality` marks "
     "of the event (events.md).",
     KINDS(records_kinds), false},
    {"The adapter", NULL, "An adapter may have codes of its own, with 422. A code is at most 39 characters.",
     KINDS(adapter_kinds), false},
    {"Later", NULL, NULL, KINDS(later_kinds), false},
    {"At the door", "Refused by the request's head, before the body; the connection is closed.", NULL,
     KINDS(door_kinds), true},
};
const size_t ht_refusal_n_sections = G_N_ELEMENTS(ht_refusal_sections);

const HtRefusalKind *ht_refusal_find(const char *code, const HtRefusalSection **section)
{
    for (size_t s = 0; s < G_N_ELEMENTS(ht_refusal_sections); s++) {
        for (size_t i = 0; i < ht_refusal_sections[s].count; i++) {
            if (strcmp(ht_refusal_sections[s].kinds[i].code, code) == 0) {
                if (section) {
                    *section = &ht_refusal_sections[s];
                }
                return &ht_refusal_sections[s].kinds[i];
            }
        }
    }
    return NULL;
}
