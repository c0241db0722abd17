/* Reading and comparing networks; see network.h. Main thread. */
#include "core/config/network.h"

#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BITS 96
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* The bits of byte `index` that belong to the prefix. */
static uint8_t mask_of(unsigned bits, unsigned index)
{
    unsigned before = index * 8;
    if (bits <= before) {
        return 0;
    }
    return bits - before >= 8 ? 0xff : (uint8_t)(0xff << (8 - (bits - before)));
}

/* No zones, which GLib takes, too. NULL when it is none. */
static GInetAddress *parse_address(const char *text)
{
    bool plain = text && text[strspn(text, "0123456789abcdefABCDEF.:")] == '\0';
    return plain ? g_inet_address_new_from_string(text) : NULL;
}

static bool parse_bits(const char *text, unsigned most, guint64 *bits)
{
    *bits = most;
    return !text || (strlen(text) <= 3 && g_ascii_string_to_unsigned(text, 10, 0, most, bits, NULL));
}

bool ht_network_parse(const char *text, HtNetwork *network)
{
    guint64 bits;
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    g_autoptr(GInetAddress) address = parse_address(parts[0]);
    unsigned size = address ? (unsigned)g_inet_address_get_native_size(address) : 0;
    if (!address || !parse_bits(parts[1], size * 8, &bits)) {
        return false;
    }
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new(address, (unsigned)bits, NULL);
    unsigned before = sizeof network->address - size;
    memcpy(network->address, mapped, before);
    memcpy(network->address + before, g_inet_address_to_bytes(address), size);
    network->bits = before * 8 + (unsigned)bits;
    return mask != NULL; /* there is none when bits are set behind the prefix */
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
