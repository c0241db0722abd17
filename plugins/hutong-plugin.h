/* SPDX-License-Identifier: Apache-2.0 */
/* hutong-plugin.h: what an adapter for Hutong 互通 builds against. Plain C99, also C++; needs nothing else.
 *
 * An adapter is a shared object that exports one symbol, the constant `hutong_adapter_v1`. It is loaded by a host process of
 * its own, one per source, that has no network, no files, no processes, a memory limit and a watchdog, all of this before its constructors
 * run. It is called from one thread, one payload at a time. All functions are pure towards the outside: the bus does the I/O.
 *
 * Everything that the host gives lives until the call returns, unless said otherwise. All text is UTF-8. Log and fault
 * texts must hold no personal data: say where (element, record, line), never what.
 *
 * Versions: a host loads an adapter whose abi_major equals its own and whose abi_minor is not above its own. Structs only
 * ever grow at their end; struct_size says how much of one the other side knows.
 *
 * 1.1: reply() is called for refused payloads too, so it must look at the verdict; hutong_outcome says why. An adapter that
 * was built against 1.0 is called as before. The host has conceal() and sha256().
 *
 * 1.2: an adapter that starts threads says how many; without, it can start none. */
#ifndef HUTONG_PLUGIN_H
#define HUTONG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUTONG_ABI_MAJOR 1
#define HUTONG_ABI_MINOR 2

/* `data` is NULL when absent. Not terminated by NUL unless said so. */
typedef struct hutong_text {
    const char *data;
    size_t size;
} hutong_text;

typedef enum hutong_verdict {
    HUTONG_OK = 0,     /* done */
    HUTONG_REJECT = 1, /* the payload is wrong; sending it again will not help */
    HUTONG_RETRY = 2   /* not now; sending it again may help */
} hutong_verdict;

typedef enum hutong_level {
    HUTONG_ERROR = 0,
    HUTONG_WARNING = 1,
    HUTONG_INFO = 2,
    HUTONG_DEBUG = 3
} hutong_level;

typedef struct hutong_out hutong_out; /* where decode puts records, or reply and wsdl their text; the host's */

/* A payload as it came in. */
typedef struct hutong_payload {
    size_t struct_size;
    hutong_text body;         /* bytes as received */
    hutong_text content_type; /* absent when none */
    hutong_text charset;
    hutong_text soap_action;
    hutong_text message_id; /* the bus's id of the message, as text */
} hutong_payload;

/* What became of the payload, for reply(). */
typedef struct hutong_outcome {
    size_t struct_size;
    hutong_verdict verdict; /* HUTONG_OK: kept durably before the reply is sent; else nothing is taken */
    uint32_t soap_version;  /* 0, 11 or 12 */
    hutong_text operation;  /* SOAP operation or root element, local name */
    uint32_t records;
    uint32_t events;
    hutong_text business_id; /* of the first event; absent when none */
    hutong_text message_id;

    /* Since 1.1: why it is refused, of the first fault; absent and 0 when it is not. No text repeats a value. */
    hutong_text fault_code;    /* a short word with hyphens, as in docs/errors.md */
    hutong_text fault_text;    /* a sentence in English */
    hutong_text fault_element; /* "person.name (XM)"; absent when no element is meant */
    uint32_t fault_part;       /* of a batch of several documents, from 1; 0: there is only one */
    uint32_t fault_record;     /* from 1, in its part; 0: the whole payload or part */
    uint32_t fault_line;       /* from 1; 0: not known */
} hutong_outcome;

/* An element as it is read, after unwrapping: see hutong_host.filter. Attributes: name, value, name, value, …, NULL. Text
 * may come in pieces; blanks right behind a tag (indentation) may be left out. */
typedef struct hutong_filter {
    size_t struct_size;
    void (*start)(void *state, hutong_out *out, const char *name, const char *const *attributes);
    void (*text)(void *state, hutong_out *out, const char *text, size_t size);
    void (*end)(void *state, hutong_out *out, const char *name);
} hutong_filter;

/* The host's services. */
typedef struct hutong_host {
    size_t struct_size;
    uint32_t abi_major, abi_minor;

    /* Writes one line to the bus's log: of its text only words of ASCII letters, short numbers and punctuation. */
    void (*log)(const struct hutong_host *host, hutong_level level, const char *text);

    /* The value of one of the adapter's own options, or NULL; lives as long as the adapter. */
    const char *(*option)(const struct hutong_host *host, const char *key);

    /* Runs the source's mapping over the payload: unwrapping, filters, records, checks, events. What most decode()
     * functions return. */
    hutong_verdict (*map)(const struct hutong_host *host, const hutong_payload *payload, hutong_out *out);

    /* As map(), but over other bytes than the payload's: an adapter that has repaired or unpacked them. */
    hutong_verdict (*map_bytes)(const struct hutong_host *host, const hutong_payload *payload,
                                hutong_text bytes, hutong_out *out);

    /* In open() only: from now on documents whose root element has this local name go to the filter instead of to the
     * mapping; what the filter emits is mapped. Where the mapping passes elements of a record to this name (`<pass>`), it gets
     * these; what it emits then stands in the record. `filter` must live as long as the adapter. */
    void (*filter)(const struct hutong_host *host, const char *root, const hutong_filter *filter,
                   void *state);

    /* Inside a filter: gives elements to the mapping, of a document's as one with one root. */
    void (*emit_start)(hutong_out *out, const char *name, const char *const *attributes);
    void (*emit_text)(hutong_out *out, const char *text, size_t size);
    void (*emit_end)(hutong_out *out, const char *name);

    /* Inside a filter or decode(): the payload is refused, for this reason. `code` is a short word with hyphens. */
    void (*fault)(hutong_out *out, hutong_verdict verdict, const char *code, const char *text);

    /* Looks a code up: 1 and its standard name in `name` (lives as long as the adapter), or 0. */
    int (*code)(const struct hutong_host *host, const char *table, hutong_text code, hutong_text *name);

    /* In reply() and wsdl(): appends to the text. */
    void (*write)(hutong_out *out, const char *text, size_t size);
    /* The same with <, >, &, and quotes escaped for XML. */
    void (*write_escaped)(hutong_out *out, const char *text, size_t size);

    /* Since 1.1, in decode(): these bytes of payload->body must be kept nowhere (a password, SQL that a server let slip).
     * Where the bus keeps the payload (keep-payload, quarantine) it writes blanks over them; line ends stay. What is mapped
     * does not change: give map_bytes() the bytes that may be seen. */
    void (*conceal)(hutong_out *out, size_t start, size_t size);

    /* Since 1.1: the SHA-256 of the bytes in lower-case hexadecimal, with a NUL at its end. For references to what is not
     * carried itself. */
    void (*sha256)(const struct hutong_host *host, hutong_text bytes, char hex[65]);
} hutong_host;

typedef struct hutong_option {
    const char *key;      /* in the source's section: option.KEY = value */
    const char *fallback; /* when not given; may be NULL */
    const char *help;
} hutong_option;

/* What poll() and encode() ask the bus to send. */
typedef struct hutong_request {
    size_t struct_size;
    const char *path; /* appended to the source's configured address */
    const char *content_type;
    const char *soap_action;
} hutong_request;

/* One unified event, for encode(). */
typedef struct hutong_event {
    size_t struct_size;
    hutong_text json; /* CloudEvents JSON, cut to what this department may see */
} hutong_event;

typedef struct hutong_adapter {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name; /* as in `adapter =`: lower-case letters, digits, hyphens */
    const char *version;
    const char *summary;           /* one line */
    const hutong_option *options;  /* ends with a NULL key; may be NULL */
    const char *const *operations; /* SOAP operations that it answers itself; ends with NULL; may be NULL */

    /* Makes the adapter's state, once per host. NULL: it cannot start (it has logged why). */
    void *(*open)(const hutong_host *host);

    /* A payload into records. */
    hutong_verdict (*decode)(void *state, const hutong_payload *payload, hutong_out *out);

    /* The answer that this department's clients expect: the content of the SOAP body, or the whole body of a plain
     * answer, through host->write(). May be NULL, or return HUTONG_REJECT for this message: then the mapping's <service>
     * answers, or the bus with a receipt.
     *
     * Since 1.1 also for a payload that is refused (outcome->verdict is not HUTONG_OK; check it first!): HUTONG_OK means
     * that what was written tells the department so in its own way; it goes out with HTTP status 200, and nothing is
     * taken. Otherwise the department gets a SOAP fault, or the HTTP status. */
    hutong_verdict (*reply)(void *state, const hutong_outcome *outcome, hutong_out *out);

    /* The WSDL for the endpoint at `url`. May be NULL, or return HUTONG_REJECT: then the WSDL is made from the mapping:
     * the operations of its <service> and the generic Submit, or one service alone (?wsdl=SERVICE, which an adapter's own
     * WSDL does not see). Without a mapping there is none (404). */
    hutong_verdict (*wsdl)(void *state, const char *url, hutong_out *out);

    /* What to ask the department's service next; body through host->write(). May be NULL: push only. */
    hutong_verdict (*poll)(void *state, hutong_text cursor, hutong_request *request, hutong_out *out);

    /* A unified event as a call to the department; body through host->write(). May be NULL: one way. */
    hutong_verdict (*encode)(void *state, const hutong_event *event, hutong_request *request,
                             hutong_out *out);

    void (*close)(void *state);

    /* Since 1.2: how many threads of its own it runs at the same time, at most; 0: none, and none can be started. A number, not worked out:
     * it is read from the file. */
    uint32_t threads;
} hutong_adapter;

#if defined(_WIN32)
#error "Hutong adapters are ELF shared objects"
#endif
#define HUTONG_EXPORT __attribute__((visibility("default")))

/* Each adapter defines: HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = { … }; */
extern HUTONG_EXPORT const hutong_adapter hutong_adapter_v1;
#define HUTONG_SYMBOL "hutong_adapter_v1"

#ifdef __cplusplus
}
#endif
#endif
