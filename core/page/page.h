/* Pages: what the public door serves besides messages (POST /in/SOURCE) and WSDLs. Each part of the bus that has some brings
 * a table of rows (ht_pages_add()); the door (core/ingress) finds the row of a request, checks its head as that of a message
 * (framing, address and token, method, length), and calls the row's function. Main-loop thread.
 *
 * A call is answered once: now, from within `serve`, or later; until then the connection is suspended and costs a place
 * only. In `serve` the handler may set the callbacks of the call. Whatever happens, `ended` is the last that runs: after it
 * there is no call any more.
 *
 *   static void serve_greeting(HtPageCall *call, void *user)
 *   {
 *       HtPageAnswer answer = {.status = 200, .type = "text/plain"};
 *       ht_buffer_add_literal(&answer.body, "hello");
 *       ht_page_answer(call, &answer);
 *   }
 *   static const HtPage pages[] = {{HT_PAGE_READ, "/greeting", HT_PARTY_ANYONE, 0, serve_greeting}};
 *   …
 *   ht_pages_add(bus->pages, pages, G_N_ELEMENTS(pages), user); */
#pragma once

#include "core/config/config.h"
#include "core/guard/guard.h"

/* Who must be behind the request: checked by `peers` and `token-file` before anything else of it is looked at. */
typedef enum {
    HT_PARTY_ANYONE,   /* nobody in particular: nothing that is about a person or a party may be there */
    HT_PARTY_SOURCE,   /* the source that the first * of the path names */
    HT_PARTY_CONSUMER, /* the consumer that it names */
} HtPageParty;

typedef enum {
    HT_PAGE_READ, /* GET, and HEAD: nothing changes by it */
    HT_PAGE_TAKE, /* GET only: something does */
    HT_PAGE_POST,
    HT_PAGE_METHODS
} HtPageMethod;

typedef struct HtPageCall HtPageCall;

typedef struct {
    HtPageMethod method;
    const char *path; /* "/out/ * /ack", without the blanks: a * is any one segment that is not empty */
    HtPageParty party;
    size_t body_bytes; /* with POST: the most that a body may have; it is gathered first */
    void (*serve)(HtPageCall *call, void *user);
} HtPage;

#define HT_PAGE_HEADERS 4

typedef struct {
    unsigned status;
    const char *type; /* Content-Type; static. NULL: there is no body */
    HtBuffer body;    /* transfer full */
    struct {
        const char *name, *value; /* the name is static, the value is copied */
    } headers[HT_PAGE_HEADERS];   /* further ones, up to the first without a name */
} HtPageAnswer;

/* What the door does for a call. Tests of handlers have their own. */
typedef struct {
    void (*answer)(HtPageCall *call, HtPageAnswer *answer);
    void (*refuse)(HtPageCall *call, const HtRefusal *refusal);
    const char *(*header)(const HtPageCall *call, const char *name);
    const char *(*query)(const HtPageCall *call, const char *name);
    void (*stream)(HtPageCall *call, HtPageAnswer *head);
    void (*write)(HtPageCall *call, HtText text);
    void (*close)(HtPageCall *call);
} HtPageWays;

/* Texts live as long as the call. */
struct HtPageCall {
    const HtPageWays *ways;
    const char *party; /* the source's or consumer's name; NULL with HT_PARTY_ANYONE */
    const char *name;  /* what stands for the first * that names no party; NULL when there is none */
    HtText body;       /* whole; empty but with POST */

    /* The handler's, set in `serve`; each may be NULL. */
    void *user;
    void (*ended)(HtPageCall *call, bool sent); /* over: the answer went out whole, or the peer has gone */
    void (*hurry)(
        HtPageCall *call); /* the bus is ending, answer now. Without it, it is refused with `stopping` */
    void (*room)(HtPageCall *call); /* all that was written to a stream is on its way: there is room again */
};

/* Answers, in place or later. The answer's body and texts need not live on. */
static inline void ht_page_answer(HtPageCall *call, HtPageAnswer *answer)
{
    call->ways->answer(call, answer);
}

/* Refuses, in the form that the request asks for (JSON where it asks for none, but for sources: XML). */
static inline void ht_page_refuse(HtPageCall *call, const HtRefusal *refusal)
{
    call->ways->refuse(call, refusal);
}

/* A header of the request, without the blanks around it; several of that name are one list, with commas. NULL when there is none. Only in
 * `serve`. */
static inline const char *ht_page_header(const HtPageCall *call, const char *name)
{
    return call->ways->header(call, name);
}

/* What stands behind `name=` in the query, escapes resolved; "" behind a bare name. NULL when it is not there; the door has refused what is
 * there twice. Only in `serve`. */
static inline const char *ht_page_query(const HtPageCall *call, const char *name)
{
    return call->ways->query(call, name);
}

/* Answers with a body that has no end yet; `head` has status, type and headers, and no body. */
static inline void ht_page_stream(HtPageCall *call, HtPageAnswer *head)
{
    call->ways->stream(call, head);
}

/* Adds to the stream. It is kept until the peer takes it: who wants to be bounded writes when `room` was called, or when
 * nothing was written before. */
static inline void ht_page_write(HtPageCall *call, HtText text)
{
    call->ways->write(call, text);
}

/* What was written goes out, then the stream ends. */
static inline void ht_page_close(HtPageCall *call)
{
    call->ways->close(call);
}

/* A number of the query, `fallback` when it is not there. False with the refusal `bad-query` when it is no number from `min` to
 * `max`. */
bool ht_page_number(const HtPageCall *call, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
                    uint64_t *number, HtRefusal *refusal);

/* Whether the Accept header lets the media type through, as the range says that names it most closely; true without one, and with an empty one. False with the refusal `not-acceptable`. */
bool ht_page_accepts(const HtPageCall *call, const char *type, HtRefusal *refusal);

/* ---- All of them ---- */

typedef struct HtPages HtPages;

/* Makes the guards of all consumers. HT_GUARD_ERROR: all token files that are wrong, one a line. */
HtPages *ht_pages_new(const HtConfig *config, GError **error);

/* The guards of another configuration's consumers, by their names; NULL as above. Then they count. */
GHashTable *ht_pages_prepare(const HtConfig *config, GError **error);
void ht_pages_change(HtPages *pages, GHashTable *guards /* transfer full */);
void ht_pages_free(HtPages *pages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPages, ht_pages_free)

/* Adds a part's rows, which live longer. `user` goes to `serve`. Several rows may have one path, with a method each and the same
 * party. */
void ht_pages_add(HtPages *pages, const HtPage *rows, size_t count, void *user);

/* The page of a path. */
typedef struct {
    const HtPage *pages[HT_PAGE_METHODS]; /* NULL where there is no such method */
    void *users[HT_PAGE_METHODS];
    HtPageParty kind;
    char *party, *name; /* as in the call */
} HtPageMatch;

/* The path is as ht_url_path_write() has it. False when no row fits. */
bool ht_pages_find(const HtPages *pages, const char *path, HtPageMatch *match);
void ht_page_match_clear(HtPageMatch *match);

/* For the header Allow. */
const char *ht_page_match_allow(const HtPageMatch *match);

/* A consumer's guard; NULL when there is no such consumer. */
const HtGuard *ht_pages_consumer(const HtPages *pages, const char *name);
