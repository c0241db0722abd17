/* Sends one resident's life and shows it twice: what the departments sent, in order, and what the platform got. Every
 * event has to be of the same subject, although no two departments name the resident alike, and no name or number may
 * come through unmasked. What is about the grandmother has to be of another one. */
#include "tests/demo/life.h"
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <stdio.h>
#include <string.h>

#define WHEN_WIDTH 11
#define OFFICE_WIDTH 22
#define TITLE_WIDTH 17
#define FORM_WIDTH 33
#define SUBJECT_SHOWN 8
#define FACTS 3 /* shown of one event */
#define TYPE_WIDTH 33
#define SEEN_WIDTH 50

static const char *const office_names[OFFICES] = {"卫生 health", "公安 police",         "教育 education",
                                                  "人社 labour", "公积金 housing fund", "民政 civil affairs",
                                                  "财政 finance"};

/* What must not reach a platform that is to see names and numbers masked. */
static const char *const secrets[] = {
    "测试䶮", "测试庚", "测试己", "99010419910315993", "99010419921008994", "99010419310203992"};

typedef struct {
    const LifeStep *step;
    GPtrArray *events; /* NULL: refused */
    gsize size;        /* of what was sent */
} Chapter;

typedef struct {
    Demo *demo;
    GArray *chapters;  /* of Chapter */
    char *resident;    /* subject of the first event */
    char *grandmother; /* the same of hers */
} Life;

static const char *get(JsonObject *event, const char *name)
{
    return json_object_get_string_member_with_default(event, name, "");
}

/* ---- Checking ---- */

static void complain(Life *life, const LifeStep *step, const char *what)
{
    g_autofree char *text = g_strdup_printf("%s: %s", step->title, what);
    demo_surprise(life->demo, text);
}

static bool is_vaccination(JsonObject *event)
{
    return g_str_has_prefix(get(event, "type"), "health.vaccinated");
}

static bool is_resident(const Life *life, JsonObject *event)
{
    return g_strcmp0(get(event, "subject"), life->resident) == 0;
}

static void check_event(Life *life, const LifeStep *step, JsonObject *event)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), event);
    g_autofree char *text = json_to_string(node, FALSE);
    if (!g_str_equal(get(event, "type"), step->type)) {
        complain(life, step, get(event, "type"));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(secrets); i++) {
        if (strstr(text, secrets[i])) {
            complain(life, step, "a name or a number came through unmasked");
        }
    }
    if (is_vaccination(event)) { /* whose day is above the clearance, too */
        JsonObject *data = json_object_get_object_member(event, "data");
        if (json_object_has_member(data, "vaccination") || json_object_has_member(event, "time")) {
            complain(life, step, "elements above the platform's clearance came through");
        }
    } else if ((is_resident(life, event) || step->grandmother) && step->date &&
               strcmp(get(event, "time"), step->date) < 0) {
        complain(life, step, "it happened at another time");
    }
}

static void check_chapter(Life *life, const Chapter *chapter)
{
    const LifeStep *step = chapter->step;
    unsigned of_resident = 0;
    if (!chapter->events || chapter->events->len != step->events) {
        complain(life, step, "another number of events came");
        return;
    }
    for (unsigned i = 0; i < chapter->events->len; i++) {
        JsonObject *event = chapter->events->pdata[i];
        of_resident += is_resident(life, event);
        check_event(life, step, event);
        if (!g_str_equal(get(event, "correlationid"), get(chapter->events->pdata[0], "correlationid"))) {
            complain(life, step, "its events are not tied together");
        }
    }
    JsonObject *first = chapter->events->pdata[0];
    bool is_hers = g_strcmp0(get(first, "subject"), life->grandmother) == 0;
    if (of_resident != step->events - step->others || is_hers != step->grandmother) {
        complain(life, step, "it is about another subject");
    }
}

/* ---- Sending ---- */

static Answer *post_step(Demo *demo, const LifeStep *step, gsize *size)
{
    g_autofree char *path = g_build_filename("tests/demo/data", step->file, NULL);
    g_autofree char *bytes = read_source_file(path, size);
    return demo_send(demo, &(Message){step->source, "text/xml", NULL, bytes, *size});
}

static void send_step(Life *life, const LifeStep *step)
{
    Chapter chapter = {.step = step};
    g_autoptr(Answer) answer = post_step(life->demo, step, &chapter.size);
    g_autofree char *id = demo_message_id(answer);
    if (id) {
        demo_remember(life->demo, id, step->events);
        chapter.events = demo_wait_events(life->demo, id, step->events);
        char **subject = step->grandmother ? &life->grandmother : &life->resident;
        if (!*subject && chapter.events->len > 0) {
            *subject = g_strdup(get(chapter.events->pdata[0], "subject"));
        }
    } else {
        complain(life, step, answer->body->str);
    }
    g_array_append_val(life->chapters, chapter);
}

void demo_life_again(Demo *demo)
{
    for (const LifeStep *step = life_steps; step->file; step++) {
        gsize size;
        g_autoptr(Answer) answer = post_step(demo, step, &size);
        g_autofree char *id = demo_message_id(answer);
        if (!id || demo_remember(demo, id, 0)) {
            demo_surprise(demo, "a message that was sent again did not get its original receipt");
        }
        demo->resent++;
    }
}

/* ---- As it was sent ---- */

static char *short_subject(JsonObject *event)
{
    return g_strdup_printf("%.*s…", SUBJECT_SHOWN, get(event, "subject"));
}

/* "person.born": without the version. */
static char *short_type(JsonObject *event)
{
    const char *type = get(event, "type"), *version = strrchr(type, '.');
    return g_strndup(type, version ? (gsize)(version - type) : strlen(type));
}

/* "3× health.vaccinated" */
static char *describe_events(const GPtrArray *events)
{
    if (!events || events->len == 0) {
        return g_strdup("refused");
    }
    g_autofree char *type = short_type(events->pdata[0]);
    return events->len == 1 ? g_steal_pointer(&type) : g_strdup_printf("%u× %s", events->len, type);
}

static void print_chapter(const Chapter *chapter)
{
    const LifeStep *step = chapter->step;
    g_autofree char *form = g_strdup_printf("%s, %s, %zu B", step->form, step->encoding, chapter->size);
    g_autofree char *events = describe_events(chapter->events);
    table_cell(step->date ? step->date : "", WHEN_WIDTH, BOLD);
    table_cell(office_names[step->office], OFFICE_WIDTH, PLAIN);
    table_cell(step->title, TITLE_WIDTH, BOLD);
    table_cell(form, FORM_WIDTH, DIM);
    table_cell("→ ", 0, DIM);
    table_cell(events, 0, chapter->events ? GREEN : RED);
    putchar('\n');
}

static void print_sent(const Life *life)
{
    table_heading("One life, six departments: what each of them sends");
    table_cell("HAPPENED", WHEN_WIDTH, DIM);
    table_cell("DEPARTMENT", OFFICE_WIDTH, DIM);
    table_cell("SENDS", TITLE_WIDTH, DIM);
    table_cell("FORM, ENCODING, SIZE", FORM_WIDTH, DIM);
    table_cell("  BECOMES", 0, DIM);
    putchar('\n');
    for (unsigned i = 0; i < life->chapters->len; i++) {
        print_chapter(&g_array_index(life->chapters, Chapter, i));
    }
}

/* ---- As the platform sees it ---- */

/* What is shown of an event, as far as it has it: groups and elements of the dictionary. */
static const struct {
    const char *group, *element, *name;
} facts[] = {
    {"person", "name", ""},
    {"person", "idNumber", ""},
    {"birth", "certificateNumber", "certificate "},
    {"mother", "name", "mother "},
    {"insurance", "type", "insurance "},
    {"insurance", "status", "status "},
    {"spouse", "name", "with "},
    {"marriage", "registrarName", ""},
    {"move", "fromDivision", "from "},
    {"benefit", "type", ""},
    {"schooling", "enrolledOn", "enrolled "},
    {"employment", "contractFrom", "from "},
    {"employment", "unemployedSince", "since "},
    {"fund", "accountNumber", "account "},
    {"tenancy", "since", "since "},
    {"stay", "since", "since "},
    {"residencePermit", "validUntil", "until "},
    {"residence", "text", ""},
    {"registered", "text", ""},
};

static const char *find_fact(JsonObject *data, const char *group, const char *element)
{
    JsonNode *node = json_object_get_member(data, group);
    if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
        return NULL;
    }
    JsonNode *value = json_object_get_member(json_node_get_object(node), element);
    return value && JSON_NODE_HOLDS_VALUE(value) ? json_node_get_string(value) : NULL;
}

static JsonObject *find_reported(JsonObject *data)
{
    JsonNode *node = json_object_get_member(data, "reported");
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* "测** · 990***993X · from 440106": own facts, and what the department only repeats. */
static char *describe(JsonObject *event)
{
    JsonObject *data = json_object_get_object_member(event, "data"), *reported = find_reported(data);
    bool withheld = is_vaccination(event) && !json_object_has_member(data, "vaccination");
    unsigned most = withheld ? FACTS - 1 : FACTS, shown = 0;
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(facts) && shown < most; i++) {
        const char *fact = find_fact(data, facts[i].group, facts[i].element);
        fact = !fact && reported ? find_fact(reported, facts[i].group, facts[i].element) : fact;
        if (fact) {
            g_string_append_printf(text, "%s%s%s", shown++ > 0 ? " · " : "", facts[i].name, fact);
        }
    }
    g_string_append(text, withheld ? " · vaccine withheld" : "");
    return g_string_free(text, FALSE);
}

static void print_event(const Life *life, const LifeStep *step, JsonObject *event)
{
    g_autofree char *type = short_type(event), *subject = short_subject(event), *seen = describe(event);
    const char *time = get(event, "time");
    const char *happened = *time ? time : is_vaccination(event) ? "withheld" : get(event, "recordedtime");
    g_autofree char *date = g_strndup(happened, 10);
    table_cell(date, WHEN_WIDTH, BOLD);
    table_cell(office_names[step->office], OFFICE_WIDTH, PLAIN);
    table_cell(type, TYPE_WIDTH, GREEN);
    table_cell(subject, 11, is_resident(life, event) ? CYAN : PLAIN);
    table_cell(get(event, "division"), 13, DIM);
    table_cell(seen, SEEN_WIDTH, PLAIN);
    putchar('\n');
}

static void print_received(const Life *life)
{
    table_heading("The same life, as the platform gets it: one subject, names and numbers masked");
    table_cell("HAPPENED", WHEN_WIDTH, DIM);
    table_cell("DEPARTMENT", OFFICE_WIDTH, DIM);
    table_cell("EVENT", TYPE_WIDTH, DIM);
    table_cell("SUBJECT", 11, DIM);
    table_cell("PLACE", 13, DIM);
    table_cell("WHAT THE PLATFORM SEES", 0, DIM);
    putchar('\n');
    for (unsigned i = 0; i < life->chapters->len; i++) {
        const Chapter *chapter = &g_array_index(life->chapters, Chapter, i);
        for (unsigned k = 0; chapter->events && k < chapter->events->len; k++) {
            print_event(life, chapter->step, chapter->events->pdata[k]);
        }
    }
}

static void print_verdict(const Life *life, unsigned surprises_before)
{
    unsigned of_resident = 0;
    for (unsigned i = 0; i < life->chapters->len; i++) {
        const LifeStep *step = g_array_index(life->chapters, Chapter, i).step;
        of_resident += step->events - step->others;
    }
    if (life->demo->surprises == surprises_before) {
        g_autofree char *text = g_strdup_printf(
            "%u messages, %u events of one and the same person; the certificate had no number yet\n  "
            "The funeral home's hint of a death went to nobody: no route names it",
            life->chapters->len, of_resident);
        table_cell("✓ ", 0, GREEN);
        table_cell(text, 0, PLAIN);
        putchar('\n');
    }
}

static void clear_chapter(void *data)
{
    Chapter *chapter = data;
    g_clear_pointer(&chapter->events, g_ptr_array_unref);
}

void demo_life(Demo *demo)
{
    Life life = {.demo = demo, .chapters = g_array_new(FALSE, FALSE, sizeof(Chapter))};
    unsigned surprises_before = demo->surprises;
    g_array_set_clear_func(life.chapters, clear_chapter);
    for (const LifeStep *step = life_steps; step->file; step++) {
        send_step(&life, step);
    }
    print_sent(&life);
    print_received(&life);
    for (unsigned i = 0; i < life.chapters->len; i++) {
        check_chapter(&life, &g_array_index(life.chapters, Chapter, i));
    }
    print_verdict(&life, surprises_before);
    fflush(stdout);
    g_array_unref(life.chapters);
    g_free(life.resident);
    g_free(life.grandmother);
}
