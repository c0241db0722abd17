/* crash-at-load: its constructor ends the process before anybody can look at it. */
#include "hutong-plugin.h"

#include <stdlib.h>

__attribute__((constructor)) static void crash(void)
{
    abort();
}

static void *open_it(const hutong_host *host)
{
    return (void *)host;
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
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "crash-at-load",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
