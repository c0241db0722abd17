/* crash-in-close: falls over when it is told to end. The conformance kit must see it. */
#include "hutong-plugin.h"

#include <stdlib.h>

static void *open_it(const hutong_host *host)
{
    return (void *)(uintptr_t)host;
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    (void)state;
    (void)payload;
    (void)out;
    return HUTONG_OK;
}

static void close_it(void *state)
{
    (void)state;
    abort();
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "crash-in-close",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
