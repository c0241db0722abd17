/* The adapter for the police's household register (户籍): the four changes and corrections, the national move messages,
 * NCIIC's and RBSP's verifications. mappings/hukou.xml says what becomes of each record; here is what a mapping cannot
 * say, as filters (exchange.c, nciic.c, rbsp.c), and the answers that the police's clients expect.
 *
 * Runs in hutong-host's only thread, one payload at a time. */
#include "hukou.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Life ---- */

static void *open_adapter(const hutong_host *host)
{
    HukouState *state = calloc(1, sizeof *state);
    if (!state) {
        host->log(host, HUTONG_ERROR, "no memory for the adapter's state");
        return NULL;
    }
    state->host = host;
    host->filter(host, "root", &hukou_exchange_filter, state);
    host->filter(host, "RESPONSE", &hukou_nciic_filter, state);
    host->filter(host, "RBSPMessage", &hukou_rbsp_filter, state);
    return state;
}

static void close_adapter(void *state)
{
    free(state);
}

static hutong_verdict decode(void *user, const hutong_payload *payload, hutong_out *out)
{
    HukouState *state = user;
    state->exchange.sjblx[0] = '\0';
    return state->host->map(state->host, payload, out);
}

/* ---- Answers ---- */

static void write_element(const HukouState *state, hutong_out *out, const char *name, const char *value)
{
    char tag[HUKOU_NAME];
    snprintf(tag, sizeof tag, "<%s>", name);
    hutong_write_string(state->host, out, tag);
    state->host->write_escaped(out, value, strlen(value));
    snprintf(tag, sizeof tag, "</%s>", name);
    hutong_write_string(state->host, out, tag);
}

/* The exchange's answer repeats the numbers of the request's head; its licence is not repeated. */
static hutong_verdict answer_exchange(const HukouState *state, hutong_out *out)
{
    const HukouExchange *exchange = &state->exchange;
    hutong_write_string(state->host, out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<root><head>");
    write_element(state, out, "sjblx", exchange->sjblx);
    write_element(state, out, "ywlsh", exchange->ywlsh);
    write_element(state, out, "zqzbh", exchange->zqzbh);
    write_element(state, out, "qyzbh", exchange->qyzbh);
    hutong_write_string(state->host, out, "<code>00</code><msg>成功</msg></head></root>\n");
    return HUTONG_OK;
}

/* A business number inside a JSON string inside XML. */
static void write_json_text(const HukouState *state, hutong_out *out, hutong_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            hutong_write_string(state->host, out, "\\");
        }
        if (byte >= 0x20) {
            state->host->write_escaped(out, text.data + i, 1);
        }
    }
}

/* hz2004's services answer with JSON in a string; the operations' misspelt names are the contract. */
static hutong_verdict answer_record(const HukouState *state, const hutong_outcome *outcome,
                                    const char *operation, hutong_out *out)
{
    hutong_text number = outcome->business_id.data ? outcome->business_id : outcome->message_id;
    char tag[200];
    snprintf(tag, sizeof tag,
             "<ns1:%sResponse xmlns:ns1=\"http://service.reqservice.dragonsoft.com\"><%sReturn>", operation,
             operation);
    hutong_write_string(state->host, out, tag);
    hutong_write_string(state->host, out, "{\"success\":true,\"message\":\"\",\"postid\":\"");
    write_json_text(state, out, number);
    snprintf(tag, sizeof tag, "\"}</%sReturn></ns1:%sResponse>", operation, operation);
    hutong_write_string(state->host, out, tag);
    return HUTONG_OK;
}

static const char *const operations[] = {"postCSDJRecrod", "postSwzxRecrod", NULL};

static hutong_verdict reply(void *user, const hutong_outcome *outcome, hutong_out *out)
{
    const HukouState *state = user;
    if (outcome->verdict != HUTONG_OK) {
        return HUTONG_REJECT;
    }
    for (const char *const *operation = operations; *operation; operation++) {
        if (hutong_text_is(outcome->operation, *operation)) {
            return answer_record(state, outcome, *operation, out);
        }
    }
    long kind = strtol(state->exchange.sjblx, NULL, 10); /* columns of numbers lose the zero in front */
    bool is_exchange = kind == 10122 || kind == 10124;
    if (is_exchange && outcome->soap_version == 0 && outcome->events > 0) {
        return answer_exchange(state, out);
    }
    return HUTONG_REJECT;
}

static const hutong_option options[] = {
    {"answer-queries", "refuse",
     "NCIIC's questions: refuse, in NCIIC's own form; or empty: taken as requests, and answered with nothing found"},
    {NULL, NULL, NULL}};

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "hukou",
    .version = "1.0",
    .summary = "police household register: births, deaths, moves, corrections, NCIIC and RBSP verifications",
    .options = options,
    .operations = operations,
    .open = open_adapter,
    .decode = decode,
    .reply = reply,
    .close = close_adapter,
};
