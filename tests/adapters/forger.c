/* forger: sends its bus whatever RESULT frame the payload says, past the host. For tests of what the bus takes from a
 * process that a hostile adapter has made its own. The payload is `HEAD COUNT NEWLINE bytes`: the frame's body is the first
 * HEAD bytes once, and what follows them COUNT times. */
#include "hutong-plugin.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUS_FD = 3, RESULT = 65 };

static const hutong_host *the_host;
static const volatile uint64_t *current; /* the ticket at hand */

/* The page shared with the bus. In its box an adapter cannot read where things are mapped, but it has a pointer to the host's own memory,
 * and in that is one to the page: the first of a mapping's beginning. */
static const volatile uint64_t *find_page(void)
{
    enum { WORDS = 1024, PAGE = 4096 };
    const uint64_t *words = (const void *)the_host;
    for (unsigned i = 0; i < WORDS; i++) {
        if (words[i] > UINT64_C(0x7e0000000000) && words[i] < UINT64_C(0x800000000000) &&
            words[i] % PAGE == 0) {
            return (const volatile uint64_t *)(uintptr_t)words[i];
        }
    }
    return NULL;
}

static void send_bytes(const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = write(BUS_FD, at, size);
        if (sent <= 0) {
            _exit(1);
        }
        at += sent;
        size -= (size_t)sent;
    }
}

static void send_head(uint32_t size, uint64_t ticket)
{
    uint8_t head[16] = {'H', 'T', 1, RESULT};
    memcpy(head + 4, &size, sizeof size);
    memcpy(head + 8, &ticket, sizeof ticket);
    send_bytes(head, sizeof head);
}

/* Many at a time: a system call for each would take minutes. */
static void send_often(const char *unit, size_t size, unsigned long count)
{
    enum { AT_ONCE = 4096 };
    char *many = malloc(size * AT_ONCE + 1);
    for (size_t i = 0; many && i < AT_ONCE; i++) {
        memcpy(many + i * size, unit, size);
    }
    for (; many && count > AT_ONCE; count -= AT_ONCE) {
        send_bytes(many, size * AT_ONCE);
    }
    send_bytes(many, many ? size * count : 0);
    free(many);
}

static hutong_verdict decode(void *state, const hutong_payload *payload, hutong_out *out)
{
    (void)state;
    const char *bytes = payload->body.data;
    const char *line = memchr(bytes, '\n', payload->body.size);
    unsigned long head = 0, count = 0;
    if (!line || !current || sscanf(bytes, "%lu %lu", &head, &count) != 2) {
        the_host->fault(out, HUTONG_REJECT, "forger", "this is no frame to send");
        return HUTONG_REJECT;
    }
    const char *body = line + 1;
    size_t unit = payload->body.size - (size_t)(body - bytes) - head;
    send_head((uint32_t)(head + unit * count), *current);
    send_bytes(body, head);
    send_often(body + head, unit, count);
    _exit(0); /* or the host would answer too */
}

static void *open_it(const hutong_host *host)
{
    the_host = host;
    current = find_page();
    return &the_host;
}

static void close_it(void *state)
{
    (void)state;
}

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "forger",
    .version = "1.0",
    .summary = "Sends the frame that the payload says, for tests",
    .open = open_it,
    .decode = decode,
    .close = close_it,
};
