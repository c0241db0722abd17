/* Pausing on purpose; see pauses.h. Main thread. */
#include "core/pauses.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/metrics.h"
#include "core/bus.h"
#include "core/config/suggest.h"
#include "spool/repair.h"
#include "spool/status.h"

typedef struct {
    HtSpoolParty party;
    const char *kind; /* as administrators call it, and the member that names it */
    const char
        *begin; /* the verb that does not let what is under way come to its end first; NULL: there is none */
    const char *drain, *end;
    const char *unknown; /* what is said of a name that none has; NULL: they have no names */
} Pausable;

static const Pausable consumers = {HT_SPOOL_CONSUMER, "consumer", "pause",
                                   "drain",           "resume",   "there is no consumer of this name"};
static const Pausable sources = {HT_SPOOL_SOURCE, "source", "pause",
                                 "drain",         "resume", "there is no source of this name"};
static const Pausable routes = {HT_SPOOL_ROUTE, "route",  "pause",
                                "drain",        "resume", "there is no route of this name"};
static const Pausable intake = {HT_SPOOL_INTAKE, "maintenance", NULL, "on", "off", NULL};

static const char *text_of(JsonObject *asked, const char *member)
{
    return json_object_get_string_member_with_default(asked, member, "");
}

/* ---- What is under way ---- */

static uint64_t under_way_of_source(const HtBus *bus, const char *name)
{
    uint64_t count = 0;
    for (unsigned i = 0; bus->sources && i < ht_sources_count(bus->sources); i++) {
        const HtSource *source = ht_sources_at(bus->sources, i);
        count += !name || g_str_equal(source->config->name, name) ? source->figures->under_way : 0;
    }
    return count;
}

static uint64_t under_way_of_route(const HtBus *bus, const HtRouteConfig *route)
{
    uint64_t count = 0;
    for (unsigned i = 0; bus->delivery && route && route->to[i]; i++) {
        HtConsumerStatus status;
        count += ht_delivery_find(bus->delivery, route->to[i], &status) ? status.held_sending : 0;
    }
    return count;
}

static const HtRouteConfig *find_route(const HtConfig *config, const char *name)
{
    for (unsigned i = 0; i < config->routes->len; i++) {
        const HtRouteConfig *route = config->routes->pdata[i];
        if (g_str_equal(route->name, name)) {
            return route;
        }
    }
    return NULL;
}

static uint64_t under_way(const HtBus *bus, HtSpoolParty party, const char *name)
{
    HtConsumerStatus status;
    switch (party) {
    case HT_SPOOL_CONSUMER:
        return bus->delivery && ht_delivery_find(bus->delivery, name, &status) ? status.under_way : 0;
    case HT_SPOOL_SOURCE: return under_way_of_source(bus, name);
    case HT_SPOOL_ROUTE: return under_way_of_route(bus, find_route(bus->config, name));
    default: return under_way_of_source(bus, NULL);
    }
}

/* ---- The verbs ---- */

typedef struct {
    const HtBus *bus;
    HtAdminReply *reply;
    const Pausable *of;
    char *name;
} Change;

/* When it is on disk. */
static void on_settled(const GError *error, void *user)
{
    g_autofree Change *change = user;
    g_autofree char *name = change->name;
    if (error) {
        ht_admin_refuse(change->reply, 503, error->message);
        return;
    }
    uint64_t count = under_way(change->bus, change->of->party, name);
    const HtSpoolPause *pause = ht_spool_paused(change->bus->spool, change->of->party, name);
    g_autofree char *json = g_strdup_printf("{\"state\":\"%s\",\"underWay\":%" G_GUINT64_FORMAT "}\n",
                                            ht_spool_pause_state(pause, count), count);
    ht_admin_reply(change->reply, 200, ht_text_from(json));
}

static const GPtrArray *known(const HtConfig *config, HtSpoolParty party)
{
    return party == HT_SPOOL_CONSUMER ? config->consumers
           : party == HT_SPOOL_SOURCE ? config->sources
                                      : config->routes;
}

/* Also what is configured no more can go on. */
static bool is_known(const HtBus *bus, const Pausable *of, const char *name)
{
    if (of->party == HT_SPOOL_INTAKE || ht_spool_paused(bus->spool, of->party, name)) {
        return true;
    }
    const GPtrArray *records = known(bus->config, of->party);
    for (unsigned i = 0; i < records->len; i++) {
        if (g_str_equal(*(char *const *)records->pdata[i], name)) {
            return true;
        }
    }
    return false;
}

static void refuse_name(const HtBus *bus, const Pausable *of, const char *name, HtAdminReply *reply)
{
    const char *meant = ht_suggest_record(name, known(bus->config, of->party));
    g_autofree char *text =
        meant ? g_strdup_printf("%s; did you mean '%s'?", of->unknown, meant) : g_strdup(of->unknown);
    ht_admin_refuse(reply, 404, text);
}

static bool are_good_words(JsonObject *asked, HtAdminReply *reply)
{
    const char *reason = text_of(asked, "reason"), *notice = text_of(asked, "notice");
    if (*reason && !ht_spool_repair_is_reason(reason)) {
        ht_admin_refuse(reply, 400, "a reason is 1 to 200 bytes of plain text, without long numbers");
    } else if (*notice && !ht_spool_repair_is_plain(notice, HT_PAUSES_NOTICE_BYTES)) {
        ht_admin_refuse(reply, 400, "a notice is 1 to 500 bytes of plain text, without long numbers");
    } else {
        return true;
    }
    return false;
}

/* NONE: it goes on. False when it is no such verb. */
static bool read_verb(const Pausable *of, const char *verb, HtSpoolPauseKind *kind)
{
    bool begins = g_strcmp0(verb, of->begin) == 0, drains = g_str_equal(verb, of->drain);
    *kind = begins ? HT_SPOOL_PAUSE_ADMIN : drains ? HT_SPOOL_PAUSE_DRAIN : HT_SPOOL_PAUSE_NONE;
    return begins || drains || g_str_equal(verb, of->end);
}

/* A pause may become a drain, the other way, and get other words; those that are not said again stay. */
static void keep_words(const HtSpoolPause *now, HtSpoolPause *next)
{
    if (now && next->kind != HT_SPOOL_PAUSE_NONE) {
        next->since_us = now->since_us;
        next->reason = *next->reason ? next->reason : now->reason;
        next->notice = *next->notice ? next->notice : now->notice;
        next->retry_s = next->retry_s > 0 ? next->retry_s : now->retry_s;
    }
}

static bool is_same(const HtSpoolPause *now, const HtSpoolPause *next)
{
    return now && now->kind == next->kind && g_str_equal(now->reason, next->reason) &&
           g_str_equal(now->notice, next->notice) && now->retry_s == next->retry_s;
}

static void record(const Change *change, const char *verb, const HtSpoolPause *next)
{
    const HtBus *bus = change->bus;
    g_autofree char *deed = g_strdup_printf("%s %s", change->of->kind, verb);
    g_autofree char *what =
        g_strdup_printf("%s%s%s%s", change->name, *change->name && *next->notice ? ", " : "",
                        *next->notice ? "notice: " : "", next->notice);
    ht_spool_audit(bus->spool, ht_admin_uid(change->reply), deed, what, next->reason);
    ht_admin_note(change->reply, "%s%s%s%s%s", deed, *what ? " " : "", what, *next->reason ? ": " : "",
                  next->reason);
}

static void make(const Change *change, const char *verb, const HtSpoolPause *next)
{
    const HtBus *bus = change->bus;
    record(change, verb, next); /* the words may be those of the pause that ends here */
    ht_spool_pause(bus->spool, change->of->party, change->name, next);
    if (bus->delivery) {
        ht_delivery_wake(bus->delivery, ht_spool_last_sequence(bus->spool));
    }
}

static void change(const HtBus *bus, const Pausable *of, JsonObject *asked, HtAdminReply *reply)
{
    const char *verb = text_of(asked, "verb");
    const char *name = of->party == HT_SPOOL_INTAKE ? "" : text_of(asked, of->kind);
    HtSpoolPause next = {.since_us = ht_clock_now(),
                         .uid = ht_admin_uid(reply),
                         .reason = (char *)text_of(asked, "reason"),
                         .notice = (char *)text_of(asked, "notice")};
    if (!is_known(bus, of, name)) {
        refuse_name(bus, of, name, reply);
        return;
    }
    if (!read_verb(of, verb, &next.kind)) {
        g_autofree char *text = g_strdup_printf("the verb is %s%s%s or %s", of->begin ? of->begin : "",
                                                of->begin ? ", " : "", of->drain, of->end);
        ht_admin_refuse(reply, 400, text);
        return;
    }
    if (!are_good_words(asked, reply)) {
        return;
    }
    next.retry_s = (unsigned)json_object_get_int_member_with_default(asked, "retryAfterS", 0);
    const HtSpoolPause *now = ht_spool_paused(bus->spool, of->party, name);
    keep_words(now, &next);
    if (next.kind != HT_SPOOL_PAUSE_DRAIN && (!now ? !next.kind : is_same(now, &next))) {
        ht_admin_refuse(reply, 409, now ? "it is paused already" : "it is not paused");
        return;
    }
    Change *made = g_new(Change, 1);
    *made = (Change){bus, reply, of, g_strdup(name)};
    if (!is_same(now, &next)) {
        make(made, verb, &next);
    }
    ht_spool_settle(bus->spool, on_settled, made); /* who drains once more is told how far it is */
}

void ht_pauses_consumer(void *bus, JsonObject *asked, HtAdminReply *reply)
{
    change(bus, &consumers, asked, reply);
}

void ht_pauses_source(void *bus, JsonObject *asked, HtAdminReply *reply)
{
    change(bus, &sources, asked, reply);
}

void ht_pauses_route(void *bus, JsonObject *asked, HtAdminReply *reply)
{
    change(bus, &routes, asked, reply);
}

void ht_pauses_maintenance(void *bus, JsonObject *asked, HtAdminReply *reply)
{
    change(bus, &intake, asked, reply);
}

/* ---- The pages ---- */

static void add_line(const HtBus *bus, const Pausable *of, const char *name, GString *text)
{
    const HtSpoolPause *pause = ht_spool_paused(bus->spool, of->party, name);
    char since[HT_CLOCK_TEXT];
    if (!pause || pause->kind == HT_SPOOL_PAUSE_GONE) {
        return;
    }
    ht_clock_format(pause->since_us, since);
    const char *words = *pause->reason ? pause->reason : pause->notice;
    if (of->party == HT_SPOOL_INTAKE) {
        g_string_append_printf(text, "maintenance since %s, no source takes anything", since);
    } else {
        g_string_append_printf(text, "%s %s is %s since %s", of->kind, name,
                               ht_spool_pause_state(pause, under_way(bus, of->party, name)), since);
    }
    g_string_append_printf(text, "%s%s\n", *words ? ": " : "", words);
}

char *ht_pauses_notice(const void *user)
{
    static const Pausable *const kinds[] = {&sources, &routes, &consumers};
    const HtBus *bus = user;
    g_autoptr(GString) text = g_string_new(NULL);
    add_line(bus, &intake, "", text);
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const GPtrArray *records = known(bus->config, kinds[i]->party);
        for (unsigned k = 0; k < records->len; k++) {
            add_line(bus, kinds[i], *(char *const *)records->pdata[k], text);
        }
    }
    g_string_truncate(text, text->len > 0 ? text->len - 1 : 0);
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

static void add_route(const HtBus *bus, const HtRouteConfig *route, HtBuffer *json)
{
    const HtSpoolPause *pause = ht_spool_paused(bus->spool, HT_SPOOL_ROUTE, route->name);
    uint64_t count = pause ? under_way_of_route(bus, route) : 0;
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(route->name));
    ht_json_member(json, "state", ht_text_from(ht_spool_pause_state(pause, count)));
    ht_json_name(json, "to");
    ht_buffer_add_char(json, '[');
    for (char **consumer = route->to; *consumer; consumer++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(*consumer));
    }
    ht_buffer_add_char(json, ']');
    if (pause) {
        ht_json_member_number(json, "underWay", (int64_t)count);
    }
    ht_spool_pause_json("pause", pause, json);
    ht_buffer_add_char(json, '}');
}

void ht_pauses_json(const void *user, HtBuffer *json)
{
    const HtBus *bus = user;
    ht_spool_pause_json("maintenance", ht_spool_paused(bus->spool, HT_SPOOL_INTAKE, ""), json);
    ht_json_name(json, "routes");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < bus->config->routes->len; i++) {
        add_route(bus, bus->config->routes->pdata[i], json);
    }
    ht_buffer_add_char(json, ']');
}

void ht_pauses_metrics(const void *user, HtBuffer *text)
{
    const HtBus *bus = user;
    ht_metric_one(text, "maintenance", ht_spool_paused(bus->spool, HT_SPOOL_INTAKE, "") != NULL);
    const HtMetric *metric = ht_metric_begin(text, "route_paused");
    for (unsigned i = 0; i < bus->config->routes->len; i++) {
        const HtRouteConfig *route = bus->config->routes->pdata[i];
        ht_metric_add(text, metric, route->name,
                      ht_spool_paused(bus->spool, HT_SPOOL_ROUTE, route->name) != NULL);
    }
}
