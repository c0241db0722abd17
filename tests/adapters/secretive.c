/* secretive: conceals the parts that the payload's first line names, `START SIZE START SIZE …`, in bytes; -1 is the greatest
 * number there is. Then it refuses the payload, so that it is kept in quarantine. */
#include "hutong-plugin.h"

#include <stdlib.h>
#include <string.h>

static const hutong_host *the_host;

static void *open_it(const hutong_host *host)
{
    the_host = host;
    return &the_host;
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    (void)state;
    const char *at = payload->body.data;
    while (*at != '\n') {
        char *next;
        size_t start = strtoull(at, &next, 10), size = strtoull(next, &next, 10);
        the_host->conceal(out, start, size);
        at = next + strspn(next, " ");
    }
    return HUTONG_REJECT;
}

static void close_it(void *state)
{
    (void)state;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "secretive",
    .version = "1",
    .summary = "Conceals what the payload says, for tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
