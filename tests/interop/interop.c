/* interop [SOURCE]: one bus with every source that there is, a platform, and SOAP clients that others wrote, generated from our
 * WSDL: python3-zeep (interop.py) and PHP's SoapClient (interop.php). What they say becomes this program's TAP; afterwards it looks
 * at what the bus and the platform had of it. Run by `make check-interop`; not part of `make check`. A client that is not
 * installed is skipped with a message. Everything is on loopback and bounded in time. */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CLIENT_S 240
#define READY_MS 60000
#define POLL_US 20000
#define DELIVERY_MS 20000
#define INSTALL "./configure --install-deps=interop"

static const struct {
    const char *name, *department, *adapter, *more;
} sources[] = {
    {"hukou", "police", "hukou", "option.answer-queries = empty\n"},
    {"marriage", "civil-affairs", "marriage", ""},
    {"social-security", "hrss", "social-security", ""},
    {"health", "health", "health", ""},
    {"low-income", "civil-affairs", "xml", ""},
    {"disabled", "disabled", "xml", ""},
    {"population-base", "police", "xml", ""},
    {"family-planning", "family-planning", "xml", ""},
};

static unsigned tests, failures;

static void say(bool good, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(bool good, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    tests++;
    failures += !good;
    printf("%s %u - %s\n", good ? "ok" : "not ok", tests, name);
    fflush(stdout);
}

/* ---- The bus ---- */

/* The sources' sections; their names, with commas, in `names`. */
static char *write_sections(Platform *platform, GString *names)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_string_append_printf(
            text,
            "[source %s]\ndepartment = %s\nadapter = %s\nmapping = %s.xml\ndivision = 440104\nmax-body = 64K\n%s",
            sources[i].name, sources[i].department, sources[i].adapter, sources[i].name, sources[i].more);
        g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "", sources[i].name);
    }
    g_string_append_printf(
        text,
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 社区人口服务\n[route all]\nto = platform\n",
        platform_url(platform));
    return g_string_free(text, FALSE);
}

static bool is_checking(JsonNode *status)
{
    JsonArray *all = json_object_get_array_member(json_node_get_object(status), "sources");
    for (guint i = 0; i < json_array_get_length(all); i++) {
        JsonObject *source = json_array_get_object_element(all, i);
        JsonObject *check = json_object_get_object_member(source, "adapterCheck");
        if (strcmp(json_object_get_string_member_with_default(check, "state", ""), "checking") == 0) {
            return true;
        }
    }
    return false;
}

/* A source takes nothing until its adapter has passed its check. One that fails is seen by the tests of its source. */
static void wait_for_adapters(BusProcess *bus)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)READY_MS * 1000;
    for (bool checking = true; checking && g_get_monotonic_time() < deadline;) {
        g_autoptr(JsonNode) status = bus_process_status(bus);
        checking = !status || is_checking(status);
        g_usleep(checking ? POLL_US : 0);
    }
}

/* ---- Clients ---- */

typedef struct {
    const char *name, *package, *script;
    const char *programs[3];    /* to try, NULL-terminated */
    const char *const probe[3]; /* arguments with which it ends with 0 when it has what is needed */
} Client;

static const Client clients[] = {
    {"zeep", "python3-zeep", "interop.py", {"python3", "/usr/bin/python3", NULL}, {"-c", "import zeep", NULL}},
    {"php",
     "php-soap",
     "interop.php",
     {"php", "/usr/bin/php", NULL},
     {"-r", "exit(class_exists('SoapClient') ? 0 : 1);", NULL}},
};

/* A client ends with its test, however that ends. */
static void begin_child(void *user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(CLIENT_S);
}

static const char *find_program(const Client *client)
{
    for (const char *const *program = client->programs; *program; program++) {
        const char *argv[] = {*program, client->probe[0], client->probe[1], NULL};
        int status = -1;
        bool ran = g_spawn_sync(NULL, (char **)argv, NULL,
                                G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                                begin_child, NULL, NULL, NULL, &status, NULL);
        if (ran && status == 0) {
            return *program;
        }
    }
    return NULL;
}

static void take_line(const char *line)
{
    if (g_str_has_prefix(line, "ok ")) {
        say(true, "%s", line + strlen("ok "));
    } else if (g_str_has_prefix(line, "not ok ")) {
        say(false, "%s", line + strlen("not ok "));
    } else if (*line) {
        printf("# %s\n", line);
    }
}

static char *source_file(const char *name)
{
    const char *folder = g_getenv("HUTONG_SRCDIR");
    return g_build_filename(folder ? folder : ".", "tests", "interop", name, NULL);
}

static void run_client(const Client *client, const BusProcess *bus, const char *names)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *script = source_file(client->script), *cases = source_file("cases.json"), *output = NULL;
    g_autofree char *problems = NULL;
    g_autofree char *address = g_strdup_printf("http://127.0.0.1:%u", bus->port);
    const char *program = find_program(client);
    if (!program) {
        say(true, "%s # SKIP %s is not installed: " INSTALL, client->name, client->package);
        return;
    }
    const char *argv[] = {program, script, address, cases, names, NULL};
    int status = -1;
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, begin_child, NULL, &output, &problems,
                 &status, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    for (char **line = lines; *line; line++) {
        take_line(*line);
    }
    g_auto(GStrv) words = g_strsplit(problems, "\n", -1);
    for (char **word = words; *word; word++) {
        take_line(*word);
    }
    say(status == 0, "%s/ended-well", client->name);
}

/* ---- What became of it ---- */

static bool holds(JsonNode *node, const char *text)
{
    g_autofree char *json = json_to_string(node, FALSE);
    return strstr(json, text) != NULL;
}

/* What a client's toolkit adds by itself (xsi:type, encodingStyle) must not stand in events as if the department had. */
static bool is_free_of_toolkits(Platform *platform, unsigned events)
{
    for (unsigned i = 0; i < events; i++) {
        JsonNode *data = json_object_get_member(platform_event(platform, i), "data");
        if (holds(data, "@type") || holds(data, "encodingStyle")) {
            return false;
        }
    }
    return true;
}

static void look_at_events(BusProcess *bus, Platform *platform)
{
    PlatformCount count;
    gint64 last = bus_process_figure(bus, "spool.lastSequence");
    bool all = last > 0 && platform_wait(platform, (unsigned)last, DELIVERY_MS);
    platform_count(platform, &count);
    say(all && count.events == (unsigned)last, "events/all-that-was-acknowledged-arrives");
    say(count.doubled == 0, "events/nothing-was-doubled-by-sending-again");
    say(is_free_of_toolkits(platform, count.events), "events/hold-nothing-of-the-toolkits");
}

int main(void)
{
    Platform *platform = platform_new();
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree char *sections = write_sections(platform, names);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    wait_for_adapters(bus);
    unsigned skipped = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        unsigned before = tests;
        run_client(&clients[i], bus, names->str);
        skipped += tests == before + 1;
    }
    if (skipped < G_N_ELEMENTS(clients)) {
        look_at_events(bus, platform);
    }
    say(bus_process_stop(bus) == 0, "bus/ends-well");
    printf("1..%u\n", tests);
    bus_process_free(bus);
    platform_free(platform);
    return failures == 0 ? 0 : 1;
}
