/* See crash-work.h. */
#include "tests/lib/crash-work.h"

static const uint8_t crash_site_key[32] = {9};

/* A large message: so many events, taken so many at once. */
#define LARGE_EVENTS 22U
#define LARGE_BYTES 4096
#define PIECE_EVENTS 4
#define TEXT_BYTES 32

HtSpool *crash_open(const char *directory, GError **error)
{
    HtSpoolOptions options = {.directory = directory,
                              .site_key = crash_site_key,
                              .limits = ht_spool_limits_default(),
                              .sealing = {.cipher = HT_SPOOL_CIPHER_AES_256_GCM}};
    options.limits.group = 8;
    options.limits.wal_bytes = 1 << 18;
    options.limits.reserve_bytes = 0;
    options.limits.large_bytes = LARGE_BYTES;
    ht_spool_hooks.piece_events = PIECE_EVENTS;
    return ht_spool_open(&options, error);
}

void work_init(Work *work, HtSpool *spool, uint64_t first, uint64_t count)
{
    *work = (Work){.spool = spool, .next = first, .end = first + count};
    work->acks = g_array_new(FALSE, FALSE, sizeof(Ack));
    work->refused = g_hash_table_new(g_direct_hash, g_direct_equal);
}

void work_clear(Work *work)
{
    g_array_unref(work->acks);
    g_hash_table_unref(work->refused);
}

static HtText print_text(char **at, char kind, uint64_t number, unsigned place)
{
    char *text = *at;
    int size = place > 0 ? g_snprintf(text, TEXT_BYTES, "%c%018" G_GUINT64_FORMAT ".%u", kind, number, place)
                         : g_snprintf(text, TEXT_BYTES, "%c%018" G_GUINT64_FORMAT, kind, number);
    *at += TEXT_BYTES;
    return (HtText){text, (size_t)size};
}

/* Each about another person, known by nothing but what it says: "xNUMBER.PLACE". */
static void add_parts(HtSpoolMessage *message, uint64_t number, HtEvent event, char *texts)
{
    event.key = HT_TEXT_NONE;
    event.identity_count = 1;
    for (unsigned i = 1; i < LARGE_EVENTS; i++) {
        event.attr[HT_ATTR_BUSINESSID] = print_text(&texts, 'x', number, i);
        event.identities[0].value = print_text(&texts, 'n', number, i);
        g_array_append_val(message->events, event);
    }
}

HtSpoolMessage *make_message(uint64_t number)
{
    static const char *const sources[] = {"hukou", "marriage", "health"};
    gsize size = number % 11 == 0 ? LARGE_BYTES + 2 * LARGE_EVENTS * TEXT_BYTES : 2 * TEXT_BYTES;
    char *texts = g_malloc0(size);
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    message->backing = g_bytes_new_take(texts, size);
    HtEvent event = {.data = HT_TEXT_LITERAL("")};
    event.key = event.attr[HT_ATTR_BUSINESSID] = print_text(&texts, 'k', number, 0);
    HtText person = print_text(&texts, 'n', number, 0);
    event.identities[event.identity_count++] = (HtIdentity){HT_TEXT_LITERAL("idNumber"), person, false};
    if (number % 3 == 0) {
        event.identities[event.identity_count++] = (HtIdentity){HT_TEXT_LITERAL("personNo"), person, false};
    }
    message->id = ht_uuid_new();
    message->source = sources[number % 4 % 3];
    message->received_us = ht_clock_now();
    message->key = event.key;
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    g_array_append_val(message->events, event);
    if (number % 11 == 0) {
        add_parts(message, number, event, texts);
    } else if (number % 5 == 0) {
        event.key = HT_TEXT_NONE;
        event.attr[HT_ATTR_BUSINESSID] = HT_TEXT_NONE;
        g_array_append_val(message->events, event);
    }
    return message;
}

static void feed_slot(Slot *slot);

/* One consumer without gaps, and one that never gets its first event. */
static void move_cursors(HtSpool *spool, uint64_t sequence)
{
    HtSpoolRun run = {2, sequence, sequence - 1};
    g_autoptr(GArray) finished = g_array_new(FALSE, FALSE, sizeof run);
    ht_spool_cursor_move(spool, "platform", sequence, NULL);
    if (sequence > 1) {
        g_array_append_val(finished, run);
        ht_spool_cursor_move(spool, "poisoned", 0, finished);
    }
}

static void note_answer(const HtReceipt *receipt, const GError *error, void *user)
{
    Slot *slot = user;
    Work *work = slot->work;
    work->in_flight--;
    if (error) {
        work->io_errors += error->code == HT_SPOOL_ERROR_IO;
        work->full_errors += error->code == HT_SPOOL_ERROR_FULL;
        if (error->code == HT_SPOOL_ERROR_FULL) {
            g_hash_table_add(work->refused, GUINT_TO_POINTER((guint)slot->number));
        }
    } else if (!work->counts || work->counts()) {
        Ack ack = {slot->number, receipt->sequence, receipt->id};
        g_assert_cmpuint(work->io_errors, ==, 0); /* nothing is acknowledged after the disk has failed */
        g_array_append_val(work->acks, ack);
        move_cursors(work->spool, receipt->sequence);
        if (work->acknowledged) {
            work->acknowledged(&ack);
        }
    }
    feed_slot(slot);
}

/* Every seventh message is sent twice. */
static void feed_slot(Slot *slot)
{
    Work *work = slot->work;
    if (!slot->resending && slot->number > 0 && slot->number % 7 == 0) {
        slot->resending = true;
    } else if (work->next < work->end) {
        slot->resending = false;
        slot->number = work->next++;
    } else {
        return;
    }
    work->in_flight++;
    ht_spool_append(work->spool, make_message(slot->number), note_answer, slot);
}

void work_run(Work *work)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        work->slots[i] = (Slot){.work = work};
        feed_slot(&work->slots[i]);
    }
    while (work->in_flight > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void keep_page(HtSpoolPage *page, const GError *error, void *user)
{
    PageAnswer *answer = user;
    g_assert_no_error(error);
    answer->page = page;
    answer->done = true;
}

/* A large message is there whole, in its order, or not at all. */
static void check_part(HtText name, uint64_t *number, unsigned *place)
{
    g_autofree char *text = g_strndup(name.data ? name.data : "", name.size);
    char *point = strchr(text, '.');
    bool is_part = text[0] == 'x' && point;
    if (*place > 0 && *place < LARGE_EVENTS) {
        g_assert_true(is_part);
        g_assert_cmpuint(g_ascii_strtoull(text + 1, NULL, 10), ==, *number);
        g_assert_cmpuint(g_ascii_strtoull(point + 1, NULL, 10), ==, *place);
        (*place)++;
        return;
    }
    g_assert_false(is_part);
    *number = text[0] == 'k' ? g_ascii_strtoull(text + 1, NULL, 10) : 0;
    *place = *number > 0 && *number % 11 == 0 ? 1 : 0;
}

/* Message number to sequence, of all events above `after`; each number once, sequences without a gap. */
static GHashTable *read_numbers(HtSpool *spool, uint64_t after)
{
    GHashTable *numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    uint64_t number = 0;
    unsigned place = 0;
    for (guint count = 1; count > 0;) {
        PageAnswer answer = {false, NULL};
        ht_spool_read(spool, after, 5000, 4 << 20, keep_page, &answer);
        while (!answer.done) {
            g_main_context_iteration(NULL, TRUE);
        }
        count = answer.page->events->len;
        for (guint i = 0; i < count; i++) {
            const HtStoredEvent *event = g_ptr_array_index(answer.page->events, i);
            HtText key = event->event.attr[HT_ATTR_BUSINESSID];
            g_assert_cmpuint(event->sequence, ==, ++after);
            check_part(key, &number, &place);
            if (key.data && key.data[0] == 'k') {
                g_autofree char *text = g_strndup(key.data + 1, key.size - 1);
                uint64_t pair[2] = {g_ascii_strtoull(text, NULL, 10), event->sequence};
                g_assert_true(g_hash_table_insert(numbers, g_memdup2(&pair[0], 8), g_memdup2(&pair[1], 8)));
            }
        }
        ht_spool_page_free(answer.page);
    }
    g_assert_true(place == 0 || place == LARGE_EVENTS);
    g_assert_cmpuint(ht_spool_last_sequence(spool), ==, after);
    return numbers;
}

void expect_clean(const char *directory)
{
    g_autoptr(GString) report = g_string_new(NULL);
    GError *error = NULL;
    int findings = ht_spool_check(directory, report, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(report->str, ==, "");
    g_assert_cmpint(findings, ==, 0);
}

static void note_resend(const HtReceipt *receipt, const GError *error, void *user)
{
    Resend *resend = user;
    g_assert_no_error(error);
    g_assert_true(receipt->resent);
    resend->id = receipt->id;
    resend->done = true;
}

uint64_t prove(const char *directory, const GArray *acks, uint64_t after, GHashTable *refused)
{
    GError *error = NULL;
    HtSpool *spool = crash_open(directory, &error);
    g_assert_no_error(error);
    g_autoptr(GHashTable) numbers = read_numbers(spool, after);
    for (guint i = 0; i < acks->len; i++) {
        const Ack *ack = &g_array_index(acks, Ack, i);
        if (ack->sequence <= after) {
            continue;
        }
        const uint64_t *sequence = g_hash_table_lookup(numbers, &ack->number);
        g_assert_nonnull(sequence);
        g_assert_cmpuint(*sequence, ==, ack->sequence);
        if (i % 8 == 0) {
            Resend resend = {0};
            ht_spool_append(spool, make_message(ack->number), note_resend, &resend);
            while (!resend.done) {
                g_main_context_iteration(NULL, TRUE);
            }
            g_assert_cmpmem(&resend.id, 16, &ack->id, 16);
        }
        if (refused) {
            g_hash_table_remove(refused, GUINT_TO_POINTER((guint)ack->number));
        }
    }
    GHashTableIter iter;
    gpointer number;
    g_hash_table_iter_init(&iter, numbers);
    while (refused && g_hash_table_iter_next(&iter, &number, NULL)) {
        g_assert_false(g_hash_table_contains(refused, GUINT_TO_POINTER((guint) * (uint64_t *)number)));
    }
    uint64_t last = ht_spool_last_sequence(spool);
    ht_spool_close(spool);
    expect_clean(directory);
    return last;
}

void remove_directory(const char *directory)
{
    GDir *names = g_dir_open(directory, 0, NULL);
    const char *name;
    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_unlink(path);
    }
    g_clear_pointer(&names, g_dir_close);
    g_rmdir(directory);
}

unsigned rounds_from(const char *variable, unsigned otherwise)
{
    const char *text = g_getenv(variable);
    return text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : otherwise;
}
