/* leaky: keeps 4 KB of every payload for ever. The conformance kit must see it. */
#include "hutong-plugin.h"

#include <stdlib.h>
#include <string.h>

typedef struct Kept {
    struct Kept *next;
    char bytes[4096];
} Kept;

static Kept *kept;

static void *open_it(const hutong_host *host)
{
    return (void *)(uintptr_t)host;
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    Kept *more = malloc(sizeof *more);
    (void)state;
    (void)payload;
    (void)out;
    memset(more->bytes, 1, sizeof more->bytes);
    more->next = kept;
    kept = more;
    return HUTONG_OK;
}

static void close_it(void *state)
{
    (void)state;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "leaky",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
