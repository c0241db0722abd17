/* sloppy: drops what its mapping never hears of. Of documents with the root `a` it cuts the text of <cut> to three bytes, and leaves out
 * <gone> and all attributes. In the bytes of all it writes blanks over what stands in {braces}. */
#include "hutong-plugin.h"

#include <stdlib.h>
#include <string.h>

#define CUT 3

typedef struct {
    const hutong_host *host;
    int gone, cut;
    size_t taken; /* bytes of the text that is cut */
} Sloppy;

static void start(void *data, hutong_out *out, const char *name, const char *const *attributes)
{
    Sloppy *state = data;
    (void)attributes;
    state->gone = strcmp(name, "gone") == 0;
    state->cut = strcmp(name, "cut") == 0;
    state->taken = 0;
    if (!state->gone) {
        state->host->emit_start(out, name, NULL);
    }
}

static void text(void *data, hutong_out *out, const char *bytes, size_t size)
{
    Sloppy *state = data;
    size_t left = state->cut ? CUT - state->taken : size;
    size = size < left ? size : left;
    state->taken += state->cut ? size : 0;
    if (!state->gone) {
        state->host->emit_text(out, bytes, size);
    }
}

static void end(void *data, hutong_out *out, const char *name)
{
    Sloppy *state = data;
    if (!state->gone) {
        state->host->emit_end(out, name);
    }
    state->gone = state->cut = 0;
}

static const hutong_filter filter = {sizeof(hutong_filter), start, text, end};

static void *open_it(const hutong_host *host)
{
    Sloppy *state = calloc(1, sizeof *state);
    if (state) {
        state->host = host;
        host->filter(host, "a", &filter, state);
    }
    return state;
}

static hutong_verdict decode(void *data, const hutong_payload *payload, hutong_out *out)
{
    Sloppy *state = data;
    hutong_text body = payload->body;
    char *copy = malloc(body.size + 1);
    if (!copy) {
        return HUTONG_RETRY;
    }
    int inside = 0;
    for (size_t i = 0; i < body.size; i++) {
        inside = body.data[i] == '{' ? 1 : body.data[i] == '}' ? 0 : inside;
        copy[i] = inside ? ' ' : body.data[i];
    }
    hutong_verdict verdict =
        state->host->map_bytes(state->host, payload, (hutong_text){copy, body.size}, out);
    free(copy);
    return verdict;
}

static void close_it(void *data)
{
    free(data);
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "sloppy",
    .version = "1",
    .summary = "Drops what it is given, for tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
