/* xml: the adapter for departments that need no C. Everything that it knows is in the source's mapping
 * file: whatever comes in, plain XML or SOAP, in whatever encoding, goes through the mapping, and the
 * answer is the bus's receipt. Runs in a host process, as every adapter does. */
#include "hutong-plugin.h"

/* The state is the host itself; there is nothing else to keep. */
static void *open_xml(const hutong_host *host)
{
    return (void *)(uintptr_t)host;
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    const hutong_host *host = state;
    return host->map(host, payload, out);
}

static void close_xml(void *state)
{
    (void)state;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "xml",
    .version = "1.0",
    .summary = "XML or SOAP through the source's mapping file, without a line of C",
    .open = open_xml,
    .decode = decode,
    .close = close_xml,
};
