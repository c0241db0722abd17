/* One thread, a queue to it, and one back. */
#include "core/page/lookup.h"

struct HtPageLookup {
    const HtPageLookupWays *ways;
    void *user;
    GThreadPool *thread; /* one */
    GAsyncQueue *done;   /* of HtPageQuestion */
    GSource *source;     /* runs when something is in it */
};

static void look_up(void *data, void *user)
{
    HtPageLookup *lookup = user;
    lookup->ways->look(data, lookup->user);
    g_async_queue_push(lookup->done, data);
    g_source_set_ready_time(lookup->source, 0);
}

static gboolean take_answers(void *user)
{
    HtPageLookup *lookup = user;
    HtPageQuestion *question;
    g_source_set_ready_time(lookup->source, -1);
    while ((question = g_async_queue_try_pop(lookup->done))) {
        HtPageCall *call = question->call;
        if (call) {
            call->user = NULL;
            lookup->ways->answer(call, question);
        }
        lookup->ways->free(question);
    }
    return G_SOURCE_CONTINUE;
}

static void forget(HtPageCall *call, bool sent)
{
    (void)sent;
    HtPageQuestion *question = call->user;
    if (question) {
        question->call = NULL;
    }
}

void ht_page_lookup_ask(HtPageLookup *lookup, HtPageCall *call, HtPageQuestion *question)
{
    if (g_thread_pool_unprocessed(lookup->thread) >= lookup->ways->most) {
        HtRefusal refusal;
        ht_refuse_with(&refusal, "busy", lookup->ways->busy);
        ht_page_refuse(call, &refusal);
        lookup->ways->free(question);
        return;
    }
    question->call = call;
    call->user = question;
    call->ended = forget;
    g_thread_pool_push(lookup->thread, question, NULL);
}

void ht_page_lookup_change(HtPageLookup *lookup, HtPageQuestion *question)
{
    g_thread_pool_push(lookup->thread, question, NULL);
}

/* ---- Beginning and end ---- */

static gboolean dispatch(GSource *source, GSourceFunc callback, void *user)
{
    (void)source;
    return callback(user);
}

static GSourceFuncs source_functions = {.dispatch = dispatch};

HtPageLookup *ht_page_lookup_new(const HtPageLookupWays *ways, void *user)
{
    HtPageLookup *lookup = g_new0(HtPageLookup, 1);
    lookup->ways = ways;
    lookup->user = user;
    lookup->done = g_async_queue_new();
    lookup->source = g_source_new(&source_functions, sizeof(GSource));
    g_source_set_callback(lookup->source, take_answers, lookup, NULL);
    g_source_attach(lookup->source, NULL);
    lookup->thread = g_thread_pool_new(look_up, lookup, 1, FALSE, NULL);
    return lookup;
}

void ht_page_lookup_free(HtPageLookup *lookup)
{
    if (!lookup) {
        return;
    }
    g_thread_pool_free(lookup->thread, FALSE, TRUE);
    take_answers(lookup);
    g_source_destroy(lookup->source);
    g_source_unref(lookup->source);
    g_async_queue_unref(lookup->done);
    g_free(lookup);
}
