/* polite: says what reply() was shown, also of refused payloads; leaves the operation "Declined" to others. */
#include "hutong-plugin.h"

#include <stdio.h>
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

static void write_text(const hutong_host *host, hutong_out *out, hutong_text text)
{
    host->write_escaped(out, text.data ? text.data : "-", text.data ? text.size : 1);
    host->write(out, "|", 1);
}

static hutong_verdict reply(void *data, const hutong_outcome *outcome, hutong_out *out)
{
    const hutong_host *host = data;
    char numbers[80];
    if (outcome->operation.size == 8 && memcmp(outcome->operation.data, "Declined", 8) == 0) {
        return HUTONG_REJECT;
    }
    snprintf(numbers, sizeof numbers, "<said>%d|", (int)outcome->verdict);
    host->write(out, numbers, strlen(numbers));
    if (outcome->struct_size >= sizeof(hutong_outcome)) {
        write_text(host, out, outcome->fault_code);
        write_text(host, out, outcome->fault_element);
        snprintf(numbers, sizeof numbers, "%u|%u|%u", outcome->fault_part, outcome->fault_record,
                 outcome->fault_line);
        host->write(out, numbers, strlen(numbers));
    }
    host->write(out, "</said>", 7);
    return HUTONG_OK;
}

static void close_it(void *data)
{
    (void)data;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = offsetof(hutong_adapter, threads),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = 1,
    .name = "polite",
    .version = "1",
    .summary = "For tests",
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .close = close_it,
};
