/* Making up the books. Called by `hutong reconcile`. */
#include "core/reconcile/books.h"

#include "core/delivery/policy.h"

#include <nettle/sha2.h>

const HtBookHead ht_book_heads[HT_BOOKS] = {
    [HT_BOOK_INTAKE] = {"intake",
                        {"messages", "events", "duplicates", "rejected", "resent", "refused", "busy",
                         "failed"}},
    [HT_BOOK_EVENTS] = {"events", {"events"}},
    [HT_BOOK_DELIVERIES] = {"deliveries", {"events", "acknowledged", "dead", "waiting"}},
};

enum { MESSAGES, EVENTS, DUPLICATES, REJECTED, RESENT }; /* counts of intake */
enum { ITS, ACKNOWLEDGED, DEAD, WAITING };               /* counts of deliveries */

const char *const ht_difference_names[HT_DIFFERENCES] = {
    [HT_DIFFERENCE_NOT_IN_LIST] = "not-in-list", [HT_DIFFERENCE_NOT_IN_BOOKS] = "not-in-books",
    [HT_DIFFERENCE_ALTERED] = "altered",         [HT_DIFFERENCE_TWICE] = "twice",
    [HT_DIFFERENCE_DEAD_LETTER] = "dead-letter", [HT_DIFFERENCE_UNREADABLE] = "unreadable",
};

typedef struct {
    const HtConfig *config;
    const HtBooksQuestion *question;
    HtBooks *books;
    GHashTable *lines[HT_BOOKS]; /* of HtBookLine, by their names */
    HtSpoolSpan span;
    uint64_t first, last; /* sequences of the messages of the time */
    HtDelivered *delivered;
    HtPolicy *policy; /* of the consumer whose list it is; NULL: no digests are compared */
    HtBuffer data;
} Maker;

/* ---- Lines ---- */

static void free_line(void *item)
{
    HtBookLine *line = item;
    g_free(line->consumer);
    g_free(line->source);
    g_free(line->type);
    g_free(line);
}

/* The line of that day and these names, which may be absent. */
static HtBookLine *find_line(Maker *maker, HtBookKind kind, int day, const char *consumer, HtText source,
                             HtText type)
{
    g_autofree char *key =
        g_strdup_printf("%d\t%s\t%.*s\t%.*s", day, consumer ? consumer : "", (int)source.size,
                        source.data ? source.data : "", (int)type.size, type.data ? type.data : "");
    HtBookLine *line = g_hash_table_lookup(maker->lines[kind], key);
    if (!line) {
        line = g_new0(HtBookLine, 1);
        *line = (HtBookLine){.day = day,
                             .consumer = g_strdup(consumer),
                             .source = g_strndup(source.data, source.size),
                             .type = type.data ? g_strndup(type.data, type.size) : NULL};
        g_hash_table_insert(maker->lines[kind], g_steal_pointer(&key), line);
    }
    return line;
}

static int compare_lines(const void *a, const void *b)
{
    const HtBookLine *left = *(HtBookLine *const *)a, *right = *(HtBookLine *const *)b;
    int order = left->day - right->day;
    order = order ? order : g_strcmp0(left->consumer, right->consumer);
    order = order ? order : g_strcmp0(left->source, right->source);
    return order ? order : g_strcmp0(left->type, right->type);
}

static GPtrArray *sort_lines(GHashTable *table)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(free_line);
    GHashTableIter iter;
    void *line;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &line)) {
        g_ptr_array_add(lines, line);
    }
    g_ptr_array_sort(lines, compare_lines);
    return lines;
}

static void add_id(HtSum *sum, const HtUuid *id)
{
    char text[HT_UUID_TEXT];
    ht_uuid_format(id, text);
    ht_sum_add(sum, (HtText){text, HT_UUID_TEXT - 1});
}

/* ---- Differences ---- */

static void add_difference(Maker *maker, HtDifferenceKind kind, const HtUuid *id, unsigned line)
{
    HtDifference difference = {.kind = kind, .has_id = id != NULL, .line = line};
    if (id) {
        difference.id = *id;
    }
    if (maker->books->different[kind]++ < maker->question->limit) {
        g_array_append_val(maker->books->differences, difference);
    }
}

/* What both have: `digest` as the books have it, NULL when that is not to be compared. */
static void compare_entry(Maker *maker, HtManifestEntry *entry, const HtUuid *id, const uint8_t digest[32])
{
    entry->seen = true;
    if (digest && entry->has_digest && memcmp(entry->digest, digest, sizeof entry->digest) != 0) {
        add_difference(maker, HT_DIFFERENCE_ALTERED, id, entry->line);
    } else {
        maker->books->agreed++;
    }
}

static const HtUuid *id_of(const HtManifestEntry *entry)
{
    return entry->has_id ? &entry->id : NULL;
}

static void add_unseen(Maker *maker, GHashTable *table)
{
    GHashTableIter iter;
    void *item;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &item)) {
        const HtManifestEntry *entry = item;
        if (!entry->seen) {
            add_difference(maker, HT_DIFFERENCE_NOT_IN_BOOKS, id_of(entry), entry->line);
        }
    }
}

static int compare_differences(const void *a, const void *b)
{
    const HtDifference *left = a, *right = b;
    int order = (int)left->kind - (int)right->kind;
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void end_list(Maker *maker, const HtManifest *list)
{
    add_unseen(maker, list->by_id);
    add_unseen(maker, list->by_digest);
    for (guint i = 0; i < list->twice->len; i++) {
        const HtManifestEntry *entry = &g_array_index(list->twice, HtManifestEntry, i);
        add_difference(maker, HT_DIFFERENCE_TWICE, id_of(entry), entry->line);
    }
    for (guint i = 0; i < list->unreadable->len; i++) {
        add_difference(maker, HT_DIFFERENCE_UNREADABLE, NULL, g_array_index(list->unreadable, unsigned, i));
    }
    g_array_sort(maker->books->differences, compare_differences);
}

/* ---- Messages ---- */

static void compare_message(Maker *maker, const HtReceipt *receipt)
{
    HtManifestEntry *entry = ht_manifest_find(maker->question->list, &receipt->id, receipt->sha256);
    if (entry) {
        compare_entry(maker, entry, &receipt->id, receipt->sha256);
    } else {
        add_difference(maker, HT_DIFFERENCE_NOT_IN_LIST, &receipt->id, 0);
    }
}

static bool is_asked(const char *asked, const char *name)
{
    return !asked || strcmp(asked, name) == 0;
}

static void take_message(const HtSpoolKept *kept, void *user)
{
    Maker *maker = user;
    const HtReceipt *receipt = &kept->receipt;
    if (receipt->events > 0) {
        maker->first = maker->first ? MIN(maker->first, receipt->sequence) : receipt->sequence;
        maker->last = MAX(maker->last, receipt->sequence + receipt->events - 1);
    }
    if (!is_asked(maker->question->source, kept->source)) {
        return;
    }
    HtBookLine *line = find_line(maker, HT_BOOK_INTAKE, ht_spool_day_of(receipt->received_us), NULL,
                                 ht_text_from(kept->source), HT_TEXT_NONE);
    line->counts[MESSAGES]++;
    line->counts[EVENTS] += receipt->events;
    line->counts[DUPLICATES] += receipt->duplicates;
    line->counts[REJECTED] += receipt->rejected;
    add_id(&line->ids, &receipt->id);
    ht_sum_add_digest(&line->payloads, receipt->sha256);
    if (maker->question->list && !maker->question->consumer) {
        compare_message(maker, receipt);
    }
}

/* What left no row. */
static bool take_days(Maker *maker, HtSpoolLook *look, GError **error)
{
    g_autoptr(GArray) days = ht_spool_look_days(look, maker->question->first, maker->question->last, error);
    for (guint i = 0; days && i < days->len; i++) {
        const HtSpoolDay *day = &g_array_index(days, HtSpoolDay, i);
        if (is_asked(maker->question->source, day->source)) {
            HtBookLine *line =
                find_line(maker, HT_BOOK_INTAKE, day->day, NULL, ht_text_from(day->source), HT_TEXT_NONE);
            for (unsigned k = 0; k < HT_SPOOL_DAY_COUNTS; k++) {
                line->counts[RESENT + k] += day->counts[k];
            }
        }
    }
    return days != NULL;
}

/* ---- Events ---- */

/* The SHA-256 of what the consumer sees of the data; false when nothing in the list asks for it. */
static bool digest_data(Maker *maker, const HtStoredEvent *event, uint8_t digest[32])
{
    HtEventPolicy policy = {.see_time = ht_policy_see_time, .see = ht_policy_see, .user = maker->policy};
    struct sha256_ctx context;
    if (!maker->policy || event->state != HT_STORED_WHOLE) {
        return false;
    }
    ht_buffer_reset(&maker->data, 1 << 20);
    ht_event_render_data(event, &policy, &maker->data);
    sha256_init(&context);
    sha256_update(&context, maker->data.size, (const uint8_t *)maker->data.data);
    sha256_digest(&context, 32, digest);
    return true;
}

static void compare_event(Maker *maker, const HtStoredEvent *event, HtDeliveredState state)
{
    const HtManifest *list = maker->question->list;
    uint8_t digest[32];
    bool has_digest = digest_data(maker, event, digest);
    HtManifestEntry *entry = ht_manifest_find(list, &event->id, has_digest ? digest : NULL);
    if (!entry && state == HT_DELIVERED_ACKNOWLEDGED) {
        add_difference(maker, HT_DIFFERENCE_NOT_IN_LIST, &event->id, 0);
    } else if (entry && state == HT_DELIVERED_DEAD) {
        entry->seen = true;
        add_difference(maker, HT_DIFFERENCE_DEAD_LETTER, &event->id, entry->line);
    } else if (entry && state != HT_DELIVERED_NOT_ITS) {
        maker->books->waiting += state == HT_DELIVERED_WAITING;
        compare_entry(maker, entry, &event->id, has_digest ? digest : NULL);
    }
}

static void take_delivery(Maker *maker, unsigned consumer, const HtStoredEvent *event)
{
    const char *name = ((const HtConsumerConfig *)maker->config->consumers->pdata[consumer])->name;
    HtDeliveredState state = ht_delivered_state(maker->delivered, consumer, event);
    if (!is_asked(maker->question->consumer, name)) {
        return;
    }
    if (maker->question->list && maker->question->consumer) {
        compare_event(maker, event, state);
    }
    if (state == HT_DELIVERED_NOT_ITS) {
        return;
    }
    HtBookLine *line = find_line(maker, HT_BOOK_DELIVERIES, ht_spool_day_of(event->recorded_us), name,
                                 event->event.attr[HT_ATTR_SOURCE], event->event.attr[HT_ATTR_TYPE]);
    line->counts[ITS]++;
    line->counts[ACKNOWLEDGED] += state == HT_DELIVERED_ACKNOWLEDGED;
    line->counts[DEAD] += state == HT_DELIVERED_DEAD;
    line->counts[WAITING] += state == HT_DELIVERED_WAITING;
    if (state == HT_DELIVERED_ACKNOWLEDGED) {
        add_id(&line->ids, &event->id);
    }
}

static void take_event(const HtStoredEvent *event, void *user)
{
    Maker *maker = user;
    HtText source = event->event.attr[HT_ATTR_SOURCE];
    const char *asked = maker->question->source;
    bool pruned =
        event->state == HT_STORED_REMOVED && event->event.attr[HT_ATTR_TYPE].data; /* it counts as before */
    if (event->state != HT_STORED_WHOLE && !pruned) {
        maker->books->damaged += event->state != HT_STORED_REMOVED;
        return;
    }
    bool in_time = event->recorded_us >= maker->span.from_us && event->recorded_us < maker->span.before_us;
    if (!in_time || (asked && !ht_text_is(source, asked))) {
        return;
    }
    HtBookLine *line = find_line(maker, HT_BOOK_EVENTS, ht_spool_day_of(event->recorded_us), NULL, source,
                                 event->event.attr[HT_ATTR_TYPE]);
    line->counts[0]++;
    add_id(&line->ids, &event->id);
    for (unsigned i = 0; i < ht_delivered_count(maker->delivered); i++) {
        take_delivery(maker, i, event);
    }
}

/* ---- All ---- */

/* Hashed elements are part of what the consumer has. */
static bool set_key(const Maker *maker, GError **error)
{
    uint8_t site[HT_POLICY_KEY], pseudonyms[HT_POLICY_KEY];
    bool good = ht_spool_load_key(maker->config->bus.site_key_file, false, site, error);
    if (good) {
        ht_spool_pseudonym_key(site, pseudonyms);
        ht_policy_set_key(maker->policy, pseudonyms);
    }
    explicit_bzero(site, sizeof site);
    explicit_bzero(pseudonyms, sizeof pseudonyms);
    return good;
}

static bool make_policy(Maker *maker, const HtDictionary *dictionary, GError **error)
{
    const HtBooksQuestion *question = maker->question;
    g_autoptr(GString) errors = g_string_new(NULL);
    if (!question->list || !question->consumer) {
        return true;
    }
    maker->policy = ht_policy_new(ht_config_consumer(maker->config, question->consumer), dictionary, errors);
    if (!maker->policy) {
        g_set_error_literal(error, HT_MANIFEST_ERROR, 0, errors->str);
        return false;
    }
    return set_key(maker, error);
}

static bool make(Maker *maker, HtSpoolLook *look, GError **error)
{
    const HtBooksQuestion *question = maker->question;
    maker->span = (HtSpoolSpan){ht_spool_day_begin(question->first), ht_spool_day_begin(question->last + 1)};
    if (!ht_spool_look_messages(look, &maker->span, take_message, maker, error) ||
        !take_days(maker, look, error) || !ht_spool_look_pruned(look, &maker->books->pruned, error)) {
        return false;
    }
    return maker->last == 0 ||
           (ht_delivered_load(maker->delivered, look, maker->first, maker->last, error) &&
            ht_spool_look_events(look, maker->first - 1, maker->last, take_event, maker, error));
}

HtBooks *ht_books_make(const HtConfig *config, const HtDictionary *dictionary,
                       const HtBooksQuestion *question, GError **error)
{
    g_autoptr(HtBooks) books = g_new0(HtBooks, 1);
    g_autoptr(HtDelivered) delivered = ht_delivered_new(config, dictionary);
    Maker maker = {.config = config, .question = question, .books = books, .delivered = delivered};
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(config->bus.state, error);
    books->differences = g_array_new(FALSE, FALSE, sizeof(HtDifference));
    for (unsigned i = 0; i < HT_BOOKS; i++) {
        maker.lines[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    bool good = look && make_policy(&maker, dictionary, error) && make(&maker, look, error);
    if (good && question->list) {
        end_list(&maker, question->list);
    }
    for (unsigned i = 0; i < HT_BOOKS; i++) {
        books->lines[i] = sort_lines(maker.lines[i]);
        g_hash_table_unref(maker.lines[i]);
    }
    g_clear_pointer(&maker.policy, ht_policy_free);
    ht_buffer_clear(&maker.data);
    return good ? g_steal_pointer(&books) : NULL;
}

void ht_books_free(HtBooks *books)
{
    if (books) {
        for (unsigned i = 0; i < HT_BOOKS; i++) {
            g_clear_pointer(&books->lines[i], g_ptr_array_unref);
        }
        g_array_unref(books->differences);
        g_free(books);
    }
}

bool ht_books_agree(const HtBooks *books)
{
    uint64_t different = 0;
    for (unsigned i = 0; i < HT_DIFFERENCES; i++) {
        different += books->different[i];
    }
    return different == 0;
}
