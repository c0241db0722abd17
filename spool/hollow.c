/* Rows written anew. */
#include "spool/hollow.h"

#include "spool/places.h"
#include "spool/sealed-row.h"

struct HtSpoolHollower {
    HtSpoolPlaces *places;
    sqlite3_stmt *remove, *insert, *kept, *eventless, *forget_payload, *forget_faults;
    HtSpoolRowMaker maker;
    HtSpoolSealer *sealer;
    bool (*answered)(void *user, uint64_t number, GError **error);
    void *user;
    GHashTable *touched; /* messages.id of which events became hollow */
    HtBuffer bytes, sealed, head;
};

HtSpoolHollower *ht_spool_hollower_new(sqlite3 *db,
                                       bool (*answered)(void *user, uint64_t number, GError **error),
                                       void *user, GError **error)
{
    g_autoptr(HtSpoolHollower) hollower = g_new0(HtSpoolHollower, 1);
    hollower->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    hollower->touched = g_hash_table_new(NULL, NULL);
    hollower->answered = answered;
    hollower->user = user;
    hollower->places = ht_spool_places_new(db, error);
    if (!hollower->places ||
        !ht_spool_database_prepare(db, "DELETE FROM rows WHERE id = ?", &hollower->remove, error) ||
        !ht_spool_database_prepare(db, "INSERT INTO rows(id, bytes) VALUES(?, ?)", &hollower->insert,
                                   error) ||
        !ht_spool_database_prepare(
            db,
            "SELECT first_seq, events FROM messages WHERE id = ?1 AND events > 0 AND (reply IS"
            " NOT NULL OR EXISTS(SELECT 1 FROM payloads WHERE message = ?1)"
            " OR EXISTS(SELECT 1 FROM faults WHERE message = ?1))",
            &hollower->kept, error) ||
        !ht_spool_database_prepare(
            db,
            "SELECT 1 FROM messages WHERE id = ?1 AND events = 0 AND (EXISTS(SELECT 1 FROM payloads WHERE message = ?1)"
            " OR EXISTS(SELECT 1 FROM faults WHERE message = ?1))",
            &hollower->eventless, error) ||
        !ht_spool_database_prepare(db, "DELETE FROM payloads WHERE message = ?", &hollower->forget_payload,
                                   error) ||
        !ht_spool_database_prepare(db, "DELETE FROM faults WHERE message = ?", &hollower->forget_faults,
                                   error)) {
        return NULL;
    }
    return g_steal_pointer(&hollower);
}

void ht_spool_hollower_free(HtSpoolHollower *hollower)
{
    if (hollower) {
        ht_spool_places_free(hollower->places);
        sqlite3_finalize(hollower->remove);
        sqlite3_finalize(hollower->insert);
        sqlite3_finalize(hollower->kept);
        sqlite3_finalize(hollower->eventless);
        sqlite3_finalize(hollower->forget_payload);
        sqlite3_finalize(hollower->forget_faults);
        ht_spool_row_clear(&hollower->maker);
        ht_buffer_clear(&hollower->bytes);
        ht_buffer_clear(&hollower->sealed);
        ht_spool_sealer_free(hollower->sealer);
        g_hash_table_unref(hollower->touched);
        ht_buffer_clear(&hollower->head);
        g_free(hollower);
    }
}

/* What of the attributes is kept. */
static HtText pack_head(HtSpoolHollower *hollower, HtText head)
{
    static const HtAttr kept[] = {HT_ATTR_TYPE,          HT_ATTR_ACTION,         HT_ATTR_TIME,
                                  HT_ATTR_BUSINESSID,    HT_ATTR_REVERSES,       HT_ATTR_DIVISION,
                                  HT_ATTR_SOURCE,        HT_ATTR_FROMDIVISION,   HT_ATTR_CORRELATIONID,
                                  HT_ATTR_FORMERSUBJECT, HT_ATTR_OTHERDIVISIONS, HT_ATTR_PRESENTDIVISIONS};
    HtEvent whole, less = {.key = HT_TEXT_NONE};
    ht_buffer_reset(&hollower->head, 1 << 16);
    if (!ht_event_unpack_head(head, &whole)) {
        return HT_TEXT_NONE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        less.attr[kept[i]] = whole.attr[kept[i]];
    }
    ht_event_pack_head(&less, &hollower->head);
    return ht_buffer_text(&hollower->head);
}

static bool is_in(const GArray *runs, uint64_t sequence)
{
    guint low = 0, high = runs->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(runs, HtSpoolRun, middle).last < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < runs->len && g_array_index(runs, HtSpoolRun, low).first <= sequence;
}

/* Makes the row anew in `maker`; false when a part of it cannot be read. `changed`: how many records are hollow now that were not. */
static bool make_row(HtSpoolHollower *hollower, const HtSpoolPlace *place, const HtSpoolRow *row,
                     const GArray *runs, uint64_t *changed)
{
    ht_spool_row_begin(&hollower->maker, place->row);
    *changed = 0;
    for (uint32_t i = 0; i < place->count; i++) {
        HtSpoolRecord record;
        HtSpoolRowVerdict verdict = ht_spool_row_read(row, i, &record);
        if (verdict == HT_SPOOL_ROW_DAMAGED) {
            return false;
        }
        if (verdict == HT_SPOOL_ROW_GOOD && !record.hollow && is_in(runs, ht_spool_place_first(place) + i)) {
            record.hollow = true;
            record.head = pack_head(hollower, record.head);
            record.data = HT_TEXT_LITERAL("");
            if (!record.head.data) {
                return false;
            }
            g_hash_table_add(hollower->touched, GSIZE_TO_POINTER(place->message + record.message));
            ++*changed;
        }
        ht_spool_row_add(&hollower->maker, verdict == HT_SPOOL_ROW_GOOD ? &record : NULL);
    }
    return true;
}

/* Taken out and put back: SQLite joins pages that have little left in them when a row is taken out, and not when it is made shorter. */
static bool replace(HtSpoolHollower *hollower, const HtSpoolPlace *place, GError **error)
{
    ht_spool_row_finish(&hollower->maker, &hollower->bytes);
    HtText bytes = ht_spool_row_stored(hollower->sealer, place->row, ht_buffer_text(&hollower->bytes),
                                       &hollower->sealed);
    sqlite3_bind_int64(hollower->remove, 1, (sqlite3_int64)place->row);
    sqlite3_bind_int64(hollower->insert, 1, (sqlite3_int64)place->row);
    ht_spool_bind_blob(hollower->insert, 2, bytes.data, bytes.size);
    return ht_spool_database_do(hollower->remove, error) && ht_spool_database_do(hollower->insert, error);
}

static bool hollow_place(HtSpoolHollower *hollower, const HtSpoolPlace *place, const GArray *runs,
                         uint64_t *count, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    uint64_t changed = 0;
    if (!ht_spool_places_read(hollower->places, place, &bytes, error)) {
        return false;
    }
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    if (!bytes || !ht_spool_row_is_whole(&row) || !make_row(hollower, place, &row, runs, &changed) ||
        changed == 0) {
        return true;
    }
    *count += changed;
    return replace(hollower, place, error);
}

static bool make_hollow(HtSpoolHollower *hollower, const GArray *runs, uint64_t *count, GError **error)
{
    uint64_t done = 0;
    *count = 0;
    for (guint i = 0; i < runs->len; i++) {
        const HtSpoolRun *run = &g_array_index(runs, HtSpoolRun, i);
        uint64_t after = MAX(done, run->first - 1);
        for (bool found = true; found && after < run->last;) {
            HtSpoolPlace place;
            if (!ht_spool_places_next(hollower->places, after, run->last, &place, &found, error)) {
                return false;
            }
            found = found && ht_spool_place_first(&place) <= run->last;
            if (found && !hollow_place(hollower, &place, runs, count, error)) {
                return false;
            }
            after = done = found ? place.last : after;
        }
    }
    return true;
}

/* ---- What is kept of messages of which no event has data any more ---- */

typedef struct {
    int64_t number;
    uint64_t first, last;
} Message;

static bool find_kept(HtSpoolHollower *hollower, int64_t number, Message *message, bool *found,
                      GError **error)
{
    sqlite3_bind_int64(hollower->kept, 1, number);
    bool good = ht_spool_database_row(hollower->kept, found, error);
    if (good && *found) {
        *message = (Message){number, (uint64_t)sqlite3_column_int64(hollower->kept, 0), 0};
        message->last = message->first + (uint64_t)sqlite3_column_int64(hollower->kept, 1) - 1;
    }
    sqlite3_reset(hollower->kept);
    return good;
}

/* Whether a record of the row from `first` to `last` still has its data, or may have. */
static bool has_data(const HtSpoolPlace *place, GBytes *bytes, uint64_t first, uint64_t last)
{
    HtSpoolRow row = ht_spool_place_row(place, bytes);
    uint64_t begin = ht_spool_place_first(place);
    for (uint64_t sequence = MAX(first, begin); sequence <= MIN(last, place->last); sequence++) {
        HtSpoolRecord record;
        HtSpoolRowVerdict verdict =
            bytes ? ht_spool_row_read(&row, (uint32_t)(sequence - begin), &record) : HT_SPOOL_ROW_DAMAGED;
        if (verdict == HT_SPOOL_ROW_DAMAGED || (verdict == HT_SPOOL_ROW_GOOD && !record.hollow)) {
            return true;
        }
    }
    return false;
}

static bool is_hollow(HtSpoolHollower *hollower, const Message *message, bool *hollow, GError **error)
{
    uint64_t after = message->first - 1;
    *hollow = true;
    for (bool found = true; found && *hollow && after < message->last;) {
        HtSpoolPlace place;
        g_autoptr(GBytes) bytes = NULL;
        if (!ht_spool_places_next(hollower->places, after, message->last, &place, &found, error)) {
            return false;
        }
        found = found && ht_spool_place_first(&place) <= message->last;
        if (found && place.row > 0 && !ht_spool_places_read(hollower->places, &place, &bytes, error)) {
            return false;
        }
        *hollow = !found || place.row == 0 || !has_data(&place, bytes, message->first, message->last);
        after = found ? place.last : message->last;
    }
    return true;
}

static bool forget(sqlite3_stmt *statement, int64_t number, GError **error)
{
    sqlite3_bind_int64(statement, 1, number);
    return ht_spool_database_do(statement, error);
}

/* The payload has what its events had. The answer stays, for who sends again, under the key of today: that of its period may be destroyed. */
static bool forget_message(HtSpoolHollower *hollower, int64_t number, GError **error)
{
    Message message = {0};
    bool found, hollow = false;
    return find_kept(hollower, number, &message, &found, error) &&
           (!found || (is_hollow(hollower, &message, &hollow, error) &&
                       (!hollow || (forget(hollower->forget_payload, number, error) &&
                                    forget(hollower->forget_faults, number, error) &&
                                    hollower->answered(hollower->user, (uint64_t)number, error)))));
}

static bool forget_kept(HtSpoolHollower *hollower, GError **error)
{
    GHashTableIter iter;
    void *number;
    bool good = true;
    g_hash_table_iter_init(&iter, hollower->touched);
    while (good && g_hash_table_iter_next(&iter, &number, NULL)) {
        good = forget_message(hollower, (int64_t)GPOINTER_TO_SIZE(number), error);
    }
    return good;
}

bool ht_spool_hollower_run(HtSpoolHollower *hollower, const GArray *runs, uint64_t *count, GError **error)
{
    g_hash_table_remove_all(hollower->touched);
    return make_hollow(hollower, runs, count, error) && forget_kept(hollower, error);
}

/* ---- What is kept of messages without events ---- */

static bool forget_eventless(HtSpoolHollower *hollower, int64_t number, uint64_t *count, GError **error)
{
    bool found = false;
    sqlite3_bind_int64(hollower->eventless, 1, number);
    bool good = ht_spool_database_row(hollower->eventless, &found, error);
    sqlite3_reset(hollower->eventless);
    *count += good && found;
    return good && (!found || (forget(hollower->forget_payload, number, error) &&
                               forget(hollower->forget_faults, number, error) &&
                               hollower->answered(hollower->user, (uint64_t)number, error)));
}

bool ht_spool_hollower_forget(HtSpoolHollower *hollower, const GArray *runs, uint64_t *count, GError **error)
{
    bool good = true;
    *count = 0;
    for (guint i = 0; i < runs->len && good; i++) {
        const HtSpoolRun *run = &g_array_index(runs, HtSpoolRun, i);
        for (uint64_t number = run->first; number <= run->last && good; number++) {
            good = forget_eventless(hollower, (int64_t)number, count, error);
        }
    }
    return good;
}
