/* Nobody is tied to somebody else, whatever comes in which order: every row of four out of the events below, from an
 * authority, from a source that is none, and from both in turn, with restarts and groups that are rolled back in between.
 * Each history has identities of its own. Numbers are synthetic (prefix 99). */
#include "core/base/log.h"
#include "tests/lib/spool-test.h"

#define STEPS 4
#define PROBES 2 /* A alone and B alone, at the end */
#define BAD_EVERY 97
#define AUTHORITY "police"
#define STRANGER "clinic"

/* What an event names: A and B are citizen numbers, Z is what A is corrected to, P and Q a source's own numbers, C a
 * birth certificate; what follows a + begins afresh (a number shared by two persons). */
static const char *const plain[] = {"PA", "PB", "P", "C", "CA", "CB", "CP", "QP", "QB"};
static const char *const corrected[] = {"PA", "PB", "P", "C", "CZ", "CB", "PZ", "ZA"};
static const char *const shared[] = {"PA", "PB", "P", "CA", "+BP", "+BC", "CP", "AQ"};
static const char *const probes[PROBES] = {"A", "B"};

/* Which steps an authority says, a bit each. */
static const unsigned sayers[] = {0x0, 0xf, 0x5, 0xa};

typedef struct {
    const char *events[STEPS];
    unsigned authorities;
} History;

/* ---- Making the histories ---- */

static void add_rows(GArray *histories, const char *const *events, size_t count, History *begun,
                     unsigned step)
{
    if (step == STEPS) {
        for (size_t i = 0; i < G_N_ELEMENTS(sayers); i++) {
            begun->authorities = sayers[i];
            g_array_append_val(histories, *begun);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool used = false;
        for (unsigned k = 0; k < step; k++) {
            used = used || begun->events[k] == events[i];
        }
        if (!used) {
            begun->events[step] = events[i];
            add_rows(histories, events, count, begun, step + 1);
        }
    }
}

/* ---- Sending them ---- */

typedef struct {
    Place *place;
    GArray *histories;
    unsigned waiting, refused;
} Run;

static void note_answer(const HtReceipt *receipt, const GError *error, void *user)
{
    Run *run = user;
    (void)receipt;
    run->waiting--;
    if (error) {
        g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE);
        run->refused++;
    }
}

static void wait_for(Run *run, unsigned left)
{
    while (run->waiting > left) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static const char *kind_of(char letter)
{
    switch (letter) {
    case 'P': return "personNo";
    case 'Q': return "cardNo";
    case 'C': return "birthCertificate";
    default: return "idNumber";
    }
}

static HtSpoolMessage *make_message(unsigned history, const char *names, bool authority)
{
    static unsigned number;
    g_autofree char *key = g_strdup_printf("m%u", ++number);
    HtSpoolMessage *message = message_new(authority ? AUTHORITY : STRANGER, key);
    HtEvent *event = message_add(message, NULL);
    message->authority = authority;
    bool fresh = names[0] == '+';
    for (const char *name = names + fresh; *name; name++) {
        g_autofree char *value = g_strdup_printf("99%u%c", history, *name);
        event_identify(event, kind_of(*name), keep_text(value), fresh && name == names + 1);
    }
    return message;
}

static void send(Run *run, HtSpoolMessage *message)
{
    wait_for(run, 1000);
    run->waiting++;
    ht_spool_append(run->place->spool, message, note_answer, run);
}

/* Its group is rolled back, and tried again without it. */
static HtSpoolMessage *make_bad_message(unsigned history)
{
    HtSpoolMessage *message = make_message(history, "PB", true);
    g_array_index(message->events, HtEvent, 0).data.size = (size_t)1 << 30;
    return message;
}

/* One step of all histories; then a restart. */
static void send_step(Run *run, unsigned step)
{
    for (unsigned i = 0; i < run->histories->len; i++) {
        const History *history = &g_array_index(run->histories, History, i);
        bool authority = step < STEPS && (history->authorities >> step & 1);
        send(run, make_message(i, step < STEPS ? history->events[step] : probes[step - STEPS], authority));
        if (i % BAD_EVERY == 0) {
            send(run, make_bad_message(i));
        }
    }
    wait_for(run, 0);
    place_close(run->place);
    place_open(run->place);
}

/* ---- What consumers make of them ---- */

/* Subject to subject: `formersubject` says that two are one. */
static const char *find_person(GHashTable *joined, const char *subject)
{
    const char *next;
    while ((next = g_hash_table_lookup(joined, subject))) {
        subject = next;
    }
    return subject;
}

static const char *intern(HtText text)
{
    g_autofree char *copy = g_strndup(text.data, text.size);
    return keep_text(copy);
}

/* The subject of each event, in the order sent. */
static GPtrArray *read_subjects(Run *run, GHashTable *joined)
{
    GPtrArray *subjects = g_ptr_array_new();
    uint64_t last = ht_spool_last_sequence(run->place->spool);
    while (subjects->len < last) {
        HtSpoolPage *page = spool_page(run->place->spool, subjects->len, 1000, 1 << 20);
        for (guint i = 0; i < page->events->len; i++) {
            const HtStoredEvent *event = page_event(page, i);
            HtText former = event->event.attr[HT_ATTR_FORMERSUBJECT];
            const char *subject = intern(event->subject);
            g_ptr_array_add(subjects, (char *)subject);
            const char *person = find_person(joined, subject);
            const char *other = former.data ? find_person(joined, intern(former)) : person;
            if (other != person) {
                g_hash_table_insert(joined, (char *)other, (char *)person);
            }
        }
        ht_spool_page_free(page);
    }
    return subjects;
}

static char *describe(const History *history)
{
    GString *text = g_string_new(NULL);
    for (unsigned step = 0; step < STEPS; step++) {
        g_string_append_printf(text, "%s%s ", history->events[step],
                               history->authorities >> step & 1 ? "!" : "");
    }
    return g_string_free(text, FALSE);
}

/* Every event that names a citizen number goes to that number's person, as the probe at the end finds it. */
static void judge(Run *run, unsigned i, const char *const *persons)
{
    const History *history = &g_array_index(run->histories, History, i);
    g_autofree char *text = describe(history);
    if (persons[STEPS] == persons[STEPS + 1]) {
        g_test_message("%s: A and B are one", text);
        g_test_fail();
    }
    for (unsigned step = 0; step < STEPS; step++) {
        bool a = strchr(history->events[step], 'A') != NULL, b = strchr(history->events[step], 'B') != NULL;
        if ((a && persons[step] != persons[STEPS]) || (b && persons[step] != persons[STEPS + 1])) {
            bool foreign = strchr(history->events[step], 'Z') && !(history->authorities >> step & 1);
            if (!foreign) {
                g_test_message("%s: event %u went elsewhere", text, step + 1);
                g_test_fail();
            }
        }
    }
}

static void run_histories(const char *const *events, size_t count)
{
    Place place;
    Run run = {.place = &place, .histories = g_array_new(FALSE, FALSE, sizeof(History))};
    History begun = {.authorities = 0};
    g_autoptr(GHashTable) joined = g_hash_table_new(g_str_hash, g_str_equal);
    add_rows(run.histories, events, count, &begun, 0);
    place_set_up(&place);
    place_open(&place);
    for (unsigned step = 0; step < STEPS + PROBES; step++) {
        send_step(&run, step);
    }
    g_assert_cmpuint(run.refused, >, 0);
    g_autoptr(GPtrArray) subjects = read_subjects(&run, joined);
    g_assert_cmpuint(subjects->len, ==, run.histories->len * (STEPS + PROBES));
    for (unsigned i = 0; i < run.histories->len; i++) {
        const char *persons[STEPS + PROBES];
        for (unsigned step = 0; step < STEPS + PROBES; step++) {
            persons[step] = find_person(joined, g_ptr_array_index(subjects, step * run.histories->len + i));
        }
        judge(&run, i, persons);
    }
    g_array_unref(run.histories);
    place_remove(&place);
}

static void test_two_numbers_stay_two(void)
{
    run_histories(plain, G_N_ELEMENTS(plain));
}

static void test_a_correction_ties_its_own_only(void)
{
    run_histories(corrected, G_N_ELEMENTS(corrected));
}

static void test_a_number_that_begins_afresh_joins_nobody(void)
{
    run_histories(shared, G_N_ELEMENTS(shared));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/spool/subject/two-numbers-stay-two-in-every-order", test_two_numbers_stay_two);
    g_test_add_func("/spool/subject/a-correction-ties-its-own-numbers-only",
                    test_a_correction_ties_its_own_only);
    g_test_add_func("/spool/subject/a-shared-number-that-is-split-joins-nobody",
                    test_a_number_that_begins_afresh_joins_nobody);
    return g_test_run();
}
