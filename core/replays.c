/* Beginning a replay: between which events a time lies is looked up, then the replay is kept, and delivery begins. Main thread. */
#include "core/replays.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "spool/history.h"

#define LIST_MAX_BYTES 2000

/* A question on its way. */
typedef struct {
    const HtBus *bus;
    HtAdminReply *reply;
    HtSpoolReplay replay;   /* its texts are the question's */
    int64_t from_us, to_us; /* 0: a sequence was given */
    bool failed_only;
} Beginning;

static void free_beginning(Beginning *beginning)
{
    g_free(beginning->replay.consumer);
    g_free(beginning->replay.types);
    g_free(beginning->replay.sources);
    g_free(beginning);
}

static void refuse(Beginning *beginning, unsigned status, const char *text)
{
    ht_admin_refuse(beginning->reply, status, text);
    free_beginning(beginning);
}

/* ---- As JSON ---- */

static void add_replay(const HtBus *bus, const HtSpoolReplay *replay, HtBuffer *json)
{
    static const char *const states[] = {[HT_SPOOL_REPLAY_RUNS] = "running",
                                         [HT_SPOOL_REPLAY_DONE] = "done",
                                         [HT_SPOOL_REPLAY_CANCELLED] = "cancelled"};
    g_autofree char *name = ht_spool_replay_cursor(replay);
    uint64_t cursor = replay->last;
    if (replay->state == HT_SPOOL_REPLAY_RUNS) {
        ht_spool_cursor_open(bus->spool, name, replay->first - 1, &cursor, NULL);
    }
    ht_buffer_add_char(json, '{');
    ht_json_member_number(json, "id", replay->id);
    ht_json_member(json, "consumer", ht_text_from(replay->consumer));
    ht_json_member(json, "state", ht_text_from(states[replay->state]));
    ht_json_member_number(json, "first", (int64_t)replay->first);
    ht_json_member_number(json, "last", (int64_t)replay->last);
    if (replay->state != HT_SPOOL_REPLAY_CANCELLED) {
        ht_json_member_number(json, "cursor", (int64_t)MIN(cursor, replay->last));
    }
    ht_json_member_number(json, "delivered", (int64_t)replay->delivered);
    ht_json_member_number(json, "dead", (int64_t)replay->dead);
    ht_json_member_number(json, "skipped", (int64_t)replay->skipped);
    ht_json_member(json, "types", ht_text_from(replay->types));
    ht_json_member(json, "sources", ht_text_from(replay->sources));
    ht_json_member_time(json, "begun", replay->begun_us);
    ht_json_member_time(json, "ended", replay->ended_us);
    ht_json_member_number(json, "uid", replay->uid);
    ht_buffer_add_char(json, '}');
}

/* ---- Beginning ---- */

typedef struct {
    HtAdminReply *reply;
    HtBuffer json;
} ReplayAnswer;

static void on_settled(const GError *error, void *user)
{
    g_autofree ReplayAnswer *answer = user;
    if (error) {
        ht_admin_refuse(answer->reply, 503, error->message);
    } else {
        ht_admin_reply(answer->reply, 200, ht_buffer_text(&answer->json));
    }
    ht_buffer_clear(&answer->json);
}

/* Why there can be no replay for it now; NULL when there can be one. */
static const char *find_obstacle(const HtBus *bus, const char *consumer)
{
    const GPtrArray *all = ht_spool_replays(bus->spool);
    const char *obstacle = NULL;
    for (unsigned i = 0; i < all->len; i++) {
        const HtSpoolReplay *replay = all->pdata[i];
        if (replay->state == HT_SPOOL_REPLAY_RUNS && g_str_equal(replay->consumer, consumer)) {
            obstacle = "a replay for this consumer is running: hutong replay list";
        }
    }
    return obstacle;
}

/* Of uint64_t: neighbours make one run. */
static GArray *join_runs(const GArray *sequences, uint64_t first, uint64_t last)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    for (unsigned i = 0; sequences && i < sequences->len; i++) {
        uint64_t sequence = g_array_index(sequences, uint64_t, i);
        HtSpoolRun run = {sequence, sequence, 0};
        HtSpoolRun *before = runs->len > 0 ? &g_array_index(runs, HtSpoolRun, runs->len - 1) : NULL;
        if (before && before->last + 1 == sequence) {
            before->last = sequence;
        } else if (sequence >= first && sequence <= last) {
            g_array_append_val(runs, run);
        }
    }
    return runs;
}

/* `wanted` of HtSpoolRun, or NULL. */
static void begin(const HtBus *bus, HtAdminReply *reply, const HtSpoolReplay *asked, const GArray *wanted)
{
    HtSpoolReplay *replay = ht_spool_replay_begin(bus->spool, asked, wanted);
    g_autofree char *what =
        g_strdup_printf("%s, events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "%s", replay->consumer,
                        replay->first, replay->last, wanted ? ", dead letters only" : "");
    ht_spool_audit(bus->spool, replay->uid, "replay", what, "");
    ht_admin_note(reply, "replay %" G_GINT64_FORMAT " for %s", replay->id, what);
    ReplayAnswer *answer = g_new0(ReplayAnswer, 1);
    answer->reply = reply;
    add_replay(bus, replay, &answer->json);
    ht_buffer_add_char(&answer->json, '\n');
    ht_spool_settle(bus->spool, on_settled, answer);
    if (bus->delivery) {
        ht_delivery_replay(bus->delivery, replay);
    }
}

void ht_replays_letters(const HtBus *bus, const char *consumer, const GArray *letters, HtAdminReply *reply)
{
    HtSpoolReplay replay = {.consumer = (char *)consumer,
                            .first = g_array_index(letters, uint64_t, 0),
                            .last = g_array_index(letters, uint64_t, letters->len - 1),
                            .uid = ht_admin_uid(reply),
                            .begun_us = ht_clock_now()};
    const char *obstacle = find_obstacle(bus, consumer);
    if (obstacle) {
        ht_admin_refuse(reply, 409, obstacle);
        return;
    }
    g_autoptr(GArray) wanted = join_runs(letters, replay.first, replay.last);
    begin(bus, reply, &replay, wanted);
}

/* From and to are known. */
static void begin_range(Beginning *beginning)
{
    const HtBus *bus = beginning->bus;
    HtSpoolReplay *replay = &beginning->replay;
    replay->last = MIN(replay->last, ht_spool_last_sequence(bus->spool));
    g_autoptr(GArray) wanted = NULL;
    if (replay->first > replay->last) {
        refuse(beginning, 409, "there are no events between from and to");
        return;
    }
    if (beginning->failed_only) {
        wanted =
            join_runs(ht_spool_dead_sequences(bus->spool, replay->consumer), replay->first, replay->last);
        if (wanted->len == 0) {
            refuse(beginning, 409, "there are no dead letters between from and to");
            return;
        }
        replay->first = g_array_index(wanted, HtSpoolRun, 0).first;
        replay->last = g_array_index(wanted, HtSpoolRun, wanted->len - 1).last;
    }
    const char *obstacle = find_obstacle(bus, replay->consumer);
    if (obstacle) {
        refuse(beginning, 409, obstacle);
        return;
    }
    begin(bus, beginning->reply, replay, wanted);
    free_beginning(beginning);
}

/* In place of times, the sequences between which there is all that was taken then. */
static void look_for_times(Beginning *beginning)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(beginning->bus->config->bus.state, &error);
    HtSpoolSpan span = {beginning->from_us > 0 ? beginning->from_us : INT64_MIN,
                        beginning->to_us > 0 ? beginning->to_us + 1 : INT64_MAX};
    uint64_t first, last;
    if (!look || !ht_spool_look_sequences(look, &span, &first, &last, &error)) {
        refuse(beginning, 503, error->message);
        return;
    }
    HtSpoolReplay *replay = &beginning->replay;
    replay->first = beginning->from_us > 0 ? MAX(first, 1) : replay->first;
    replay->last = beginning->to_us > 0 || last == 0 ? last : replay->last;
    begin_range(beginning);
}

/* ---- Questions ---- */

/* A sequence, or a time as RFC 3339 has it; false when it is neither. */
static bool read_place(JsonObject *asked, const char *member, const char *time_member, uint64_t *sequence,
                       int64_t *time_us)
{
    const char *text = json_object_get_string_member_with_default(asked, time_member, NULL);
    int64_t number = json_object_get_int_member_with_default(asked, member, (int64_t)*sequence);
    g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
    *sequence = (uint64_t)number;
    *time_us = time ? MAX(g_date_time_to_unix(time) * HT_SECOND + g_date_time_get_microsecond(time), 1) : 0;
    return text ? time != NULL : number > 0;
}

static bool is_list(const char *text)
{
    return strlen(text) <= LIST_MAX_BYTES &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-*;")] == '\0';
}

static void read_beginning(const HtBus *bus, JsonObject *asked, HtAdminReply *reply)
{
    const char *name = json_object_get_string_member_with_default(asked, "consumer", "");
    const char *types = json_object_get_string_member_with_default(asked, "types", "");
    const char *sources = json_object_get_string_member_with_default(asked, "sources", "");
    Beginning *beginning = g_new0(Beginning, 1);
    HtSpoolReplay *replay = &beginning->replay;
    *beginning = (Beginning){.bus = bus, .reply = reply};
    *replay = (HtSpoolReplay){.consumer = g_strdup(name),
                              .first = 1,
                              .last = INT64_MAX,
                              .types = g_strdup(types),
                              .sources = g_strdup(sources),
                              .uid = ht_admin_uid(reply),
                              .begun_us = ht_clock_now()};
    beginning->failed_only = json_object_get_boolean_member_with_default(asked, "failedOnly", FALSE);
    if (!ht_config_consumer(bus->config, name)) {
        refuse(beginning, 404, "there is no consumer of this name");
    } else if (!read_place(asked, "from", "fromTime", &replay->first, &beginning->from_us) ||
               !read_place(asked, "to", "toTime", &replay->last, &beginning->to_us)) {
        refuse(beginning, 400, "from and to are sequences above 0, or times as 2026-11-21T08:00:00+08:00");
    } else if (!is_list(types) || !is_list(sources)) {
        refuse(beginning, 400, "types and sources are lists as person.*;marriage.registered.v1");
    } else {
        (beginning->from_us > 0 || beginning->to_us > 0 ? look_for_times : begin_range)(beginning);
    }
}

static void list(const HtBus *bus, HtAdminReply *reply)
{
    const GPtrArray *all = ht_spool_replays(bus->spool);
    HtBuffer json = {0};
    ht_buffer_add_literal(&json, "{\"replays\":[");
    for (unsigned i = 0; i < all->len; i++) {
        ht_json_comma(&json);
        add_replay(bus, all->pdata[i], &json);
    }
    ht_buffer_add_literal(&json, "]}\n");
    ht_admin_reply(reply, 200, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

static HtSpoolReplay *find_replay(const HtBus *bus, int64_t id)
{
    const GPtrArray *all = ht_spool_replays(bus->spool);
    for (unsigned i = 0; i < all->len; i++) {
        HtSpoolReplay *replay = all->pdata[i];
        if (replay->id == id) {
            return replay;
        }
    }
    return NULL;
}

static void cancel(const HtBus *bus, int64_t id, HtAdminReply *reply)
{
    HtSpoolReplay *replay = find_replay(bus, id);
    if (!replay || replay->state != HT_SPOOL_REPLAY_RUNS) {
        ht_admin_refuse(reply, replay ? 409 : 404, replay ? "it has ended" : "there is no such replay");
        return;
    }
    if (bus->delivery) {
        ht_delivery_cancel(bus->delivery, replay);
    } else {
        replay->state = HT_SPOOL_REPLAY_CANCELLED;
        replay->ended_us = ht_clock_now();
        ht_spool_replay_note(bus->spool, replay);
    }
    g_autofree char *what = ht_spool_replay_cursor(replay);
    ht_spool_audit(bus->spool, ht_admin_uid(reply), "replay cancel", what, "");
    ht_admin_note(reply, "replay cancel %s", what);
    ReplayAnswer *answer = g_new0(ReplayAnswer, 1);
    answer->reply = reply;
    add_replay(bus, replay, &answer->json);
    ht_spool_settle(bus->spool, on_settled, answer);
}

void ht_replays_verb(void *user, JsonObject *asked, HtAdminReply *reply)
{
    const HtBus *bus = user;
    const char *verb = json_object_get_string_member_with_default(asked, "verb", "");
    if (g_str_equal(verb, "begin")) {
        read_beginning(bus, asked, reply);
    } else if (g_str_equal(verb, "list")) {
        list(bus, reply);
    } else if (g_str_equal(verb, "cancel")) {
        cancel(bus, json_object_get_int_member_with_default(asked, "id", 0), reply);
    } else {
        ht_admin_refuse(reply, 400, "the verb is begin, list or cancel");
    }
}
