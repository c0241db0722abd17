/* Addresses and networks: `peers` of a source. Read by the option table, held against senders by the public door. No
 * state. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv4 stands as the IPv6 addresses that it is mapped to (::ffff:a.b.c.d, RFC 4291 2.5.5.2), which is also how a socket for
 * both shows it. */
typedef struct {
    uint8_t address[16];
    unsigned bits; /* of the prefix, 0 to 128; of IPv4 96 and more */
} HtNetwork;

/* Reads "192.0.2.7", "10.1.0.0/16", "::1", "fd00::/8". False when it is none, also when an address has bits set behind its
 * prefix: whoever writes 10.1.2.3/16 may have meant one machine. */
bool ht_network_parse(const char *text, HtNetwork *network);

/* Is the socket address in it? IPv4 is only in networks that were written as IPv4 (or as mapped), never in ::/0; other
 * families are in none. */
bool ht_network_has(const HtNetwork *network, const struct sockaddr *address);
