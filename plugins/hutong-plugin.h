/* hutong-plugin.h: what an adapter for Hutong 互通 builds against. Plain C99, also C++; needs nothing else.
 *
 * An adapter is a shared object that exports one symbol, the constant `hutong_adapter_v1`. It is loaded by a host process of
 * its own, one per source, that has no network, no files after start, a memory limit and a watchdog. It is called from
 * one thread, one payload at a time. All functions are pure towards the outside: the bus does the I/O.
 *
 * Everything that the host gives lives until the call returns, unless said otherwise. All text is UTF-8. Log and fault
 * texts must hold no personal data: say where (element, record, line), never what.
 *
 * Versions: a host loads an adapter whose abi_major equals its own and whose abi_minor is not above its own. Structs only
 * ever grow at their end; struct_size says how much of one the other side knows. */
#ifndef HUTONG_PLUGIN_H
#define HUTONG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUTONG_ABI_MAJOR 1
#define HUTONG_ABI_MINOR 0

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
    hutong_verdict verdict; /* HUTONG_OK: it will be kept durably before the reply is sent */
    uint32_t soap_version;  /* 0, 11 or 12 */
    hutong_text operation;  /* SOAP operation or root element, local name */
    uint32_t records;
    uint32_t events;
    hutong_text business_id; /* of the first event; absent when none */
    hutong_text message_id;
} hutong_outcome;

/* An element as it is read, after unwrapping: see hutong_host.filter. Attributes: name, value, name, value, …, NULL. */
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

    /* Writes one line to the bus's log. */
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
     * mapping; what the filter emits is mapped. `filter` must live as long as the adapter. */
    void (*filter)(const struct hutong_host *host, const char *root, const hutong_filter *filter,
                   void *state);

    /* Inside a filter: gives elements to the mapping, as one document with one root. */
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
     * answer, through host->write(). May be NULL: a receipt. Returning HUTONG_REJECT: a receipt this time too. */
    hutong_verdict (*reply)(void *state, const hutong_outcome *outcome, hutong_out *out);

    /* The WSDL for the endpoint at `url`. May be NULL: the endpoint has none (404). */
    hutong_verdict (*wsdl)(void *state, const char *url, hutong_out *out);

    /* What to ask the department's service next; body through host->write(). May be NULL: push only. */
    hutong_verdict (*poll)(void *state, hutong_text cursor, hutong_request *request, hutong_out *out);

    /* A unified event as a call to the department; body through host->write(). May be NULL: one way. */
    hutong_verdict (*encode)(void *state, const hutong_event *event, hutong_request *request,
                             hutong_out *out);

    void (*close)(void *state);
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
