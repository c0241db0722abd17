/* What would become of events; see foretell.h. The same parts as the appender's look at each event (content.h, subject.h, amend.h); what
 * they would change is dropped (ht_spool_ties_drop_changes()). */
#include "spool/foretell.h"

#include "spool/amend.h"
#include "spool/content.h"
#include "spool/look-inside.h"
#include "spool/subject.h"

/* One read transaction is for so many events: it holds up a checkpoint, and what it reads must not be swept meanwhile. */
#define EVENTS_AT_ONCE 20000

const char *ht_spool_foretold_name(HtSpoolForetoldKind kind)
{
    static const char *const names[] = {"new", "duplicate", "correction", "number-reused"};
    return names[kind];
}

static void clear_foretold(void *foretold)
{
    g_clear_pointer(&((HtSpoolForetold *)foretold)->conflicts, g_free);
}

/* ---- What looks ---- */

typedef struct {
    HtSpoolDamages *damages;
    HtSpoolRows *rows;
    HtSpoolBlocks *blocks;
    HtSpoolIndex *keys;
    HtSpoolContents *contents;
    HtSpoolTies *ties;
    HtSpoolSubjects *subjects;
} Parts;

typedef struct {
    HtSpoolLook *look;
    HtSpoolHasher *hasher;
    const HtSpoolMessage *message;
    GArray *foretold;
    GHashTable *before; /* key (HtSpoolHash *) → index + 1 of the last event under it that would be kept */
    HtSpoolAmendment amendment;
    Parts parts;
} Foretelling;

static bool make_parts(Foretelling *telling, GError **error)
{
    sqlite3 *db = telling->look->db;
    Parts *parts = &telling->parts;
    bool good =
        (parts->damages = ht_spool_damages_new(db, error)) != NULL &&
        (parts->rows = ht_spool_rows_new(db, parts->damages, error)) != NULL &&
        (parts->blocks = ht_spool_blocks_new(db, 0, error)) != NULL &&
        (parts->keys = ht_spool_index_new(parts->blocks, HT_SPOOL_STORE_KEYS, SIZE_MAX, error)) != NULL &&
        (parts->contents = ht_spool_contents_new(db, telling->hasher, parts->keys, parts->rows, error)) !=
            NULL &&
        (parts->ties = ht_spool_ties_new(parts->blocks, telling->hasher, SIZE_MAX, error)) != NULL;
    if (good) {
        ht_spool_ties_drop_changes(parts->ties);
        parts->subjects = ht_spool_subjects_new(parts->ties, telling->hasher);
    }
    return good;
}

static void free_parts(Parts *parts)
{
    g_clear_pointer(&parts->contents, ht_spool_contents_free);
    g_clear_pointer(&parts->rows, ht_spool_rows_free);
    g_clear_pointer(&parts->damages, ht_spool_damages_free);
    g_clear_pointer(&parts->keys, ht_spool_index_free);
    g_clear_pointer(&parts->subjects, ht_spool_subjects_free);
    g_clear_pointer(&parts->ties, ht_spool_ties_free);
    g_clear_pointer(&parts->blocks, ht_spool_blocks_free);
}

/* ---- One event ---- */

static void name_conflicts(const HtSpoolSubjectAnswer *whose, HtSpoolForetold *foretold)
{
    g_autoptr(GString) kinds = g_string_new(NULL);
    for (unsigned i = 0; i < whose->conflict_count; i++) {
        g_string_append_printf(kinds, "%s%.*s", i > 0 ? " " : "", (int)whose->conflicts[i].size,
                               whose->conflicts[i].data);
    }
    foretold->conflicts = kinds->len > 0 ? g_strdup(kinds->str) : NULL;
}

/* The event as the appender has it before it is amended; `whose` is found. */
static bool resolve(Foretelling *telling, uint32_t index, HtEvent *event, HtSpoolSubjectAnswer *whose,
                    GError **error)
{
    const HtSpoolMessage *message = telling->message;
    HtSpoolSubjectQuestion question = {event, message->source,      &message->id,
                                       index, message->received_us, message->authority};
    bool good = ht_spool_message_event(message, index, event, error) &&
                ht_spool_subjects_resolve(telling->parts.subjects, &question, whose, error);
    if (good) {
        event->attr[HT_ATTR_FORMERSUBJECT] =
            whose->former[0] != '\0' ? ht_text_from(whose->former) : HT_TEXT_NONE;
    }
    return good;
}

/* Amends it by what stands under its number. */
static void amend(Foretelling *telling, const HtSpoolSaid *said, HtSpoolFormer *former,
                  const HtSpoolSubjectAnswer *whose, HtEvent *event, HtSpoolForetold *foretold)
{
    static const HtSpoolForetoldKind kinds[] = {[HT_SPOOL_AMENDED_NOT] = HT_SPOOL_FORETOLD_NEW,
                                                [HT_SPOOL_AMENDED_CORRECTION] = HT_SPOOL_FORETOLD_CORRECTION,
                                                [HT_SPOOL_AMENDED_REUSED] = HT_SPOOL_FORETOLD_REUSED};
    foretold->kind = kinds[ht_spool_amend(&telling->amendment, said, former, whose->subject, event)];
    HtText action = event->attr[HT_ATTR_ACTION];
    g_snprintf(foretold->action, sizeof foretold->action, "%.*s", (int)action.size, action.data);
    g_strlcpy(foretold->subject, whose->subject, sizeof foretold->subject);
    name_conflicts(whose, foretold);
}

/* ---- What the message itself says before it ---- */

/* The last event before this one that has its number and would be kept; NULL: none. */
static const HtSpoolForetold *find_before(const Foretelling *telling, const HtSpoolSaid *said,
                                          uint32_t *index)
{
    gpointer found = g_hash_table_lookup(telling->before, &said->key);
    *index = GPOINTER_TO_UINT(found) - 1;
    return found ? &g_array_index(telling->foretold, HtSpoolForetold, *index) : NULL;
}

static bool make_former(Foretelling *telling, uint32_t index, const HtSpoolForetold *before,
                        HtSpoolFormer *former, GError **error)
{
    const HtSpoolSaid *said = ht_spool_contents_said(telling->parts.contents, index);
    *former = (HtSpoolFormer){.sequence = 1, .has_content = true};
    g_strlcpy(former->subject, before->subject, sizeof former->subject);
    ht_spool_contents_kept(said, former->content);
    bool good = ht_spool_message_event(telling->message, index, &former->event, error);
    former->event.attr[HT_ATTR_ACTION] = ht_text_from(before->action);
    return good;
}

static guint hash_key(gconstpointer key)
{
    guint hash;
    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean same_key(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(HtSpoolHash)) == 0;
}

static void note_key(Foretelling *telling, const HtSpoolSaid *said, uint32_t index)
{
    g_hash_table_replace(telling->before, g_memdup2(&said->key, sizeof said->key),
                         GUINT_TO_POINTER(index + 1));
}

/* ---- All of them ---- */

/* `former` is what is known on disk under its number, when that says something else. */
static bool compare(Foretelling *telling, uint32_t index, HtSpoolFormer *former, HtSpoolForetold *foretold,
                    GError **error)
{
    const HtSpoolSaid *said = ht_spool_contents_said(telling->parts.contents, index);
    HtSpoolFormer earlier;
    HtSpoolSubjectAnswer whose;
    HtEvent event;
    uint32_t place;
    bool numbered;
    const HtSpoolForetold *before = find_before(telling, said, &place);
    foretold->in_message = before != NULL;
    if (before) {
        const HtSpoolSaid *other = ht_spool_contents_said(telling->parts.contents, place);
        foretold->kind = HT_SPOOL_FORETOLD_DUPLICATE;
        if (memcmp(&other->content, &said->content, sizeof said->content) == 0) {
            return true;
        }
        former = &earlier;
    }
    foretold->former = former && !before ? former->sequence : 0;
    bool good = (!before || make_former(telling, place, before, &earlier, error)) &&
                resolve(telling, index, &event, &whose, error) &&
                (!former || ht_spool_ties_follow(telling->parts.ties, former->subject, &numbered, error));
    if (good) {
        amend(telling, said, former, &whose, &event, foretold);
        note_key(telling, said, index);
    }
    return good;
}

static bool tell_one(Foretelling *telling, uint32_t index, GError **error)
{
    HtSpoolForetold foretold = {.kind = HT_SPOOL_FORETOLD_DUPLICATE};
    HtSpoolKnown known;
    HtSpoolFormer former;
    bool good = ht_spool_contents_judge(telling->parts.contents, index, &known, &former, error);
    if (good && known == HT_SPOOL_KNOWN_SAME) {
        foretold.former = former.sequence;
    } else if (good) {
        good = compare(telling, index, known == HT_SPOOL_KNOWN_OTHER ? &former : NULL, &foretold, error);
    }
    g_array_append_val(telling->foretold, foretold);
    return good;
}

static bool tell_some(Foretelling *telling, GError **error)
{
    uint32_t count = ht_spool_message_count(telling->message), first = telling->foretold->len;
    bool good = make_parts(telling, error) &&
                ht_spool_contents_read(telling->parts.contents, telling->message, error);
    for (uint32_t i = first; good && i < count && i - first < EVENTS_AT_ONCE; i++) {
        good = tell_one(telling, i, error);
    }
    free_parts(&telling->parts);
    return good;
}

static bool tell_all(Foretelling *telling, GError **error)
{
    bool good = ht_spool_look_check_key(telling->look, telling->hasher, error);
    while (good && telling->foretold->len < ht_spool_message_count(telling->message)) {
        good = ht_spool_database_run(telling->look->db, "BEGIN", error);
        if (good) {
            good = tell_some(telling, error);
            good = ht_spool_database_run(telling->look->db, "COMMIT", good ? error : NULL) && good;
        }
    }
    return good;
}

GArray *ht_spool_foretell(HtSpoolLook *look, const uint8_t site_key[32], const HtSpoolMessage *message,
                          GError **error)
{
    g_autoptr(HtSpoolHasher) hasher = ht_spool_hasher_new(site_key);
    g_autoptr(GArray) foretold = g_array_new(FALSE, TRUE, sizeof(HtSpoolForetold));
    g_autoptr(GHashTable) before = g_hash_table_new_full(hash_key, same_key, g_free, NULL);
    Foretelling telling = {
        .look = look, .hasher = hasher, .message = message, .foretold = foretold, .before = before};
    g_array_set_clear_func(foretold, clear_foretold);
    bool good = tell_all(&telling, error);
    for (size_t i = 0; i < G_N_ELEMENTS(telling.amendment.data); i++) {
        ht_buffer_clear(&telling.amendment.data[i]);
    }
    return good ? g_steal_pointer(&foretold) : NULL;
}
