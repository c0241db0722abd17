/* A message's way: body, host, spool, result. Called by whoever brings it in, and by the callbacks of host and spool; main-loop
 * thread.
 *
 * States, and the function that makes each:
 *
 *   BODY    its bytes come: they are gathered, or     ht_message_new()
 *           given to the host in pieces
 *   HOST    whole, and with the host                  ht_message_end()
 *   SPOOL   with the spool, which cannot be called    enter_spool()
 *           off: its events, or to be looked at
 *   DONE    it has its result                         settle(), take_receipt()
 *
 *   BODY -> HOST -> SPOOL -> DONE;  BODY -> DONE, HOST -> DONE (refused);  SPOOL -> SPOOL (again, known by its payload)
 *
 * What may be trusted: in BODY nothing but the head, not even that more will come. From HOST on the body is whole and the digest
 * is its own, by the bus's reckoning and not the host's. In SPOOL each event was checked, or the refusal is decided. A receipt
 * comes from the spool's callback alone.
 *
 * Invariants, checked by assert_state() at each transition:
 *   1. There is a ticket in HOST, and in BODY when it is streamed, never else: with the host or not at all.
 *   2. In memory it is gathered, or one body, or at the host in pieces: never in two of these.
 *   3. From HOST on it has a time; `body` is there unless it was streamed. Without a time it never comes to SPOOL.
 *   4. It counts in its source's share and the intake's spool_bytes in SPOOL, and in no other state.
 *   5. It was let go of in SPOOL only, and nobody is told then: its owner need not be there any more.
 *   6. Its owner is told once, when it becomes DONE in a callback. */
#include "core/message/message.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/message/keep.h"
#include "core/message/room.h"
#include "spool/delivery.h"

/* A payload up to this is gathered and given to the host in one frame, and can be given again when the host dies. What is
 * larger goes there in pieces, so that memory does not grow with it. */
#define GATHER_MAX_BYTES 65536

static void assert_state(const HtMessage *message)
{
    bool in_body = message->state == HT_MESSAGE_BODY_COMES, in_spool = message->state == HT_MESSAGE_AT_SPOOL;
    bool with_host = message->state == HT_MESSAGE_AT_HOST || (in_body && message->streamed);
    g_assert((message->ticket != NULL) == with_host);
    g_assert(!message->gathered.data || (in_body && !message->body));
    g_assert(!message->streamed || (!message->body && !message->gathered.data));
    g_assert(!in_body || message->received_us == 0);
    g_assert(!(in_spool || message->state == HT_MESSAGE_AT_HOST) ||
             (message->received_us > 0 && (message->body != NULL) == !message->streamed));
    g_assert((message->share != NULL) == in_spool && (in_spool || message->spool_bytes == 0));
    g_assert(message->spool_bytes <= message->intake->spool_bytes);
    g_assert(in_spool || (message->owner.done && !message->beside));
}

HtMessage *ht_message_new(HtIntake *intake, const HtMessageStart *start, const HtMessageOwner *owner)
{
    HtMessage *message = g_new0(HtMessage, 1);
    message->intake = intake;
    message->dictionary = ht_dictionary_hold(intake->dictionary);
    message->source = ht_source_hold(start->source);
    message->head = start->head;
    message->idempotency_key = start->idempotency_key;
    message->traceparent = start->traceparent;
    message->soap = start->soap;
    message->is_form = start->is_form;
    message->length = start->length;
    message->owner = *owner;
    sha256_init(&message->digest);
    message->source->figures->messages++;
    message->source->figures->under_way++;
    assert_state(message);
    return message;
}

static void free_memory(HtMessage *message)
{
    ht_buffer_clear(&message->gathered);
    g_clear_pointer(&message->body, g_bytes_unref);
    g_clear_pointer(&message->frame, g_bytes_unref);
    g_clear_pointer(&message->faults, g_array_unref);
    g_clear_pointer(&message->kept, ht_message_keep_free);
    g_clear_error(&message->bad);
    message->source->figures->under_way--;
    ht_source_free(message->source);
    ht_dictionary_free(message->dictionary);
    g_free(message);
}

void ht_message_free(HtMessage *message)
{
    if (message) {
        g_clear_pointer(&message->ticket, ht_ticket_cancel);
        if (message->beside) {
            ht_beside_wait(message->beside);
        }
        if (message->state == HT_MESSAGE_AT_SPOOL) {
            message->owner = (HtMessageOwner){.done = NULL};
        } else {
            free_memory(message);
        }
    }
}

/* ---- The result ---- */

static void count_refusal(const HtMessage *message, const HtRefusal *refusal)
{
    HtSourceFigures *figures = message->source->figures;
    figures->busy += refusal->status == 503;
    figures->failed += refusal->status >= 500 && refusal->status != 503;
    figures->rejected += refusal->status < 500;
    ht_message_count_refused(message->intake, message->source, refusal);
}

void ht_message_count_refused(const HtIntake *intake, const HtSource *source, const HtRefusal *refusal)
{
    HtSpoolDayCount what = refusal->status == 503   ? HT_SPOOL_DAY_BUSY
                           : refusal->status >= 500 ? HT_SPOOL_DAY_FAILED
                                                    : HT_SPOOL_DAY_REFUSED;
    ht_spool_count(intake->spool, source->config->name, what);
}

/* No host has said what it is wrapped in, nor its head: its beginning does. */
static void look_for_soap(HtMessage *message)
{
    gsize size = message->gathered.size;
    const char *bytes = message->body ? g_bytes_get_data(message->body, &size) : message->gathered.data;
    if (message->soap == HT_SOAP_NONE && size > 0) {
        message->soap = ht_beginning_soap(bytes, size);
    }
}

void ht_message_refuse(HtMessage *message, const HtRefusal *refusal)
{
    g_clear_pointer(&message->ticket, ht_ticket_cancel);
    look_for_soap(message);
    ht_buffer_clear(&message->gathered);
    message->state = HT_MESSAGE_DONE;
    count_refusal(message, refusal);
    assert_state(message);
}

static void finish(HtMessage *message, const HtMessageResult *result)
{
    HtSourceFigures *figures = message->source->figures;
    if (message->complete_us != 0) {
        uint64_t latency_us = (uint64_t)MAX(ht_clock_monotonic() - message->complete_us, 0);
        figures->answers++;
        figures->latency_us_sum += latency_us;
        figures->latency_us_max = MAX(figures->latency_us_max, latency_us);
    }
    message->state = HT_MESSAGE_DONE;
    assert_state(message);
    message->owner.done(result, message->owner.user);
}

static void settle(HtMessage *message, const HtRefusal *refusal)
{
    count_refusal(message, refusal);
    finish(message, &(HtMessageResult){.refusal = refusal});
}

static void settle_error(HtMessage *message, const GError *error)
{
    HtRefusal refusal;
    look_for_soap(message);
    ht_refuse_error(&refusal, error);
    settle(message, &refusal);
}

/* The host gave back what it must not. */
static void distrust(HtMessage *message, const char *what)
{
    g_autoptr(GError) error = g_error_new_literal(HT_EVENT_ERROR, 0, what);
    ht_log(HT_LOG_WARNING, "ingress", "the host of source %s gave a bad event: %s",
           message->source->config->name, what);
    settle_error(message, error);
}

/* ---- The spool ---- */

/* Its memory counts against the source's share. */
static bool enter_spool(HtMessage *message)
{
    HtIntake *intake = message->intake;
    g_autoptr(GError) busy = NULL;
    if (!ht_room_admits(intake, message->source->share, &busy)) {
        settle_error(message, busy);
        return false;
    }
    message->spool_bytes = (message->frame ? g_bytes_get_size(message->frame) : 0) +
                           (message->body ? g_bytes_get_size(message->body) : 0);
    message->share = ht_share_ref(message->source->share);
    ht_room_enter(intake, message->share, message->spool_bytes);
    message->state = HT_MESSAGE_AT_SPOOL;
    assert_state(message);
    return true;
}

/* False: nobody waits for it any more, and it is gone. */
static bool leave_spool(HtMessage *message)
{
    assert_state(message);
    ht_room_leave(message->intake, message->share, message->spool_bytes);
    g_clear_pointer(&message->share, ht_share_unref);
    message->spool_bytes = 0;
    if (!message->owner.done) {
        free_memory(message);
        return false;
    }
    return true;
}

static void count_receipt(HtMessage *message, const HtReceipt *receipt)
{
    HtSourceFigures *figures = message->source->figures;
    if (receipt->resent) {
        figures->resent++;
        ht_spool_count(message->intake->spool, message->source->config->name, HT_SPOOL_DAY_RESENT);
        return;
    }
    figures->accepted++;
    figures->events += receipt->events;
    figures->duplicates += receipt->duplicates;
    figures->quarantined += receipt->rejected;
    figures->last_us = message->received_us;
}

static void log_receipt(const HtMessage *message, const HtReceipt *receipt)
{
    const char *source = message->source->config->name;
    char id[HT_UUID_TEXT], first[HT_UUID_TEXT];
    ht_uuid_format(&message->head.id, id);
    ht_uuid_format(&receipt->id, first);
    if (receipt->resent) {
        ht_log(HT_LOG_DEBUG, "ingress", "message %s of source %s is %s sent again", id, source, first);
    } else {
        ht_log(HT_LOG_DEBUG, "ingress", "accepted %s: source %s, %u events", id, source, receipt->events);
    }
}

static void append(HtMessage *message);

/* What the spool gets of it under its payload's key. On a thread when it is large. */
static void keep_by_payload(void *data)
{
    HtMessage *message = data;
    HtOutcome outcome;
    gsize size;
    const char *bytes = g_bytes_get_data(message->frame, &size);
    ht_outcome_init(&outcome);
    message->by_payload = true;
    if (ht_outcome_unpack((HtText){bytes, size}, &outcome, &message->bad)) {
        message->kept = ht_message_keep(message, &outcome, &message->bad);
    }
    ht_outcome_clear(&outcome);
}

static void append_kept(void *user)
{
    HtMessage *message = user;
    g_clear_pointer(&message->beside, ht_beside_free);
    if (leave_spool(message)) {
        append(message);
    }
}

/* The key is known, but of another payload. Such a message is not the one sent again: some clients send one MessageID with
 * everything, and would lose all but the first message, or be shown another's receipt. Until it is given to the spool again it counts as with
 * it. */
static void append_by_payload(HtMessage *message)
{
    if (g_bytes_get_size(message->frame) >= HT_BESIDE_BYTES) {
        message->beside = ht_beside_start(keep_by_payload, append_kept, message, message);
    } else {
        keep_by_payload(message);
        append_kept(message);
    }
}

/* The only place where a receipt is made: it exists when the commit is on disk, and not before. */
static void take_receipt(const HtReceipt *receipt, const GError *error, void *user)
{
    HtMessage *message = user;
    if (!error && receipt->other_payload && !message->by_payload && message->owner.done) {
        append_by_payload(message);
        return;
    }
    if (!leave_spool(message)) {
        return;
    }
    if (error) {
        settle_error(message, error);
    } else {
        bool same = memcmp(receipt->sha256, message->sha256, sizeof message->sha256) == 0;
        count_receipt(message, receipt);
        log_receipt(message, receipt);
        finish(message, &(HtMessageResult){.receipt = receipt, .faults = same ? message->faults : NULL});
    }
}

static void append(HtMessage *message)
{
    if (message->bad) {
        distrust(message, message->bad->message);
    } else if (enter_spool(message)) {
        ht_spool_append(message->intake->spool, g_steal_pointer(&message->kept), take_receipt, message);
    }
}

static void take_quarantined(const HtReceipt *receipt, const GError *error, void *user)
{
    (void)receipt;
    HtMessage *message = user;
    if (!leave_spool(message)) {
        return;
    }
    if (error) {
        settle_error(message, error);
    } else {
        message->source->figures->quarantined++;
        settle(message, &message->refusal);
    }
}

/* It is refused, and the sender is told when the message is on disk for a person to look at. When it cannot be kept, the sender is
 * asked to send it again. */
static void quarantine(HtMessage *message)
{
    if (enter_spool(message)) {
        ht_spool_quarantine(message->intake->spool, g_steal_pointer(&message->kept), message->refusal.code,
                            take_quarantined, message);
    }
}

/* ---- The host ---- */

static void take_error(HtMessage *message, const GError *error)
{
    if (!message->source->host && message->source->replaced) { /* its host was waited for long enough */
        ht_refuse(&message->refusal, "source-changed");
        settle(message, &message->refusal);
        return;
    }
    if (!g_error_matches(error, HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE)) {
        settle_error(message, error);
        return;
    }
    if (message->received_us ==
        0) { /* strikes are counted by the digest of the whole, which there is none of */
        ht_refuse(&message->refusal, "adapter-died");
        settle(message, &message->refusal);
        return;
    }
    ht_refuse_error(&message->refusal, error);
    bool unjudged =
        message->source->usernames != NULL ||
        ht_source_is_signed(message->source->config); /* who sends it: that stands in what cannot be read */
    if (!message->body || unjudged) {
        ht_refuse_with(&message->refusal, message->refusal.code,
                       "The source's adapter fails on this message. The administrator was told, but the "
                       "payload was not kept: keep it, and send it again when told.");
    }
    g_clear_pointer(&message->kept,
                    ht_message_keep_free); /* of an answer that did not count: the host has died */
    if (unjudged) {
        settle(message, &message->refusal);
        return;
    }
    message->kept = ht_message_keep_refused(message, NULL);
    quarantine(message);
}

/* What it points to must outlive the outcome: the faults are copied, other texts stand in the frame. */
static void keep_refusal(HtMessage *message, const HtOutcome *outcome)
{
    HtRefusal *refusal = &message->refusal;
    ht_refuse_outcome(refusal, outcome);
    if (message->faults) {
        refusal->faults = (const HtFault *)(const void *)message->faults->data;
        refusal->code = refusal->faults[0].code;
        refusal->text = refusal->faults[0].text;
    }
}

static void take_refusal(HtMessage *message, const HtOutcome *outcome)
{
    keep_refusal(message, outcome);
    if (message->kept) {
        quarantine(message);
    } else {
        settle(message, &message->refusal);
    }
}

static GArray *copy_faults(const HtOutcome *outcome)
{
    unsigned count = MIN(outcome->fault_count, HT_OUTCOME_FAULTS);
    if (count == 0) {
        return NULL;
    }
    GArray *faults = g_array_sized_new(FALSE, FALSE, sizeof(HtFault), count);
    return g_array_append_vals(faults, outcome->faults, count);
}

static void keep_outcome(HtMessage *message, const HtOutcome *outcome, GBytes *frame)
{
    message->frame = frame ? g_bytes_ref(frame) : NULL;
    message->faults = copy_faults(outcome);
    message->soap = outcome->soap != HT_SOAP_NONE ? outcome->soap : message->soap;
    message->addressing = outcome->addressing;
    message->message_id = outcome->message_id;
    message->action = outcome->action;
    message->submit = outcome->submit;
}

/* What takes long with a large outcome: on a thread then, when the message is whole and nothing else happens to it; else from take_outcome().
 * Nothing is decided here. */
static void prepare(const HtOutcome *outcome, GBytes *frame, void *user)
{
    HtMessage *message = user;
    bool whole = message->state == HT_MESSAGE_AT_HOST;
    message->prepared = true;
    if (whole && !message->body && outcome->original.data && !ht_message_is_genuine(message, outcome)) {
        g_set_error_literal(&message->bad, HT_EVENT_ERROR, 0,
                            "what it gave back as the payload is not what was sent");
        return;
    }
    keep_outcome(message, outcome, frame);
    if (whole && outcome->verdict == HT_VERDICT_OK) {
        message->kept = ht_message_keep(message, outcome, &message->bad);
    } else if (whole && outcome->verdict == HT_VERDICT_REJECT && !outcome->nobodys &&
               g_strcmp0(message->source->config->on_invalid, "quarantine") == 0) {
        message->kept = ht_message_keep_refused(message, outcome);
    }
}

/* Before anything is made of the message, and kept of it: who sends it says so in it. */
static bool is_admitted_sender(HtMessage *message, const HtOutcome *outcome)
{
    HtUsernames *usernames = message->source->usernames;
    return !usernames || ht_usernames_admit(usernames, outcome->security, message->sha256,
                                            message->received_us, &message->refusal);
}

/* Nothing of a stranger's is kept to be looked at. Where his message could not even be read, that is what he is told. */
static void refuse_sender(HtMessage *message, const HtOutcome *outcome)
{
    g_clear_pointer(&message->kept, ht_message_keep_free);
    if (outcome->verdict != HT_VERDICT_OK && !outcome->security.data) {
        keep_refusal(message, outcome);
    }
    settle(message, &message->refusal);
}

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    HtMessage *message = user;
    assert_state(message);
    bool whole = message->state == HT_MESSAGE_AT_HOST;
    message->ticket = NULL;
    if (error) {
        take_error(message, error);
        return;
    }
    if (!message->prepared) {
        prepare(outcome, frame, message);
    }
    if (message->bad) {
        distrust(message, message->bad->message);
    } else if (whole && !is_admitted_sender(message, outcome)) {
        refuse_sender(message, outcome);
    } else if (outcome->verdict != HT_VERDICT_OK) {
        take_refusal(message, outcome);
    } else if (whole) {
        append(message);
    } else {
        distrust(message, "the host accepted a message before its end");
    }
}

/* ---- Pauses ---- */

bool ht_intake_admits(const HtIntake *intake, const HtSource *source, bool begun, HtRefusal *refusal)
{
    const HtSpoolPause *all = ht_spool_paused(intake->spool, HT_SPOOL_INTAKE, "");
    const HtSpoolPause *own = ht_spool_paused(intake->spool, HT_SPOOL_SOURCE, source->config->name);
    const HtSpoolPause *pause = all ? all : own;
    if (!pause || (begun && pause->kind == HT_SPOOL_PAUSE_DRAIN)) {
        return true;
    }
    ht_refuse(refusal, all ? "maintenance" : "source-paused");
    refusal->notice = *pause->notice ? pause->notice : NULL;
    refusal->retry_after_s = pause->retry_s > 0 ? pause->retry_s : refusal->retry_after_s;
    return false;
}

/* ---- The body ---- */

/* The host has room again. */
static void have_room(void *user)
{
    HtMessage *message = user;
    if (message->state == HT_MESSAGE_BODY_COMES) {
        message->owner.room(message->owner.user);
    }
}

static HtTake stream(HtMessage *message, const char *bytes, size_t size)
{
    return ht_ticket_write(message->ticket, bytes, size) ? HT_TAKE_MORE : HT_TAKE_FULL;
}

static HtTake begin_stream(HtMessage *message, HtRefusal *refusal)
{
    g_autoptr(GError) error = NULL;
    bool open = ht_intake_admits(message->intake, message->source, true, refusal);
    if (!open ||
        !ht_source_admits(message->source, refusal)) { /* its adapter may have been replaced by now */
        return HT_TAKE_NOT;
    }
    message->ticket =
        ht_host_stream(message->source->host, &message->head, take_outcome, have_room, message, &error);
    if (!message->ticket) {
        ht_refuse_error(refusal, error);
        return HT_TAKE_NOT;
    }
    ht_ticket_prepare(message->ticket, prepare);
    message->streamed = true;
    look_for_soap(message);
    HtTake take = stream(message, message->gathered.data, message->gathered.size);
    ht_buffer_clear(&message->gathered);
    assert_state(message);
    return take;
}

static HtTake take_piece(HtMessage *message, const char *bytes, size_t size, HtRefusal *refusal)
{
    if (message->streamed) {
        return stream(message, bytes, size);
    }
    if (message->length == size && size <= GATHER_MAX_BYTES) {
        message->body = g_bytes_new(bytes, size);
        return HT_TAKE_MORE;
    }
    ht_buffer_add(&message->gathered, bytes, size);
    return message->size > GATHER_MAX_BYTES ? begin_stream(message, refusal) : HT_TAKE_MORE;
}

static bool is_too_large(const HtMessage *message)
{
    return MAX(message->size, message->length) > message->source->config->limits.body_bytes;
}

/* What is announced as too large is refused in the form that its sender reads, which its first bytes show. */
static HtTake refuse_large(HtMessage *message, const char *bytes, size_t size, HtRefusal *refusal)
{
    if (!message->streamed && message->gathered.size < HT_BEGINNING_BYTES) {
        ht_buffer_add(&message->gathered, bytes, MIN(size, HT_BEGINNING_BYTES));
    }
    if (message->size < MIN(HT_BEGINNING_BYTES, message->length)) {
        return HT_TAKE_MORE;
    }
    ht_refuse_large(refusal, &message->source->config->limits);
    return HT_TAKE_NOT;
}

/* What has the type of a form and is none may be what a careless client sends as its XML. */
static bool is_no_form(HtMessage *message, const char *bytes, size_t size, HtRefusal *refusal)
{
    ht_beginning_look(&message->beginning, bytes, size);
    return !message->is_form || message->beginning != HT_BEGINNING_OTHER ||
           ht_refuse_with(refusal, "content-type",
                          "Forms are not taken: send the XML itself, as text/xml or application/xml.");
}

HtTake ht_message_take(HtMessage *message, const char *bytes, size_t size, HtRefusal *refusal)
{
    g_assert(message->state == HT_MESSAGE_BODY_COMES);
    HtTake take = HT_TAKE_NOT;
    message->size += size;
    message->source->figures->bytes += size;
    if (is_too_large(message)) {
        take = refuse_large(message, bytes, size, refusal);
    } else if (is_no_form(message, bytes, size, refusal)) {
        sha256_update(&message->digest, size, (const uint8_t *)bytes);
        take = take_piece(message, bytes, size, refusal);
    }
    if (take == HT_TAKE_NOT) {
        ht_message_refuse(message, refusal);
    }
    return take;
}

/* ---- The end of the body ---- */

static bool submit(HtMessage *message, HtRefusal *refusal)
{
    g_autoptr(GError) error = NULL;
    if (!message->body) {
        HtBuffer *gathered = &message->gathered;
        message->body = g_bytes_new_take(g_steal_pointer(&gathered->data), gathered->size);
        *gathered = (HtBuffer){.data = NULL};
    }
    message->ticket =
        ht_host_submit(message->source->host, &message->head, message->body, take_outcome, message, &error);
    if (message->ticket) {
        ht_ticket_prepare(message->ticket, prepare);
    }
    return message->ticket || ht_refuse_error(refusal, error);
}

/* Nothing is given to the host that would find no room behind it. */
static bool is_admitted(const HtMessage *message, HtRefusal *refusal)
{
    g_autoptr(GError) busy = NULL;
    if (is_too_large(message)) { /* it was announced so, and has ended before; not all of it was gathered */
        return ht_refuse_large(refusal, &message->source->config->limits);
    }
    if (!ht_intake_admits(message->intake, message->source, true, refusal)) {
        return false;
    }
    if (!ht_room_admits(message->intake, message->source->share, &busy)) {
        return ht_refuse_error(refusal, busy);
    }
    return ht_source_admits(message->source, refusal);
}

bool ht_message_end(HtMessage *message, HtRefusal *refusal)
{
    g_assert(message->state == HT_MESSAGE_BODY_COMES);
    assert_state(message);
    if (!is_admitted(message, refusal)) {
        ht_message_refuse(message, refusal);
        return false;
    }
    sha256_digest(&message->digest, sizeof message->sha256, message->sha256);
    if (message->streamed) {
        ht_ticket_end(message->ticket, message->sha256);
    } else if (!submit(message, refusal)) {
        ht_message_refuse(message, refusal);
        return false;
    }
    message->complete_us = ht_clock_monotonic();
    message->received_us = ht_clock_now();
    message->state = HT_MESSAGE_AT_HOST;
    assert_state(message);
    return true;
}
