/* Running the real program. The environment (HUTONG, HUTONG_LIBEXECDIR, …) is set by the makefile's test runner. */
#include "tests/lib/busproc.h"

#include "core/admin/ask.h"
#include "tests/lib/tree.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 30000
#define POLL_US 5000

static const char *program(void)
{
    const char *path = g_getenv("HUTONG");
    return path ? path : "./hutong";
}

BusProcess *bus_process_new(const char *bus_keys, const char *sections)
{
    BusProcess *bus = g_new0(BusProcess, 1);
    g_autoptr(GError) error = NULL;
    bus->folder = g_dir_make_tmp("hutong-bus-XXXXXX", &error);
    g_assert_no_error(error);
    bus->config = g_build_filename(bus->folder, "hutong.conf", NULL);
    bool says_check = bus_keys && strstr(bus_keys, "adapter-check");
    g_autofree char *text =
        g_strdup_printf("[bus]\nname = yuexiu\nlisten = 127.0.0.1:0\n%s%s\n%s", bus_keys ? bus_keys : "",
                        says_check ? "" : "adapter-check = off", sections);
    g_assert_true(g_file_set_contents(bus->config, text, -1, &error));
    return bus;
}

static char *socket_path(BusProcess *bus)
{
    return g_build_filename(bus->folder, "run", "admin.sock", NULL);
}

char *bus_process_page(BusProcess *bus, const char *page, unsigned *status)
{
    g_autofree char *path = socket_path(bus);
    return ht_admin_get(path, page, 5000, status, NULL);
}

char *bus_process_log(BusProcess *bus)
{
    char *text = NULL;
    g_autofree char *path = g_build_filename(bus->folder, "bus.log", NULL);
    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static void die_with_log(BusProcess *bus, const char *what)
{
    g_autofree char *log = bus_process_log(bus);
    g_error("%s; the bus's log:\n%s", what, log);
}

/* In the child: the bus ends with its test, however that ends. */
static void begin_child(void *user)
{
    const BusProcess *bus = user;
    struct rlimit limit = {bus->files, bus->files};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (bus->files > 0) {
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void bus_process_spawn(BusProcess *bus)
{
    g_autofree char *log = g_build_filename(bus->folder, "bus.log", NULL);
    FILE *file = fopen(log, "ae");
    g_assert_nonnull(file);
    const char *argv[] = {program(), "run", "-c", bus->config, NULL};
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_fds(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
                           begin_child, bus, &bus->pid, -1, fileno(file), fileno(file), &error);
    fclose(file);
    g_assert_no_error(error);
}

static bool has_ended(BusProcess *bus)
{
    int status;
    if (waitpid(bus->pid, &status, WNOHANG) == bus->pid) {
        bus->pid = 0;
        return true;
    }
    return false;
}

void bus_process_start(BusProcess *bus)
{
    bus_process_spawn(bus);
    gint64 deadline = g_get_monotonic_time() + READY_MS * 1000;
    for (;;) {
        unsigned status = 0;
        g_autofree char *page = bus_process_page(bus, "/ready", &status);
        if (page && status == 200) {
            break;
        }
        if (has_ended(bus)) {
            die_with_log(bus, "the bus ended at start");
        }
        if (g_get_monotonic_time() > deadline) {
            die_with_log(bus, "the bus did not get ready");
        }
        g_usleep(POLL_US);
    }
    g_atomic_int_set(&bus->port, (unsigned)bus_process_figure(bus, "door.port"));
}

void bus_process_fail_disk(const BusProcess *bus)
{
    g_autofree char *wal = g_build_filename(bus->folder, "state", "spool.db-wal", NULL);
    struct stat file;
    g_assert_cmpint(stat(wal, &file), ==, 0);
    struct rlimit limit = {(rlim_t)file.st_size, (rlim_t)file.st_size};
    g_assert_cmpint(prlimit(bus->pid, RLIMIT_FSIZE, &limit, NULL), ==, 0);
}

void bus_process_kill(BusProcess *bus)
{
    if (bus->pid > 0) {
        kill(bus->pid, SIGKILL);
        waitpid(bus->pid, NULL, 0);
        bus->pid = 0;
    }
}

int bus_process_stop(BusProcess *bus)
{
    int status = 0;
    g_assert_cmpint(bus->pid, >, 0);
    kill(bus->pid, SIGTERM);
    waitpid(bus->pid, &status, 0);
    bus->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void bus_process_free(BusProcess *bus)
{
    bus_process_kill(bus);
    tree_remove(bus->folder);
    g_free(bus->folder);
    g_free(bus->config);
    g_free(bus);
}

JsonNode *bus_process_status(BusProcess *bus)
{
    unsigned status = 0;
    g_autofree char *page = bus_process_page(bus, "/status", &status);
    return page ? json_from_string(page, NULL) : NULL;
}

static JsonNode *step(JsonNode *node, const char *name)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        guint64 index = g_ascii_strtoull(name, NULL, 10);
        JsonArray *array = json_node_get_array(node);
        return index < json_array_get_length(array) ? json_array_get_element(array, (guint)index) : NULL;
    }
    return JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), name) : NULL;
}

gint64 bus_process_figure(BusProcess *bus, const char *path)
{
    g_autoptr(JsonNode) status = bus_process_status(bus);
    g_auto(GStrv) names = g_strsplit(path, ".", -1);
    JsonNode *node = status;
    for (char **name = names; node && *name; name++) {
        node = step(node, *name);
    }
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : -1;
}

static void wait_figure(BusProcess *bus, const char *path, gint64 least, gint64 most, unsigned timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    for (gint64 value; (value = bus_process_figure(bus, path)) < least || value > most;) {
        if (g_get_monotonic_time() > deadline) {
            die_with_log(bus, path);
        }
        g_usleep(POLL_US);
    }
}

void bus_process_wait_figure(BusProcess *bus, const char *path, gint64 value, unsigned timeout_ms)
{
    wait_figure(bus, path, value, G_MAXINT64, timeout_ms);
}

void bus_process_expect_figure(BusProcess *bus, const char *path, gint64 value, unsigned timeout_ms)
{
    wait_figure(bus, path, value, value, timeout_ms);
}

const char *bus_process_check_state(BusProcess *bus, unsigned source)
{
    static const char *const states[] = {"off", "checking", "passed", "failed"};
    g_autoptr(JsonNode) status = bus_process_status(bus);
    JsonArray *sources =
        status ? json_object_get_array_member(json_node_get_object(status), "sources") : NULL;
    if (!sources || source >= json_array_get_length(sources)) {
        return "";
    }
    JsonObject *check =
        json_object_get_object_member(json_array_get_object_element(sources, source), "adapterCheck");
    const char *state = json_object_get_string_member(check, "state");
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_str_equal(state, states[i])) {
            return states[i];
        }
    }
    return "";
}

void bus_process_wait_check(BusProcess *bus, unsigned source, const char *state, unsigned timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    while (!g_str_equal(bus_process_check_state(bus, source), state)) {
        if (g_get_monotonic_time() > deadline) {
            g_autofree char *what = g_strdup_printf("source %u's adapter is not '%s'", source, state);
            die_with_log(bus, what);
        }
        g_usleep(POLL_US);
    }
}

gint64 bus_process_ask_spool(const BusProcess *bus, const char *question)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    g_autofree char *file = g_build_filename(bus->folder, "state", "spool.db", NULL);
    g_assert_cmpint(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, question, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    gint64 number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

int run_hutong(char **output, ...)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (char *)program());
    va_list arguments;
    va_start(arguments, output);
    for (char *argument; (argument = va_arg(arguments, char *));) {
        g_ptr_array_add(argv, argument);
    }
    va_end(arguments);
    g_ptr_array_add(argv, NULL);
    g_autofree char *out = NULL, *err = NULL;
    int status = 0;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status,
                 &error);
    g_assert_no_error(error);
    *output = g_strconcat(out, err, NULL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
