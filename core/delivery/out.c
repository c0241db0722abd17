/* The consumers' pages; see out.h. Each goes to the way out of the consumer that asks. Main-loop thread. */
#include "core/delivery/out.h"

#include "core/delivery/pull-request.h"

static void serve(HtPageCall *call, HtDelivery *delivery, HtOutPage page)
{
    HtRefusal refusal;
    HtTransport *transport = ht_delivery_transport(delivery, call->party);
    if (transport && transport->serve) {
        transport->serve(transport, page, call);
    } else {
        ht_refuse(&refusal, "not-pulled");
        ht_page_refuse(call, &refusal);
    }
}

static void serve_get(HtPageCall *call, void *delivery)
{
    serve(call, delivery, HT_OUT_GET);
}

static void serve_stream(HtPageCall *call, void *delivery)
{
    serve(call, delivery, HT_OUT_STREAM);
}

static void serve_ack(HtPageCall *call, void *delivery)
{
    serve(call, delivery, HT_OUT_ACK);
}

static void serve_retry(HtPageCall *call, void *delivery)
{
    serve(call, delivery, HT_OUT_RETRY);
}

static void serve_refuse(HtPageCall *call, void *delivery)
{
    serve(call, delivery, HT_OUT_REFUSE);
}

/* By whoever has the key: an endpoint's administrator, perhaps with a browser. */
static void serve_confirm(HtPageCall *call, void *delivery)
{
    HtRefusal refusal;
    HtTransport *transport = ht_delivery_transport(delivery, call->name);
    if (transport && transport->confirm) {
        transport->confirm(transport, call);
    } else {
        ht_refuse(&refusal, "not-validated");
        ht_page_refuse(call, &refusal);
    }
}

static const HtPage rows[] = {
    {HT_PAGE_TAKE, "/out/*/confirm", HT_PARTY_ANYONE, 0, serve_confirm},
    {HT_PAGE_POST, "/out/*/confirm", HT_PARTY_ANYONE, HT_PULL_BODY, serve_confirm},
    {HT_PAGE_TAKE, "/out/*", HT_PARTY_CONSUMER, 0, serve_get},
    {HT_PAGE_TAKE, "/out/*/stream", HT_PARTY_CONSUMER, 0, serve_stream},
    {HT_PAGE_POST, "/out/*/ack", HT_PARTY_CONSUMER, HT_PULL_BODY, serve_ack},
    {HT_PAGE_POST, "/out/*/retry", HT_PARTY_CONSUMER, HT_PULL_BODY, serve_retry},
    {HT_PAGE_POST, "/out/*/refuse", HT_PARTY_CONSUMER, HT_PULL_BODY, serve_refuse},
};

void ht_delivery_add_pages(HtDelivery *delivery, HtPages *pages)
{
    ht_pages_add(pages, rows, G_N_ELEMENTS(rows), delivery);
}
