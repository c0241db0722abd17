/* Verbs at the admin socket: asked by a thread as a command asks, answered by the main loop now or later. */
#include "core/admin/admin.h"
#include "core/admin/ask.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    char *folder, *path, *log;
    HtAdmin *admin;
    HtAdminReply *kept; /* the verb `later` does not answer at once */
    int stderr_before;
} Fixture;

static const char *ready(void *user)
{
    (void)user;
    return NULL;
}

static void show(void *user, HtBuffer *text)
{
    (void)user;
    ht_buffer_add_literal(text, "{}\n");
}

static void show_recent(void *user, uint64_t after, HtBuffer *text)
{
    (void)user;
    ht_buffer_printf(text, "%" G_GUINT64_FORMAT "\n", after);
}

static void answer_now(void *user, JsonObject *asked, HtAdminReply *reply)
{
    g_autofree char *json = g_strdup_printf(
        "{\"twice\":%d,\"uid\":%d}", 2 * (int)json_object_get_int_member_with_default(asked, "number", 0),
        (int)ht_admin_uid(reply));
    (void)user;
    ht_admin_note(reply, "number %s", "doubled");
    ht_admin_reply(reply, 200, ht_text_from(json));
}

static void answer_later(void *user, JsonObject *asked, HtAdminReply *reply)
{
    Fixture *f = user;
    (void)asked;
    ht_admin_note(reply, "kept for later");
    f->kept = reply;
}

static void refuse(void *user, JsonObject *asked, HtAdminReply *reply)
{
    (void)user;
    (void)asked;
    ht_admin_refuse(reply, 409, "there are \"none\"");
}

static const HtAdminVerb verbs[] = {
    {"double", answer_now, false, HT_ROLE_OPERATOR, "list", NULL, NULL, NULL, NULL},
    {"later", answer_later, false, HT_ROLE_AUDITOR, NULL, NULL, NULL, NULL, NULL},
    {"refuse", refuse, false, HT_ROLE_PRIVACY_OFFICER, NULL, NULL, NULL, NULL, NULL},
    {0}};

static void open_admin(Fixture *f)
{
    const HtAdminLimits limits = {64, 60000};
    static const HtAdminApi api = {verbs, NULL, NULL};
    HtAdminView view = {ready, show, show, &api, NULL, f, NULL, NULL, show_recent};
    g_autoptr(GError) error = NULL;
    *f = (Fixture){.folder = g_dir_make_tmp("admin-XXXXXX", NULL)};
    f->path = g_build_filename(f->folder, "admin.sock", NULL);
    f->log = g_build_filename(f->folder, "log", NULL);
    f->stderr_before = dup(STDERR_FILENO);
    g_assert_nonnull(freopen(f->log, "w", stderr));
    f->admin = ht_admin_open(f->path, &limits, &view, &error);
    g_assert_no_error(error);
}

static void close_admin(Fixture *f)
{
    g_clear_pointer(&f->admin, ht_admin_close);
    dup2(f->stderr_before, STDERR_FILENO);
    close(f->stderr_before);
    g_unlink(f->log);
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_free(f->log);
}

/* A command, beside the main loop. */
typedef struct {
    const char *path, *verb, *question;
    JsonObject *answer;
    GError *error;
    int over;
} Command;

static gpointer ask(gpointer user)
{
    Command *command = user;
    command->answer = ht_admin_ask(command->path, command->verb, command->question, &command->error);
    g_atomic_int_set(&command->over, 1);
    g_main_context_wakeup(NULL);
    return NULL;
}

static void run_until(const int *over)
{
    while (!g_atomic_int_get(over)) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void run(Fixture *f, const char *verb, const char *question, Command *command)
{
    *command = (Command){f->path, verb, question, NULL, NULL, 0};
    GThread *thread = g_thread_new("command", ask, command);
    run_until(&command->over);
    g_thread_join(thread);
}

static void expect_log(const Fixture *f, const char *line, bool there)
{
    g_autofree char *log = NULL;
    g_assert_true(g_file_get_contents(f->log, &log, NULL, NULL));
    g_assert_true((strstr(log, line) != NULL) == there);
}

static void test_answers_and_audits(void)
{
    Fixture f;
    Command command;
    open_admin(&f);
    run(&f, "double", "{\"number\":21}", &command);
    g_assert_no_error(command.error);
    g_assert_cmpint(json_object_get_int_member(command.answer, "twice"), ==, 42);
    g_assert_cmpint(json_object_get_int_member(command.answer, "uid"), ==, getuid());
    json_object_unref(command.answer);
    g_autofree char *line = g_strdup_printf("admin: uid %d: number doubled: done\n", (int)getuid());
    expect_log(&f, line, true);
    run(&f, "refuse", "{}", &command);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED);
    g_assert_cmpstr(command.error->message, ==, "there are \"none\"");
    g_clear_error(&command.error);
    close_admin(&f);
}

static void test_answers_later(void)
{
    Fixture f;
    open_admin(&f);
    Command command = {f.path, "later", "{}", NULL, NULL, 0};
    GThread *thread = g_thread_new("command", ask, &command);
    while (!f.kept) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_false(g_atomic_int_get(&command.over));
    expect_log(&f, "kept for later", false);
    ht_admin_refuse(f.kept, 503, "the disk is full");
    run_until(&command.over);
    g_thread_join(thread);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_FAILED);
    expect_log(&f, "kept for later: not done\n", true);
    g_clear_error(&command.error);
    close_admin(&f);
}

static void test_may_answer_after_the_end(void)
{
    Fixture f;
    open_admin(&f);
    Command command = {f.path, "later", "{}", NULL, NULL, 0};
    GThread *thread = g_thread_new("command", ask, &command);
    while (!f.kept) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_clear_pointer(&f.admin, ht_admin_close);
    ht_admin_reply(f.kept, 200, HT_TEXT_LITERAL("{}"));
    run_until(&command.over);
    g_thread_join(thread);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_FAILED);
    g_clear_error(&command.error);
    close_admin(&f);
}

static unsigned answered_status;
static char *answered_text;

static void keep(unsigned status, HtText json, void *user)
{
    (void)user;
    answered_status = status;
    g_free(answered_text);
    answered_text = g_strndup(json.data, json.size);
}

/* Each verb has its role; who has another is told which, and it is in the log. Looking is anybody's who has one. */
static void test_each_verb_has_its_role(void)
{
    static const struct {
        const char *verb, *question;
        unsigned roles, status;
        const char *role;
    } cases[] = {{"double", "{\"number\":1}", HT_ROLE_OPERATOR, 200, NULL},
                 {"double", "{\"number\":1}", HT_ROLES_ALL, 200, NULL},
                 {"double", "{\"number\":1}", HT_ROLES_ALL & ~(unsigned)HT_ROLE_OPERATOR, 403, "operator"},
                 {"double", "{\"number\":1,\"verb\":\"list\"}", HT_ROLE_OBSERVER, 200, NULL},
                 {"double", "{\"number\":1,\"verb\":\"lists\"}", HT_ROLE_OBSERVER, 403, "operator"},
                 {"double", "{\"number\":1,\"verb\":\"list\"}", 0, 403, "operator"},
                 {"double", "{\"number\":1,\"verb\":7}", HT_ROLE_OBSERVER, 403, "operator"},
                 {"refuse", "{}", HT_ROLE_OPERATOR | HT_ROLE_AUDITOR, 403, "privacy officer"},
                 {"refuse", "{}", HT_ROLE_PRIVACY_OFFICER, 409, NULL},
                 {"later", "{\"verb\":\"\"}", HT_ROLE_OBSERVER, 403, "auditor"}};
    Fixture f;
    open_admin(&f);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const HtAdminVerb *verb = ht_admin_verb(verbs, cases[i].verb);
        ht_admin_do(verb, &f, cases[i].roles, ht_text_from(cases[i].question), NULL,
                    ht_admin_reply_new(77, keep, NULL));
        g_assert_cmpuint(answered_status, ==, cases[i].status);
        g_assert_true(!cases[i].role || strstr(answered_text, cases[i].role) != NULL);
    }
    expect_log(&f, "uid 77: refuse, without the role privacy officer: not done\n", true);
    expect_log(&f, "uid 77: double, without the role operator: not done\n", true);
    g_clear_pointer(&answered_text, g_free);
    close_admin(&f);
}

static void test_roles_are_those_of_users_and_groups(void)
{
    char *observers[] = {(char *)"4000000001", NULL},
         *operators[] = {(char *)"@4000000002", (char *)"4000000003", NULL};
    const char *wrong = NULL;
    unsigned which = 0;
    g_autoptr(HtRoles) roles =
        ht_roles_new(&(HtRoleLists){{observers, operators, NULL, NULL}}, &wrong, &which);
    g_autoptr(HtRoles) none = ht_roles_new(&(HtRoleLists){{NULL, NULL, NULL, NULL}}, &wrong, &which);
    const struct {
        HtCredentials who;
        unsigned roles;
    } cases[] = {{{.known = true, .user = 4000000001u}, HT_ROLE_OBSERVER},
                 {{.known = true, .user = 4000000003u}, HT_ROLE_OPERATOR},
                 {{.known = true, .user = 4000000001u, .count = 1, .groups = {4000000002u}},
                  HT_ROLE_OBSERVER | HT_ROLE_OPERATOR},
                 {{.known = true, .user = 4000000002u}, 0},
                 {{.known = false, .user = 0}, 0},
                 {{.known = true, .user = 0}, HT_ROLES_ALL},
                 {{.known = true, .user = geteuid()}, HT_ROLES_ALL}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpuint(ht_roles_of(roles, &cases[i].who), ==, cases[i].roles);
        bool own = cases[i].who.known && (cases[i].who.user == 0 || cases[i].who.user == geteuid());
        g_assert_cmpuint(ht_roles_of(none, &cases[i].who), ==, own ? HT_ROLES_ALL : 0);
        g_assert_cmpuint(ht_roles_of(NULL, &cases[i].who), ==, own ? HT_ROLES_ALL : 0);
    }
    g_assert_true(ht_roles_are_given(roles) && !ht_roles_are_given(none) && !ht_roles_are_given(NULL));
    g_assert_null(ht_roles_new(&(HtRoleLists){{observers, NULL, (char *[]){(char *)"@no-group", NULL}, NULL}},
                               &wrong, &which));
    g_assert_cmpstr(wrong, ==, "@no-group");
    g_assert_cmpuint(which, ==, 2);
}

static void test_takes_objects_only(void)
{
    static const char *const questions[] = {"", "[]", "1", "null", "{", "{\"a\":}", "\xff", "\"{}\""};
    Fixture f;
    Command command;
    open_admin(&f);
    for (unsigned i = 0; i < G_N_ELEMENTS(questions); i++) {
        run(&f, "double", questions[i], &command);
        g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED);
        g_clear_error(&command.error);
    }
    g_autofree char *brackets =
        g_strnfill(500000, '['); /* of which each cost a call, and all together the bus */
    g_autofree char *deep = g_strconcat("{\"a\":", brackets, NULL);
    run(&f, "double", deep, &command);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED);
    g_clear_error(&command.error);
    g_autofree char *spaces = g_strnfill(2 << 20, ' ');
    g_autofree char *large = g_strconcat("{", spaces, "}", NULL);
    run(&f, "double", large, &command);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_FAILED);
    g_clear_error(&command.error);
    run(&f, "nothing", "{}", &command);
    g_assert_error(command.error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_FAILED);
    g_assert_nonnull(strstr(command.error->message, "of another version"));
    g_clear_error(&command.error);
    close_admin(&f);
}

/* ---- Bodies without a length ---- */

#define FLOOD_PAUSE_US 100000

typedef struct {
    int fd;
    const char *head;
    char got[256];
    int over;
} Flood;

/* 8 MB in chunks, then what comes back. */
static gpointer flood(gpointer user)
{
    Flood *flood = user;
    g_autofree char *piece = g_strnfill(65536, ' ');
    bool good = send(flood->fd, flood->head, strlen(flood->head), MSG_NOSIGNAL) > 0;
    for (unsigned i = 0; good && i < 128; i++) {
        good = send(flood->fd, "10000\r\n", 7, MSG_NOSIGNAL) == 7 &&
               send(flood->fd, piece, 65536, MSG_NOSIGNAL) == 65536 &&
               send(flood->fd, "\r\n", 2, MSG_NOSIGNAL) == 2;
    }
    g_usleep(FLOOD_PAUSE_US); /* it is measured when all but the end is there */
    g_main_context_wakeup(NULL);
    g_usleep(FLOOD_PAUSE_US);
    if (good && send(flood->fd, "0\r\n\r\n", 5, MSG_NOSIGNAL) == 5) {
        ssize_t size = recv(flood->fd, flood->got, sizeof flood->got - 1, 0);
        flood->got[MAX(size, 0)] = '\0';
    }
    g_atomic_int_set(&flood->over, 1);
    g_main_context_wakeup(NULL);
    return NULL;
}

static void count_gone(void *user)
{
    ++*(unsigned *)user;
}

static int connect_command(const Fixture *f)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(f->path);
    struct sockaddr_storage native;
    gssize size = g_socket_address_get_native_size(address);
    g_assert_true(g_socket_address_to_native(address, &native, sizeof native, NULL));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&native, (socklen_t)size), ==, 0);
    return fd;
}

/* The most memory that was in use while it came, beyond what was before. */
static size_t most_memory(const Flood *flood)
{
    struct mallinfo2 before = mallinfo2();
    size_t most = 0;
    while (!g_atomic_int_get(&flood->over)) {
        g_main_context_iteration(NULL, TRUE);
        struct mallinfo2 now = mallinfo2();
        most = MAX(most, now.uordblks + now.hblkhd);
    }
    return most > before.uordblks + before.hblkhd ? most - before.uordblks - before.hblkhd : 0;
}

static void test_bodies_are_not_gathered_without_end(void)
{
    static const struct {
        bool monitor;
        const char *head, *status;
        size_t most;
    } cases[] = {
        {false, "POST /double HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 413",
         3 << 20},
        {false, "GET /status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200",
         3 << 20},
        {true, "POST /live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 405",
         1 << 19},
        {true, "GET /live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200",
         1 << 19},
    };
    Fixture f;
    open_admin(&f);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        int fds[2];
        unsigned gone = 0;
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        if (cases[i].monitor) {
            ht_admin_take_monitor(f.admin, fds[1], 20000, count_gone, &gone);
        } else {
            close(fds[0]);
            close(fds[1]);
            fds[0] = connect_command(&f);
        }
        Flood sent = {.fd = fds[0], .head = cases[i].head};
        GThread *thread = g_thread_new("flood", flood, &sent);
        size_t most = most_memory(&sent);
        g_thread_join(thread);
        close(fds[0]);
        g_test_message("case %u: %" G_GSIZE_FORMAT " bytes: %.12s", i, most, sent.got);
        g_assert_true(g_str_has_prefix(sent.got, cases[i].status));
        g_assert_cmpuint(most, <, cases[i].most);
        while (cases[i].monitor && gone == 0) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    close_admin(&f);
}

static void test_says_when_nobody_is_there(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "no.sock", NULL);
    g_assert_null(ht_admin_ask(path, "double", "{}", &error));
    g_assert_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_NOBODY);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admin/verb/answers-and-audits", test_answers_and_audits);
    g_test_add_func("/admin/verb/answers-later", test_answers_later);
    g_test_add_func("/admin/verb/may-answer-after-the-end", test_may_answer_after_the_end);
    g_test_add_func("/admin/roles/each-verb-has-its-own", test_each_verb_has_its_role);
    g_test_add_func("/admin/roles/are-those-of-users-and-groups", test_roles_are_those_of_users_and_groups);
    g_test_add_func("/admin/verb/takes-objects-only", test_takes_objects_only);
    g_test_add_func("/admin/bodies/are-not-gathered-without-end", test_bodies_are_not_gathered_without_end);
    g_test_add_func("/admin/verb/says-when-nobody-is-there", test_says_when_nobody_is_there);
    return g_test_run();
}
