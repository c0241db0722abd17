/* What is looked at, and how it is told. Reading order: the looks at consumers, sources and the bus; telling; the pages. Texts have names of the
 * configuration and figures only. Main thread. */
#include "core/alarms.h"

#include "core/alarm-book.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/config/calendar.h"
#include "core/delivery/policy.h"
#include "spool/repair.h"

#include <sys/stat.h>

#define LOOK_US (2 * HT_SECOND)
#define MINUTE_US (60 * HT_SECOND)
#define MINUTES 10      /* over which a source's refusals are counted */
#define FEW_MESSAGES 10 /* of fewer, a share says nothing */

/* A source's counts, minute by minute. */
typedef struct {
    uint64_t messages[MINUTES + 1], refused[MINUTES + 1]; /* the latest at `at` */
    unsigned at, kept;
    int64_t since_us; /* of which figures they are: a source that was gone and is there again counts anew */
} AlarmCounts;

/* All zero: there is none. */
typedef struct {
    char *path;
    struct timespec changed;
    ino_t number;
    dev_t device;
    off_t size;
} AlarmFile;

struct HtAlarms {
    const HtBus *bus;
    HtCalendar *calendar;
    HtAlarmBook *book;
    GHashTable *counted;        /* name of a source → AlarmCounts */
    AlarmFile calendar_file;    /* as it was when it was read last */
    int64_t next_us, minute_us; /* monotonic */
};

typedef struct {
    const char *kind;
    bool told; /* /ready says it already, by the part whose it is */
} AlarmKind;

static const AlarmKind kinds[] = {{"oldest", false},  {"backlog", false}, {"dead-letters", false},
                                  {"purpose", true},  {"silence", false}, {"refused", false},
                                  {"adapter", false}, {"disk", true},     {"certificate", false},
                                  {"audit", true},    {"damaged", true},  {"retention", true}};

/* ---- Looking ---- */

/* `text` is taken over; NULL: all is well. */
static void look(HtAlarms *alarms, const char *kind, const char *about, char *text)
{
    ht_alarm_book_look(alarms->book, kind, about, text, ht_clock_now());
    g_free(text);
}

/* "90 s", "5 min", "3 h", "2 days". */
static char *write_time(int64_t time_us)
{
    int64_t seconds = time_us / HT_SECOND;
    return seconds < 120      ? g_strdup_printf("%" G_GINT64_FORMAT " s", seconds)
           : seconds < 7200   ? g_strdup_printf("%" G_GINT64_FORMAT " min", seconds / 60)
           : seconds < 172800 ? g_strdup_printf("%" G_GINT64_FORMAT " h", seconds / 3600)
                              : g_strdup_printf("%" G_GINT64_FORMAT " days", seconds / 86400);
}

static char *find_oldest(const HtConsumerStatus *status, const HtConsumerConfig *config)
{
    int64_t age_us = status->oldest_us > 0 ? ht_clock_now() - status->oldest_us : 0;
    if (config->alarm_oldest_ms == 0 || age_us < (int64_t)config->alarm_oldest_ms * 1000) {
        return NULL;
    }
    g_autofree char *age = write_time(age_us);
    return g_strdup_printf("its oldest event has waited for %s; it is %s%s%s", age, status->state,
                           status->last_error ? ": " : "", status->last_error ? status->last_error : "");
}

static char *find_backlog(const HtConsumerStatus *status, const HtConsumerConfig *config)
{
    bool much = config->alarm_backlog > 0 && status->backlog >= config->alarm_backlog;
    return much ? g_strdup_printf("%" G_GUINT64_FORMAT " events are behind its cursor", status->backlog)
                : NULL;
}

static char *find_letters(const HtConsumerStatus *status, const HtConsumerConfig *config)
{
    bool much = config->alarm_dead > 0 && status->letters >= config->alarm_dead;
    return much ? g_strdup_printf("it has %" G_GUINT64_FORMAT " dead letters: hutong dead list %s",
                                  status->letters, status->name)
                : NULL;
}

static char *find_purpose(const HtConsumerStatus *status)
{
    HtPurpose purpose = ht_policy_purpose(status->policy);
    return purpose == HT_PURPOSE_ENDS     ? g_strdup("its purpose lapses soon: renew purpose-until")
           : purpose == HT_PURPOSE_LAPSED ? g_strdup("its purpose has lapsed: it gets no personal data")
                                          : NULL;
}

static void look_at_consumer(HtAlarms *alarms, unsigned index)
{
    HtConsumerStatus status;
    ht_delivery_status(alarms->bus->delivery, index, &status);
    const HtConsumerConfig *config = ht_config_consumer(alarms->bus->config, status.name);
    g_autofree char *about = g_strconcat("consumer ", status.name, NULL);
    if (config) {
        look(alarms, "oldest", about, find_oldest(&status, config));
        look(alarms, "backlog", about, find_backlog(&status, config));
        look(alarms, "dead-letters", about, find_letters(&status, config));
        look(alarms, "purpose", about, find_purpose(&status));
    }
}

/* Since its last message, or since the bus began or a reload brought the source; on working days, if the source is one that rests on others. */
static char *find_silence(const HtAlarms *alarms, const HtSource *source)
{
    const HtSourceConfig *config = source->config;
    const HtSourceFigures *figures = source->figures;
    int64_t from_us =
        figures->last_us > 0 ? figures->last_us : MAX(alarms->bus->started_us, figures->since_us);
    int64_t now_us = ht_clock_now();
    bool works = g_str_equal(config->alarm_days, "working");
    if (ht_spool_paused(alarms->bus->spool, HT_SPOOL_SOURCE, config->name) ||
        ht_spool_paused(alarms->bus->spool, HT_SPOOL_INTAKE, "")) {
        return NULL; /* it may not */
    }
    int64_t silent_us = works ? ht_calendar_working_us(alarms->calendar, from_us, now_us) : now_us - from_us;
    if (config->alarm_silence_ms == 0 || silent_us < (int64_t)config->alarm_silence_ms * 1000) {
        return NULL;
    }
    g_autofree char *age = write_time(silent_us);
    return g_strdup_printf("it has sent nothing for %s%s", age, works ? " of working days" : "");
}

static void count_minute(AlarmCounts *counted, const HtSourceFigures *figures)
{
    counted->at = (counted->at + 1) % (MINUTES + 1);
    counted->messages[counted->at] = figures->messages;
    counted->refused[counted->at] = figures->rejected + figures->failed;
    counted->kept = MIN(counted->kept + 1, MINUTES + 1);
}

static char *find_refused(const AlarmCounts *counted, const HtSource *source)
{
    unsigned first = (counted->at + MINUTES + 2 - counted->kept) % (MINUTES + 1);
    uint64_t messages = source->figures->messages - (counted->kept > 0 ? counted->messages[first] : 0);
    uint64_t refused = source->figures->rejected + source->figures->failed -
                       (counted->kept > 0 ? counted->refused[first] : 0);
    uint64_t percent = source->config->alarm_refused;
    if (percent == 0 || messages < FEW_MESSAGES || refused * 100 < percent * messages) {
        return NULL;
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT " of its last %" G_GUINT64_FORMAT
                           " messages were refused or failed",
                           refused, messages);
}

static char *find_adapter(const HtSource *source)
{
    HtHostStatus host;
    ht_host_status(source->host, &host);
    if (source->gate == HT_GATE_FAILED) {
        return g_strdup("its adapter or mapping failed the check and may not serve: hutong status");
    }
    bool broken = g_str_equal(host.state, "broken") || g_str_equal(host.state, "throttled");
    return broken
               ? g_strdup_printf("its host is %s: %s", host.state, host.reason ? host.reason : "see the log")
               : NULL;
}

static AlarmCounts *find_counts(HtAlarms *alarms, const HtSource *source)
{
    AlarmCounts *counted = g_hash_table_lookup(alarms->counted, source->config->name);
    if (!counted || counted->since_us != source->figures->since_us) {
        counted = g_new0(AlarmCounts, 1);
        counted->since_us = source->figures->since_us;
        g_hash_table_replace(alarms->counted, g_strdup(source->config->name), counted);
    }
    return counted;
}

static gboolean is_no_source(void *name, void *counted, void *user)
{
    const HtSources *sources = user;
    (void)counted;
    for (unsigned i = 0; i < ht_sources_count(sources); i++) {
        if (g_str_equal(ht_sources_at(sources, i)->config->name, name)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Of sources that a reload took away. */
static void drop_counts(HtAlarms *alarms)
{
    if (g_hash_table_size(alarms->counted) > ht_sources_count(alarms->bus->sources)) {
        g_hash_table_foreach_remove(alarms->counted, is_no_source, alarms->bus->sources);
    }
}

static void look_at_source(HtAlarms *alarms, unsigned index, bool minute)
{
    const HtSource *source = ht_sources_at(alarms->bus->sources, index);
    AlarmCounts *counted = find_counts(alarms, source);
    g_autofree char *about = g_strconcat("source ", source->config->name, NULL);
    if (minute) {
        count_minute(counted, source->figures);
    }
    look(alarms, "silence", about, find_silence(alarms, source));
    look(alarms, "refused", about, find_refused(counted, source));
    look(alarms, "adapter", about, find_adapter(source));
}

static char *find_room(const HtSpoolStatus *spool)
{
    return spool->size_level > 0
               ? g_strdup_printf("the spool is near max-size (%u percent): at 100 intake stops",
                                 spool->size_level)
           : spool->intake_stopped ? g_strdup("the spool's disk is full: intake is stopped")
           : spool->disk_level > 0 ? g_strdup("the spool's disk is getting full: at its reserve intake stops")
                                   : NULL;
}

static char *find_certificate(const HtAlarms *alarms)
{
    int64_t ends_s = ht_door_certificate_ends(alarms->bus->door);
    int64_t left_s = ends_s - ht_clock_now() / HT_SECOND;
    int64_t alarm_s = (int64_t)(alarms->bus->config->bus.alarm_certificate_ms / 1000);
    if (ends_s == 0 || alarm_s == 0 || left_s >= alarm_s) {
        return NULL;
    }
    g_autofree char *left = write_time(left_s * HT_SECOND);
    return left_s > 0 ? g_strdup_printf("the public door's certificate ends in %s: renew it", left)
                      : g_strdup("the public door's certificate has ended: clients refuse it");
}

static void look_at_bus(HtAlarms *alarms)
{
    const HtBus *bus = alarms->bus;
    HtSpoolStatus spool;
    HtAuditStatus audit;
    ht_spool_status(bus->spool, &spool);
    ht_audit_status(bus->audit, &audit);
    look(alarms, "disk", "bus", find_room(&spool));
    look(alarms, "certificate", "bus", find_certificate(alarms));
    look(alarms, "audit", "bus",
         audit.works ? NULL : g_strdup_printf("the audit log cannot be written: %s", audit.problem));
    look(alarms, "damaged", "bus",
         spool.damaged > 0
             ? g_strdup_printf("%" G_GUINT64_FORMAT " events of the spool are damaged: hutong spool check",
                               spool.damaged)
             : NULL);
    look(alarms, "retention", "bus", ht_retention_notice(bus->retention));
}

static AlarmFile look_at_file(const char *path)
{
    AlarmFile file = {.path = g_strdup(path)};
    struct stat info;
    if (path && stat(path, &info) == 0) {
        file.changed = info.st_ctim;
        file.number = info.st_ino;
        file.device = info.st_dev;
        file.size = info.st_size;
    }
    return file;
}

static bool is_same_file(const AlarmFile *a, const AlarmFile *b)
{
    return g_strcmp0(a->path, b->path) == 0 && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec && a->number == b->number && a->device == b->device &&
           a->size == b->size;
}

/* A calendar that was changed, or another one, counts from now on; while it cannot be read the former one does. */
static void renew_calendar(HtAlarms *alarms)
{
    const char *path = alarms->bus->config->bus.calendar;
    AlarmFile file = look_at_file(path);
    if (is_same_file(&file, &alarms->calendar_file)) {
        g_free(file.path);
        return;
    }
    g_free(alarms->calendar_file.path);
    alarms->calendar_file = file;
    g_autoptr(GString) wrong = g_string_new(NULL);
    HtCalendar *calendar = ht_calendar_load(path, wrong);
    if (calendar) {
        ht_calendar_free(alarms->calendar);
        alarms->calendar = calendar;
        ht_log(HT_LOG_INFO, "alarm", "the calendar was read anew");
    } else {
        ht_log(HT_LOG_WARNING, "alarm", "the calendar is not taken, the former one counts: %s",
               g_strchomp(wrong->str));
    }
}

void ht_alarms_tick(HtAlarms *alarms)
{
    int64_t now_us = ht_clock_monotonic();
    if (now_us < alarms->next_us) {
        return;
    }
    bool minute = now_us >= alarms->minute_us;
    alarms->next_us = now_us + LOOK_US;
    alarms->minute_us = minute ? now_us + MINUTE_US : alarms->minute_us;
    ht_alarm_book_set_calm(alarms->book, (int64_t)alarms->bus->config->bus.alarm_calm_ms * 1000);
    renew_calendar(alarms);
    for (unsigned i = 0; i < ht_delivery_consumers(alarms->bus->delivery); i++) {
        look_at_consumer(alarms, i);
    }
    for (unsigned i = 0; i < ht_sources_count(alarms->bus->sources); i++) {
        look_at_source(alarms, i, minute);
    }
    drop_counts(alarms);
    look_at_bus(alarms);
    ht_alarm_book_sweep(alarms->book, ht_clock_now());
}

/* ---- Telling ---- */

static void note_kept(const HtReceipt *receipt, const GError *error, void *user)
{
    (void)receipt;
    (void)user;
    if (error) {
        ht_log(HT_LOG_WARNING, "alarm", "the event of it could not be kept: %s", error->message);
    }
}

static void add_element(HtBuffer *data, const char *name, const char *value)
{
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = ht_text_from(name), .value = ht_text_from(value)};
    ht_item_pack(data, &item);
}

/* The texts of an event and of its message. */
typedef struct {
    HtBuffer data;
    char time[HT_CLOCK_TEXT], since[HT_CLOCK_TEXT];
    char *key;
} AlarmTexts;

static void free_texts(void *user)
{
    AlarmTexts *texts = user;
    ht_buffer_clear(&texts->data);
    g_free(texts->key);
    g_free(texts);
}

static void fill_event(const HtAlarm *alarm, AlarmTexts *texts, HtEvent *event)
{
    ht_clock_format(alarm->since_us, texts->since);
    add_element(&texts->data, "alarm.kind", alarm->kind);
    add_element(&texts->data, "alarm.about", alarm->about);
    add_element(&texts->data, "alarm.state", alarm->ended ? "ended" : "begun");
    add_element(&texts->data, "alarm.since", texts->since);
    add_element(&texts->data, "alarm.text", alarm->text);
    *event = (HtEvent){.attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("bus.alarm.v1"),
                                [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                                [HT_ATTR_TIME] = ht_text_from(texts->time),
                                [HT_ATTR_TIMEPRECISION] = HT_TEXT_LITERAL("second"),
                                [HT_ATTR_DIRECTION] = HT_TEXT_LITERAL("lateral"),
                                [HT_ATTR_DATACLASSIFICATION] = HT_TEXT_LITERAL("0"),
                                [HT_ATTR_SOURCE] = HT_TEXT_LITERAL(HT_SPOOL_OWN_SOURCE)},
                       .data = ht_buffer_text(&texts->data)};
}

static bool is_routed(const HtConfig *config)
{
    for (unsigned i = 0; i < config->routes->len; i++) {
        const HtRouteConfig *route = config->routes->pdata[i];
        for (char **type = route->types; type && *type; type++) {
            if (g_str_equal(*type, "bus.alarm") || g_str_equal(*type, "bus.alarm.v1")) {
                return true;
            }
        }
    }
    return false;
}

/* Only where somebody gets it: the spool is no log. */
static void append_event(const HtAlarms *alarms, const HtAlarm *alarm, int64_t now_us)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    AlarmTexts *texts = g_new0(AlarmTexts, 1);
    HtEvent event;
    ht_clock_format(now_us, texts->time);
    fill_event(alarm, texts, &event);
    message->id = ht_uuid_new();
    message->source = HT_SPOOL_OWN_SOURCE;
    message->received_us = now_us;
    ht_sha256(event.data, message->sha256);
    texts->key = g_strdup_printf("alarm %s %s %s %s", alarm->kind, alarm->about,
                                 alarm->ended ? "ended" : "begun", texts->time);
    message->key = ht_text_from(texts->key);
    message->events = g_array_new(FALSE, TRUE, sizeof(HtEvent));
    g_array_append_val(message->events, event);
    message->backing = g_bytes_new_with_free_func(texts->data.data, texts->data.size, free_texts, texts);
    ht_spool_append(alarms->bus->spool, message, note_kept, NULL);
}

static void tell(const HtAlarm *alarm, int64_t now_us, void *user)
{
    const HtAlarms *alarms = user;
    if (alarm->ended) {
        g_autofree char *lasted = write_time(now_us - alarm->since_us);
        ht_log(HT_LOG_INFO, "alarm", "ends: %s, %s, after %s", alarm->about, alarm->kind, lasted);
    } else {
        ht_log(HT_LOG_WARNING, "alarm", "begins: %s, %s: %s", alarm->about, alarm->kind, alarm->text);
    }
    if (is_routed(alarms->bus->config)) {
        append_event(alarms, alarm, now_us);
    }
}

HtAlarms *ht_alarms_new(const HtBus *bus, GError **error)
{
    g_autoptr(GString) wrong = g_string_new(NULL);
    AlarmFile file = look_at_file(bus->config->bus.calendar);
    HtCalendar *calendar = ht_calendar_load(bus->config->bus.calendar, wrong);
    if (!calendar) {
        g_free(file.path);
        g_set_error_literal(error, HT_GUARD_ERROR, 0, g_strchomp(wrong->str));
        return NULL;
    }
    HtAlarms *alarms = g_new0(HtAlarms, 1);
    alarms->bus = bus;
    alarms->calendar = calendar;
    alarms->book = ht_alarm_book_new((int64_t)bus->config->bus.alarm_calm_ms * 1000, tell, alarms);
    alarms->calendar_file = file;
    alarms->counted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return alarms;
}

void ht_alarms_free(HtAlarms *alarms)
{
    ht_alarm_book_free(alarms->book);
    ht_calendar_free(alarms->calendar);
    g_hash_table_unref(alarms->counted);
    g_free(alarms->calendar_file.path);
    g_free(alarms);
}

/* ---- The pages ---- */

void ht_alarms_json(const HtAlarms *alarms, HtBuffer *json)
{
    ht_json_name(json, "alarms");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ht_alarm_book_count(alarms->book); i++) {
        const HtAlarm *alarm = ht_alarm_book_at(alarms->book, i);
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "kind", ht_text_from(alarm->kind));
        ht_json_member(json, "about", ht_text_from(alarm->about));
        ht_json_member_time(json, "since", alarm->since_us);
        ht_json_member(json, "text", ht_text_from(alarm->text));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}

void ht_alarms_metrics(const HtAlarms *alarms, HtBuffer *text)
{
    const HtMetric *metric = ht_metric_begin(text, "alarms");
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        unsigned count = 0;
        for (unsigned i = 0; i < ht_alarm_book_count(alarms->book); i++) {
            count += g_str_equal(ht_alarm_book_at(alarms->book, i)->kind, kinds[k].kind);
        }
        ht_metric_add(text, metric, kinds[k].kind, count);
    }
}

static bool is_told(const char *kind)
{
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        if (g_str_equal(kinds[k].kind, kind)) {
            return kinds[k].told;
        }
    }
    return false;
}

char *ht_alarms_notice(const HtAlarms *alarms)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < ht_alarm_book_count(alarms->book); i++) {
        const HtAlarm *alarm = ht_alarm_book_at(alarms->book, i);
        if (!is_told(alarm->kind)) {
            g_string_append_printf(text, "%s%s: %s", text->len > 0 ? "\n" : "", alarm->about, alarm->text);
        }
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}
