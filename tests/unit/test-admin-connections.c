/* core/admin/connections: how many connections of whom the admin socket has, and when one is closed. The users are the test's; the time is real. */
#include "core/admin/connections.h"

#include <unistd.h>

#define IDLE_MS 50
#define OTHER 4000000001u /* users that nobody is */

static const HtCredentials ours = {.known = true, .user = 0};
static const HtCredentials nobody = {.known = false};

static GIOStream *make_stream(void)
{
    g_autoptr(GInputStream) in = g_memory_input_stream_new();
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
    return g_simple_io_stream_new(in, out);
}

/* The stream; NULL when it was not taken. */
static GIOStream *take(HtAdminConnections *connections, const HtCredentials *credentials)
{
    g_autoptr(GIOStream) stream = make_stream();
    HtAdminConnection *connection = ht_admin_connections_take(connections, stream, credentials);
    if (!connection) {
        return NULL;
    }
    g_assert_cmpuint(ht_admin_connection_credentials(connection)->user, ==, credentials->user);
    ht_admin_connection_release(connection);
    return g_steal_pointer(&stream);
}

static unsigned take_all(HtAdminConnections *connections, uid_t user, GPtrArray *streams)
{
    HtCredentials credentials = {.known = true, .user = user};
    unsigned taken = 0;
    for (GIOStream *stream; (stream = take(connections, &credentials)); taken++) {
        g_ptr_array_add(streams, stream);
    }
    return taken;
}

static void test_another_user_has_a_share(void)
{
    static const struct {
        unsigned most, one, all;
    } cases[] = {{16, 4, 8}, {64, 16, 32}, {8, 2, 4}, {9, 2, 4}, {3, 1, 1}, {1, 1, 1}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtAdminLimits limits = {cases[i].most, 60000};
        HtAdminConnections *connections = ht_admin_connections_new(&limits);
        g_autoptr(GPtrArray) streams = g_ptr_array_new_with_free_func(g_object_unref);
        g_assert_cmpuint(take_all(connections, OTHER, streams), ==, cases[i].one);
        unsigned sum = cases[i].one;
        for (unsigned user = 1; user < 9; user++) {
            sum += take_all(connections, OTHER + user, streams);
        }
        g_assert_cmpuint(sum, ==, cases[i].all);
        g_assert_null(take(connections, &nobody));            /* no way around it */
        while (!ht_admin_connections_are_full(connections)) { /* the administrator's half is there */
            GIOStream *stream = take(connections, &ours);
            g_assert_nonnull(stream);
            g_ptr_array_add(streams, stream);
        }
        g_assert_cmpuint(streams->len, ==, cases[i].most);
        g_ptr_array_remove_index(streams, 0); /* what has gone is room */
        g_assert_false(ht_admin_connections_are_full(connections));
        g_assert_cmpuint(take_all(connections, OTHER, streams), ==, 1);
        ht_admin_connections_free(connections); /* before its connections */
    }
}

static gboolean wake(void *user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

static void turn_for(unsigned ms)
{
    bool over = false;
    g_timeout_add(ms, wake, &over);
    while (!over) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void test_who_asks_nothing_is_cut_off(void)
{
    HtAdminConnections *connections = ht_admin_connections_new(&(HtAdminLimits){16, IDLE_MS});
    g_autoptr(GIOStream) idle = make_stream(), held = make_stream(), gone = make_stream();
    HtAdminConnection *of_idle = ht_admin_connections_take(connections, idle, &ours),
                      *of_held = ht_admin_connections_take(connections, held, &ours),
                      *of_gone = ht_admin_connections_take(connections, gone, &ours);
    ht_admin_connection_hold(of_held);
    g_clear_object(&gone);
    ht_admin_connection_expect(of_gone); /* of nobody any more: nothing to close */
    turn_for(4 * IDLE_MS);
    g_assert_true(g_io_stream_is_closed(idle));
    g_assert_false(g_io_stream_is_closed(held));
    ht_admin_connection_expect(of_held);
    turn_for(IDLE_MS / 2);
    g_assert_false(g_io_stream_is_closed(held));
    ht_admin_connection_expect(of_held); /* begins anew */
    turn_for(IDLE_MS / 2);
    g_assert_false(g_io_stream_is_closed(held));
    turn_for(4 * IDLE_MS);
    g_assert_true(g_io_stream_is_closed(held));
    ht_admin_connection_release(of_idle);
    ht_admin_connection_release(of_held);
    ht_admin_connection_release(of_gone);
    ht_admin_connections_free(connections);
}

static void test_other_limits_count_at_once(void)
{
    HtAdminConnections *connections = ht_admin_connections_new(&(HtAdminLimits){16, IDLE_MS});
    g_autoptr(GPtrArray) streams = g_ptr_array_new_with_free_func(g_object_unref);
    g_assert_cmpuint(take_all(connections, OTHER, streams), ==, 4);
    ht_admin_connections_change(connections, &(HtAdminLimits){32, 60000});
    g_assert_cmpuint(take_all(connections, OTHER, streams), ==, 4);
    turn_for(4 * IDLE_MS); /* those of before have the time of before */
    g_assert_true(g_io_stream_is_closed(streams->pdata[0]));
    g_assert_false(g_io_stream_is_closed(streams->pdata[7]));
    ht_admin_connections_change(connections, &(HtAdminLimits){8, 60000});
    g_assert_cmpuint(take_all(connections, OTHER, streams), ==, 0);
    g_assert_true(ht_admin_connections_are_full(connections));
    ht_admin_connections_free(connections);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admin-connections/another-user-has-a-share", test_another_user_has_a_share);
    g_test_add_func("/admin-connections/who-asks-nothing-is-cut-off", test_who_asks_nothing_is_cut_off);
    g_test_add_func("/admin-connections/other-limits-count-at-once", test_other_limits_count_at_once);
    return g_test_run();
}
