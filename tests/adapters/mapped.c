/* mapped: an adapter with a mapping, a filter, a reply and code tables, for tests of the host's services.
 * Documents with the root `card` are turned into `person` documents; `<card kind="…">` is refused when the
 * kind is not in the sex table. */
#include "hutong-plugin.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const hutong_host *host;
} Mapped;

static void start(void *data, hutong_out *out, const char *name, const char *const *attributes)
{
    Mapped *state = data;
    for (; attributes && *attributes; attributes += 2) {
        hutong_text code = {attributes[1], strlen(attributes[1])};
        if (strcmp(attributes[0], "kind") == 0 &&
            !state->host->code(state->host, "GB-T-2261.1", code, NULL)) {
            state->host->fault(out, HUTONG_REJECT, "unknown-kind", "the card's kind is not in the table");
        }
    }
    state->host->emit_start(out, strcmp(name, "card") == 0 ? "person" : name, NULL);
}

static void text(void *data, hutong_out *out, const char *bytes, size_t size)
{
    Mapped *state = data;
    state->host->emit_text(out, bytes, size);
}

static void end(void *data, hutong_out *out, const char *name)
{
    Mapped *state = data;
    state->host->emit_end(out, strcmp(name, "card") == 0 ? "person" : name);
}

static const hutong_filter filter = {sizeof(hutong_filter), start, text, end};

static void *open_it(const hutong_host *host)
{
    Mapped *state = malloc(sizeof *state);
    if (state) {
        state->host = host;
        host->filter(host, "card", &filter, state);
    }
    return state;
}

/* Bytes that begin with `!` are unpacked first: the mark is taken off. */
static hutong_verdict decode(void *data, const hutong_payload *payload, hutong_out *out)
{
    Mapped *state = data;
    if (payload->body.size > 0 && payload->body.data[0] == '!') {
        hutong_text rest = {payload->body.data + 1, payload->body.size - 1};
        return state->host->map_bytes(state->host, payload, rest, out);
    }
    return state->host->map(state->host, payload, out);
}

static hutong_verdict reply(void *data, const hutong_outcome *outcome, hutong_out *out)
{
    Mapped *state = data;
    if (outcome->verdict != HUTONG_OK) {
        return HUTONG_REJECT;
    }
    state->host->write(out, "<done business=\"", 16);
    state->host->write_escaped(out, outcome->business_id.data, outcome->business_id.size);
    state->host->write(out, "\"/>", 3);
    return HUTONG_OK;
}

static void close_it(void *data)
{
    free(data);
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "mapped",
    .version = "1",
    .summary = "Maps, filters and replies, for tests",
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .close = close_it,
};
