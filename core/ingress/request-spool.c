/* A request and the spool: the message under its key, the receipt when it is on disk, quarantine. Called by request.c and the
 * spool's callbacks; main-loop thread. */
#include "core/ingress/request-inside.h"

#include "core/base/log.h"
#include "core/ingress/message.h"

static void fill_taken(const HtRequest *request, const HtOutcome *outcome, HtTaken *taken)
{
    *taken = (HtTaken){.id = request->asker.id,
                       .source = request->source->config,
                       .received_us = request->received_us,
                       .sha256 = request->sha256,
                       .idempotency_key = request->head.idempotency_key,
                       .traceparent = request->head.traceparent,
                       .dictionary = request->intake->dictionary,
                       .by_payload = request->by_payload,
                       .body = request->body,
                       .outcome = outcome,
                       .frame = request->frame,
                       .faults = request->faults};
}

/* Its memory counts against the door's bound. One message is always let in, however large. */
static bool enter_spool(HtRequest *request)
{
    HtIntake *intake = request->intake;
    uint64_t bytes = (request->frame ? g_bytes_get_size(request->frame) : 0) +
                     (request->body ? g_bytes_get_size(request->body) : 0);
    if (intake->spool_bytes > 0 && intake->spool_bytes + bytes > intake->spool_limits->queue_bytes) {
        return false;
    }
    intake->spool_bytes += bytes;
    request->spool_bytes = bytes;
    request->phase = PHASE_SPOOL;
    request->waiting = true;
    return true;
}

static void leave_spool(HtRequest *request)
{
    if (request->intake) {
        request->intake->spool_bytes -= request->spool_bytes;
    }
    request->spool_bytes = 0;
    request->waiting = false;
}

GError *ht_request_busy(const HtRequest *request)
{
    char name[HT_LIMIT_TEXT];
    const HtSpoolLimits *limits = request->intake->spool_limits;
    HtLimit limit = ht_spool_limit_of(limits, &limits->queue_bytes);
    return g_error_new(HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY, "no more than %s may wait for a commit",
                       ht_limit_name(limit, name));
}

static void finish_busy(HtRequest *request)
{
    g_autoptr(GError) error = ht_request_busy(request);
    ht_answer_clear(&request->answer);
    ht_request_set_error(request, error);
    ht_request_finish(request);
}

static void count_receipt(HtRequest *request, const HtReceipt *receipt)
{
    HtSourceFigures *figures = &request->source->figures;
    if (receipt->resent) {
        figures->resent++;
        return;
    }
    figures->accepted++;
    figures->events += receipt->events;
    figures->duplicates += receipt->duplicates;
    figures->quarantined += receipt->rejected;
    figures->last_us = request->received_us;
}

static void log_receipt(const HtRequest *request, const HtReceipt *receipt)
{
    const char *source = request->source->config->name;
    char id[HT_UUID_TEXT], first[HT_UUID_TEXT];
    ht_uuid_format(&request->asker.id, id);
    ht_uuid_format(&receipt->id, first);
    if (receipt->resent) {
        ht_log(HT_LOG_DEBUG, "ingress", "message %s of source %s is %s sent again", id, source, first);
    } else {
        ht_log(HT_LOG_DEBUG, "ingress", "accepted %s: source %s, %u events", id, source, receipt->events);
    }
}

/* The key is known, but of another payload. Such a message is not the one sent again: some clients send one MessageID with
 * everything, and would lose all but the first message, or be shown another's receipt. */
static void append_by_payload(HtRequest *request)
{
    HtOutcome outcome;
    gsize size;
    const char *bytes = g_bytes_get_data(request->frame, &size);
    g_autoptr(GError) error = NULL;
    ht_outcome_init(&outcome);
    if (ht_outcome_unpack((HtText){bytes, size}, &outcome, &error)) {
        request->by_payload = true;
        ht_request_append(request, &outcome);
    } else {
        ht_request_distrust(request, error);
    }
    ht_outcome_clear(&outcome);
}

static void answer_receipt(HtRequest *request, const HtReceipt *receipt)
{
    bool same = memcmp(receipt->sha256, request->sha256, sizeof request->sha256) == 0;
    if (receipt->other_payload && !request->by_payload) {
        append_by_payload(request);
        return;
    }
    ht_answer_receipt(&request->answer, &request->asker, receipt, same ? request->faults : NULL);
    count_receipt(request, receipt);
    log_receipt(request, receipt);
    ht_request_finish(request);
}

/* The only place where a receipt is made: it exists when the commit is on disk, and not before. */
static void take_receipt(const HtReceipt *receipt, const GError *error, void *user)
{
    HtRequest *request = user;
    leave_spool(request);
    if (request->intake && !error) {
        answer_receipt(request, receipt);
        return;
    }
    if (request->intake) {
        ht_request_set_error(request, error);
    }
    ht_request_finish(request);
}

void ht_request_distrust(HtRequest *request, const GError *error)
{
    ht_log(HT_LOG_WARNING, "ingress", "the host of source %s gave a bad event: %s",
           request->source->config->name, error->message);
    ht_request_set_error(request, error);
    ht_request_finish(request);
}

void ht_request_append(HtRequest *request, const HtOutcome *outcome)
{
    HtTaken taken;
    g_autoptr(GError) error = NULL;
    fill_taken(request, outcome, &taken);
    HtSpoolMessage *message = ht_taken_message(&taken, &error);
    if (!message) {
        ht_request_distrust(request, error);
    } else if (!enter_spool(request)) {
        ht_taken_free(message);
        finish_busy(request);
    } else {
        ht_spool_append(request->intake->spool, message, take_receipt, request);
    }
}

static void take_quarantined(const HtReceipt *receipt, const GError *error, void *user)
{
    (void)receipt;
    HtRequest *request = user;
    leave_spool(request);
    if (request->intake && error) {
        ht_answer_clear(&request->answer);
        ht_request_set_error(request, error);
    } else if (request->intake) {
        request->source->figures.quarantined++;
    }
    ht_request_finish(request);
}

void ht_request_quarantine(HtRequest *request, const HtOutcome *outcome, const char *reason)
{
    HtTaken taken;
    if (!enter_spool(request)) {
        finish_busy(request);
        return;
    }
    fill_taken(request, outcome, &taken);
    ht_spool_quarantine(request->intake->spool, ht_taken_quarantine(&taken), reason, take_quarantined,
                        request);
}
