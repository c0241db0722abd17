/* How many connections the public door takes, and who gives way when there are more: places are for those who send. */
#include "tests/lib/door-harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#define BODY "<a/>"

/* Those whose message is with the host give way to nobody. */
static void peers_beyond_the_limit_wait_for_a_place(void)
{
    Bus *bus = bus_new();
    HtDoorStatus status;
    bus->config.bus.max_connections = 3;
    bus_open_door(bus);
    bus->hosts[0].hold = true;
    Client *clients[4];
    for (int i = 0; i < 4; i++) {
        clients[i] = client_open(bus);
        g_autofree char *body = g_strdup_printf("<a n='%d'/>", i);
        client_post(clients[i], "hukou", "", body);
        WAIT_FOR(bus->hosts[0].submitted == (unsigned)MIN(i + 1, 3));
    }
    int64_t until_us = ht_clock_monotonic() + 300000;
    WAIT_FOR(ht_clock_monotonic() > until_us);
    ht_door_status(bus->door, &status);
    g_assert_cmpuint(status.connections, ==, 3);
    g_assert_cmpuint(status.gave_way, ==, 0);
    g_assert_cmpuint(bus->hosts[0].submitted, ==, 3);
    bus->hosts[0].hold = false;
    wake_host(&bus->hosts[0]);
    for (int i = 0; i < 4; i++) {
        g_autoptr(Answer) answer = client_answer(clients[i]);
        g_assert_nonnull(answer);
        g_assert_cmpuint(answer->status, ==, 200);
        client_free(clients[i]);
    }
    bus_stop(bus);
}

static void one_address_cannot_take_every_place(void)
{
    Bus *bus = bus_new();
    bus->config.bus.max_connections_per_address = 2;
    bus_open_door(bus);
    bus->hosts[0].hold = true;
    Client *clients[2];
    for (unsigned i = 0; i < 2; i++) {
        clients[i] = client_open(bus);
        client_post(clients[i], "hukou", "", i == 0 ? "<a/>" : "<b/>");
        WAIT_FOR(bus->hosts[0].submitted == i + 1);
    }
    g_autoptr(Client) third = client_open(bus);
    client_post(third, "hukou", "", BODY);
    client_wait_closed(third);
    g_assert_cmpuint(third->got->len, ==, 0);
    bus->hosts[0].hold = false;
    wake_host(&bus->hosts[0]);
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(Answer) answer = client_answer(clients[i]);
        g_assert_cmpuint(answer->status, ==, 200);
        client_free(clients[i]);
    }
    bus_stop(bus);
}

/* A connection from another address of this machine, which says nothing, or only the line of its request. */
static int connect_from(Bus *bus, const char *address, const char *text)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    g_assert_cmpint(inet_pton(AF_INET, address, &from.sin_addr), ==, 1);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)ht_door_port(bus->door));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&from, sizeof from), ==, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (ssize_t)strlen(text));
    return fd;
}

/* Who has sent nothing, or only a beginning, gives way: by address where one has many, and in all. They would have their places for a minute. */
static void the_silent_give_way(void)
{
    static const char *const texts[] = {"", "POST /in/hukou HTTP/1.1\r\nHost: b\r\n"};
    static const unsigned limits[][2] = {{1000, 100}, {40, 1000}}; /* in all, of one address */
    for (unsigned i = 0; i < G_N_ELEMENTS(texts) * G_N_ELEMENTS(limits); i++) {
        Bus *bus = bus_new();
        HtDoorStatus status;
        bus->config.bus.header_timeout_ms = 60000;
        bus->config.bus.max_connections = limits[i / 2][0];
        bus->config.bus.max_connections_per_address = limits[i / 2][1];
        bus_open_door(bus);
        int silent[5 * 110];
        unsigned count = 0;
        for (unsigned address = 2; address <= 6; address++) {
            g_autofree char *from = g_strdup_printf("127.0.0.%u", address);
            for (unsigned j = 0; j < 110; j++) {
                silent[count++] = connect_from(bus, from, texts[i % 2]);
                iterate_loop();
            }
        }
        unsigned most = MIN(limits[i / 2][0], 5 * limits[i / 2][1]);
        for (unsigned j = 0; j < 20; j++) {
            g_autofree char *body = g_strdup_printf("<a n='%u'/>", j);
            g_autoptr(Answer) answer = post(bus, "hukou", "", body);
            g_assert_nonnull(answer);
            g_assert_cmpuint(answer->status, ==, 200);
            ht_door_status(bus->door, &status);
            g_assert_cmpuint(status.connections, <=, most + 1 + 32); /* those that are being closed */
        }
        g_assert_cmpuint(status.gave_way, >=, i / 2 == 0 ? 5 * 10 : 1);
        while (count > 0) {
            close(silent[--count]);
        }
        bus_stop(bus);
    }
}

/* Nobody's silence costs another address its place: the crowded one gives way. */
static void the_crowded_address_gives_way(void)
{
    Bus *bus = bus_new();
    bus->config.bus.header_timeout_ms = 60000;
    bus->config.bus.max_connections = 40;
    bus_open_door(bus);
    g_autoptr(Client) slow = client_open(bus); /* the oldest, and one of its kind */
    int crowd[200];
    for (unsigned i = 0; i < G_N_ELEMENTS(crowd); i++) {
        crowd[i] = connect_from(bus, "127.0.0.2", "");
        iterate_loop();
    }
    client_post(slow, "hukou", "", BODY);
    g_autoptr(Answer) answer = client_answer(slow);
    g_assert_nonnull(answer);
    g_assert_cmpuint(answer->status, ==, 200);
    for (unsigned i = 0; i < G_N_ELEMENTS(crowd); i++) {
        close(crowd[i]);
    }
    bus_stop(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/door/number/peers-beyond-the-limit-wait", peers_beyond_the_limit_wait_for_a_place);
    g_test_add_func("/door/number/one-address-cannot-take-all", one_address_cannot_take_every_place);
    g_test_add_func("/door/number/the-silent-give-way", the_silent_give_way);
    g_test_add_func("/door/number/the-crowded-address-gives-way", the_crowded_address_gives_way);
    return g_test_run();
}
