/* Reading and comparing networks; see network.h. Main thread. */
#include "core/config/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool parse_address(const char *text, HtNetwork *network)
{
    memcpy(network->address, mapped, sizeof mapped);
    network->bits = MAPPED_BITS;
    if (inet_pton(AF_INET, text, network->address + sizeof mapped) == 1) {
        return true;
    }
    network->bits = 0;
    return inet_pton(AF_INET6, text, network->address) == 1;
}

/* Up to three digits. */
static bool parse_bits(const char *text, unsigned most, unsigned *bits)
{
    size_t size = strspn(text, "0123456789");
    *bits = (unsigned)strtoul(text, NULL, 10);
    return size > 0 && size <= 3 && text[size] == '\0' && *bits <= most;
}

/* The bits of byte `index` that belong to the prefix. */
static uint8_t mask_of(unsigned bits, unsigned index)
{
    unsigned before = index * 8;
    if (bits <= before) {
        return 0;
    }
    return bits - before >= 8 ? 0xff : (uint8_t)(0xff << (8 - (bits - before)));
}

bool ht_network_parse(const char *text, HtNetwork *network)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    if (size >= sizeof address) {
        return false;
    }
    memcpy(address, text, size);
    address[size] = '\0';
    if (!parse_address(address, network)) {
        return false;
    }
    unsigned bits = 128 - network->bits;
    if (slash && !parse_bits(slash + 1, bits, &bits)) {
        return false;
    }
    network->bits += bits;
    for (unsigned i = 0; i < sizeof network->address; i++) {
        if (network->address[i] & ~mask_of(network->bits, i)) {
            return false;
        }
    }
    return true;
}

static bool read_socket_address(const struct sockaddr *address, uint8_t bytes[16])
{
    if (address->sa_family == AF_INET) {
        memcpy(bytes, mapped, sizeof mapped);
        memcpy(bytes + sizeof mapped, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
        return true;
    }
    return false;
}

bool ht_network_has(const HtNetwork *network, const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (!read_socket_address(address, bytes)) {
        return false;
    }
    if (memcmp(bytes, mapped, sizeof mapped) == 0 && network->bits < MAPPED_BITS) {
        return false;
    }
    for (unsigned i = 0; i < sizeof bytes; i++) {
        if ((bytes[i] ^ network->address[i]) & mask_of(network->bits, i)) {
            return false;
        }
    }
    return true;
}
