/* no-decode: lacks a function that must be there. */
#include "hutong-plugin.h"

static void *open_it(const hutong_host *host)
{
    return (void *)host;
}

static void close_it(void *state)
{
    (void)state;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "no-decode",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = NULL,
    .close = close_it,
};
