/* The door's side of a call for a page (core/page): its body while it comes, what is written to its stream, and the callbacks
 * of its handler. request.c has the connection. Main-loop thread. */
#pragma once

#include "core/page/page.h"

#include <microhttpd.h>

/* What the request does about it. */
typedef struct {
    void (*answer)(HtPageAnswer *answer, void *user);
    void (*refuse)(const HtRefusal *refusal, void *user);
    void (*stream)(HtPageAnswer *head, void *user);
    void (*flow)(void *user); /* there is something to be read from the stream, or its end */
    void *user;
} HtPageOwner;

typedef struct HtPageExchange HtPageExchange;

/* Whether the query can be read in one way only: its escapes are whole, and no name is there twice. Else false, with a refusal. */
bool ht_page_exchange_check_query(struct MHD_Connection *connection, HtRefusal *refusal);

/* `page` is one of `match`, whose texts become the exchange's. */
HtPageExchange *ht_page_exchange_new(struct MHD_Connection *connection, const HtPage *page, void *page_user,
                                     HtPageMatch *match, const HtPageOwner *owner);

/* A piece of the body. False with a refusal when it becomes too large. */
bool ht_page_exchange_take(HtPageExchange *exchange, const char *bytes, size_t size, HtRefusal *refusal);

/* The request is whole: calls the page's function. */
void ht_page_exchange_serve(HtPageExchange *exchange);

/* The bus is ending. */
void ht_page_exchange_hurry(HtPageExchange *exchange);

/* Up to `most` bytes of the stream; 0 when there is nothing at present, -1 at its end. Asks the handler for more when there is
 * nothing left. */
ssize_t ht_page_exchange_read(HtPageExchange *exchange, char *bytes, size_t most);

/* Tells the handler that it is over, and frees. `sent`: all went out. */
void ht_page_exchange_free(HtPageExchange *exchange, bool sent);
