/* Receipts asked for again. The questions go to one thread, one after the other, and come back through a source of the main loop. */
#include "core/receipts.h"

#include "core/base/log.h"
#include "core/ingress/answer-body.h"
#include "core/reconcile/delivered.h"

#define ROWS_MAX 20000   /* looked at for one id: some tens of milliseconds */
#define QUESTIONS_MAX 64 /* that wait; more are told to come again */

struct HtReceipts {
    char *bus, *state; /* its name and its folder, which no reload changes */
    const HtSigner *signer;
    GThreadPool *thread;    /* one */
    GAsyncQueue *done;      /* of ReceiptQuestion */
    GSource *source;        /* runs when something is in it */
    HtDelivered *delivered; /* the thread's */
};

typedef struct {
    HtReceipts *receipts;
    HtDelivered *next; /* not a question: from here on these are the thread's */
    HtPageCall *call;  /* main thread; NULL when nobody waits any more */
    char *source;
    HtUuid id;
    bool json;
    bool found;
    HtBuffer body; /* of the answer, when it was found */
    GError *error;
} ReceiptQuestion;

static void free_question(ReceiptQuestion *question)
{
    g_free(question->source);
    ht_buffer_clear(&question->body);
    g_clear_error(&question->error);
    g_free(question);
}

/* ---- The thread ---- */

static void write_body(ReceiptQuestion *question, const HtSpoolKept *kept, const HtDeliveryState *state)
{
    HtReplyContext context = {.id = kept->receipt.id,
                              .json = question->json,
                              .signer = question->receipts->signer,
                              .bus = question->receipts->bus,
                              .source = question->source,
                              .state = state};
    ht_body_receipt(&question->body, &context, &kept->receipt, NULL);
}

/* Of another source's message it says no more than of one that never was. */
static bool look_up(ReceiptQuestion *question, HtSpoolLook *look, GError **error)
{
    HtSpoolKept kept = {.source = NULL};
    HtDeliveryState state;
    bool found;
    if (!ht_spool_look_message(look, &question->id, ROWS_MAX, &kept, &found, error)) {
        return false;
    }
    bool good = true;
    if (found && strcmp(kept.source, question->source) == 0) {
        good = ht_delivered_message(question->receipts->delivered, look, &kept.receipt, &state, error);
        question->found = good;
    }
    if (question->found) {
        write_body(question, &kept, &state);
    }
    ht_spool_kept_clear(&kept);
    return good;
}

static void answer_question(void *data, void *user)
{
    ReceiptQuestion *question = data;
    HtReceipts *receipts = user;
    if (question->next) {
        ht_delivered_free(receipts->delivered);
        receipts->delivered = question->next;
        g_free(question);
        return;
    }
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(receipts->state, &question->error);
    if (look) {
        look_up(question, look, &question->error);
    }
    g_async_queue_push(receipts->done, question);
    g_source_set_ready_time(receipts->source, 0);
}

/* ---- The main loop ---- */

static void answer_call(HtPageCall *call, ReceiptQuestion *question)
{
    HtRefusal refusal;
    if (question->error) {
        ht_log(HT_LOG_ERROR, "receipt", "cannot be looked up: %s", question->error->message);
        ht_refuse_error(&refusal, question->error);
        ht_page_refuse(call, &refusal);
    } else if (!question->found) {
        ht_refuse(&refusal, "unknown-message");
        ht_page_refuse(call, &refusal);
    } else {
        HtPageAnswer answer = {.status = 200,
                               .type = question->json ? "application/json" : "application/xml; charset=utf-8",
                               .body = question->body};
        question->body = (HtBuffer){.data = NULL};
        ht_page_answer(call, &answer);
    }
}

static gboolean take_answers(void *user)
{
    HtReceipts *receipts = user;
    ReceiptQuestion *question;
    g_source_set_ready_time(receipts->source, -1);
    while ((question = g_async_queue_try_pop(receipts->done))) {
        HtPageCall *call = question->call;
        if (call) {
            call->user = NULL;
            answer_call(call, question);
        }
        free_question(question);
    }
    return G_SOURCE_CONTINUE;
}

static void forget(HtPageCall *call, bool sent)
{
    (void)sent;
    ReceiptQuestion *question = call->user;
    if (question) {
        question->call = NULL;
    }
}

static void serve(HtPageCall *call, void *user)
{
    HtReceipts *receipts = user;
    const char *accept = ht_page_header(call, "Accept");
    HtRefusal refusal;
    HtUuid id;
    if (!ht_uuid_parse(ht_text_from(call->name), &id)) {
        ht_refuse(&refusal, "unknown-message");
        ht_page_refuse(call, &refusal);
        return;
    }
    if (g_thread_pool_unprocessed(receipts->thread) >= QUESTIONS_MAX) {
        ht_refuse_with(&refusal, "busy", "Too many receipts are asked for at once. Ask again.");
        ht_page_refuse(call, &refusal);
        return;
    }
    ReceiptQuestion *question = g_new0(ReceiptQuestion, 1);
    *question = (ReceiptQuestion){.receipts = receipts,
                                  .call = call,
                                  .source = g_strdup(call->party),
                                  .id = id,
                                  .json = accept && strstr(accept, "json")};
    call->user = question;
    call->ended = forget;
    g_thread_pool_push(receipts->thread, question, NULL);
}

static const HtPage pages_of_receipts[] = {{HT_PAGE_READ, "/in/*/receipt/*", HT_PARTY_SOURCE, 0, serve}};

/* ---- Opening and closing ---- */

static gboolean dispatch(GSource *source, GSourceFunc callback, void *user)
{
    (void)source;
    return callback(user);
}

static GSourceFuncs source_functions = {.dispatch = dispatch};

HtReceipts *ht_receipts_new(const HtConfig *config, const HtDictionary *dictionary, const HtSigner *signer,
                            HtPages *pages)
{
    HtReceipts *receipts = g_new0(HtReceipts, 1);
    receipts->bus = g_strdup(config->bus.name);
    receipts->state = g_strdup(config->bus.state);
    receipts->signer = signer;
    receipts->delivered = ht_delivered_new(config, dictionary);
    receipts->done = g_async_queue_new();
    receipts->source = g_source_new(&source_functions, sizeof(GSource));
    g_source_set_callback(receipts->source, take_answers, receipts, NULL);
    g_source_attach(receipts->source, NULL);
    receipts->thread = g_thread_pool_new(answer_question, receipts, 1, FALSE, NULL);
    ht_pages_add(pages, pages_of_receipts, G_N_ELEMENTS(pages_of_receipts), receipts);
    return receipts;
}

void ht_receipts_change(HtReceipts *receipts, const HtConfig *config, const HtDictionary *dictionary)
{
    ReceiptQuestion *change = g_new0(ReceiptQuestion, 1);
    change->next = ht_delivered_new(config, dictionary);
    g_thread_pool_push(receipts->thread, change, NULL);
}

void ht_receipts_free(HtReceipts *receipts)
{
    if (!receipts) {
        return;
    }
    g_thread_pool_free(receipts->thread, FALSE, TRUE);
    take_answers(receipts);
    g_source_destroy(receipts->source);
    g_source_unref(receipts->source);
    g_async_queue_unref(receipts->done);
    ht_delivered_free(receipts->delivered);
    g_free(receipts->bus);
    g_free(receipts->state);
    g_free(receipts);
}
