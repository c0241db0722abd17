/* `hutong top`: the running bus, live. Asks for its status again and again, and draws what top.h makes of it: in a terminal on its
 * other screen, with keys; elsewhere, or with --once, as text. */
#include "core/cli/cli.h"
#include "core/cli/language.h"

#include "core/admin/ask.h"
#include "core/base/clock.h"
#include "core/cli/top.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ANSWER_MS 5000
#define SEQUENCE_MS 30
#define SCREEN_ON "\033[?1049h\033[?25l"
#define SCREEN_OFF "\033[?25h\033[?1049l"

static volatile sig_atomic_t ended;
static volatile sig_atomic_t resized;

static void on_end(int signal)
{
    (void)signal;
    ended = 1;
}

static void on_resize(int signal)
{
    (void)signal;
    resized = 1;
}

typedef struct {
    HtTop *top;
    const char *socket;
    char *problem; /* why there is no status; NULL: there is */
    gint columns, delay_s;
    gboolean once;
} TopRun;

static void ask(TopRun *run)
{
    unsigned status;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *body = ht_admin_get(run->socket, "/status", ANSWER_MS, &status, &error);
    g_clear_pointer(&run->problem, g_free);
    if (!body || !json_parser_load_from_data(parser, body, -1, &error)) {
        run->problem = g_strdup(error->message);
        return;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (status != 200 || !root || !JSON_NODE_HOLDS_OBJECT(root)) {
        run->problem = g_strdup_printf(_("the bus answers %u: %s"), status, g_strstrip(body));
        return;
    }
    ht_top_take(run->top, json_node_get_object(root), ht_clock_monotonic());
}

static HtTopScreen find_screen(const TopRun *run)
{
    struct winsize size = {.ws_col = 0};
    bool terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    const char *colour = g_getenv("NO_COLOR"), *kind = g_getenv("TERM");
    return (HtTopScreen){.columns = run->columns > 0                ? (unsigned)run->columns
                                    : terminal && size.ws_col >= 20 ? size.ws_col
                                                                    : 80,
                         .rows = terminal && !run->once ? MAX(size.ws_row, 4) : 1000,
                         .colour = terminal && !(colour && *colour) && !(kind && g_str_equal(kind, "dumb")),
                         .unicode = g_get_charset(NULL)};
}

/* The rest of an arrow's sequence, if it is one, comes at once. */
static int read_arrow(void)
{
    char rest[2] = "";
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, SEQUENCE_MS) <= 0 || read(STDIN_FILENO, rest, 2) < 2) {
        return 27;
    }
    return rest[1] == 'A' ? 'U' : rest[1] == 'B' ? 'D' : rest[1] == 'C' ? '\n' : rest[1] == 'D' ? 27 : 0;
}

static int read_key(void)
{
    char key;
    if (read(STDIN_FILENO, &key, 1) != 1) {
        return 'q';
    }
    return key == 27 ? read_arrow() : key == 'k' ? 'U' : key == 'j' ? 'D' : key == '\r' ? '\n' : key;
}

static void draw(TopRun *run)
{
    HtTopScreen screen = find_screen(run);
    g_autoptr(GString) out = g_string_new(run->once ? NULL : "\033[H");
    g_autoptr(GString) lines = g_string_new(NULL);
    ht_top_draw(run->top, &screen, run->problem, lines);
    g_auto(GStrv) each = g_strsplit(lines->str, "\n", -1);
    for (char **line = each; *line && line[1]; line++) {
        g_string_append_printf(out, run->once ? "%s\n" : line[2] ? "%s\033[K\r\n" : "%s\033[K", *line);
    }
    g_string_append(out, run->once ? "" : "\033[J");
    fwrite(out->str, 1, out->len, stdout);
    fflush(stdout);
}

/* Until the next page is due, or it is over. */
static bool wait_for_keys(TopRun *run)
{
    int64_t until_us = ht_clock_monotonic() + run->delay_s * HT_SECOND;
    for (int64_t left_us; !ended && (left_us = until_us - ht_clock_monotonic()) > 0;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, (int)(left_us / 1000) + 1) > 0 && !ht_top_key(run->top, read_key())) {
            return false;
        }
        if (resized || input.revents) {
            resized = 0;
            draw(run);
        }
    }
    return !ended;
}

static void live(TopRun *run)
{
    struct termios before, raw;
    struct sigaction end = {.sa_handler = on_end}, resize = {.sa_handler = on_resize};
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    sigaction(SIGWINCH, &resize, NULL);
    bool has_keys = tcgetattr(STDIN_FILENO, &before) == 0;
    if (has_keys) {
        raw = before;
        raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    fputs(SCREEN_ON, stdout);
    do {
        ask(run);
        draw(run);
    } while (wait_for_keys(run));
    fputs(SCREEN_OFF, stdout);
    fflush(stdout);
    if (has_keys) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    }
}

/* Two pages, so that there are rates. */
static int show_once(TopRun *run)
{
    ask(run);
    if (!run->problem) {
        g_usleep((gulong)run->delay_s * G_USEC_PER_SEC);
        ask(run);
    }
    if (run->problem) {
        fprintf(stderr, "hutong top: %s\n", run->problem);
        return HT_EXIT_FAILED;
    }
    draw(run);
    return HT_EXIT_OK;
}

int ht_cli_top(int argc, char **argv)
{
    TopRun run = {.delay_s = 1};
    const GOptionEntry entries[] = {
        {"once", 0, 0, G_OPTION_ARG_NONE, &run.once, N_("One screen as text, then end"), NULL},
        {"delay", 'd', 0, G_OPTION_ARG_INT, &run.delay_s, N_("Seconds between looks (1)"), "SECONDS"},
        {"columns", 0, 0, G_OPTION_ARG_INT, &run.columns, N_("As wide as this, not as the terminal is"), "N"},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            N_("Shows the running bus live: rates, what waits, how old it is, what is in trouble.\n"
               "Keys: arrows (or j, k) choose, Enter looks into a source or a consumer, Esc goes back, s changes the order\n"
               "(n name, r rate, w waiting, t trouble), q ends."),
            entries, &file)) {
        return HT_EXIT_USAGE;
    }
    if (argc > 1 || run.delay_s < 1 || run.delay_s > 3600 || run.columns < 0 || run.columns > 1000) {
        fputs(_("hutong top: takes no word; --delay is 1 to 3600, --columns at most 1000\n"), stderr);
        return HT_EXIT_USAGE;
    }
    g_autoptr(HtConfig) config = ht_cli_load(file);
    if (!config) {
        return HT_EXIT_CONFIG;
    }
    if (!ht_language_is_other()) {
        setlocale(LC_CTYPE, ""); /* whether the terminal has letters beyond ASCII */
    }
    g_autoptr(HtTop) top = ht_top_new();
    run.top = top;
    run.socket = config->bus.admin;
    run.once = run.once || !isatty(STDOUT_FILENO);
    int status = HT_EXIT_OK;
    if (run.once) {
        status = show_once(&run);
    } else {
        live(&run);
    }
    g_free(run.problem);
    return status;
}
