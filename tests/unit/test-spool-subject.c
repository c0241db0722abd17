/* Whose event it is: subjects and aliases. Numbers are synthetic (prefix 99). */
#include "tests/unit/test-spool.h"

#define TEST(name) static void name(Place *place, const void *unused)

#define NUMBER "99010119800101001X"
#define NEW_NUMBER "990101198001010028"
#define CERTIFICATE "Z990000001"

typedef struct {
    char subject[40], former[40];
} Found;

/* An event with these identities: kind, value, kind, value, …, NULL. A kind with `+` before it is fresh. */
static Found identify(Place *place, const char *source, const char *const *identities)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("message-%u", ++number);
    HtSpoolMessage *message = message_new(source, key);
    HtEvent *event = message_add(message, NULL);
    for (size_t i = 0; identities[i]; i += 2) {
        bool fresh = identities[i][0] == '+';
        event_identify(event, identities[i] + fresh, identities[i + 1], fresh);
    }
    HtReceipt receipt = spool_take_well(place->spool, message);
    HtSpoolPage *page = spool_page(place->spool, receipt.sequence - 1, 1, 1);
    const HtStoredEvent *stored = page_event(page, 0);
    HtText former = stored->event.attr[HT_ATTR_FORMERSUBJECT];
    Found found = {"", ""};
    memcpy(found.subject, stored->subject.data, stored->subject.size);
    if (former.data) {
        memcpy(found.former, former.data, former.size);
    }
    ht_spool_page_free(page);
    return found;
}

#define IDENTIFY(source, ...) identify(place, source, (const char *const[]){__VA_ARGS__, NULL})

static uint64_t count_aliases(Place *place)
{
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    return status.aliases;
}

TEST(test_number_alone_stores_nothing)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER), second = IDENTIFY("marriage", "idNumber", NUMBER);
    g_assert_cmpstr(first.subject, ==, second.subject);
    g_assert_cmpstr(first.former, ==, "");
    g_assert_cmpuint(strlen(first.subject), ==, 28);
    g_assert_true(g_str_has_prefix(first.subject, "p-"));
    g_assert_cmpuint(strspn(first.subject + 2, "abcdefghijklmnopqrstuvwxyz234567"), ==, 26);
    g_assert_cmpuint(count_aliases(place), ==, 0);
    Found other = IDENTIFY("hukou", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(other.subject, !=, first.subject);
}

TEST(test_nobody_is_unique)
{
    (void)unused;
    const char *const none[] = {NULL};
    Found first = identify(place, "hukou", none), second = identify(place, "hukou", none);
    g_assert_cmpstr(first.subject, !=, second.subject);
    g_assert_cmpuint(strlen(first.subject), ==, 28);
    g_assert_cmpuint(count_aliases(place), ==, 0);
}

TEST(test_newborn)
{
    (void)unused;
    Found born = IDENTIFY("health", "birthCertificate", CERTIFICATE);
    Found registered = IDENTIFY("hukou", "idNumber", NUMBER, "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(registered.subject, ==, born.subject);
    g_assert_cmpstr(registered.former, !=, "");
    g_assert_cmpstr(registered.former, !=, born.subject);
    place_close(place);
    place_open(place);
    Found later = IDENTIFY("marriage", "idNumber", NUMBER);
    g_assert_cmpstr(later.subject, ==, born.subject);
    g_assert_cmpstr(later.former, ==, "");
    g_assert_cmpuint(count_aliases(place), ==, 2);
}

/* The number was in use before the certificate was tied to it: consumers are told under what. */
TEST(test_newborn_number_was_in_use)
{
    (void)unused;
    Found number = IDENTIFY("hukou", "idNumber", NUMBER);
    Found born = IDENTIFY("health", "birthCertificate", CERTIFICATE);
    Found both = IDENTIFY("hukou", "idNumber", NUMBER, "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(both.subject, ==, born.subject);
    g_assert_cmpstr(both.former, ==, number.subject);
}

TEST(test_correction)
{
    (void)unused;
    Found before = IDENTIFY("hukou", "idNumber", NUMBER);
    Found corrected = IDENTIFY("hukou", "idNumber", NEW_NUMBER, "idNumber", NUMBER);
    g_assert_cmpstr(corrected.former, ==, before.subject);
    g_assert_cmpuint(count_aliases(place), ==, 1);
    Found by_old = IDENTIFY("health", "idNumber", NUMBER),
          by_new = IDENTIFY("health", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(by_old.subject, ==, corrected.subject);
    g_assert_cmpstr(by_new.subject, ==, corrected.subject);
    g_assert_cmpuint(count_aliases(place), ==, 1);
}

TEST(test_local_kinds_are_scoped)
{
    (void)unused;
    Found mine = IDENTIFY("hukou", "personNo", "1"), other = IDENTIFY("health", "personNo", "1");
    g_assert_cmpstr(mine.subject, !=, other.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "1").subject, ==, mine.subject);
    Found certificate = IDENTIFY("hukou", "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(IDENTIFY("health", "birthCertificate", CERTIFICATE).subject, ==, certificate.subject);
}

TEST(test_local_number_follows_strong_one)
{
    (void)unused;
    Found both = IDENTIFY("hukou", "personNo", "1", "idNumber", NUMBER);
    g_assert_cmpstr(both.subject, ==, IDENTIFY("marriage", "idNumber", NUMBER).subject);
    g_assert_cmpstr(both.subject, ==, IDENTIFY("hukou", "personNo", "1").subject);
    g_assert_cmpuint(count_aliases(place), ==, 1);
}

/* A department gives one of its own numbers to another person. */
TEST(test_weak_repoint)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "personNo", "1", "idNumber", NUMBER);
    Found tied = IDENTIFY("hukou", "personNo", "2", "idNumber", NEW_NUMBER);
    Found moved = IDENTIFY("hukou", "personNo", "2", "personNo", "1");
    g_assert_cmpstr(moved.subject, ==, tied.subject);
    g_assert_cmpstr(moved.former, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "1").subject, ==, tied.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
    g_assert_cmpuint(count_aliases(place), ==, 2);
}

/* Two persons share a citizen number: the second gets a subject of its own, the number stays with the
 * first. */
TEST(test_fresh_split)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER, "personNo", "1");
    Found split = IDENTIFY("hukou", "idNumber", NUMBER, "+holder", "second", "personNo", "1");
    g_assert_cmpstr(split.subject, !=, first.subject);
    g_assert_cmpstr(split.former, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "1").subject, ==, split.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
    Found again = IDENTIFY("hukou", "idNumber", NUMBER, "+holder", "second");
    g_assert_cmpstr(again.subject, ==, split.subject);
    g_assert_cmpstr(again.former, ==, "");
}

/* Once tied, a number stays with its person, whoever names it beside another. */
TEST(test_number_is_not_taken_over)
{
    (void)unused;
    Found first = IDENTIFY("health", "birthCertificate", CERTIFICATE);
    IDENTIFY("hukou", "idNumber", NUMBER, "birthCertificate", CERTIFICATE);
    Found both = IDENTIFY("marriage", "idNumber", NEW_NUMBER, "birthCertificate", "Z990000002");
    g_assert_cmpstr(both.subject, !=, first.subject);
    Found mixed = IDENTIFY("marriage", "birthCertificate", "Z990000002", "idNumber", NUMBER);
    g_assert_cmpstr(mixed.subject, ==, both.subject);
    g_assert_cmpstr(mixed.former, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
}

TEST(test_other_site_other_subject)
{
    (void)unused;
    Found here = IDENTIFY("hukou", "idNumber", NUMBER);
    place_remove(place);
    place_set_up(place);
    place->site_key[0] ^= 1;
    place_open(place);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, !=, here.subject);
}

static void expect_nothing_in_clear(const char *path)
{
    static const char *const secrets[] = {NUMBER, CERTIFICATE, "local-990001", "secret-key", "event-key"};
    g_autofree char *content = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &content, &size, NULL));
    g_assert_cmpuint(size, >, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
        g_assert_null(memmem(content, size, secrets[i], strlen(secrets[i])));
    }
}

/* Neither keys nor identities are in the files, not even in the WAL. */
TEST(test_nothing_is_in_clear)
{
    (void)unused;
    g_autofree char *wal = g_strconcat(place->path, "-wal", NULL);
    HtSpoolMessage *message = message_new("hukou", "secret-key");
    HtEvent *event = message_add(message, NULL);
    event->key = HT_TEXT_LITERAL("event-key");
    event_identify(event, "idNumber", NUMBER, false);
    event_identify(event, "birthCertificate", CERTIFICATE, false);
    event_identify(event, "personNo", "local-990001", false);
    spool_take_well(place->spool, message);
    expect_nothing_in_clear(wal); /* SQLite's locks are on the other file: this one may be read */
    place_close(place);
    expect_nothing_in_clear(place->path);
}

static void set_up(Place *place, const void *unused)
{
    (void)unused;
    place_set_up(place);
    place_open(place);
}

static void tear_down(Place *place, const void *unused)
{
    (void)unused;
    place_remove(place);
}

static void add(const char *path, void (*test)(Place *place, const void *unused))
{
    g_test_add(path, Place, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/spool/subject/number-alone-stores-nothing", test_number_alone_stores_nothing);
    add("/spool/subject/nobody-is-unique", test_nobody_is_unique);
    add("/spool/subject/newborn-gets-a-number", test_newborn);
    add("/spool/subject/newborn-number-was-in-use", test_newborn_number_was_in_use);
    add("/spool/subject/correction-ties-old-to-new", test_correction);
    add("/spool/subject/local-kinds-are-scoped-by-source", test_local_kinds_are_scoped);
    add("/spool/subject/local-number-follows-the-citizen-number", test_local_number_follows_strong_one);
    add("/spool/subject/local-number-is-pointed-anew", test_weak_repoint);
    add("/spool/subject/shared-number-is-split", test_fresh_split);
    add("/spool/subject/number-is-not-taken-over", test_number_is_not_taken_over);
    add("/spool/subject/other-site-other-subject", test_other_site_other_subject);
    add("/spool/subject/nothing-is-in-clear", test_nothing_is_in_clear);
    return g_test_run();
}
