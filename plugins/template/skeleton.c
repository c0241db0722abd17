/* skeleton: an adapter for Hutong 互通. It runs in a host process of its own: one thread, one payload at a
 * time, no network, no files after the start. Everything that it may do is in hutong-plugin.h. Log and
 * fault texts must hold no personal data: say where (element, record, line), never what. */
#include <hutong-plugin.h>

#include <stdlib.h>
#include <string.h>

typedef struct {
    const hutong_host *host;
    const char *reply_code; /* of the option `reply-code` */
} Adapter;

/* Called once. Without a state the source cannot start: log why. */
static void *open_adapter(const hutong_host *host)
{
    Adapter *adapter = calloc(1, sizeof *adapter);
    if (!adapter) {
        host->log(host, HUTONG_ERROR, "no memory");
        return NULL;
    }
    adapter->host = host;
    adapter->reply_code = host->option(host, "reply-code");
    return adapter;
}

/* A payload into records. Most adapters leave that to their mapping, skeleton.xml. What a mapping cannot
 * say is done here: repair or unpack the bytes and use host->map_bytes(), or change elements on their way
 * with host->filter(). */
static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    const Adapter *adapter = state;
    return adapter->host->map(adapter->host, payload, out);
}

/* The answer that this department's clients expect: the content of the SOAP body, or the whole of a plain
 * answer. When the payload was taken it is sent once the events are on disk. When it was refused, the answer
 * may say so in the department's own way (outcome->fault_code and fault_text tell why). Without this function,
 * or when it returns HUTONG_REJECT, the client gets the bus's receipt or fault. */
static hutong_verdict reply(void *state, const hutong_outcome *outcome, hutong_out *out)
{
    static const char before[] = "<response><code>", between[] = "</code><id>", after[] = "</id></response>";
    const Adapter *adapter = state;
    const hutong_host *host = adapter->host;
    if (outcome->verdict != HUTONG_OK) {
        return HUTONG_REJECT;
    }
    host->write(out, before, sizeof before - 1);
    host->write_escaped(out, adapter->reply_code, strlen(adapter->reply_code));
    host->write(out, between, sizeof between - 1);
    host->write_escaped(out, outcome->message_id.data, outcome->message_id.size);
    host->write(out, after, sizeof after - 1);
    return HUTONG_OK;
}

static void close_adapter(void *state)
{
    free(state);
}

/* Keys of the source's section in the configuration that are this adapter's own. */
static const hutong_option options[] = {
    {"reply-code", "0", "what <code> says in the answer to a payload that was taken"},
    {NULL, NULL, NULL},
};

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "skeleton",
    .version = "0.1",
    .summary = "One line about the department's system",
    .options = options,
    .open = open_adapter,
    .decode = decode,
    .reply = reply,
    .close = close_adapter,
};
