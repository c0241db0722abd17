/* The alarms that are on; see alarm-book.h. */
#include "core/alarm-book.h"

struct HtAlarmBook {
    GPtrArray *alarms; /* of HtAlarm */
    int64_t calm_us;
    HtAlarmTold told;
    void *user;
};

static void free_alarm(void *data)
{
    HtAlarm *alarm = data;
    g_free(alarm->text);
    g_free(alarm);
}

HtAlarmBook *ht_alarm_book_new(int64_t calm_us, HtAlarmTold told, void *user)
{
    HtAlarmBook *book = g_new0(HtAlarmBook, 1);
    *book = (HtAlarmBook){g_ptr_array_new_with_free_func(free_alarm), calm_us, told, user};
    return book;
}

void ht_alarm_book_free(HtAlarmBook *book)
{
    g_ptr_array_unref(book->alarms);
    g_free(book);
}

static HtAlarm *find(const HtAlarmBook *book, const char *kind, const char *about)
{
    for (unsigned i = 0; i < book->alarms->len; i++) {
        HtAlarm *alarm = book->alarms->pdata[i];
        if (g_str_equal(alarm->kind, kind) && g_str_equal(alarm->about, about)) {
            return alarm;
        }
    }
    return NULL;
}

static void begin(HtAlarmBook *book, const char *kind, const char *about, const char *text, int64_t now_us)
{
    HtAlarm *alarm = g_new0(HtAlarm, 1);
    *alarm =
        (HtAlarm){.kind = g_intern_string(kind),
                  .about = g_intern_string(about), /* names of the configuration: there are only so many */
                  .text = g_strdup(text),
                  .since_us = now_us,
                  .looked = true};
    g_ptr_array_add(book->alarms, alarm);
    book->told(alarm, now_us, book->user);
}

/* Nothing is wrong any more, at present. */
static void calm(HtAlarmBook *book, HtAlarm *alarm, int64_t now_us)
{
    alarm->calm_us = alarm->calm_us > 0 ? alarm->calm_us : now_us;
    if (now_us - alarm->calm_us >= book->calm_us) {
        alarm->ended = true;
        book->told(alarm, now_us, book->user);
        g_ptr_array_remove(book->alarms, alarm);
    }
}

void ht_alarm_book_look(HtAlarmBook *book, const char *kind, const char *about, const char *text,
                        int64_t now_us)
{
    HtAlarm *alarm = find(book, kind, about);
    if (alarm) {
        alarm->looked = true;
    }
    if (text && !alarm) {
        begin(book, kind, about, text, now_us);
    } else if (text) {
        g_free(alarm->text);
        alarm->text = g_strdup(text);
        alarm->calm_us = 0;
    } else if (alarm) {
        calm(book, alarm, now_us);
    }
}

void ht_alarm_book_sweep(HtAlarmBook *book, int64_t now_us)
{
    for (unsigned i = book->alarms->len; i-- > 0;) {
        HtAlarm *alarm = book->alarms->pdata[i];
        bool looked = alarm->looked;
        alarm->looked = false;
        if (!looked) {
            calm(book, alarm, now_us);
        }
    }
}

void ht_alarm_book_set_calm(HtAlarmBook *book, int64_t calm_us)
{
    book->calm_us = calm_us;
}

unsigned ht_alarm_book_count(const HtAlarmBook *book)
{
    return book->alarms->len;
}

const HtAlarm *ht_alarm_book_at(const HtAlarmBook *book, unsigned index)
{
    return book->alarms->pdata[index];
}
