/* Receipts asked for again. */
#include "core/receipts.h"

#include "core/base/log.h"
#include "core/ingress/answer-body.h"
#include "core/page/lookup.h"
#include "core/reconcile/delivered.h"

#define ROWS_MAX 20000   /* looked at for one id: some tens of milliseconds */
#define QUESTIONS_MAX 64 /* that wait; more are told to come again */

struct HtReceipts {
    char *bus, *state; /* its name and its folder, which no reload changes */
    const HtSigner *signer;
    HtPageLookup *lookup;
    HtDelivered *delivered; /* the lookup's thread's */
};

typedef struct {
    HtPageQuestion question;
    HtReceipts *receipts;
    HtDelivered *delivered; /* not NULL: no question, but from here on these are the thread's */
    char *source;
    HtUuid id;
    bool json;
    bool found;
    HtBuffer body; /* of the answer, when it was found */
    GError *error;
} ReceiptQuestion;

static void free_question(HtPageQuestion *asked)
{
    ReceiptQuestion *question = (ReceiptQuestion *)asked;
    ht_delivered_free(question->delivered);
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

static void look(HtPageQuestion *asked, void *user)
{
    ReceiptQuestion *question = (ReceiptQuestion *)asked;
    HtReceipts *receipts = user;
    if (question->delivered) {
        HtDelivered *former = receipts->delivered;
        receipts->delivered = question->delivered;
        question->delivered = former;
        return;
    }
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(receipts->state, &question->error);
    if (look) {
        look_up(question, look, &question->error);
    }
}

/* ---- The main loop ---- */

static void answer(HtPageCall *call, HtPageQuestion *asked)
{
    ReceiptQuestion *question = (ReceiptQuestion *)asked;
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

static const HtPageLookupWays ways = {.most = QUESTIONS_MAX,
                                      .busy = "Too many receipts are asked for at once. Ask again.",
                                      .look = look,
                                      .answer = answer,
                                      .free = free_question};

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
    ReceiptQuestion *question = g_new0(ReceiptQuestion, 1);
    *question = (ReceiptQuestion){.receipts = receipts,
                                  .source = g_strdup(call->party),
                                  .id = id,
                                  .json = accept && strstr(accept, "json")};
    ht_page_lookup_ask(receipts->lookup, call, &question->question);
}

static const HtPage pages_of_receipts[] = {{HT_PAGE_READ, "/in/*/receipt/*", HT_PARTY_SOURCE, 0, serve}};

/* ---- Opening and closing ---- */

HtReceipts *ht_receipts_new(const HtConfig *config, const HtDictionary *dictionary, const HtSigner *signer,
                            HtPages *pages)
{
    HtReceipts *receipts = g_new0(HtReceipts, 1);
    receipts->bus = g_strdup(config->bus.name);
    receipts->state = g_strdup(config->bus.state);
    receipts->signer = signer;
    receipts->delivered = ht_delivered_new(config, dictionary);
    receipts->lookup = ht_page_lookup_new(&ways, receipts);
    ht_pages_add(pages, pages_of_receipts, G_N_ELEMENTS(pages_of_receipts), receipts);
    return receipts;
}

void ht_receipts_change(HtReceipts *receipts, const HtConfig *config, const HtDictionary *dictionary)
{
    ReceiptQuestion *change = g_new0(ReceiptQuestion, 1);
    change->delivered = ht_delivered_new(config, dictionary);
    ht_page_lookup_change(receipts->lookup, &change->question);
}

void ht_receipts_free(HtReceipts *receipts)
{
    if (!receipts) {
        return;
    }
    ht_page_lookup_free(receipts->lookup);
    ht_delivered_free(receipts->delivered);
    g_free(receipts->bus);
    g_free(receipts->state);
    g_free(receipts);
}
