/* The log: lines on standard error, `time level part: text`. Never personal data: ids, counts, codes, places only.
 * Under systemd (JOURNAL_STREAM set) the time is left out and the level is the journal's `<N>` prefix. */
#pragma once

/* HT_LOG_NOTHING is for ht_log_set_level() only. */
typedef enum { HT_LOG_NOTHING = -1, HT_LOG_ERROR, HT_LOG_WARNING, HT_LOG_INFO, HT_LOG_DEBUG } HtLogLevel;

/* Lines above `level` are dropped from now on. The default is HT_LOG_INFO; HT_LOG_NOTHING is for a command that tells
 * every error itself. */
void ht_log_set_level(HtLogLevel level);

/* The same by its name: "error", "warning", "info", "debug". */
void ht_log_set_level_named(const char *name);

/* How lines are written from now on, as the configuration names it: "text"; "logfmt"; "json", an object a line; "journal", fields to systemd's
 * journal (PRIORITY, HUTONG_PART, MESSAGE), and as text where none listens. Any other word changes nothing. */
typedef enum { HT_LOG_TEXT, HT_LOG_LOGFMT, HT_LOG_JSON, HT_LOG_JOURNAL } HtLogForm;
void ht_log_set_form_named(const char *name);

/* At most so many lines a second; errors always. What is left out is counted in a line of its own. 0, the default: no limit. */
void ht_log_set_rate(unsigned lines_a_second);

/* Writes one line. `part` is the module ("spool", "ingress", "host hukou"). Line breaks in the text become spaces, and
 * a text longer than 1000 bytes is cut. Any thread. */
void ht_log(HtLogLevel level, const char *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
