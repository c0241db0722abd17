/* elder: as built against ABI 1.0. Its reply() knows of successes only, and says so whatever it is shown. */
#include "hutong-plugin.h"

#include <string.h>

static void *open_it(const hutong_host *host)
{
    return (void *)host;
}

static hutong_verdict decode(void *data, const hutong_payload *payload, hutong_out *out)
{
    const hutong_host *host = data;
    return host->map(host, payload, out);
}

static hutong_verdict reply(void *data, const hutong_outcome *outcome, hutong_out *out)
{
    const hutong_host *host = data;
    if (outcome->operation.size == 8 && memcmp(outcome->operation.data, "Declined", 8) == 0) {
        return HUTONG_REJECT;
    }
    host->write(out, "<taken/>", 8);
    return HUTONG_OK;
}

static void close_it(void *data)
{
    (void)data;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = offsetof(hutong_adapter, threads),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "elder",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .close = close_it,
};
