/* What is alarmed about at present. Each alarm has a kind and what it is about; it begins when something is wrong, and ends when nothing has been
 * wrong for a while: one message when it begins, one when it ends, however often it flickers between. No clock of its own, no log: for the
 * bus (alarms.h) and its test. One thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtAlarmBook HtAlarmBook;

typedef struct {
    const char *kind;  /* "silence", of a static table */
    const char *about; /* "source hukou", "bus" */
    char *text;        /* what is wrong, as of the last look */
    int64_t since_us;
    int64_t calm_us; /* since when nothing is wrong; 0: something is */
    bool looked;     /* since the last sweep */
    bool ended;      /* only while it is told */
} HtAlarm;

/* Told when one begins and when it ends. */
typedef void (*HtAlarmTold)(const HtAlarm *alarm, int64_t now_us, void *user);

HtAlarmBook *ht_alarm_book_new(int64_t calm_us, HtAlarmTold told, void *user);
void ht_alarm_book_free(HtAlarmBook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAlarmBook, ht_alarm_book_free)

/* What a look found: `text` says what is wrong; NULL: nothing. */
void ht_alarm_book_look(HtAlarmBook *book, const char *kind, const char *about, const char *text,
                        int64_t now_us);

/* After a round of looks: what no look was about (a source that is no more) is not wrong. */
void ht_alarm_book_sweep(HtAlarmBook *book, int64_t now_us);

/* From now on nothing must have been wrong for so long. */
void ht_alarm_book_set_calm(HtAlarmBook *book, int64_t calm_us);

/* Those that are on, in the order in which they began. */
unsigned ht_alarm_book_count(const HtAlarmBook *book);
const HtAlarm *ht_alarm_book_at(const HtAlarmBook *book, unsigned index);
