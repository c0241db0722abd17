/* The empty libsoup server that the bus is compared with: reads a body, answers "ok". Listens on a free port of 127.0.0.1,
 * prints it, and ends with the program that started it. The socket is its own: libsoup's has a backlog of 10. */
#include <libsoup/soup.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#define BACKLOG 1024

static void answer(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                   void *user)
{
    (void)server, (void)path, (void)query, (void)user;
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
    soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, "ok\n", 3);
}

static GSocket *listen_on_loopback(GError **error)
{
    GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    if (!socket) {
        return NULL;
    }
    g_socket_set_listen_backlog(socket, BACKLOG);
    if (!g_socket_bind(socket, address, TRUE, error) || !g_socket_listen(socket, error)) {
        g_clear_object(&socket);
    }
    return socket;
}

int main(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(SoupServer) server = soup_server_new("server-header", "empty", NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    soup_server_add_handler(server, NULL, answer, NULL, NULL);
    g_autoptr(GSocket) socket = listen_on_loopback(&error);
    if (!socket || !soup_server_listen_socket(server, socket, 0, &error)) {
        fprintf(stderr, "bench-empty-soup: %s\n", error->message);
        return 1;
    }
    g_autoptr(GSocketAddress) address = g_socket_get_local_address(socket, NULL);
    printf("%u\n", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
    fflush(stdout);
    g_main_loop_run(loop);
    return 0;
}
