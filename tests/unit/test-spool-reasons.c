/* What consumers answered about events that are dead letters now: sealed as the event is, found by its words, and gone with the event's key. Persons are synthetic
 * (prefix 99). */
#include "spool/delivery.h"
#include "spool/look.h"
#include "spool/salvage.h"
#include "spool/vault.h"
#include "tests/lib/spool-test.h"
#include "tests/lib/tree.h"

#define TEST(name) static void name(Place *place, const void *unused)
#define NAME "测试丁"
#define ANSWER "HTTP 422: no such person: " NAME
#define LETTERS 40

static void take_events(Place *place, unsigned count)
{
    static unsigned keys;
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *key = g_strdup_printf("m%u", ++keys);
        HtSpoolMessage *message = message_new("hukou", key);
        message_add(message, NULL);
        spool_take_well(place->spool, message);
    }
}

static void put_letters(Place *place, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        g_autofree char *reason = g_strdup_printf(ANSWER " (%u)", i);
        ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){i, 1, reason, "hukou", "t", 0});
    }
    g_assert_true(spool_settles(place->spool));
}

static GPtrArray *look_letters(Place *place, const char *reason, uint64_t sequence)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(place->directory, &error);
    g_assert_no_error(error);
    HtSpoolLetterFilter filter = {.consumer = "platform", .reason = reason, .sequence = sequence};
    GPtrArray *letters = ht_spool_look_letters(look, &filter, &error);
    g_assert_no_error(error);
    return letters;
}

static void expect_reason(Place *place, uint64_t sequence, const char *reason)
{
    g_autoptr(GPtrArray) letters = look_letters(place, NULL, sequence);
    g_assert_cmpuint(letters->len, ==, 1);
    g_assert_cmpstr(((const HtSpoolLooked *)letters->pdata[0])->reason, ==, reason);
}

static void expect_all(Place *place)
{
    for (unsigned i = 1; i <= LETTERS; i++) {
        g_autofree char *reason = g_strdup_printf(ANSWER " (%u)", i);
        expect_reason(place, i, reason);
    }
}

TEST(test_a_reason_does_not_stand_in_a_file)
{
    static const HtSpoolCipher ciphers[] = {HT_SPOOL_CIPHER_AES_256_GCM, HT_SPOOL_CIPHER_SM4_SM3,
                                            HT_SPOOL_CIPHER_OFF};
    (void)unused;
    for (unsigned i = 0; i < G_N_ELEMENTS(ciphers); i++) {
        place->options.sealing.cipher = ciphers[i];
        place_open(place);
        take_events(place, 1);
        put_letters(place, i + 1, 1);
        g_assert_cmpint(place_holds_text(place, NAME), ==, ciphers[i] == HT_SPOOL_CIPHER_OFF);
        place_close(place);
        g_autoptr(GPtrArray) letters = look_letters(place, "no such person", 0);
        g_autoptr(GPtrArray) others = look_letters(place, "no such house", 0);
        g_assert_cmpuint(letters->len, ==, i + 1);
        g_assert_cmpuint(others->len, ==, 0);
    }
    place_open(place);
}

/* Under another reason, as sent again and refused again. */
TEST(test_the_last_reason_counts)
{
    (void)unused;
    place_open(place);
    take_events(place, 2);
    put_letters(place, 1, 1);
    ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){1, 2, "HTTP 404", NULL, NULL, 0});
    ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){2, 2, NULL, NULL, NULL, 0});
    g_assert_true(spool_settles(place->spool));
    expect_reason(place, 1, "HTTP 404");
    expect_reason(place, 2, "");
}

/* Written when another period was the current one: it goes with its event's all the same, and what is not the event's stays. */
TEST(test_a_reason_goes_with_its_events_key)
{
    (void)unused;
    place_open(place);
    take_events(place, 1);
    place_close(place);
    place->options.sealing.cipher = HT_SPOOL_CIPHER_SM4_SM3; /* begins another period */
    place_open(place);
    take_events(place, 1);
    put_letters(place, 1, 2);
    expect_reason(place, 1, ANSWER " (1)");
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    g_assert_true(ht_spool_vault_destroy(ht_spool_vault_of(db), 1, ht_clock_now(), NULL));
    g_clear_pointer(&db, sqlite3_close);
    expect_reason(place, 1, "(destroyed with the key of its period)");
    expect_reason(place, 2, ANSWER " (2)");
    put_letters(place, 1, 1); /* and none is written any more */
    expect_reason(place, 1, "");
    g_assert_cmpuint(ht_spool_dead_count(place->spool, "platform"), ==, 2);
    place_close(place);
    place_open(place);
    g_assert_cmpuint(ht_spool_dead_count(place->spool, "platform"), ==, 2);
}

/* Put in each other's place, or changed: told as damaged, and the list goes on. */
TEST(test_what_is_not_genuine_is_told)
{
    (void)unused;
    place_open(place);
    take_events(place, 3);
    put_letters(place, 1, 3);
    place_close(place);
    place_change(place,
                 "UPDATE dead_letters SET reason = (SELECT d.reason FROM dead_letters d WHERE d.seq = 2)"
                 " WHERE seq = 1");
    place_change(place, "UPDATE dead_letters SET reason = substr(reason, 1, 20) WHERE seq = 3");
    expect_reason(place, 1, "(damaged)");
    expect_reason(place, 2, ANSWER " (2)");
    expect_reason(place, 3, "(damaged)");
    place_open(place);
}

/* ---- What was there before ---- */

/* Of a spool of which everything else was sealed before; ended at its first, second, third … step, again and again. */
TEST(test_those_of_format_11_are_sealed)
{
    unsigned ends = 0;
    (void)unused;
    place->options.sealing.cipher = HT_SPOOL_CIPHER_OFF;
    place_open(place);
    take_events(place, LETTERS);
    put_letters(place, 1, LETTERS);
    place_close(place);
    place_make_11(place);
    place_change(place, "INSERT INTO meta VALUES('sealed', CAST('1' AS BLOB))");
    g_assert_true(place_holds_text(place, NAME)); /* or the test could not fail */
    place->options.sealing.cipher = HT_SPOOL_CIPHER_AES_256_GCM;
    ht_spool_hooks.migrate_slice = 7;
    while (place_end_at_step(place, "seal", 1 + ends % 3) && ends < 100) {
        ends++;
    }
    ht_spool_hooks.migrate_slice = HT_SPOOL_MIGRATE_SLICE;
    g_assert_cmpuint(ends, >, LETTERS / 14);
    g_assert_cmpuint(ends, <, 100);
    g_assert_false(place_holds_text(place, NAME));
    expect_all(place);
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(ht_spool_check(place->directory, report, NULL), ==, 0);
    place_open(place);
    g_assert_cmpuint(ht_spool_dead_count(place->spool, "platform"), ==, LETTERS);
}

TEST(test_a_repair_takes_them_over_sealed)
{
    (void)unused;
    place_open(place);
    take_events(place, LETTERS);
    put_letters(place, 1, LETTERS);
    place_close(place);
    HtSpoolSalvage asked = {
        .directory = place->directory, .limits = place->options.limits, .sealing = place->options.sealing};
    HtSpoolSalvaged salvaged;
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_true(ht_spool_salvage(&asked, &salvaged, report, NULL));
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
    g_assert_false(place_holds_text(place, NAME));
    expect_all(place);
    place_open(place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_test("/reasons/a-reason-does-not-stand-in-a-file", NULL,
                   test_a_reason_does_not_stand_in_a_file);
    place_add_test("/reasons/the-last-one-counts", NULL, test_the_last_reason_counts);
    place_add_test("/reasons/one-goes-with-its-events-key", NULL, test_a_reason_goes_with_its_events_key);
    place_add_test("/reasons/what-is-not-genuine-is-told", NULL, test_what_is_not_genuine_is_told);
    place_add_test("/reasons/those-of-format-11-are-sealed", NULL, test_those_of_format_11_are_sealed);
    place_add_test("/reasons/a-repair-takes-them-over-sealed", NULL, test_a_repair_takes_them_over_sealed);
    return g_test_run();
}
