/* The log of bus, host and commands. One write(2) a line, so lines of several processes do not mix. */
#include "core/base/log.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_MAX_BYTES 1000
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static int log_level = HT_LOG_INFO;

void ht_log_set_level(HtLogLevel level)
{
    g_atomic_int_set(&log_level, (int)level);
}

static const char *const names[] = {"error", "warning", "info", "debug"};

void ht_log_set_level_named(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(name, names[i])) {
            ht_log_set_level((HtLogLevel)i);
        }
    }
}

/* ---- Forms ---- */

static int form = HT_LOG_TEXT;

void ht_log_set_form_named(const char *name)
{
    static const char *const forms[] = {"text", "logfmt", "json", "journal"};
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (g_str_equal(name, forms[i])) {
            g_atomic_int_set(&form, (int)i);
        }
    }
}

static const int priorities[] = {3, 4, 6, 7};

static void write_text(HtLogLevel level, const char *part, const char *text, HtBuffer *line)
{
    if (g_getenv("JOURNAL_STREAM")) {
        ht_buffer_printf(line, "<%d>%s: %s\n", priorities[level], part, text);
    } else {
        char time[HT_CLOCK_TEXT];
        ht_clock_format(ht_clock_now(), time);
        ht_buffer_printf(line, "%s %s %s: %s\n", time, names[level], part, text);
    }
}

static void write_logfmt(HtLogLevel level, const char *part, const char *text, HtBuffer *line)
{
    char time[HT_CLOCK_TEXT];
    ht_clock_format(ht_clock_now(), time);
    ht_buffer_printf(line, "time=%s level=%s part=", time, names[level]);
    ht_json_string(line, ht_text_from(part)); /* a part may have a blank: "host hukou" */
    ht_buffer_add_literal(line, " msg=");
    ht_json_string(line, ht_text_from(text));
    ht_buffer_add_char(line, '\n');
}

static void write_json(HtLogLevel level, const char *part, const char *text, HtBuffer *line)
{
    ht_buffer_add_char(line, '{');
    ht_json_member_time(line, "time", ht_clock_now());
    ht_json_member(line, "level", ht_text_from(names[level]));
    ht_json_member(line, "part", ht_text_from(part));
    ht_json_member(line, "msg", ht_text_from(text));
    ht_buffer_add_literal(line, "}\n");
}

/* The journal's own protocol: a datagram of fields. False where no journal listens. */
static bool send_to_journal(HtLogLevel level, const char *part, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = g_getenv("HUTONG_JOURNAL_SOCKET");
    g_strlcpy(address.sun_path, path ? path : JOURNAL_SOCKET, sizeof address.sun_path);
    HtBuffer fields = {.data = NULL};
    ht_buffer_printf(&fields, "PRIORITY=%d\nSYSLOG_IDENTIFIER=hutong\nHUTONG_PART=%s\nMESSAGE=%s\n",
                     priorities[level], part, text);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ssize_t sent = fd < 0 ? -1
                          : sendto(fd, fields.data, fields.size, MSG_NOSIGNAL, (struct sockaddr *)&address,
                                   sizeof address);
    if (fd >= 0) {
        close(fd);
    }
    ht_buffer_clear(&fields);
    return sent >= 0;
}

static void put(HtLogLevel level, const char *part, const char *text)
{
    static void (*const writers[])(HtLogLevel level, const char *part, const char *text,
                                   HtBuffer *line) = {write_text, write_logfmt, write_json, write_text};
    int chosen = g_atomic_int_get(&form);
    if (chosen == HT_LOG_JOURNAL && send_to_journal(level, part, text)) {
        return;
    }
    HtBuffer line = {.data = NULL};
    writers[chosen](level, part, text, &line);
    ssize_t ignored = write(STDERR_FILENO, line.data, line.size);
    (void)ignored;
    ht_buffer_clear(&line);
}

/* ---- The rate ---- */

static struct {
    GMutex lock;
    unsigned most;             /* lines a second; 0: as many as there are */
    unsigned warnings, others; /* written in this second */
    unsigned left_out;
    int64_t second;
} rate;

void ht_log_set_rate(unsigned lines_a_second)
{
    g_mutex_lock(&rate.lock);
    rate.most = lines_a_second;
    g_mutex_unlock(&rate.lock);
}

/* Errors always; and warnings are counted apart, so that nobody silences them by what is told of him at a lower level. `left_out` lines of an earlier second were not written, which is to be told now. */
static bool may_write(HtLogLevel level, unsigned *left_out)
{
    int64_t now = ht_clock_monotonic() / HT_SECOND;
    g_mutex_lock(&rate.lock);
    *left_out = 0;
    if (rate.second != now) {
        *left_out = rate.left_out;
        rate.left_out = rate.warnings = rate.others = 0;
        rate.second = now;
    }
    unsigned *lines = level == HT_LOG_WARNING ? &rate.warnings : &rate.others;
    bool may = rate.most == 0 || level == HT_LOG_ERROR || *lines < rate.most;
    *lines += may && level != HT_LOG_ERROR;
    rate.left_out += !may;
    g_mutex_unlock(&rate.lock);
    return may;
}

void ht_log(HtLogLevel level, const char *part, const char *format, ...)
{
    unsigned left_out;
    if ((int)level > g_atomic_int_get(&log_level) || !may_write(level, &left_out)) {
        return;
    }
    if (left_out > 0) {
        g_autofree char *told =
            g_strdup_printf("%u lines were left out: more than log-rate allows in a second", left_out);
        put(HT_LOG_WARNING, "log", told);
    }
    char raw[TEXT_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    for (char *at = raw; *at; at++) {
        *at = (unsigned char)*at < 0x20 ? ' ' : *at;
    }
    g_autofree char *text = g_utf8_make_valid(raw, -1); /* cut in the middle of a letter, perhaps */
    put(level, part, text);
}
