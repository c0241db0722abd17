/* Values at rest: nothing of a person stands in a file, what was altered or put elsewhere does not open, and keys that lack are told before anything is
 * lost. Persons are synthetic (prefix 99). */
#include "spool/held.h"
#include "spool/row.h"
#include "spool/salvage.h"
#include "spool/sealed-row.h"
#include "spool/vault-copy.h"
#include "spool/vault.h"
#include "tests/lib/spool-test.h"

#include <sys/stat.h>

#define TEST(name) static void name(Place *place, const void *unused)
#define NUMBER "990104195008179950"
#define NAME "测试丁"
#define EVENTS 40

static const HtSpoolCipher ciphers[] = {HT_SPOOL_CIPHER_AES_256_GCM, HT_SPOOL_CIPHER_SM4_SM3};

/* ---- Messages with a marked person in every place ---- */

static HtText person_data(unsigned i)
{
    HtBuffer data = {.data = NULL};
    g_autofree char *value = g_strdup_printf("%s %s %u", NAME, NUMBER, i);
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("name"), .value = ht_text_from(value)};
    ht_item_pack(&data, &item);
    HtText text = {keep_text(""), 0};
    static GStringChunk *kept;
    kept = kept ? kept : g_string_chunk_new(4096);
    text = (HtText){g_string_chunk_insert_len(kept, data.data, (gssize)data.size), data.size};
    ht_buffer_clear(&data);
    return text;
}

static HtSpoolMessage *make_one(unsigned i)
{
    g_autofree char *key = g_strdup_printf("m%u", i);
    HtSpoolMessage *message = message_new("hukou", key);
    HtEvent *event = message_add(message, keep_text(key));
    HtFault fault;
    event->data = person_data(i);
    event_identify(event, "idNumber", NUMBER, true);
    message->reply = HT_TEXT_LITERAL("<answer>" NAME NUMBER "</answer>");
    message->reply_type = HT_TEXT_LITERAL("text/xml");
    message->payload = g_bytes_new_static("<XM>" NAME "</XM><H>" NUMBER "</H>",
                                          strlen("<XM>" NAME "</XM><H>" NUMBER "</H>"));
    message->faults = g_array_new(FALSE, FALSE, sizeof(HtFault));
    ht_fault_set(&fault, "required-missing", NAME " " NUMBER);
    g_array_append_val(message->faults, fault);
    return message;
}

static HtUuid send_one(Place *place, unsigned i)
{
    HtSpoolMessage *message = make_one(i);
    HtUuid id = message->id;
    spool_take_well(place->spool, message);
    return id;
}

static HtUuid hold_one(Place *place, uint8_t i)
{
    HtSpoolMessage *message = message_new("hukou", "held");
    Answer answer = {0};
    HtUuid id = message->id;
    message->sha256[0] = i;
    message->payload = g_bytes_new_static("held " NAME NUMBER, strlen("held " NAME NUMBER));
    ht_spool_quarantine(place->spool, message, "not-well-formed", keep_answer, &answer);
    answer_wait(&answer);
    g_assert_no_error(answer.error);
    answer_clear(&answer);
    return id;
}

static void fill(Place *place, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        send_one(place, i);
    }
}

/* How many of the first events are whole, and say what they should; each of the others must be `other`. */
static unsigned count_whole(Place *place, unsigned events, HtStoredState other)
{
    unsigned whole = 0;
    for (uint64_t after = 0; after < events;) {
        HtSpoolPage *page = spool_page(place->spool, after, 1000, 1 << 24);
        g_assert_cmpuint(page->events->len, >, 0);
        for (guint i = 0; i < page->events->len; i++) {
            const HtStoredEvent *event = page_event(page, i);
            after = event->sequence;
            if (event->state == HT_STORED_WHOLE) {
                HtText right = person_data((unsigned)after);
                g_assert_cmpmem(event->event.data.data, event->event.data.size, right.data, right.size);
                whole++;
            } else {
                g_assert_cmpint(event->state, ==, other);
            }
        }
        ht_spool_page_free(page);
    }
    return whole;
}

/* ---- What stands in the files ---- */

TEST(test_nothing_of_a_person_stands_in_a_file)
{
    (void)unused;
    for (unsigned i = 0; i < G_N_ELEMENTS(ciphers); i++) {
        place->options.sealing.cipher = ciphers[i];
        place_open(place);
        fill(place, EVENTS * i + 1, EVENTS);
        HtUuid held = hold_one(place, (uint8_t)(i + 1));
        g_assert_false(place_holds_text(place, NAME)); /* with its WAL */
        g_assert_false(place_holds_text(place, NUMBER));
        place_close(place);
        g_assert_false(place_holds_text(place, NAME));
        g_assert_false(place_holds_text(place, NUMBER));
        g_autoptr(GBytes) payload = place_payload(place, &held);
        g_assert_cmpuint(g_bytes_get_size(payload), ==, strlen("held " NAME NUMBER));
    }
    place_open(place);
    g_assert_cmpuint(count_whole(place, 2 * EVENTS, HT_STORED_WHOLE), ==, 2 * EVENTS);
}

/* What was there before is sealed at the next start, and nothing of it is left in the file or its WAL. */
TEST(test_what_was_there_before_is_sealed)
{
    (void)unused;
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_open(place);
    fill(place, 1, EVENTS);
    HtUuid taken = send_one(place, EVENTS + 1), held = hold_one(place, 1);
    place_close(place);
    g_assert_true(place_holds_text(place, NUMBER)); /* or the test could not fail */
    g_assert_true(place_holds_text(place, NAME));
    place->options.sealing.cipher = HT_SPOOL_CIPHER_AES_256_GCM;
    place_open(place);
    g_assert_false(place_holds_text(place, NUMBER));
    g_assert_false(place_holds_text(place, NAME));
    g_assert_cmpuint(count_whole(place, EVENTS + 1, HT_STORED_WHOLE), ==, EVENTS + 1);
    Answer answer = spool_take(place->spool, make_one(1));
    g_assert_true(answer.receipt.resent);
    g_assert_cmpstr(answer.reply, ==, "<answer>" NAME NUMBER "</answer>");
    answer_clear(&answer);
    place_close(place);
    g_autoptr(GBytes) of_taken = place_payload(place, &taken), of_held = place_payload(place, &held);
    g_assert_true(of_taken && of_held);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF; /* and what is sealed can be read all the same */
    place_open(place);
    g_assert_cmpuint(count_whole(place, EVENTS + 1, HT_STORED_WHOLE), ==, EVENTS + 1);
}

/* Ended at its first, second, third … step, again and again: it comes to its end, and nothing is lost. */
TEST(test_sealing_that_is_ended_goes_on)
{
    (void)unused;
    unsigned ends = 0;
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_open(place);
    fill(place, 1, EVENTS);
    hold_one(place, 1);
    place_close(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_AES_256_GCM;
    ht_spool_hooks.migrate_slice = 7;
    while (place_end_at_step(place, "seal", 1 + ends % 5) && ends < 1000) {
        ends++;
    }
    ht_spool_hooks.migrate_slice = HT_SPOOL_MIGRATE_SLICE;
    g_test_message("ended %u times", ends);
    g_assert_cmpuint(ends, >, EVENTS / 7);
    g_assert_cmpuint(ends, <, 1000);
    place_open(place);
    g_assert_cmpuint(count_whole(place, EVENTS, HT_STORED_WHOLE), ==, EVENTS);
    g_assert_false(place_holds_text(place, NUMBER));
    place_close(place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    place_open(place);
}

/* A value that looks like a sealed one is none. */
TEST(test_what_looks_sealed_is_kept_as_it_is)
{
    static const char *const odd[] = {"HtV1", "HtV0", "HtV1\1\0\0\0", "HtV0HtV0", ""};
    (void)unused;
    for (unsigned on = 0; on < 2; on++) {
        place->options.sealing.cipher = on ? HT_SPOOL_CIPHER_AES_256_GCM : HT_SPOOL_CIPHER_OFF;
        for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++) {
            g_autofree char *key = g_strdup_printf("odd-%u-%u", on, i);
            HtSpoolMessage *message = message_new("hukou", key);
            HtUuid id = message->id;
            message->payload = g_bytes_new_static(odd[i], strlen(odd[i]));
            place_open(place);
            spool_take_well(place->spool, message);
            place_close(place);
            g_autoptr(GBytes) payload = place_payload(place, &id);
            g_assert_cmpmem(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload), odd[i],
                            strlen(odd[i]));
        }
    }
    place_open(place);
}

/* ---- What is not genuine ---- */

typedef struct {
    HtSpoolSealer *sealer;
    HtBuffer plain, sealed;
} SealedRow;

static void make_row(SealedRow *made, Place *place, uint64_t number)
{
    HtSpoolRowMaker maker = {.index = NULL};
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    made->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    ht_spool_row_begin(&maker, number);
    for (unsigned i = 0; i < 4; i++) {
        HtSpoolRecord record = {.id = ht_uuid_new(),
                                .recorded_us = 1,
                                .subject = HT_TEXT_LITERAL("p-1"),
                                .head = HT_TEXT_LITERAL("head"),
                                .data = HT_TEXT_LITERAL(NAME)};
        ht_spool_row_add(&maker, i == 2 ? NULL : &record);
    }
    ht_spool_row_finish(&maker, &made->plain);
    ht_spool_row_clear(&maker);
    ht_spool_row_stored(made->sealer, number, ht_buffer_text(&made->plain), &made->sealed);
}

static void clear_row(SealedRow *made)
{
    ht_spool_sealer_free(made->sealer);
    ht_buffer_clear(&made->plain);
    ht_buffer_clear(&made->sealed);
}

static GBytes *open_copy(const SealedRow *made, uint64_t number, size_t flipped)
{
    g_autofree char *copy = g_memdup2(made->sealed.data, made->sealed.size);
    if (flipped < made->sealed.size) {
        copy[flipped] ^= 0x10;
    }
    HtSpoolRow row = {{copy, made->sealed.size}, number, 4};
    return ht_spool_sealed_row_open(made->sealer, &row);
}

/* How many of its three records read as they were written; none may read otherwise. */
static unsigned count_good(const SealedRow *made, GBytes *opened, uint64_t number)
{
    gsize size = 0;
    const char *bytes = opened ? g_bytes_get_data(opened, &size) : NULL;
    HtSpoolRow row = {{bytes, size}, number, 4}, right = {ht_buffer_text(&made->plain), 7, 4};
    unsigned good = 0;
    for (uint32_t i = 0; bytes && i < 4; i++) {
        HtSpoolRecord record, whole;
        HtSpoolRowVerdict verdict = ht_spool_row_read(&row, i, &record);
        if (verdict == HT_SPOOL_ROW_GOOD) {
            g_assert_cmpint(ht_spool_row_read(&right, i, &whole), ==, HT_SPOOL_ROW_GOOD);
            g_assert_cmpmem(record.id.bytes, HT_UUID_SIZE, whole.id.bytes, HT_UUID_SIZE);
            g_assert_cmpmem(record.data.data, record.data.size, NAME, strlen(NAME));
            good++;
        }
    }
    return good;
}

static bool is_whole(GBytes *opened, uint64_t number)
{
    gsize size;
    const char *bytes = g_bytes_get_data(opened, &size);
    HtSpoolRow row = {{bytes, size}, number, 4};
    return ht_spool_row_is_whole(&row);
}

TEST(test_no_altered_byte_of_a_row_is_read)
{
    SealedRow made = {.sealer = NULL};
    (void)unused;
    for (unsigned c = 0; c < G_N_ELEMENTS(ciphers); c++) {
        place->options.sealing.cipher = ciphers[c];
        place_open(place);
        make_row(&made, place, 7);
        g_autoptr(GBytes) whole = open_copy(&made, 7, SIZE_MAX), elsewhere = open_copy(&made, 8, SIZE_MAX);
        gsize size;
        const char *bytes = g_bytes_get_data(whole, &size);
        g_assert_cmpmem(bytes, size, made.plain.data, made.plain.size);
        g_assert_cmpuint(count_good(&made, elsewhere, 8), ==, 0);
        for (size_t at = 16; at < made.sealed.size; at++) {
            g_autoptr(GBytes) opened = open_copy(&made, 7, at);
            g_assert_true(count_good(&made, opened, 7) < 3 ||
                          !is_whole(opened, 7)); /* an entry of what was taken out */
        }
        clear_row(&made);
        made = (SealedRow){.sealer = NULL};
        place_close(place);
    }
    place_open(place);
}

/* A key that was destroyed stays so when an older copy of the file is put in place. */
TEST(test_a_destroyed_key_does_not_come_back)
{
    (void)unused;
    g_autofree char *periods = g_build_filename(place->directory, HT_SPOOL_PERIODS_FILE, NULL);
    g_autofree char *former = g_build_filename(place->directory, "former", NULL), *copy = NULL;
    gsize size;
    place_open(place);
    fill(place, 1, 2);
    place_close(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_SM4_SM3;
    place_open(place);
    g_assert_true(g_file_get_contents(periods, &copy, &size, NULL));
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    g_assert_true(ht_spool_vault_destroy(ht_spool_vault_of(db), 1, ht_clock_now(), NULL));
    place_close(place);
    g_assert_cmpint(g_rename(periods, former), ==, 0);
    g_assert_true(
        g_file_set_contents_full(periods, copy, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_true(ht_spool_vault_keep_destroyed(former, periods, NULL));
    place_open(place);
    HtSpoolPeriod period;
    g_assert_cmpint(ht_spool_vault_period(ht_spool_vault_of(db), 1, &period), ==, HT_SPOOL_PERIOD_DESTROYED);
    g_assert_cmpint(ht_spool_vault_period(ht_spool_vault_of(db), 2, &period), ==, HT_SPOOL_PERIOD_GOOD);
}

/* The same row twice, as after a rollback: other bytes each time. */
TEST(test_no_nonce_is_used_again)
{
    SealedRow made = {.sealer = NULL};
    HtBuffer again = {.data = NULL};
    (void)unused;
    place_open(place);
    make_row(&made, place, 7);
    ht_spool_row_stored(made.sealer, 7, ht_buffer_text(&made.plain), &again);
    g_assert_cmpuint(again.size, ==, made.sealed.size);
    unsigned same = 0;
    for (size_t at = 16 + 4 * 12 + 4; at < again.size; at++) {
        same += again.data[at] == made.sealed.data[at];
    }
    g_assert_cmpuint(same, <, again.size / 16);
    ht_buffer_clear(&again);
    clear_row(&made);
}

/* Values that were put in each other's place do not open, nor one of another column. */
TEST(test_values_are_bound_to_their_places)
{
    (void)unused;
    place_open(place);
    HtUuid first = send_one(place, 1), second = send_one(place, 2);
    place_close(place);
    place_change(
        place,
        "UPDATE payloads SET bytes = (SELECT p.bytes FROM payloads p WHERE p.message = 2) WHERE message = 1;"
        "UPDATE faults SET faults = (SELECT bytes FROM payloads WHERE message = 2) WHERE message = 2");
    HtSpoolLook *look = ht_spool_look_open(place->directory, NULL);
    g_autoptr(GError) swapped = NULL, other_column = NULL;
    g_autoptr(GBytes) payload = NULL, whole = NULL;
    GArray *faults = NULL;
    g_assert_false(ht_spool_look_payload(look, &first, &payload, &swapped));
    g_assert_error(swapped, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
    g_assert_true(ht_spool_look_payload(look, &second, &whole, NULL));
    g_assert_false(ht_spool_look_faults(look, &second, &faults, &other_column));
    g_assert_error(other_column, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
    ht_spool_look_close(look);
    place_open(place);
}

/* Rows in each other's place: set aside, never delivered; and the check says so. */
TEST(test_rows_in_each_others_place_are_damaged)
{
    (void)unused;
    place->options.limits.recent_bytes = 0;
    place_open(place);
    fill(place, 1, 2);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM rows"), ==, 2);
    place_change(
        place,
        "UPDATE rows SET id = 9 WHERE id = 1; UPDATE rows SET id = 1 WHERE id = 2; UPDATE rows SET id = 2 WHERE id = 9");
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), >=, 2);
    place_open(place);
    g_assert_cmpuint(count_whole(place, 2, HT_STORED_DAMAGED), ==, 0);
}

/* ---- Keys ---- */

static char *path_of(Place *place, const char *name)
{
    return g_build_filename(place->directory, name, NULL);
}

static void put_key(const char *path, char digit)
{
    g_autofree char *key = g_strnfill(64, digit);
    g_assert_true(g_file_set_contents_full(path, key, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* Told before anything is made or lost; and with what was brought back all is there. */
TEST(test_a_key_that_lacks_is_told)
{
    (void)unused;
    g_autofree char *master = path_of(place, HT_SPOOL_MASTER_FILE),
                    *periods = path_of(place, HT_SPOOL_PERIODS_FILE);
    g_autofree char *aside = path_of(place, "aside"), *kept = NULL;
    gsize size;
    place_open(place);
    fill(place, 1, EVENTS);
    place_close(place);
    struct stat info;
    g_assert_cmpint(stat(master, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
    g_assert_cmpint(stat(periods, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);

    g_assert_cmpint(g_rename(master, aside), ==, 0); /* no master key */
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    g_assert_false(g_file_test(master, G_FILE_TEST_EXISTS));
    put_key(master, 'a'); /* another one */
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    g_assert_null(ht_spool_look_open(place->directory, NULL));
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, -1);
    g_assert_cmpint(g_rename(aside, master), ==, 0);

    g_assert_cmpint(g_rename(periods, aside), ==, 0); /* no periods */
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    g_assert_false(g_file_test(periods, G_FILE_TEST_EXISTS));
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_AES_256_GCM;
    g_assert_true(g_file_get_contents(aside, &kept, &size, NULL));
    for (gsize at = 0; at < size; at++) { /* a byte that is another */
        kept[at] ^= 1;
        g_assert_true(
            g_file_set_contents_full(periods, kept, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        place_expect_refused(place, HT_SPOOL_ERROR_KEY);
        kept[at] ^= 1;
    }
    g_assert_cmpint(g_rename(aside, periods), ==, 0);
    place_open(place);
    g_assert_cmpuint(count_whole(place, EVENTS, HT_STORED_WHOLE), ==, EVENTS);
}

/* A new master key first, the old one behind it; then without the old one. */
TEST(test_the_master_key_can_be_changed)
{
    (void)unused;
    g_autofree char *old = path_of(place, "old.key"), *new = path_of(place, "new.key");
    char *only_old[] = {old, NULL}, *both[] = {new, old, NULL}, *only_new[] = {new, NULL};
    put_key(old, '1');
    put_key(new, '2');
    place->options.sealing.master_files = only_old;
    place_open(place);
    fill(place, 1, EVENTS);
    place_close(place);
    place->options.sealing.master_files = only_new;
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    place->options.sealing.master_files = both;
    place_open(place);
    place_close(place);
    place->options.sealing.master_files = only_old;
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    place->options.sealing.master_files = only_new;
    place_open(place);
    fill(place, EVENTS + 1, 1);
    g_assert_cmpuint(count_whole(place, EVENTS + 1, HT_STORED_WHOLE), ==, EVENTS + 1);
    place_close(place);
    HtSpoolLook *look = ht_spool_look_open(place->directory, NULL); /* which finds the key by itself */
    g_assert_nonnull(look);
    ht_spool_look_close(look);
    place_open(place);
}

static HtSpoolVault *vault_of(Place *place)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    return ht_spool_vault_of(db);
}

static guint count_periods(Place *place)
{
    g_autoptr(GArray) periods = ht_spool_vault_periods(vault_of(place));
    return periods->len;
}

/* Each period has its key; with the key its data are gone, and only its. */
TEST(test_a_destroyed_period_is_gone)
{
    (void)unused;
    g_autoptr(GError) again = NULL, current = NULL, none = NULL;
    place->options.sealing.period_ms = 3600000;
    place->options.limits.recent_bytes = 0;
    place_open(place);
    HtUuid first = send_one(place, 1);
    fill(place, 2, 4);
    place_close(place);
    g_assert_cmpuint(count_periods(place), ==, 1);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_SM4_SM3; /* another cipher begins another period, too */
    place_open(place);
    fill(place, 6, 5);
    g_assert_cmpuint(count_periods(place), ==, 2);
    g_assert_true(ht_spool_vault_destroy(vault_of(place), 1, ht_clock_now(), NULL));
    g_assert_false(ht_spool_vault_destroy(vault_of(place), 1, ht_clock_now(), &again));
    g_assert_error(again, HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR);
    g_assert_false(ht_spool_vault_destroy(vault_of(place), 2, ht_clock_now(), &current));
    g_assert_error(current, HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR);
    g_assert_false(ht_spool_vault_destroy(vault_of(place), 3, ht_clock_now(), &none));
    g_assert_error(none, HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR);
    for (unsigned opened = 0; opened < 2; opened++) {
        g_assert_cmpuint(count_whole(place, 10, HT_STORED_REMOVED), ==, 5);
        place_close(place);
        g_assert_null(place_payload(place, &first));
        g_autoptr(GString) report = g_string_new(NULL);
        g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
        place_open(place);
    }
    Answer answer = spool_take(place->spool, make_one(7));
    g_assert_true(answer.receipt.resent && answer.reply);
    answer_clear(&answer);
}

/* SQLite knows its file by the real path: what is sealed must not depend on the one that was written. */
TEST(test_a_folder_behind_a_link_is_the_same)
{
    (void)unused;
    g_autofree char *link = g_strconcat(place->directory, ".link", NULL);
    g_assert_cmpint(symlink(place->directory, link), ==, 0);
    const char *real = place->options.directory;
    place->options.directory = link;
    place_open(place);
    fill(place, 1, EVENTS);
    g_assert_false(place_holds_text(place, NUMBER));
    place_close(place);
    place->options.directory = real;
    place_open(place);
    g_assert_cmpuint(count_whole(place, EVENTS, HT_STORED_WHOLE), ==, EVENTS);
    place_close(place);
    HtSpoolLook *look = ht_spool_look_open(link, NULL);
    g_assert_nonnull(look);
    ht_spool_look_close(look);
    g_unlink(link);
    place_open(place);
}

/* Of an open spool that does not seal any more: a look that cannot read the keys takes none away. */
TEST(test_a_look_takes_no_keys_away)
{
    (void)unused;
    g_autofree char *master = path_of(place, HT_SPOOL_MASTER_FILE), *aside = path_of(place, "aside");
    place->options.limits.recent_bytes = 0;
    place_open(place);
    fill(place, 1, EVENTS);
    place_close(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_open(place);
    g_assert_cmpint(g_rename(master, aside), ==, 0);
    HtSpoolLook *look = ht_spool_look_open(place->directory, NULL);
    g_clear_pointer(&look, ht_spool_look_close);
    g_assert_cmpuint(count_whole(place, EVENTS, HT_STORED_WHOLE), ==, EVENTS);
    g_assert_cmpint(g_rename(aside, master), ==, 0);
}

/* The master key's file is named to whoever looks without the configuration, also when its bytes are the same. */
TEST(test_the_masters_name_is_kept)
{
    (void)unused;
    g_autofree char *master = path_of(place, HT_SPOOL_MASTER_FILE), *moved = path_of(place, "moved.key");
    char *files[] = {moved, NULL};
    place_open(place);
    HtUuid id = send_one(place, 1);
    place_close(place);
    g_assert_cmpint(g_rename(master, moved), ==, 0);
    place->options.sealing.master_files = files;
    place_open(place);
    place_close(place);
    g_autoptr(GBytes) payload = place_payload(place, &id);
    g_assert_nonnull(payload);
    place_open(place);
}

/* With the keys missing everything would look damaged: neither check nor repair take it for that. */
TEST(test_missing_keys_are_no_damage)
{
    (void)unused;
    g_autofree char *periods = path_of(place, HT_SPOOL_PERIODS_FILE), *aside = path_of(place, "aside");
    place_open(place);
    fill(place, 1, EVENTS);
    place_close(place);
    g_assert_cmpint(g_rename(periods, aside), ==, 0);
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) checked = NULL, repaired = NULL;
    g_assert_cmpint(ht_spool_check(place->directory, report, &checked), ==, -1);
    g_assert_error(checked, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
    HtSpoolSalvage asked = {
        .directory = place->directory, .limits = place->options.limits, .sealing = place->options.sealing};
    HtSpoolSalvaged salvaged;
    g_assert_false(ht_spool_salvage(&asked, &salvaged, report, &repaired));
    g_assert_error(repaired, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
    ht_spool_salvaged_clear(&salvaged);
    g_assert_false(g_file_test(periods, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_rename(aside, periods), ==, 0);
    place_open(place);
    g_assert_cmpuint(count_whole(place, EVENTS, HT_STORED_WHOLE), ==, EVENTS);
}

/* What had a sign that it is not sealed has none when it is. */
TEST(test_signs_are_not_sealed)
{
    (void)unused;
    HtSpoolMessage *message = message_new("hukou", "odd");
    HtUuid id = message->id;
    message->payload = g_bytes_new_static("HtV1 odd", 8);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_open(place);
    spool_take_well(place->spool, message);
    place_close(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_AES_256_GCM;
    place_open(place);
    place_close(place);
    g_autoptr(GBytes) payload = place_payload(place, &id);
    g_assert_cmpmem(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload), "HtV1 odd", 8);
    place_open(place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_test("/sealing/nothing-of-a-person-stands-in-a-file", NULL,
                   test_nothing_of_a_person_stands_in_a_file);
    place_add_test("/sealing/what-was-there-before-is-sealed", NULL, test_what_was_there_before_is_sealed);
    place_add_test("/sealing/sealing-that-is-ended-goes-on", NULL, test_sealing_that_is_ended_goes_on);
    place_add_test("/sealing/what-looks-sealed-is-kept-as-it-is", NULL,
                   test_what_looks_sealed_is_kept_as_it_is);
    place_add_test("/sealing/no-altered-byte-of-a-row-is-read", NULL, test_no_altered_byte_of_a_row_is_read);
    place_add_test("/sealing/no-nonce-is-used-again", NULL, test_no_nonce_is_used_again);
    place_add_test("/sealing/values-are-bound-to-their-places", NULL, test_values_are_bound_to_their_places);
    place_add_test("/sealing/rows-in-each-others-place-are-damaged", NULL,
                   test_rows_in_each_others_place_are_damaged);
    place_add_test("/sealing/a-key-that-lacks-is-told", NULL, test_a_key_that_lacks_is_told);
    place_add_test("/sealing/the-master-key-can-be-changed", NULL, test_the_master_key_can_be_changed);
    place_add_test("/sealing/a-destroyed-period-is-gone", NULL, test_a_destroyed_period_is_gone);
    place_add_test("/sealing/a-folder-behind-a-link-is-the-same", NULL,
                   test_a_folder_behind_a_link_is_the_same);
    place_add_test("/sealing/a-look-takes-no-keys-away", NULL, test_a_look_takes_no_keys_away);
    place_add_test("/sealing/the-masters-name-is-kept", NULL, test_the_masters_name_is_kept);
    place_add_test("/sealing/missing-keys-are-no-damage", NULL, test_missing_keys_are_no_damage);
    place_add_test("/sealing/a-destroyed-key-does-not-come-back", NULL,
                   test_a_destroyed_key_does_not_come_back);
    place_add_test("/sealing/signs-are-not-sealed", NULL, test_signs_are_not_sealed);
    return g_test_run();
}
