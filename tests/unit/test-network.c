/* Addresses and networks of `peers`: what is read as one, and who is in it. */
#include "core/config/config.h"
#include "core/config/network.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    if (inet_pton(AF_INET, text, &four->sin_addr) != 1) {
        storage.ss_family = AF_INET6;
        g_assert_cmpint(inet_pton(AF_INET6, text, &six->sin6_addr), ==, 1);
    }
    return storage;
}

static void test_only_whole_networks_are_read(void)
{
    static const char *const good[] = {"127.0.0.1", "10.1.0.0/16",   "0.0.0.0/0", "10.1.2.3/32",        "::1",
                                       "fd00::/8",  "2001:db8::/33", "::/0",      "::ffff:10.0.0.0/104"};
    static const char *const bad[] = {"",
                                      "10.1.0.0/",
                                      "10.1.0.0/33",
                                      "10.1.2.3/16",
                                      "10.1.0/16",
                                      "fd00::/129",
                                      "fd00::1/8",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/+8",
                                      "10.0.0.0/8x",
                                      "localhost",
                                      "010.0.0.1",
                                      "fe80::1%lo",
                                      "10.0.0.0/0008",
                                      "10.0.0.1/ 8",
                                      "/8",
                                      "::1/127",
                                      "::ffff:10.0.0.0/100",
                                      "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
    HtNetwork network;
    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_test_message("%s", good[i]);
        g_assert_true(ht_network_parse(good[i], &network));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("%s", bad[i]);
        g_assert_false(ht_network_parse(bad[i], &network));
    }
}

static void test_prefixes_decide_to_the_bit(void)
{
    static const struct {
        const char *network, *address;
        bool within;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.1.0.0/16", "10.1.255.255", true},
        {"10.1.0.0/16", "10.2.0.0", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"0.0.0.0/0", "::ffff:203.0.113.9", true},
        {"10.0.0.0/8", "::ffff:10.9.9.9", true},
        {"10.0.0.0/8", "::ffff:11.9.9.9", false},
        {"10.0.0.0/8", "::10.9.9.9", false},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "10.9.9.9", false},
        {"::/0", "::ffff:10.9.9.9", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fc00::1", false},
        {"2001:db8:8000::/33", "2001:db8:ffff::1", true},
        {"2001:db8:8000::/33", "2001:db8:7fff::1", false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sockaddr_storage address = address_of(cases[i].address);
        HtNetwork network;
        g_test_message("%s in %s", cases[i].address, cases[i].network);
        g_assert_true(ht_network_parse(cases[i].network, &network));
        g_assert_true(ht_network_has(&network, (struct sockaddr *)&address) == cases[i].within);
    }
}

static void test_other_families_are_in_none(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    HtNetwork network;
    g_assert_true(ht_network_parse("::/0", &network));
    g_assert_false(ht_network_has(&network, (struct sockaddr *)&address));
}

static HtConfig *load(const char *peers, GString *errors)
{
    g_autofree char *folder = g_dir_make_tmp("hutong-network-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "hutong.conf", NULL);
    g_autofree char *text =
        g_strdup_printf("[bus]\nname = a\n[source hukou]\ndepartment = police\nadapter = xml\n"
                        "mapping = hukou.xml\npeers = %s\n",
                        peers);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    HtConfig *config = ht_config_load(file, errors);
    g_unlink(file);
    g_rmdir(folder);
    return config;
}

static void test_malformed_peers_are_said_with_their_line(void)
{
    static const char *const bad[] = {"10.1.0.0/40", "127.0.0.1;nowhere", ";"};
    g_autoptr(GString) errors = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_string_truncate(errors, 0);
        g_assert_null(load(bad[i], errors));
        g_assert_nonnull(strstr(errors->str, "hutong.conf:7: error: [source hukou] peers: '"));
    }
    g_string_truncate(errors, 0);
    g_autoptr(HtConfig) config = load("127.0.0.1; 10.1.0.0/16 ;::1", errors);
    g_assert_cmpstr(errors->str, ==, "");
    g_assert_cmpstr(ht_config_source(config, "hukou")->peers[1], ==, "10.1.0.0/16");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/network/read/only-whole-networks", test_only_whole_networks_are_read);
    g_test_add_func("/network/has/prefixes-decide-to-the-bit", test_prefixes_decide_to_the_bit);
    g_test_add_func("/network/has/no-other-families", test_other_families_are_in_none);
    g_test_add_func("/network/config/malformed-is-said-with-its-line",
                    test_malformed_peers_are_said_with_their_line);
    return g_test_run();
}
