/* The crash: eight senders at once, the bus killed with -9 among them, started again; each sender sends again what was not
 * answered, as a department's client would. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <stdio.h>
#include <string.h>

#define SENDERS 8
#define MESSAGES 60
#define KILL_AFTER 120

typedef struct {
    Demo *demo;
    unsigned number;
    unsigned next; /* of its messages; the one before it had no answer when `stopped` */
    bool stopped;
} Sender;

static int answers; /* of all senders, atomically */

/* A death of person D under a business number of its own. */
static char *make_payload(const char *business)
{
    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%s</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%s</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH>"
        "<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        business, business);
}

static bool send_business(Demo *demo, const char *business)
{
    g_autofree char *payload = make_payload(business);
    Message message = {"hukou", "text/xml; charset=utf-8", NULL, payload, strlen(payload)};
    g_autoptr(Answer) answer = demo_send(demo, &message);
    return answer->status == 200;
}

static char *make_business(const Sender *sender, unsigned i)
{
    return g_strdup_printf("9100%02u%04u", sender->number, i);
}

/* Sends until one has no answer. */
static void *send_all(void *data)
{
    Sender *sender = data;
    while (sender->next < MESSAGES && !sender->stopped) {
        g_autofree char *business = make_business(sender, sender->next);
        sender->stopped = !send_business(sender->demo, business);
        if (!sender->stopped) {
            sender->next++;
            g_atomic_int_inc(&answers);
        }
    }
    return NULL;
}

static void start_senders(Demo *demo, Sender *senders, GThread **threads)
{
    g_atomic_int_set(&answers, 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (Sender){demo, i, 0, false};
        threads[i] = g_thread_new("sender", send_all, &senders[i]);
    }
}

static void kill_in_the_middle(Demo *demo)
{
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (g_atomic_int_get(&answers) < KILL_AFTER && g_get_monotonic_time() < deadline) {
        g_usleep(100);
    }
    bus_process_kill(demo->bus);
}

/* Sends again what had no answer, and the rest; each business must be at the platform once. */
static void settle(Demo *demo, Sender *sender)
{
    for (unsigned i = sender->next; i < MESSAGES; i++) {
        g_autofree char *business = make_business(sender, i);
        demo->surprises += !send_business(demo, business);
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_hash_table_add(demo->businesses, make_business(sender, i));
    }
}

void demo_crash(Demo *demo)
{
    Sender senders[SENDERS];
    GThread *threads[SENDERS];
    GPid pid = demo->bus->pid;
    start_senders(demo, senders, threads);
    kill_in_the_middle(demo);
    for (unsigned i = 0; i < SENDERS; i++) {
        g_thread_join(threads[i]);
    }
    unsigned answered = (unsigned)g_atomic_int_get(&answers), unanswered = 0;
    gint64 start = g_get_monotonic_time();
    bus_process_start(demo->bus);
    gint64 ready_us = g_get_monotonic_time() - start;
    for (unsigned i = 0; i < SENDERS; i++) {
        unanswered += senders[i].stopped;
        settle(demo, &senders[i]);
    }
    table_cell("     ✗ ", 0, RED);
    printf(
        "kill -9 %d while %d senders were at work: %u messages had their receipt, %u were under way without an answer\n",
        (int)pid, SENDERS, answered, unanswered);
    table_cell("     ✓ ", 0, GREEN);
    printf(
        "started again as %d, ready after %.0f ms; those were sent again, and then the rest: %u messages in all\n",
        (int)demo->bus->pid, (double)ready_us / 1000, SENDERS * MESSAGES);
    fflush(stdout);
}
