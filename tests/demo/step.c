/* One step: send it, wait for what it must make, show what became of it. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <stdio.h>
#include <string.h>

#define DELIVERED_MS 5000

/* What the fixture says: the expectations are the same files that the adapter's tests use. */
typedef struct {
    bool accepted;
    unsigned events;
    char *fault; /* NULL: none */
} Expected;

static char *fixture_path(const Step *step, const char *file)
{
    bool hukou = g_str_equal(step->source, "hukou");
    return g_build_filename(hukou ? "adapters/hukou/fixtures" : "tests/data/encoding-events", file, NULL);
}

static Expected load_expected(const Step *step)
{
    g_autofree char *base = g_strndup(step->file, (gsize)(strrchr(step->file, '.') - step->file));
    g_autofree char *file = g_strconcat(base, ".expected.json", NULL);
    g_autofree char *path = fixture_path(step, file);
    g_autofree char *text = read_source_file(path, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(text, &error);
    g_assert_no_error(error);
    JsonObject *object = json_node_get_object(node);
    JsonArray *events =
        json_object_has_member(object, "events") ? json_object_get_array_member(object, "events") : NULL;
    const char *fault = json_object_get_string_member_with_default(object, "fault", NULL);
    return (Expected){g_str_equal(json_object_get_string_member_with_default(object, "verdict", "ok"), "ok"),
                      events ? json_array_get_length(events) : 0, g_strdup(fault)};
}

static Answer *send_step(Demo *demo, const Step *step)
{
    gsize size;
    g_autofree char *path = fixture_path(step, step->file);
    g_autofree char *payload = read_source_file(path, &size);
    g_autofree char *url = g_strconcat("/in/", step->source, NULL);
    if (step->as == AS_PLAIN) {
        return post(demo->bus->port, url, "text/xml", NULL, payload, size);
    }
    bool newer = step->as == AS_SOAP12;
    g_autofree char *envelope = wrap_soap(newer, "submit", "GB18030", payload, size);
    return post(demo->bus->port, url, newer ? "application/soap+xml" : "text/xml", NULL, envelope,
                strlen(envelope));
}

/* ---- Its row ---- */

static void add_marks(JsonObject *event, GPtrArray *marks)
{
    JsonObject *data = json_object_get_object_member(event, "data");
    JsonArray *quality =
        json_object_has_member(data, "quality") ? json_object_get_array_member(data, "quality") : NULL;
    for (guint i = 0; quality && i < json_array_get_length(quality); i++) {
        char *mark = (char *)json_object_get_string_member(json_array_get_object_element(quality, i), "mark");
        if (!g_ptr_array_find_with_equal_func(marks, mark, g_str_equal, NULL)) {
            g_ptr_array_add(marks, mark);
        }
    }
}

static char *join(GPtrArray *words)
{
    g_ptr_array_add(words, NULL);
    return g_strjoinv(" ", (char **)words->pdata);
}

/* "2× moved-in", "born": the types without group and version. */
static char *describe_events(GPtrArray *events)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < events->len;) {
        const char *type = json_object_get_string_member(events->pdata[i], "type");
        const char *action = json_object_get_string_member(events->pdata[i], "action");
        unsigned same = 1;
        while (i + same < events->len &&
               g_str_equal(json_object_get_string_member(events->pdata[i + same], "type"), type)) {
            same++;
        }
        g_auto(GStrv) parts = g_strsplit(type, ".", 3);
        g_autofree char *times = same > 1 ? g_strdup_printf("%u× ", same) : g_strdup("");
        g_ptr_array_add(words,
                        g_strconcat(times, parts[1], g_str_equal(action, "cancel") ? " (cancel)" : "", NULL));
        i += same;
    }
    return join(words);
}

static char *describe_answer(const Answer *answer, bool resent)
{
    g_autofree char *code = answer_element(answer, "code");
    if (answer->status == 200) {
        return g_strdup(resent ? "200 original receipt" : "200 receipt");
    }
    return g_strdup_printf("%ld %s", answer->status, code ? code : "");
}

/* "0.6 → 1.0 ms": answered, and at the platform. */
static void print_times(gint64 answered_us, gint64 delivered_us, int width)
{
    g_autofree char *one = g_strdup_printf("%.1f", (double)answered_us / 1000);
    g_autofree char *text = delivered_us < 0
                                ? g_strdup_printf("%s ms", one)
                                : g_strdup_printf("%s → %.1f ms", one, (double)delivered_us / 1000);
    table_cell(text, -width, PLAIN);
}

static gint64 last_arrival(Demo *demo, GPtrArray *events)
{
    gint64 last = -1;
    for (unsigned i = 0; events->len > 0 && platform_event(demo->platform, i); i++) {
        if (platform_event(demo->platform, i) == events->pdata[events->len - 1]) {
            last = platform_arrival(demo->platform, i);
        }
    }
    return last;
}

static void print_row(Demo *demo, unsigned number, const Step *step, const Answer *answer, GPtrArray *events,
                      gint64 started)
{
    g_autoptr(GPtrArray) marks = g_ptr_array_new();
    for (unsigned i = 0; i < events->len; i++) {
        add_marks(events->pdata[i], marks);
    }
    g_autofree char *position = g_strdup_printf("%u", number), *reply = describe_answer(answer, step->resend);
    g_autofree char *types = describe_events(events), *marked = join(marks);
    static const char *const ways[] = {"", " SOAP 1.1", " SOAP 1.2"};
    g_autofree char *way = g_strconcat(step->bytes, ways[step->as], NULL);
    gint64 arrived = step->resend ? -1 : last_arrival(demo, events);
    table_cell(position, -3, DIM);
    table_cell("  ", 2, PLAIN);
    table_cell(step->title, 37, PLAIN);
    table_cell(way, 18, DIM);
    table_cell(reply, 25, answer->status == 200 ? (step->resend ? CYAN : GREEN) : YELLOW);
    print_times(answer->took_us, arrived < 0 ? -1 : arrived - started, 16);
    table_cell("  ", 2, PLAIN);
    const char *made = step->resend            ? "no second event"
                       : answer->status != 200 ? "nothing was taken"
                       : *types                ? types
                                               : "none: nothing to report";
    table_cell(made, 0, step->resend ? CYAN : *types ? PLAIN : DIM);
    putchar('\n');
    if (!step->resend && *marked) {
        table_cell("", 60, PLAIN);
        table_cell(marked, 0, DIM);
        putchar('\n');
    }
    fflush(stdout);
}

void demo_head(void)
{
    table_cell("  #", 5, DIM);
    table_cell("PAYLOAD", 37, DIM);
    table_cell("BYTES", 18, DIM);
    table_cell("ANSWER", 25, DIM);
    table_cell("ANSWERED → THERE", -16, DIM);
    table_cell("  EVENTS AT THE PLATFORM (below: marks)", 0, DIM);
    putchar('\n');
}

/* ---- Judging it ---- */

static void surprise(Demo *demo, const char *what)
{
    table_cell("     ! ", 0, RED);
    table_cell(what, 0, RED);
    putchar('\n');
    demo->surprises++;
}

static void wait_for(Demo *demo, const char *id, unsigned expected)
{
    gint64 deadline = g_get_monotonic_time() + DELIVERED_MS * 1000;
    for (;;) {
        g_autoptr(GPtrArray) events = platform_events_of(demo->platform, id);
        if (events->len >= expected || g_get_monotonic_time() > deadline) {
            return;
        }
        g_usleep(200);
    }
}

static bool is_known(Demo *demo, const char *id)
{
    for (unsigned i = 0; i < demo->sent->len; i++) {
        if (g_str_equal(g_array_index(demo->sent, Sent, i).message_id, id)) {
            return true;
        }
    }
    return false;
}

static void judge(Demo *demo, const Step *step, const Answer *answer, const Expected *expected, char *id)
{
    g_autofree char *code = answer_element(answer, "code");
    if (!expected->accepted) {
        demo->refused++;
        if (answer->status < 400 || (expected->fault && g_strcmp0(code, expected->fault) != 0)) {
            surprise(demo, "this should have been refused, for another reason or at all");
        }
    } else if (answer->status != 200 || !id) {
        surprise(demo, answer->body->str);
    } else if (step->resend) {
        demo->resent++;
        if (!is_known(demo, id)) {
            surprise(demo, "this should have been answered with the original receipt");
        }
    } else {
        Sent sent = {g_strdup(id), expected->events};
        g_array_append_val(demo->sent, sent);
        demo->accepted++;
    }
}

void demo_step(Demo *demo, unsigned number, const Step *step)
{
    Expected expected = load_expected(step);
    gint64 started = g_get_monotonic_time();
    g_autoptr(Answer) answer = send_step(demo, step);
    g_autofree char *id = answer->status == 200 ? answer_element(answer, "messageId") : NULL;
    if (!id && answer->status == 200) {
        id = g_strdup(answer->message_id);
    }
    if (id && !step->resend && !demo->platform_down) {
        wait_for(demo, id, expected.events);
    }
    g_autoptr(GPtrArray) events = id ? platform_events_of(demo->platform, id) : g_ptr_array_new();
    print_row(demo, number, step, answer, events, started);
    judge(demo, step, answer, &expected, id);
    if (id && !step->resend && !demo->platform_down && events->len != expected.events) {
        surprise(demo, "another number of events came than the fixture says");
    }
    g_free(expected.fault);
}
