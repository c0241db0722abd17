/* The log of bus, host and commands. One write(2) a line, so lines of several processes do not mix. */
#include "core/base/log.h"

#include "core/base/clock.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1000

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

static size_t write_prefix(char *line, size_t room, HtLogLevel level, const char *part)
{
    static const int priorities[] = {3, 4, 6, 7};
    int size;
    if (g_getenv("JOURNAL_STREAM")) {
        size = snprintf(line, room, "<%d>%s: ", priorities[level], part);
    } else {
        char time[HT_CLOCK_TEXT];
        ht_clock_format(ht_clock_now(), time);
        size = snprintf(line, room, "%s %s %s: ", time, names[level], part);
    }
    return MIN((size_t)size, room - 1);
}

void ht_log(HtLogLevel level, const char *part, const char *format, ...)
{
    if ((int)level > g_atomic_int_get(&log_level)) {
        return;
    }
    char line[LINE_MAX_BYTES + 2];
    size_t size = write_prefix(line, LINE_MAX_BYTES, level, part);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(line + size, LINE_MAX_BYTES - size, format, arguments);
    va_end(arguments);
    size = MIN(size + (size_t)MAX(added, 0), LINE_MAX_BYTES - 1);
    for (size_t i = 0; i < size; i++) {
        line[i] = (unsigned char)line[i] < 0x20 ? ' ' : line[i];
    }
    line[size++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, size);
    (void)ignored;
}
