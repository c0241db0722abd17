/* Whose event it is: subjects and aliases. Numbers are synthetic (prefix 99). */
#include "spool/subject.h"
#include "tests/lib/spool-test.h"

#define TEST(name) static void name(Place *place, const void *unused)

#define NUMBER "99010119800101001X"
#define DIGITS "990104198806020016"
#define NEW_NUMBER "990101198001010028"
#define CERTIFICATE "Z990000001"

typedef struct {
    char subject[40], former[40];
    char conflict[40]; /* the kind that the first mark names; empty without */
} Found;

static void find_conflict(const HtStoredEvent *stored, Found *found)
{
    HtUnpack unpack = ht_unpack(stored->event.data.data, stored->event.data.size);
    HtItem item;
    while (ht_item_next(&unpack, &item)) {
        if (found->conflict[0] == '\0' && ht_text_is(item.value, HT_SPOOL_MARK_CONFLICT)) {
            g_assert_cmpint(item.kind, ==, HT_ITEM_QUALITY);
            memcpy(found->conflict, item.name.data, item.name.size);
        }
    }
    g_assert_false(unpack.broken);
}

/* An event with these identities: kind, value, kind, value, …, NULL. A kind with `+` before it is fresh. Only "stranger" is
 * no authority. */
static Found identify(Place *place, const char *source, const char *const *identities)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("message-%u", ++number);
    HtSpoolMessage *message = message_new(source, key);
    HtEvent *event = message_add(message, NULL);
    message->authority = strcmp(source, "stranger") != 0;
    for (size_t i = 0; identities[i]; i += 2) {
        bool fresh = identities[i][0] == '+';
        event_identify(event, identities[i] + fresh, identities[i + 1], fresh);
    }
    HtReceipt receipt = spool_take_well(place->spool, message);
    HtSpoolPage *page = spool_page(place->spool, receipt.sequence - 1, 1, 1);
    const HtStoredEvent *stored = page_event(page, 0);
    HtText former = stored->event.attr[HT_ATTR_FORMERSUBJECT];
    Found found = {"", "", ""};
    find_conflict(stored, &found);
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

/* Two of a department's own numbers that are known with a citizen number each: whose event it is cannot be said, and nobody
 * is joined. */
TEST(test_weak_numbers_join_nobody)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "personNo", "1", "idNumber", NUMBER);
    Found second = IDENTIFY("hukou", "personNo", "2", "idNumber", NEW_NUMBER);
    Found both = IDENTIFY("hukou", "personNo", "2", "personNo", "1");
    g_assert_cmpstr(both.subject, !=, first.subject);
    g_assert_cmpstr(both.subject, !=, second.subject);
    g_assert_cmpstr(both.former, ==, "");
    g_assert_cmpstr(both.conflict, ==, "personNo");
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "1").subject, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "2").subject, ==, second.subject);
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
    g_assert_cmpstr(split.former, ==, ""); /* the first one's events are not the second one's */
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
    g_assert_cmpstr(mixed.subject, ==, first.subject);
    g_assert_cmpstr(mixed.former, ==, "");
    g_assert_cmpstr(mixed.conflict, ==, "birthCertificate");
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NEW_NUMBER).subject, ==, both.subject);
}

/* ---- Sources that are no authority ---- */

TEST(test_stranger_ties_no_numbers)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER), second = IDENTIFY("hukou", "idNumber", NEW_NUMBER);
    Found both = IDENTIFY("stranger", "idNumber", NUMBER, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(both.subject, ==, first.subject);
    g_assert_cmpstr(both.former, ==, "");
    g_assert_cmpuint(count_aliases(place), ==, 0);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NEW_NUMBER).subject, ==, second.subject);
}

/* Neither in one event nor by way of something that both are tied to. */
TEST(test_stranger_ties_no_numbers_in_steps)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER), second = IDENTIFY("hukou", "idNumber", NEW_NUMBER);
    IDENTIFY("stranger", "personNo", "1");
    IDENTIFY("stranger", "personNo", "1", "birthCertificate", CERTIFICATE, "idNumber", NUMBER);
    Found again =
        IDENTIFY("stranger", "birthCertificate", CERTIFICATE, "personNo", "1", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(again.subject, ==, second.subject);
    g_assert_cmpstr(again.former, ==, "");
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NEW_NUMBER).subject, ==, second.subject);
    Found born = IDENTIFY("hukou", "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(born.subject, !=, first.subject);
    g_assert_cmpstr(born.subject, !=, second.subject);
}

TEST(test_stranger_splits_nothing)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER);
    Found fresh = IDENTIFY("stranger", "+idNumber", NUMBER, "personNo", "1");
    g_assert_cmpstr(fresh.subject, ==, first.subject);
    Found holder = IDENTIFY("stranger", "idNumber", NUMBER, "+holder", "second");
    g_assert_cmpstr(holder.subject, ==, first.subject);
}

TEST(test_stranger_leaves_certificates)
{
    (void)unused;
    Found born = IDENTIFY("stranger", "birthCertificate", CERTIFICATE, "personNo", "1");
    Found named = IDENTIFY("stranger", "birthCertificate", CERTIFICATE, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(named.subject, !=, born.subject);
    Found registered = IDENTIFY("hukou", "idNumber", NUMBER, "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(registered.subject, ==, born.subject);
    g_assert_cmpstr(IDENTIFY("stranger", "idNumber", NUMBER).subject, ==, born.subject);
}

/* Its own numbers it ties as it likes, and what went to such a number alone is said. */
TEST(test_stranger_ties_its_own_numbers)
{
    (void)unused;
    Found before = IDENTIFY("stranger", "personNo", "1");
    Found tied = IDENTIFY("stranger", "idNumber", NUMBER, "personNo", "1");
    g_assert_cmpstr(tied.former, ==, before.subject);
    g_assert_cmpstr(tied.subject, ==, IDENTIFY("hukou", "idNumber", NUMBER).subject);
    g_assert_cmpstr(IDENTIFY("stranger", "personNo", "1").subject, ==, tied.subject);
    Found other = IDENTIFY("stranger", "idNumber", NEW_NUMBER, "personNo", "1");
    g_assert_cmpstr(other.former, ==, "");
    g_assert_cmpstr(other.conflict, ==, "personNo");
    g_assert_cmpstr(other.subject, !=, tied.subject);
}

/* ---- Conflicts ---- */

static void restart(Place *place)
{
    place_close(place);
    place_open(place);
}

/* A number of the source's own, or a certificate, that comes with one citizen number and then with another: two persons, and
 * from then on it ties nothing. */
static void expect_conflict(Place *place, const char *source, const char *kind)
{
    Found first = IDENTIFY(source, kind, "7", "idNumber", NUMBER);
    Found second = IDENTIFY(source, kind, "7", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(first.conflict, ==, "");
    g_assert_cmpstr(second.subject, !=, first.subject);
    g_assert_cmpstr(second.former, ==, "");
    g_assert_cmpstr(second.conflict, ==, kind);
    g_assert_cmpstr(second.subject, ==, IDENTIFY(source, "idNumber", NEW_NUMBER).subject);
    restart(place);
    Found alone = IDENTIFY(source, kind, "7"), again = IDENTIFY(source, kind, "7");
    g_assert_cmpstr(alone.subject, !=, first.subject);
    g_assert_cmpstr(alone.subject, !=, second.subject);
    g_assert_cmpstr(alone.subject, !=, again.subject);
    g_assert_cmpstr(alone.conflict, ==, kind);
    Found third = IDENTIFY(source, "idNumber", NUMBER, kind, "7");
    g_assert_cmpstr(third.subject, ==, first.subject);
    g_assert_cmpstr(third.former, ==, "");
    g_assert_cmpstr(third.conflict, ==, kind);
}

TEST(test_authority_conflict)
{
    (void)unused;
    expect_conflict(place, "hukou", "personNo");
}

TEST(test_stranger_conflict)
{
    (void)unused;
    expect_conflict(place, "stranger", "personNo");
}

TEST(test_certificate_conflict)
{
    (void)unused;
    expect_conflict(place, "hukou", "birthCertificate");
}

/* Sources that are no authority tie no certificate: but one that they name with two numbers is nobody's, until an authority
 * says whose it is. */
TEST(test_certificate_of_strangers)
{
    (void)unused;
    Found born = IDENTIFY("stranger", "birthCertificate", CERTIFICATE);
    Found first = IDENTIFY("stranger", "birthCertificate", CERTIFICATE, "idNumber", NUMBER);
    g_assert_cmpstr(first.conflict, ==, "");
    g_assert_cmpstr(IDENTIFY("stranger", "birthCertificate", CERTIFICATE).subject, ==, born.subject);
    restart(place);
    Found second = IDENTIFY("stranger", "birthCertificate", CERTIFICATE, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(second.subject, !=, first.subject);
    g_assert_cmpstr(second.conflict, ==, "birthCertificate");
    restart(place);
    Found alone = IDENTIFY("stranger", "birthCertificate", CERTIFICATE),
          again = IDENTIFY("hukou", "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(alone.conflict, ==, "birthCertificate");
    g_assert_cmpstr(alone.subject, !=, born.subject);
    g_assert_cmpstr(again.conflict, ==, "birthCertificate");
    g_assert_cmpstr(again.subject, !=, alone.subject);
    Found registered = IDENTIFY("hukou", "birthCertificate", CERTIFICATE, "idNumber", NEW_NUMBER);
    g_assert_cmpstr(registered.subject, ==, born.subject);
    g_assert_cmpstr(registered.former, ==, second.subject);
    g_assert_cmpstr(registered.conflict, ==, "birthCertificate");
    g_assert_cmpstr(IDENTIFY("stranger", "birthCertificate", CERTIFICATE).subject, ==, born.subject);
    g_assert_cmpstr(IDENTIFY("stranger", "idNumber", NUMBER).subject, ==, first.subject);
}

/* A person known without a number got the first one; the second one is another's. */
TEST(test_newborn_conflict)
{
    (void)unused;
    Found born = IDENTIFY("stranger", "birthCertificate", CERTIFICATE);
    Found first = IDENTIFY("hukou", "birthCertificate", CERTIFICATE, "idNumber", NUMBER);
    Found second = IDENTIFY("hukou", "birthCertificate", CERTIFICATE, "idNumber", NEW_NUMBER);
    Found alone = IDENTIFY("stranger", "birthCertificate", CERTIFICATE);
    g_assert_cmpstr(first.subject, ==, born.subject);
    g_assert_cmpstr(second.subject, !=, born.subject);
    g_assert_cmpstr(second.conflict, ==, "birthCertificate");
    g_assert_cmpstr(alone.subject, !=, first.subject);
    g_assert_cmpstr(alone.subject, !=, second.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "idNumber", NUMBER).subject, ==, first.subject);
}

/* A hospital hears of the corrected number before the police say so. */
TEST(test_correction_ends_conflict)
{
    (void)unused;
    IDENTIFY("stranger", "personNo", "7", "idNumber", NUMBER);
    Found second = IDENTIFY("stranger", "personNo", "7", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(second.conflict, ==, "personNo");
    Found corrected = IDENTIFY("hukou", "idNumber", NEW_NUMBER, "idNumber", NUMBER);
    Found alone = IDENTIFY("stranger", "personNo", "7");
    g_assert_cmpstr(alone.subject, ==, corrected.subject);
    g_assert_cmpstr(alone.conflict, ==, "");
    Found third = IDENTIFY("stranger", "personNo", "7", "idNumber", "990101198001010036");
    g_assert_cmpstr(third.conflict, ==, "personNo");
    g_assert_cmpstr(IDENTIFY("stranger", "personNo", "7").subject, !=, corrected.subject);
}

/* What was tied to the old number goes with it. */
TEST(test_correction_takes_along)
{
    (void)unused;
    IDENTIFY("stranger", "personNo", "7", "idNumber", NUMBER);
    Found corrected = IDENTIFY("hukou", "idNumber", NEW_NUMBER, "idNumber", NUMBER);
    Found both = IDENTIFY("stranger", "personNo", "7", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(both.subject, ==, corrected.subject);
    g_assert_cmpstr(both.conflict, ==, "");
    g_assert_cmpstr(IDENTIFY("stranger", "personNo", "7").subject, ==, corrected.subject);
}

/* Two persons known without numbers, then named as one: joined, until each turns out to have a number. */
TEST(test_persons_without_numbers)
{
    (void)unused;
    Found one = IDENTIFY("hukou", "personNo", "1"), two = IDENTIFY("hukou", "cardNo", "2");
    Found both = IDENTIFY("hukou", "personNo", "1", "cardNo", "2");
    g_assert_cmpstr(both.subject, ==, one.subject);
    g_assert_cmpstr(both.former, ==, two.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "cardNo", "2").subject, ==, one.subject);
    Found first = IDENTIFY("hukou", "personNo", "1", "idNumber", NUMBER);
    Found second = IDENTIFY("hukou", "cardNo", "2", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(first.subject, ==, one.subject);
    g_assert_cmpstr(second.subject, !=, first.subject);
    g_assert_cmpstr(second.conflict, ==, "cardNo");
}

/* The second of two who shared a number gets one of her own: nobody is told that the two are one. */
TEST(test_fresh_number)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "idNumber", NUMBER, "personNo", "1");
    IDENTIFY("hukou", "idNumber", NUMBER, "personNo", "2");
    Found fresh = IDENTIFY("hukou", "+idNumber", NEW_NUMBER, "personNo", "2");
    g_assert_cmpstr(fresh.subject, !=, first.subject);
    g_assert_cmpstr(fresh.former, ==, "");
    g_assert_cmpstr(fresh.conflict, ==, "");
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "2").subject, ==, fresh.subject);
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "1").subject, ==, first.subject);
}

/* What a host calls a kind is not quoted when it is no word. */
TEST(test_kinds_are_words)
{
    (void)unused;
    IDENTIFY("hukou", NUMBER, "7", "idNumber", NUMBER);
    g_assert_cmpstr(IDENTIFY("hukou", NUMBER, "7", "idNumber", NEW_NUMBER).conflict, ==, "other");
}

/* What an older version tied may have been tied to a citizen number. */
TEST(test_old_ties_are_doubtful)
{
    (void)unused;
    Found first = IDENTIFY("hukou", "personNo", "1", "idNumber", NUMBER);
    IDENTIFY("hukou", "personNo", "2");
    place_close(place);
    place_make_9(place);
    place_change(place, "UPDATE aliases SET state = 0, kind = '', source = ''");
    place_open(place);
    Found second = IDENTIFY("hukou", "personNo", "1", "idNumber", NEW_NUMBER);
    g_assert_cmpstr(second.subject, !=, first.subject);
    g_assert_cmpstr(second.conflict, ==, "personNo");
    g_assert_cmpstr(IDENTIFY("hukou", "personNo", "2", "idNumber", NEW_NUMBER).conflict, ==, "");
}

/* ---- Business numbers ---- */

/* What an event has in this attribute when the message is taken. */
static char *keep_attribute(Place *place, HtSpoolMessage *message, HtAttr attr)
{
    HtReceipt receipt = spool_take_well(place->spool, message);
    HtSpoolPage *page = spool_page(place->spool, receipt.sequence - 1, 1, 1);
    HtText kept = page_event(page, 0)->event.attr[attr];
    char *text = g_strndup(kept.data ? kept.data : "", kept.size);
    ht_spool_page_free(page);
    return text;
}

static HtSpoolMessage *message_with_a_number(void)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("business-%u", ++number);
    return message_new("stranger", key);
}

static char *keep_business(Place *place, HtAttr attr, const char *value)
{
    HtSpoolMessage *message = message_with_a_number();
    message_add(message, NULL)->attr[attr] = ht_text_from(value);
    return keep_attribute(place, message, attr);
}

TEST(test_plain_business_numbers_stay)
{
    (void)unused;
    static const char *const plain[] = {
        "900000501",          "B990104-2009-000001",
        "a/b:c.d_e-f",        "20260312-000017",
        "HT7890789078907890", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        g_autofree char *kept = keep_business(place, HT_ATTR_BUSINESSID, plain[i]);
        g_assert_cmpstr(kept, ==, plain[i]);
    }
}

/* A digest of numbers that can be counted through tells the number to whoever counts. */
TEST(test_correlations_are_always_concealed)
{
    (void)unused;
    g_autofree char *one = keep_business(place, HT_ATTR_CORRELATIONID, "0123456789abcdef0123456789abcdef"),
                    *again = keep_business(place, HT_ATTR_CORRELATIONID, "0123456789abcdef0123456789abcdef"),
                    *two = keep_business(place, HT_ATTR_CORRELATIONID, "0123456789abcdef0123456789abcdee");
    g_assert_true(g_str_has_prefix(one, "b-"));
    g_assert_cmpstr(one, ==, again);
    g_assert_cmpstr(one, !=, two);
}

TEST(test_other_business_numbers_are_concealed)
{
    (void)unused;
    static const char *const open[] = {NUMBER,
                                       "M-" NUMBER "-1",
                                       "GA" NUMBER "01",
                                       "99-0104-8806-02001",
                                       "7990104880602001/7",
                                       "测试甲",
                                       "two words",
                                       "990101800101001",
                                       "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < G_N_ELEMENTS(open); i++) {
        g_autofree char *number = keep_business(place, HT_ATTR_BUSINESSID, open[i]),
                        *reversed = keep_business(place, HT_ATTR_REVERSES, open[i]),
                        *correlation = keep_business(place, HT_ATTR_CORRELATIONID, open[i]),
                        *edition = keep_business(place, HT_ATTR_DIVISIONEDITION, open[i]);
        g_assert_true(g_str_has_prefix(number, "b-"));
        g_assert_cmpuint(strlen(number), ==, 28);
        g_assert_cmpstr(number, ==, reversed);
        g_assert_cmpstr(number, ==, correlation);
        g_assert_cmpstr(number, ==, edition);
    }
    g_autofree char *one = keep_business(place, HT_ATTR_BUSINESSID, "测试甲"),
                    *two = keep_business(place, HT_ATTR_BUSINESSID, "测试乙");
    g_assert_cmpstr(one, !=, two);
}

/* ---- Traces ---- */

static char *keep_trace(Place *place, const char *value)
{
    HtSpoolMessage *message = message_with_a_number();
    message_add(message, NULL);
    message->attr[HT_ATTR_TRACEPARENT] = ht_text_from(value);
    return keep_attribute(place, message, HT_ATTR_TRACEPARENT);
}

TEST(test_traces_of_senders_are_not_passed_on)
{
    (void)unused;
    static const char sent[] = "00-" DIGITS "00000000000000-9901041988060200-ff";
    g_autofree char *one = keep_trace(place, sent), *two = keep_trace(place, sent);
    g_autofree char *other = keep_trace(place, "00-" DIGITS "00000000000001-9901041988060200-fe");
    g_assert_true(g_regex_match_simple("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", one, 0, 0));
    g_assert_true(g_str_has_suffix(other, "-00"));
    g_assert_null(strstr(one, DIGITS));
    g_assert_null(strstr(one, "9901041988060200"));
    g_assert_cmpmem(one, 35, two, 35); /* the administrator can join them */
    g_assert_cmpstr(one, !=, two);     /* each message has a span of its own */
    g_assert_true(strncmp(one, other, 35) != 0);
}

/* Events that stay packed until they are written, with what the bus adds to each. */
TEST(test_packed_events_are_taken)
{
    (void)unused;
    HtBuffer buffer = {0};
    HtEvent event = {.attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"),
                              [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                              [HT_ATTR_SOURCE] = HT_TEXT_LITERAL("forged"),
                              [HT_ATTR_TRACEPARENT] = HT_TEXT_LITERAL("forged")},
                     .data = HT_TEXT_LITERAL("")};
    event_identify(&event, "idNumber", NUMBER, false);
    ht_event_pack(&event, &buffer);
    size_t size = buffer.size;
    event.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2020-01-01T00:00:00+08:00");
    ht_event_pack(&event, &buffer);
    HtSpoolMessage *message = message_new("hukou", "packed");
    g_clear_pointer(&message->events, g_array_unref);
    message->packed = g_array_new(FALSE, FALSE, sizeof(HtText));
    g_array_append_val(message->packed, ((HtText){buffer.data, size}));
    g_array_append_val(message->packed, ((HtText){buffer.data + size, buffer.size - size}));
    message->attr[HT_ATTR_SOURCE] = HT_TEXT_LITERAL("hukou");
    g_assert_cmpuint(spool_take_well(place->spool, message).events, ==, 2);
    HtSpoolPage *page = spool_page(place->spool, 0, 2, 1000);
    for (guint i = 0; i < 2; i++) {
        const HtStoredEvent *stored = page_event(page, i);
        g_assert_true(ht_text_is(stored->event.attr[HT_ATTR_SOURCE], "hukou"));
        g_assert_null(stored->event.attr[HT_ATTR_TRACEPARENT].data);
    }
    ht_spool_page_free(page);
    Found same = IDENTIFY("hukou", "idNumber", NUMBER);
    page = spool_page(place->spool, 0, 1, 1);
    g_assert_true(ht_text_is(page_event(page, 0)->subject, same.subject));
    ht_spool_page_free(page);
    ht_buffer_clear(&buffer);
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

/* Organisations and units of real property have shared numbers as persons have; the same text under two kinds is two things. */
TEST(test_organisations)
{
    (void)unused;
    Found market = IDENTIFY("market", "registrationNumber", "990104000000001");
    Found coded =
        IDENTIFY("market", "creditCode", "919901049999000110", "registrationNumber", "990104000000001");
    g_assert_cmpstr(coded.subject, ==, market.subject);
    Found tax = IDENTIFY("stranger", "creditCode", "919901049999000110");
    g_assert_cmpstr(tax.subject, ==, market.subject);
    Found other = IDENTIFY("stranger", "creditCode", "91990104999900038P", "taxNumber", "990104000000001");
    g_assert_cmpstr(other.subject, !=, market.subject);
    Found unit = IDENTIFY("stranger", "unitNumber", "919901049999000110");
    g_assert_cmpstr(unit.subject, !=, tax.subject);
    g_assert_cmpstr(IDENTIFY("market", "unitNumber", "919901049999000110").subject, ==, unit.subject);
    Found taken =
        IDENTIFY("market", "creditCode", "91990104999900038P", "registrationNumber", "990104000000001");
    g_assert_cmpstr(taken.subject, ==, other.subject);
    g_assert_cmpstr(taken.conflict, ==, "registrationNumber");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/spool/subject/number-alone-stores-nothing", NULL, test_number_alone_stores_nothing);
    place_add_open_test("/spool/subject/nobody-is-unique", NULL, test_nobody_is_unique);
    place_add_open_test("/spool/subject/newborn-gets-a-number", NULL, test_newborn);
    place_add_open_test("/spool/subject/newborn-number-was-in-use", NULL, test_newborn_number_was_in_use);
    place_add_open_test("/spool/subject/correction-ties-old-to-new", NULL, test_correction);
    place_add_open_test("/spool/subject/local-kinds-are-scoped-by-source", NULL, test_local_kinds_are_scoped);
    place_add_open_test("/spool/subject/local-number-follows-the-citizen-number", NULL,
                        test_local_number_follows_strong_one);
    place_add_open_test("/spool/subject/local-numbers-of-two-persons-join-nobody", NULL,
                        test_weak_numbers_join_nobody);
    place_add_open_test("/spool/subject/shared-number-is-split", NULL, test_fresh_split);
    place_add_open_test("/spool/subject/number-is-not-taken-over", NULL, test_number_is_not_taken_over);
    place_add_open_test("/spool/subject/stranger-ties-no-numbers", NULL, test_stranger_ties_no_numbers);
    place_add_open_test("/spool/subject/stranger-ties-no-numbers-in-steps", NULL,
                        test_stranger_ties_no_numbers_in_steps);
    place_add_open_test("/spool/subject/stranger-splits-nothing", NULL, test_stranger_splits_nothing);
    place_add_open_test("/spool/subject/stranger-leaves-certificates", NULL,
                        test_stranger_leaves_certificates);
    place_add_open_test("/spool/subject/stranger-ties-its-own-numbers", NULL,
                        test_stranger_ties_its_own_numbers);
    place_add_open_test("/spool/conflict/local-number-of-an-authority", NULL, test_authority_conflict);
    place_add_open_test("/spool/conflict/local-number-of-another-source", NULL, test_stranger_conflict);
    place_add_open_test("/spool/conflict/birth-certificate", NULL, test_certificate_conflict);
    place_add_open_test("/spool/conflict/certificate-of-sources-without-authority", NULL,
                        test_certificate_of_strangers);
    place_add_open_test("/spool/conflict/second-number-of-a-newborn", NULL, test_newborn_conflict);
    place_add_open_test("/spool/conflict/ends-with-the-correction", NULL, test_correction_ends_conflict);
    place_add_open_test("/spool/subject/correction-takes-along-what-was-tied", NULL,
                        test_correction_takes_along);
    place_add_open_test("/spool/subject/persons-without-numbers-are-joined-until-they-have-some", NULL,
                        test_persons_without_numbers);
    place_add_open_test("/spool/subject/number-that-begins-afresh-joins-nobody", NULL, test_fresh_number);
    place_add_open_test("/spool/conflict/kinds-are-words", NULL, test_kinds_are_words);
    place_add_open_test("/spool/conflict/old-ties-are-doubtful", NULL, test_old_ties_are_doubtful);
    place_add_open_test("/spool/business/plain-numbers-stay", NULL, test_plain_business_numbers_stay);
    place_add_open_test("/spool/business/correlations-are-always-concealed", NULL,
                        test_correlations_are_always_concealed);
    place_add_open_test("/spool/business/others-are-concealed", NULL,
                        test_other_business_numbers_are_concealed);
    place_add_open_test("/spool/trace/of-senders-are-not-passed-on", NULL,
                        test_traces_of_senders_are_not_passed_on);
    place_add_open_test("/spool/append/packed-events-are-taken", NULL, test_packed_events_are_taken);
    place_add_open_test("/spool/subject/organisations-and-units-are-nobodys-persons", NULL,
                        test_organisations);
    place_add_open_test("/spool/subject/other-site-other-subject", NULL, test_other_site_other_subject);
    place_add_open_test("/spool/subject/nothing-is-in-clear", NULL, test_nothing_is_in_clear);
    return g_test_run();
}
