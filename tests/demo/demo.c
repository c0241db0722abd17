/* The demo: a bus with the example configuration, a receiving platform, every police sample, a crash in the middle, and an
 * account of it all. Exit status 0 only when every payload became what it should and nothing was lost or doubled.
 * With --stay the bus and the platform go on until Ctrl-C. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_MS 30000

static Demo *start_demo(void)
{
    Demo *demo = g_new0(Demo, 1);
    demo->platform = platform_new();
    g_autofree char *example = read_source_file("docs/examples/police.conf", NULL);
    g_auto(GStrv) parts = g_strsplit(example, "http://127.0.0.1:9090/events", 2);
    g_assert_nonnull(parts[1]);
    const char *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *sections =
        g_strdup_printf("%s%s%s\n[source encodings]\ndepartment = police\nadapter = xml\n"
                        "mapping = %s/tests/data/mappings/encoding.xml\ndivision = 440104\n"
                        "[route encodings]\nfrom = encodings\nto = platform\n",
                        parts[0], platform_url(demo->platform), parts[1], root);
    demo->bus = bus_process_new(NULL, sections);
    demo->sent = g_array_new(FALSE, FALSE, sizeof(Sent));
    demo->businesses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bus_process_start(demo->bus);
    return demo;
}

static void print_opening(const Demo *demo)
{
    table_cell("Hutong 互通", 0, BOLD);
    printf(": what the police register sends becomes unified events at the platform\n\n"
           "  bus       http://127.0.0.1:%u/in/hukou   (process %d, %s)\n"
           "  platform  %s   (clearance 2, 社区人口服务; names and numbers masked)\n",
           demo->bus->port, (int)demo->bus->pid, demo->bus->folder, platform_url(demo->platform));
}

static unsigned run_steps(Demo *demo, const Step *steps, unsigned number)
{
    demo_head();
    for (; steps->file; steps++) {
        demo_step(demo, number++, steps);
    }
    return number;
}

/* ---- The account ---- */

typedef struct {
    unsigned lost, doubled, expected;
} Account;

static void account_for_messages(Demo *demo, Account *account)
{
    for (unsigned i = 0; i < demo->sent->len; i++) {
        const Sent *sent = &g_array_index(demo->sent, Sent, i);
        g_autoptr(GPtrArray) events = platform_events_of(demo->platform, sent->message_id);
        account->expected += sent->expected;
        account->lost += events->len < sent->expected ? sent->expected - events->len : 0;
        account->doubled += events->len > sent->expected ? events->len - sent->expected : 0;
    }
}

/* Each business of the storm must be at the platform once, whatever the crash did. */
static void account_for_storm(Demo *demo, Account *account)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    JsonObject *event;
    for (unsigned i = 0; (event = platform_event(demo->platform, i)); i++) {
        const char *business = json_object_get_string_member_with_default(event, "businessid", "");
        if (g_hash_table_contains(demo->businesses, business)) {
            account->doubled += !g_hash_table_add(seen, (char *)business);
        }
    }
    account->expected += g_hash_table_size(demo->businesses);
    account->lost += g_hash_table_size(demo->businesses) - g_hash_table_size(seen);
}

static void print_line(const char *name, unsigned value, const char *more, Style style)
{
    g_autofree char *text = g_strdup_printf("%u", value);
    printf("  ");
    table_cell(name, 34, PLAIN);
    table_cell(text, -6, style);
    printf("  %s\n", more);
}

static bool print_account(Demo *demo)
{
    Account account = {0};
    PlatformCount count;
    account_for_messages(demo, &account);
    account_for_storm(demo, &account);
    platform_wait(demo->platform, account.expected, SETTLE_MS);
    account = (Account){0};
    account_for_messages(demo, &account);
    account_for_storm(demo, &account);
    platform_count(demo->platform, &count);
    table_heading("The account");
    unsigned storm = g_hash_table_size(demo->businesses);
    print_line("samples accepted", demo->accepted, "", PLAIN);
    print_line("samples refused, with a reason", demo->refused, "as their fixtures say", PLAIN);
    print_line("samples sent again", demo->resent, "answered with the original receipt, no second event",
               PLAIN);
    print_line("messages around the crash", storm, "all acknowledged in the end", PLAIN);
    print_line("events expected", account.expected, "", PLAIN);
    print_line("events at the platform", count.events, "", count.events == account.expected ? GREEN : RED);
    print_line("lost", account.lost, "", account.lost ? RED : GREEN);
    print_line("doubled (under two ids)", account.doubled, "", account.doubled ? RED : GREEN);
    print_line("delivered again (the same id)", count.repeated, "allowed: at least once, recognised by id",
               PLAIN);
    print_line("out of order for one person", count.disordered, "", count.disordered ? RED : GREEN);
    print_line("answers other than expected", demo->surprises, "", demo->surprises ? RED : GREEN);
    return account.lost == 0 && account.doubled == 0 && demo->surprises == 0 && count.disordered == 0 &&
           count.events == account.expected;
}

static void print_example(Demo *demo)
{
    JsonObject *event = platform_event(demo->platform, 0);
    if (event) {
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), event);
        g_autofree char *text = json_to_string(node, TRUE);
        table_heading("The first event, as the platform sees it");
        puts(text);
    }
}

static void stay(Demo *demo)
{
    sigset_t signals;
    int got;
    printf(
        "\nThe bus and the platform go on. Try:\n\n  curl --data-binary @adapters/hukou/fixtures/hukou-birth-gbk.xml -H 'Content-Type: text/xml' "
        "http://127.0.0.1:%u/in/hukou\n  %s status -c %s\n\nCtrl-C ends both.\n",
        demo->bus->port, g_getenv("HUTONG") ? g_getenv("HUTONG") : "hutong", demo->bus->config);
    fflush(stdout);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigwait(&signals, &got);
}

static void block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void free_demo(Demo *demo)
{
    bus_process_free(demo->bus);
    platform_free(demo->platform);
    for (unsigned i = 0; i < demo->sent->len; i++) {
        g_free(g_array_index(demo->sent, Sent, i).message_id);
    }
    g_array_unref(demo->sent);
    g_hash_table_unref(demo->businesses);
    g_free(demo);
}

int main(int argc, char **argv)
{
    bool staying = argc > 1 && g_str_equal(argv[1], "--stay");
    if (staying) {
        block_signals();
    }
    Demo *demo = start_demo();
    print_opening(demo);
    table_heading("Every sample, first half");
    unsigned number = run_steps(demo, steps_before, 1);
    table_heading("A crash");
    demo_crash(demo);
    table_heading("Every sample, second half");
    run_steps(demo, steps_after, number);
    bool good = print_account(demo);
    print_example(demo);
    printf("\n");
    table_cell(good ? "Nothing was lost, nothing was doubled." : "Something is wrong: see above.", 0,
               good ? GREEN : RED);
    printf("\n");
    fflush(stdout);
    if (staying) {
        stay(demo);
    }
    free_demo(demo);
    return good ? 0 : 1;
}
