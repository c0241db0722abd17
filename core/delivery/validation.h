/* Whether an endpoint wants deliveries, and how fast: the handshake of "HTTP 1.1 Web Hooks for Event Delivery" (CloudEvents). OPTIONS asks its
 * exact URL, before the first delivery and again every `validate-every`; it agrees by WebHook-Allowed-Origin (and -Rate), or later by calling the
 * address of WebHook-Request-Callback. Whatever else it answers is no consent, and it is asked again after pauses that double up to `retry-max`.
 * Nothing is kept on disk: each start asks. Held by its webhook; main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/sender.h"
#include "core/page/page.h"

typedef struct HtValidation HtValidation;

typedef struct {
    const HtConsumerConfig *consumer;
    const HtBusConfig *bus;
    const HtPostTls *tls; /* as with deliveries; lives as long as the sender */
    HtSender *sender;
    void (*changed)(void *user); /* it may be another permission than before, or its turn may have come */
    void *user;
} HtValidationOptions;

HtValidation *ht_validation_new(const HtValidationOptions *options);
/* After its sender, or while nothing of it is under way there. */
void ht_validation_free(HtValidation *validation);

typedef enum {
    HT_VALIDATION_GO,   /* one request may go now; it counts */
    HT_VALIDATION_WAIT, /* not yet: `changed` runs when it is time to ask again */
    HT_VALIDATION_NO,   /* it does not agree */
} HtPermission;

/* Whether a request may go; asks the endpoint when it is time to. */
HtPermission ht_validation_ask(HtValidation *validation);

/* Whether a question is under way. */
bool ht_validation_is_asking(const HtValidation *validation);

/* `changed` runs, soon. */
void ht_validation_ring(HtValidation *validation);

/* "WebHook-Request-Origin: …", for each delivery. */
const char *ht_validation_header(const HtValidation *validation);

/* Why it does not agree; static, nothing that the endpoint wrote. NULL when it does, or was not asked. */
const char *ht_validation_reason(const HtValidation *validation);

/* The call of its callback, for whoever has the key: it agrees. */
void ht_validation_confirm(HtValidation *validation, HtPageCall *call);

/* Writes `"validation":{…}`. */
void ht_validation_json(const HtValidation *validation, HtBuffer *json);
