/* core/guard: users of the machine and certificates, held against what a section asks for; and core/base/users. */
#include "core/guard/usernames.h"
#include "core/base/username-token.h"
#include "core/base/clock.h"
#include "core/guard/guard.h"

#include <glib/gstdio.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define MARK "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char *place_of(const void *of, const char *key)
{
    return g_strconcat(of, ":", key, NULL);
}

static HtGuard *make(HtGuardKeys keys, GError **error)
{
    keys.section = "source";
    keys.name = "hukou";
    keys.place = place_of;
    keys.of = "a.conf";
    return ht_guard_new(&keys, error);
}

static const char *ask(const HtGuard *guard, const HtVisitor *visitor)
{
    HtRefusal refusal = {.status = 0};
    return ht_guard_admits(guard, visitor, &refusal) ? "in" : refusal.code;
}

static const struct sockaddr_in near = {.sin_family = AF_INET, .sin_addr = {.s_addr = 0x0100007f}};

static HtVisitor from_near(const HtCertificate *certificate)
{
    return (HtVisitor){.address = (const struct sockaddr *)&near, .certificate = certificate};
}

static void test_users_are_known_by_the_kernel(void)
{
    int pair[2];
    HtCredentials own;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    ht_credentials_read(pair[0], &own);
    g_assert_true(own.known && own.user == getuid() && ht_credentials_are_ours(&own));
    bool has_own_group = false;
    for (unsigned i = 0; i < own.count; i++) {
        has_own_group |= own.groups[i] == getgid();
    }
    g_assert_true(has_own_group);
    ht_credentials_read(0, &own); /* none of a unix socket's */
    g_assert_false(own.known || ht_credentials_are_ours(&own));
    close(pair[0]);
    close(pair[1]);
}

static void test_users_must_be_named(void)
{
    char *users[] = {(char *)"1001", (char *)"@1002", NULL};
    g_autoptr(HtGuard) guard = make((HtGuardKeys){.users = users}, NULL);
    const struct {
        HtCredentials who;
        const char *answer;
    } cases[] = {{{.known = true, .user = 1001}, "in"},
                 {{.known = true, .user = 1002}, "user-refused"},
                 {{.known = true, .user = 5, .count = 2, .groups = {7, 1002}}, "in"},
                 {{.known = true, .user = 5, .count = 2, .groups = {7, 1001}}, "user-refused"},
                 {{.known = true, .user = 0}, "user-refused"},
                 {{.known = false, .user = 1001}, "user-refused"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpstr(ask(guard, &(HtVisitor){.credentials = &cases[i].who}), ==, cases[i].answer);
    }
    HtVisitor near_one =
        from_near(NULL); /* that it is this machine is not enough where users are asked for */
    g_assert_cmpstr(ask(guard, &near_one), ==, "user-refused");
}

static void test_without_users_only_the_buss_own_comes_by_socket(void)
{
    const HtCredentials own = {.known = true, .user = geteuid()},
                        other = {.known = true, .user = 4000000000u};
    char *peers[] = {(char *)"10.0.0.0/8", NULL};
    char *marks[] = {(char *)MARK, NULL};
    g_autoptr(HtGuard) open = make((HtGuardKeys){.peers = NULL}, NULL);
    g_autoptr(HtGuard) far = make((HtGuardKeys){.peers = peers}, NULL);
    g_autoptr(HtGuard) marked = make((HtGuardKeys){.fingerprints = marks}, NULL);
    const HtGuard *const all[] = {open, far, marked};
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        g_assert_cmpstr(ask(all[i], &(HtVisitor){.credentials = &own}), ==, "in");
        g_assert_cmpstr(ask(all[i], &(HtVisitor){.credentials = &other}), ==, "user-refused");
    }
}

static void test_certificates(void)
{
    char *subjects[] = {(char *)"CN=a,O=b", (char *)"CN=c", NULL};
    char *colons[] = {
        (char
             *)"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        NULL};
    g_autoptr(HtGuard) named = make((HtGuardKeys){.subjects = subjects}, NULL);
    g_autoptr(HtGuard) marked = make((HtGuardKeys){.fingerprints = colons}, NULL);
    g_autoptr(HtGuard) either = make((HtGuardKeys){.subjects = subjects, .fingerprints = colons}, NULL);
    int64_t now_s = ht_clock_now() / HT_SECOND;
#define SHOWN(name, mark, trust, from, to)                                                          \
    {                                                                                               \
        .subject = (char *)name, .fingerprint = mark, .trusted = trust, .begins_s = now_s + (from), \
        .expires_s = now_s + (to)                                                                   \
    }
    const struct {
        HtCertificate shown;
        bool named, marked;
    } cases[] = {{SHOWN("CN=a,O=b", "ff", true, -9, 99), true, false},
                 {SHOWN("CN=c", "ff", true, -9, 99), true, false},
                 {SHOWN("CN=a,O=b", "ff", false, -9, 99), false, false},
                 {SHOWN("CN=a", "ff", true, -9, 99), false, false},
                 {SHOWN("CN=a,O=b,O=x", "ff", true, -9, 99), false, false},
                 {SHOWN("", "ff", true, -9, 99), false, false},
                 {SHOWN("CN=x", MARK, false, -9, 99), false, true},
                 {SHOWN("CN=c", MARK, true, -9, 99), true, true},
                 {SHOWN("CN=c", MARK, true, -99, -9), false, false},
                 {SHOWN("CN=c", MARK, true, 9, 99), false, false}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtVisitor visitor = from_near(&cases[i].shown);
        g_test_message("case %u", i);
        g_assert_cmpstr(ask(named, &visitor), ==, cases[i].named ? "in" : "certificate-refused");
        g_assert_cmpstr(ask(marked, &visitor), ==, cases[i].marked ? "in" : "certificate-refused");
        g_assert_cmpstr(ask(either, &visitor), ==,
                        cases[i].named || cases[i].marked ? "in" : "certificate-refused");
    }
    HtVisitor nothing = from_near(NULL);
    g_assert_cmpstr(ask(named, &nothing), ==, "certificate-missing");
    g_assert_cmpstr(ask(marked, &nothing), ==, "certificate-missing");
}

static void test_who_is_not_there_is_told(void)
{
    static const char *const bad[] = {"nobody-of-this-name", "@no-group", "@", "4294967295", "-1", "1001 "};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        char *users[] = {(char *)"0", (char *)(uintptr_t)bad[i], NULL};
        g_assert_null(make((HtGuardKeys){.users = users}, &error));
        g_assert_true(g_str_has_prefix(error->message, "a.conf:users: error: [source hukou] users: "));
        g_assert_nonnull(strstr(error->message, bad[i] + (*bad[i] == '@')));
    }
}

/* ---- Nonces ---- */

static HtUsernames *make_usernames(uint64_t age_ms)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("users-XXXXXX", NULL),
                    *file = g_build_filename(folder, "users", NULL);
    g_assert_true(g_file_set_contents_full(file, "a secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    HtUsernames *usernames = ht_usernames_new(file, age_ms, 20, &error);
    g_assert_no_error(error);
    g_unlink(file);
    g_rmdir(folder);
    return usernames;
}

/* The message with this number, at this second, all with one nonce. */
static bool admits(HtUsernames *usernames, uint8_t number, int64_t second)
{
    const HtUsernameToken token = {.has_token = true,
                                   .username = HT_TEXT_LITERAL("a"),
                                   .password = HT_TEXT_LITERAL("secret"),
                                   .nonce = HT_TEXT_LITERAL("bm9uY2UtMQ==")};
    const uint8_t sha256[HT_SHA256] = {number};
    HtBuffer security = {.data = NULL};
    HtRefusal refusal;
    ht_username_token_pack(&token, &security);
    bool good =
        ht_usernames_admit(usernames, ht_buffer_text(&security), sha256, second * G_USEC_PER_SEC, &refusal);
    ht_buffer_clear(&security);
    g_assert_true(good || g_str_equal(refusal.code, "username-replayed"));
    return good;
}

/* What came under another age is remembered for as long as the one in force. */
static void test_nonces_are_kept_by_the_age_in_force(void)
{
    g_autoptr(HtUsernames) brief = make_usernames(10000), lasting = make_usernames(100000);
    g_autoptr(HtUsernames) again = make_usernames(10000);
    g_assert_true(admits(brief, 1, 1000));
    ht_usernames_follow(lasting, brief);
    g_assert_true(admits(lasting, 1, 1100));
    g_assert_false(admits(lasting, 2, 1100));
    g_assert_false(admits(lasting, 2, 1200));
    g_assert_true(admits(lasting, 2, 1201));
    ht_usernames_follow(again, lasting);
    g_assert_false(admits(again, 3, 1221));
    g_assert_true(admits(again, 3, 1222));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guard/nonces/are-kept-by-the-age-in-force", test_nonces_are_kept_by_the_age_in_force);
    g_test_add_func("/guard/users/are-known-by-the-kernel", test_users_are_known_by_the_kernel);
    g_test_add_func("/guard/users/must-be-named", test_users_must_be_named);
    g_test_add_func("/guard/users/without-them-only-the-bus-s-own",
                    test_without_users_only_the_buss_own_comes_by_socket);
    g_test_add_func("/guard/users/who-is-not-there-is-told", test_who_is_not_there_is_told);
    g_test_add_func("/guard/certificates/by-name-or-by-mark", test_certificates);
    return g_test_run();
}
