/* careless: its answers and its WSDL are no well-formed XML. The conformance kit must see it. */
#include "hutong-plugin.h"

static const hutong_host *the_host;

static void *open_it(const hutong_host *host)
{
    the_host = host;
    return &the_host;
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    (void)state;
    (void)payload;
    (void)out;
    return HUTONG_OK;
}

static hutong_verdict reply(void *state, const hutong_outcome *outcome, hutong_out *out)
{
    (void)state;
    (void)outcome;
    the_host->write(out, "<answer>", 8);
    return HUTONG_OK;
}

static hutong_verdict wsdl(void *state, const char *url, hutong_out *out)
{
    (void)state;
    (void)url;
    the_host->write(out, "<definitions>a & b</definitions>", 32);
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
    .name = "careless",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .wsdl = wsdl,
    .close = close_it,
};
