/* Recording deliveries. Main-loop thread; on delivery's hot path. */
#include "core/access.h"

#include "core/audit/delivery.h"
#include "core/base/clock.h"
#include "core/base/json.h"

#define BODY_KEEP (1 << 18)
#define SETS_MAX 65536 /* more in one segment, and the next one begins */
#define ENTRY_BYTES 36
#define OTHER_BYTES 65536 /* of a request, beside its events: policies and sets that are new */
#define AGAIN_US INT64_C(1000000)
#define PLACES 512 /* of events that were recorded lately */

/* What is shown follows from event and policy alone, and many consumers have the same. */
typedef struct {
    uint64_t sequence; /* 0: nothing */
    char version[HT_POLICY_VERSION];
    HtAuditShown shown;
} KnownEntry;

struct HtAccess {
    HtAudit *audit;
    const HtDictionary *dictionary;
    bool required;
    uint64_t segment;    /* of which the tables below are */
    GHashTable *sets;    /* GBytes of ht_policy_shown() → its number */
    GHashTable *said;    /* "consumer version": policies that the segment has */
    uint8_t *shown;      /* of the event at hand, */
    uint8_t *last_shown; /* and of the one before */
    size_t shown_size;
    uint32_t last_set;        /* 0: none */
    KnownEntry known[PLACES]; /* by sequence, round and round */
    HtBuffer body, extra;
    int64_t tried_us; /* monotonic */
};

static void make_room(HtAccess *access)
{
    g_free(access->shown);
    g_free(access->last_shown);
    access->shown_size = ht_dictionary_n_elements(access->dictionary) + 1;
    access->shown = g_malloc0(access->shown_size);
    access->last_shown = g_malloc0(access->shown_size);
}

/* What the segment at hand does not have has to be said in it again. */
static void follow_segment(HtAccess *access, size_t events);

HtAccess *ht_access_new(HtAudit *audit, const HtDictionary *dictionary, bool required)
{
    HtAccess *access = g_new0(HtAccess, 1);
    access->audit = audit;
    access->dictionary = dictionary;
    access->required = required;
    access->sets = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    access->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    make_room(access);
    return access;
}

void ht_access_change(HtAccess *access, const HtDictionary *dictionary, bool required)
{
    access->required = required;
    if (dictionary != access->dictionary) {
        access->dictionary = dictionary;
        make_room(access);
        ht_audit_turn(access->audit, SIZE_MAX / 2);
        follow_segment(access, 0);
    }
}

void ht_access_free(HtAccess *access)
{
    if (access) {
        g_hash_table_unref(access->sets);
        g_hash_table_unref(access->said);
        g_free(access->shown);
        g_free(access->last_shown);
        ht_buffer_clear(&access->body);
        ht_buffer_clear(&access->extra);
        g_free(access);
    }
}

static void follow_segment(HtAccess *access, size_t events)
{
    bool full = g_hash_table_size(access->sets) >= SETS_MAX;
    ht_audit_turn(access->audit, full ? SIZE_MAX / 2 : events * ENTRY_BYTES + OTHER_BYTES);
    if (access->segment != ht_audit_segment(access->audit)) {
        access->segment = ht_audit_segment(access->audit);
        access->last_set = 0;
        memset(access->known, 0, sizeof access->known);
        g_hash_table_remove_all(access->sets);
        g_hash_table_remove_all(access->said);
    }
}

/* ---- What is referred to ---- */

static bool say_policy(HtAccess *access, const HtGiven *given)
{
    g_autofree char *key = g_strconcat(given->consumer->name, " ", ht_policy_version(given->policy), NULL);
    if (g_hash_table_contains(access->said, key)) {
        return true;
    }
    ht_buffer_reset(&access->extra, BODY_KEEP);
    ht_buffer_add_char(&access->extra, '{');
    ht_json_member(&access->extra, "consumer", ht_text_from(given->consumer->name));
    ht_json_member(&access->extra, "version", ht_text_from(ht_policy_version(given->policy)));
    ht_json_member(&access->extra, "purpose", ht_text_from(given->consumer->purpose));
    ht_json_member(&access->extra, "until", ht_text_from(given->consumer->purpose_until));
    ht_json_member(&access->extra, "text", ht_text_from(ht_policy_text(given->policy)));
    ht_buffer_add_char(&access->extra, '}');
    bool good = ht_audit_add(access->audit, HT_AUDIT_POLICY, ht_buffer_text(&access->extra));
    if (good) {
        g_hash_table_add(access->said, g_steal_pointer(&key));
    }
    return good;
}

static void add_name(GString *names, const char *name, uint8_t seen)
{
    static const char *const signs[] = {"", "", "~", "#"};
    g_string_append_printf(names, "%s%s%s", names->len > 0 ? " " : "", name, signs[seen]);
}

static bool say_set(HtAccess *access, uint32_t number)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (uint32_t i = 0; i + 1 < access->shown_size; i++) {
        if (access->shown[i]) {
            add_name(names, ht_dictionary_element(access->dictionary, i)->name, access->shown[i]);
        }
    }
    if (access->shown[access->shown_size - 1]) {
        add_name(names, "unmapped", access->shown[access->shown_size - 1]);
    }
    ht_buffer_reset(&access->extra, BODY_KEEP);
    ht_audit_set_write(number, (HtText){names->str, names->len}, &access->extra);
    return ht_audit_add(access->audit, HT_AUDIT_SET, ht_buffer_text(&access->extra));
}

/* The number of what is shown of the event; 0 when it could not be written. */
static uint32_t find_set(HtAccess *access, const HtPolicy *policy, const HtStoredEvent *event)
{
    ht_policy_shown(policy, event, access->shown);
    if (access->last_set > 0 && memcmp(access->shown, access->last_shown, access->shown_size) == 0) {
        return access->last_set;
    }
    g_autoptr(GBytes) key = g_bytes_new(access->shown, access->shown_size);
    uint32_t set = GPOINTER_TO_UINT(g_hash_table_lookup(access->sets, key));
    if (set == 0) {
        set = g_hash_table_size(access->sets) + 1;
        if (!say_set(access, set)) {
            return 0;
        }
        g_hash_table_insert(access->sets, g_steal_pointer(&key), GUINT_TO_POINTER(set));
    }
    memcpy(access->last_shown, access->shown, access->shown_size);
    access->last_set = set;
    return set;
}

/* What is recorded of the event, until the next call; its set is 0 when that could not be written. */
static const HtAuditShown *find_entry(HtAccess *access, const HtPolicy *policy, const HtStoredEvent *event)
{
    KnownEntry *known = &access->known[event->sequence % PLACES];
    const char *version = ht_policy_version(policy);
    if (known->sequence == 0 || known->sequence != event->sequence || strcmp(known->version, version) != 0) {
        known->shown = (HtAuditShown){.id = event->id, .set = find_set(access, policy, event)};
        ht_audit_subject(event->subject, known->shown.subject);
        known->sequence = known->shown.set > 0 ? event->sequence : 0;
        g_strlcpy(known->version, version, sizeof known->version);
    }
    return &known->shown;
}

/* ---- Recording ---- */

static bool write_record(HtAccess *access, const HtGiven *given)
{
    HtAuditDelivery delivery = {.consumer = ht_text_from(given->consumer->name),
                                .version = ht_text_from(ht_policy_version(given->policy)),
                                .replay = given->replay,
                                .count = given->events->len};
    follow_segment(access, given->events->len);
    ht_buffer_reset(&access->body, BODY_KEEP);
    ht_audit_delivery_begin(&delivery, &access->body);
    if (!say_policy(access, given)) {
        return false;
    }
    for (unsigned i = 0; i < given->events->len; i++) {
        const HtAuditShown *shown = find_entry(access, given->policy, given->events->pdata[i]);
        if (shown->set == 0) {
            return false;
        }
        ht_audit_delivery_add(shown, &access->body);
    }
    return ht_audit_add(access->audit, HT_AUDIT_DELIVERY, ht_buffer_text(&access->body));
}

static bool is_free(const HtAccess *access, const HtPolicy *policy)
{
    HtPurpose purpose = ht_policy_purpose(policy);
    return !access->required || purpose == HT_PURPOSE_NONE || purpose == HT_PURPOSE_LAPSED;
}

static bool record(void *user, const HtGiven *given)
{
    HtAccess *access = user;
    bool good = write_record(access, given);
    access->tried_us = good ? access->tried_us : ht_clock_monotonic();
    return good || is_free(access, given->policy);
}

static bool allows(void *user, const HtPolicy *policy)
{
    HtAccess *access = user;
    int64_t now_us = ht_clock_monotonic();
    bool again = now_us >= access->tried_us + AGAIN_US;
    if (is_free(access, policy) || ht_audit_works(access->audit, false)) {
        return true;
    }
    access->tried_us = again ? now_us : access->tried_us;
    return again && ht_audit_works(access->audit, true);
}

HtAccessRecorder ht_access_recorder(HtAccess *access)
{
    return (HtAccessRecorder){record, allows, access};
}
