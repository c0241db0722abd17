/* The demo: one bus with the departments of docs/examples/city.conf, a receiving platform, one resident's life across the
 * departments, every sample of every adapter with a crash in the middle, and an account of it all. Exit status 0 only when
 * every payload became what it should, nothing was lost or doubled, and nothing personal came through unmasked.
 * With --stay the bus and the platform go on until Ctrl-C. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_MS 30000
#define CHECK_MS 600000 /* of a slow or busy machine */
#define EXAMPLE_URL "http://127.0.0.1:9090/events"

/* The example with the demo's own platform in it, and sources for samples of no department. transfer full. */
static char *make_sections(Platform *platform)
{
    g_autofree char *example = read_source_file("docs/examples/city.conf", NULL);
    g_auto(GStrv) parts = g_strsplit(example, EXAMPLE_URL, 2);
    g_assert_nonnull(parts[1]);
    const char *root = g_getenv("HUTONG_SRCDIR");
    return g_strdup_printf("%s%s%s\n[source encodings]\ndepartment = police\nadapter = xml\n"
                           "mapping = %s/tests/data/mappings/encoding.xml\ndivision = 440104\n"
                           "[source forms]\ndepartment = police\nadapter = xml\n"
                           "mapping = %s/adapters/xml/fixtures/forms.xml\ndivision = 440104\n"
                           "[route tried]\nfrom = encodings;forms\nto = platform\n",
                           parts[0], platform_url(platform), parts[1], root, root);
}

static Demo *start_demo(void)
{
    Demo *demo = g_new0(Demo, 1);
    demo->platform = platform_new();
    g_autofree char *sections = make_sections(demo->platform);
    demo->bus = bus_process_new("adapter-check = on\n", sections);
    demo->sent = g_array_new(FALSE, FALSE, sizeof(Sent));
    demo->businesses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    demo->samples = demo_samples_new();
    bus_process_start(demo->bus);
    return demo;
}

/* No adapter serves before the conformance kit has passed it. */
static void print_checks(Demo *demo)
{
    gint64 start = g_get_monotonic_time();
    unsigned sources = 0;
    for (; *bus_process_check_state(demo->bus, sources); sources++) {
        bus_process_wait_check(demo->bus, sources, "passed", CHECK_MS);
    }
    printf("  adapters  of %u sources passed the conformance kit in %.1f s, before the bus lets them serve\n",
           sources, (double)(g_get_monotonic_time() - start) / 1e6);
    fflush(stdout);
}

static void print_opening(const Demo *demo)
{
    table_cell("Hutong 互通", 0, BOLD);
    printf(": what departments send becomes unified events at the community platform\n\n"
           "  bus       http://127.0.0.1:%u/in/SOURCE   (process %d, %s)\n"
           "  platform  %s   (clearance 2, 社区人口服务; names and numbers masked)\n",
           demo->bus->port, (int)demo->bus->pid, demo->bus->folder, platform_url(demo->platform));
    fflush(stdout);
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

static Account make_account(Demo *demo)
{
    Account account = {0};
    account_for_messages(demo, &account);
    account_for_storm(demo, &account);
    return account;
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
    PlatformCount count;
    platform_wait(demo->platform, make_account(demo).expected, SETTLE_MS);
    Account account = make_account(demo);
    platform_count(demo->platform, &count);
    table_heading("The account");
    print_line("messages accepted", demo->sent->len + g_hash_table_size(demo->businesses),
               "each with a receipt, and on disk before it", PLAIN);
    print_line("samples refused, with a reason", demo->refused, "as their fixtures say", PLAIN);
    print_line("sent again", demo->resent, "answered with the original receipt, no second event", PLAIN);
    print_line("events expected", account.expected, "", PLAIN);
    print_line("events at the platform", count.events, "", count.events == account.expected ? GREEN : RED);
    print_line("lost", account.lost, "", account.lost ? RED : GREEN);
    print_line("doubled (under two ids)", account.doubled, "", account.doubled ? RED : GREEN);
    print_line("delivered again (the same id)", count.repeated, "allowed: at least once, recognised by id",
               PLAIN);
    print_line("out of order for one person", count.disordered, "", count.disordered ? RED : GREEN);
    print_line("other than expected", demo->surprises, "", demo->surprises ? RED : GREEN);
    return account.lost == 0 && account.doubled == 0 && demo->surprises == 0 && count.disordered == 0 &&
           count.events == account.expected;
}

/* ---- From begin to end ---- */

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
    demo_samples_free(demo->samples);
    g_free(demo);
}

static bool run_demo(Demo *demo)
{
    print_opening(demo);
    print_checks(demo);
    demo_life(demo);
    table_heading("Every sample of every department, and a crash in the middle");
    demo_samples(demo, 0);
    demo_crash(demo);
    demo_life_again(demo);
    demo_samples(demo, 1);
    demo_samples_print(demo);
    return print_account(demo);
}

int main(int argc, char **argv)
{
    bool staying = argc > 1 && g_str_equal(argv[1], "--stay");
    if (staying) {
        block_signals();
    }
    Demo *demo = start_demo();
    bool good = run_demo(demo);
    printf("\n");
    table_cell(good ? "Nothing was lost, nothing was doubled, everybody is who they are."
                    : "Something is wrong: see above.",
               0, good ? GREEN : RED);
    printf("\n");
    fflush(stdout);
    if (staying) {
        stay(demo);
    }
    free_demo(demo);
    return good ? 0 : 1;
}
