/* The adapter for health: CDA documents (WS/T 483, WS/T 500), HL7 V3 interactions of the health-information platform
 * (互联互通), a city's health-record tables. mappings/health.xml says what becomes of each record; here is what a mapping
 * cannot say, as filters, and the answers that health's clients expect (reply.c).
 *
 * Runs in hutong-host's only thread, one payload at a time. */
#include "health.h"

#include <stdlib.h>
#include <string.h>

static void register_filters(HealthState *state)
{
    const hutong_host *host = state->host;
    host->filter(host, "ClinicalDocument", &health_document_filter, state);
    host->filter(host, "tables", &health_rows_filter, state);
    host->filter(host, "v3-head", &health_head_filter, state);
    host->filter(host, "v3-part", &health_part_filter, state);
    host->filter(host, "registered-part", &health_registered_filter, state);
    host->filter(host, "base64-document", &health_content_filter, state);
}

static void *open_adapter(const hutong_host *host)
{
    HealthState *state = calloc(1, sizeof *state);
    if (!state) {
        host->log(host, HUTONG_ERROR, "no memory for the adapter's state");
        return NULL;
    }
    state->host = host;
    register_filters(state);
    return state;
}

static void close_adapter(void *user)
{
    HealthState *state = user;
    free(state->content.bytes.data);
    free(state->rows.bytes.data);
    free(state);
}

static hutong_verdict decode(void *user, const hutong_payload *payload, hutong_out *out)
{
    HealthState *state = user;
    memset(&state->reply, 0, sizeof state->reply);
    state->body = payload->body;
    hutong_verdict verdict = state->host->map(state->host, payload, out);
    state->body = (hutong_text){NULL, 0};
    return verdict;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "health",
    .version = "1.0",
    .summary = "health: CDA documents, HL7 V3 registrations, birth certificates, vaccinations, record tables",
    .operations = health_operations,
    .open = open_adapter,
    .decode = decode,
    .reply = health_reply,
    .close = close_adapter,
};
