/* interop [CLIENT...]: one bus with every source that there is, a platform, and SOAP clients that others wrote, generated from our
 * WSDL (client.c has the list). What they say becomes this program's TAP and a table; afterwards it looks at what the bus and
 * the platform had of it. Run by `make check-interop`; not part of `make check`. A client that is not installed is skipped
 * with a message. Everything is on loopback and bounded in time. */
#include "tests/interop/client.h"
#include "tests/interop/plan.h"
#include "tests/interop/table.h"
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"

#include <stdio.h>
#include <string.h>

#define READY_MS 60000
#define POLL_US 20000
#define DELIVERY_MS 20000
#define MESSAGE_ID 36 /* characters of a UUID */
/* What the documents of each client are numbered with, so that none says what another has said. */
#define NUMBER_FIRST 630000000
#define NUMBERS_EACH 1000000

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

static char *write_sections(Platform *platform)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_string_append_printf(
            text,
            "[source %s]\ndepartment = %s\nadapter = %s\nmapping = %s.xml\ndivision = 440104\nmax-body = 64K\n%s",
            sources[i].name, sources[i].department, sources[i].adapter, sources[i].name, sources[i].more);
    }
    g_string_append_printf(
        text,
        "[consumer platform]\ntype = webhook\nurl = %s\nclearance = 3\npurpose = 社区人口服务\npurpose-until = 2099-12-31\n[route all]\nto = platform\n",
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

/* A check of a client, as TAP and in the table. */
static void say_check(const char *name, bool good)
{
    table_count(name, good);
    say(good, "%s", name);
}

static void take_line(const char *line)
{
    if (g_str_has_prefix(line, "ok ")) {
        say_check(line + strlen("ok "), true);
    } else if (g_str_has_prefix(line, "not ok ")) {
        say_check(line + strlen("not ok "), false);
    } else if (*line && !g_ascii_isdigit(*line)) {
        printf("# %s\n", line);
    }
}

static void take_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        take_line(*line);
    }
}

static void judge(const Client *client, const GPtrArray *plan, const char *output)
{
    g_autoptr(GHashTable) answers = plan_answers(output);
    for (guint i = 0; i < plan->len; i++) {
        const Step *step = g_ptr_array_index(plan, i);
        g_autofree char *problem = plan_judge(plan, i, answers);
        g_autofree char *name = g_strdup_printf("%s/%s", client->name, step->name);
        say_check(name, !problem);
        if (problem) {
            printf("# %s\n", problem);
        }
    }
}

/* A driver does what its plan says; zeep and PHP read the cases and judge by themselves, because they try more. */
static void run_client(const Client *client, unsigned index, const char *address, JsonObject *cases)
{
    g_autofree char *output = NULL;
    unsigned number = NUMBER_FIRST + index * NUMBERS_EACH;
    gint64 began = g_get_monotonic_time();
    g_autoptr(GPtrArray) plan = client->versions ? plan_new(client, cases, number) : NULL;
    g_autofree char *scratch = client_scratch(client);
    if (plan) {
        g_autofree char *path = g_build_filename(scratch, "plan", NULL);
        plan_write(plan, path);
    }
    bool well = client_run(client, "run", address, scratch, &output);
    take_lines(output);
    if (plan) {
        judge(client, plan, output);
    }
    say(well, "%s/ended-well", client->name);
    printf("# %s took %.1f s\n", client->name, (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC);
}

/* The lines of docs/soap-clients.md, run as a department would: sent twice, the second time known, then refused. */
static void run_example(const Client *client, const char *address)
{
    g_autofree char *output = NULL, *scratch = client_scratch(client);
    bool well = client_run(client, "example", address, scratch, &output);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(output), "\n", -1);
    unsigned count = g_strv_length(lines);
    bool right = well && count >= 2 && strlen(lines[count - 2]) == MESSAGE_ID &&
                 g_str_has_prefix(lines[count - 1], "required-missing");
    say(right, "%s/example-of-the-manual-works", client->name);
    if (!right) {
        take_lines(output);
    }
}

static JsonObject *read_cases(JsonParser *parser)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = client_source_file("cases.json");
    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    return json_node_get_object(json_parser_get_root(parser));
}

/* Those named as arguments, or all. Gives how many ran. */
static unsigned run_clients(const BusProcess *bus, char **wanted)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *cases = read_cases(parser);
    g_autofree char *address = g_strdup_printf("http://127.0.0.1:%u", bus->port);
    unsigned ran = 0;
    for (size_t i = 0; i < client_count; i++) {
        const Client *client = &clients[i];
        if (*wanted && !g_strv_contains((const char *const *)wanted, client->name)) {
            continue;
        }
        if (!client_is_installed(client)) {
            say(true, "%s # SKIP %s is not installed: %s", client->name, client->package, client->install);
            continue;
        }
        run_client(client, (unsigned)i, address, cases);
        run_example(client, address);
        ran++;
    }
    return ran;
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

/* A client that was not run has no say in its row. */
static void look_at_table(void)
{
    g_autofree char *path = g_build_filename(g_getenv("HUTONG_SRCDIR"), "docs", "wire.md", NULL),
                    *page = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &page, NULL, &error);
    g_assert_no_error(error);
    table_print();
    say(table_stands_in(page), "docs/wire.md-has-this-table");
}

int main(int argc, char **argv)
{
    (void)argc;
    Platform *platform = platform_new();
    g_autofree char *sections = write_sections(platform);
    BusProcess *bus = bus_process_new(NULL, sections);
    bus_process_start(bus);
    wait_for_adapters(bus);
    if (run_clients(bus, argv + 1) > 0) {
        look_at_table();
        look_at_events(bus, platform);
    }
    say(bus_process_stop(bus) == 0, "bus/ends-well");
    printf("1..%u\n", tests);
    bus_process_free(bus);
    platform_free(platform);
    return failures == 0 ? 0 : 1;
}
