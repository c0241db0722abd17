/* What pulling consumers say of events: any body ends in a verdict or in a refusal. The first byte chooses which is said. */
#include "core/delivery/pull-request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *say_json(const HtPageCall *call, const char *name)
{
    (void)call, (void)name;
    return "application/json; charset=utf-8";
}

static void check_verdict(const HtPullVerdict *verdict, HtSentKind kind)
{
    bool names = verdict->sequences->len > 0;
    for (guint i = 0; i < verdict->sequences->len; i++) {
        names = names && g_array_index(verdict->sequences, uint64_t, i) > 0;
    }
    bool good = verdict->sent.kind == kind && names != (verdict->through > 0) &&
                (kind == HT_SENT_TAKEN) == (verdict->sent.reason == NULL);
    for (const char *at = verdict->sent.detail; good && at && *at; at++) {
        good = (unsigned char)*at >= 0x20 && *at != 0x7f;
    }
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const HtSentKind kinds[] = {HT_SENT_TAKEN, HT_SENT_RETRY, HT_SENT_REFUSED};
    static const HtPageWays ways = {.header = say_json};
    if (size == 0) {
        return 0;
    }
    HtSentKind kind = kinds[data[0] % G_N_ELEMENTS(kinds)];
    HtPageCall call = {.ways = &ways, .body = {(const char *)data + 1, MIN(size - 1, HT_PULL_BODY)}};
    g_auto(HtPullVerdict) verdict = {.sequences = NULL};
    HtRefusal refusal;
    if (ht_pull_read_verdict(&call, kind, &verdict, &refusal)) {
        check_verdict(&verdict, kind);
    } else if (refusal.status != 400) {
        abort();
    }
    return 0;
}
