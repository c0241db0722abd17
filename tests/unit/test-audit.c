/* core/audit: what is added is there and whole after every end; whatever is changed, cut or taken away is found. */
#include "core/audit/delivery.h"
#include "core/audit/log.h"
#include "core/base/clock.h"
#include "tests/lib/places.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The keys' file is read by the spool, which is not here: the key of RFC 8032, 7.1, test 1. */
#define PRIVATE "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

typedef struct {
    char *folder, *segments, *head;
    HtSigner *signer;
    GArray *keys;
    HtAudit *audit;
    uint64_t segment_bytes, keep_ms;
    GString *problems;
    HtAuditSum sum;
} Site;

static void open_log(Site *site)
{
    HtAuditOptions options = {.state = site->folder,
                              .bus = "test",
                              .signer = site->signer,
                              .segment_bytes = site->segment_bytes,
                              .keep_ms = site->keep_ms,
                              .sync_ms = 3600000};
    site->audit = ht_audit_open(&options);
}

static void set_up(Site *site, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    *site = (Site){.folder = g_dir_make_tmp("audit-XXXXXX", NULL), .segment_bytes = 1 << 20};
    g_autofree char *key = g_build_filename(site->folder, HT_SIGNER_KEY, NULL),
                    *public = g_build_filename(site->folder, HT_SIGNER_PUBLIC, NULL);
    g_assert_true(g_file_set_contents(key, PRIVATE "\n", -1, NULL));
    g_assert_cmpint(g_chmod(key, 0600), ==, 0);
    site->segments = g_build_filename(site->folder, HT_AUDIT_FOLDER, NULL);
    site->head = g_build_filename(site->folder, HT_AUDIT_HEAD, NULL);
    site->problems = g_string_new(NULL);
    site->signer = ht_signer_open(site->folder, HT_SIGNATURE_ED25519, &error);
    g_assert_no_error(error);
    site->keys = ht_public_keys_read(public, &error);
    g_assert_no_error(error);
    open_log(site);
}

static void remove_all(const char *folder)
{
    g_autoptr(GDir) list = g_dir_open(folder, 0, NULL);
    for (const char *name; list && (name = g_dir_read_name(list));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            remove_all(path);
        } else {
            g_unlink(path);
        }
    }
    g_rmdir(folder);
}

static void tear_down(Site *site, gconstpointer data)
{
    (void)data;
    g_clear_pointer(&site->audit, ht_audit_close);
    ht_signer_free(site->signer);
    g_array_unref(site->keys);
    g_string_free(site->problems, TRUE);
    remove_all(site->folder);
    g_free(site->folder);
    g_free(site->segments);
    g_free(site->head);
}

static void add(Site *site, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_assert_true(
            ht_audit_add(site->audit, HT_AUDIT_ADMIN, HT_TEXT_LITERAL("{\"uid\":0,\"verb\":\"test\"}")));
    }
}

static void close_log(Site *site)
{
    ht_audit_close(site->audit);
    site->audit = NULL;
}

static void note_problem(const char *text, void *user)
{
    Site *site = user;
    g_string_append_printf(site->problems, "%s\n", text);
}

/* How many problems there are. */
static uint64_t verify(Site *site)
{
    g_autoptr(GError) error = NULL;
    HtAuditHead head;
    bool has_head = ht_audit_head_load(site->head, &head);
    HtAuditReading reading = {.directory = site->segments,
                              .head = has_head ? &head : NULL,
                              .keys = site->keys,
                              .complain = note_problem,
                              .user = site};
    g_string_truncate(site->problems, 0);
    return ht_audit_read(&reading, &site->sum, &error) ? site->sum.problems : 1;
}

static char *segment_path(const Site *site, uint64_t segment)
{
    return ht_audit_segment_path(site->segments, segment);
}

static void load(const char *path, char **bytes, gsize *size)
{
    g_assert_true(g_file_get_contents(path, bytes, size, NULL));
}

static void store(const char *path, const char *bytes, gsize size)
{
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

/* ---- Whole ---- */

static void test_what_was_added_is_whole(Site *site, gconstpointer data)
{
    (void)data;
    add(site, 5);
    close_log(site);
    g_assert_cmpuint(verify(site), ==, 0);
    g_assert_cmpuint(site->sum.records, ==, 7); /* the segment's first, five, a seal */
    g_assert_cmpuint(site->sum.seals, ==, 1);
    g_assert_cmpuint(site->sum.unsealed, ==, 0);
    open_log(site);
    add(site, 1);
    close_log(site);
    g_assert_cmpuint(verify(site), ==, 0);
    g_assert_cmpuint(site->sum.records, ==, 9);
    g_assert_cmpuint(site->sum.segments, ==, 1);
}

/* Sealed with Ed25519 first and with SM2 then; who knows the one key only is told of the other's seals. */
static void test_one_log_has_seals_of_both_kinds(Site *site, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *public = g_build_filename(site->folder, HT_SIGNER_PUBLIC, NULL);
    add(site, 5);
    close_log(site);
    ht_signer_free(site->signer);
    site->signer = ht_signer_open(site->folder, HT_SIGNATURE_SM2, &error);
    g_assert_no_error(error);
    open_log(site);
    add(site, 5);
    close_log(site);
    g_assert_cmpuint(verify(site), >, 0);
    g_array_unref(site->keys);
    site->keys = ht_public_keys_read(public, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(verify(site), ==, 0);
    g_assert_cmpuint(site->sum.seals, ==, 2);
    g_assert_cmpuint(site->sum.unsealed, ==, 0);
    g_array_remove_index(site->keys, 0);
    g_assert_cmpuint(verify(site), >, 0);
}

static void test_segments_follow_each_other(Site *site, gconstpointer data)
{
    (void)data;
    close_log(site);
    site->segment_bytes = 1000;
    open_log(site);
    add(site, 100);
    close_log(site);
    g_assert_cmpuint(verify(site), ==, 0);
    g_assert_cmpuint(site->sum.segments, >, 5);
}

static void test_old_segments_are_pruned_and_the_log_says_so(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *first = segment_path(site, 1);
    close_log(site);
    site->segment_bytes = 1000;
    open_log(site);
    add(site, 100);
    close_log(site);
    site->keep_ms = 1;
    g_usleep(5000);
    open_log(site);
    close_log(site);
    g_assert_false(g_file_test(first, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(verify(site), ==, 0);
    g_assert_cmpuint(site->sum.first, >, 1);
    g_assert_cmpuint(site->sum.pruned, ==, site->sum.first - 1);
}

/* ---- Changed ---- */

static void test_every_byte_counts(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    add(site, 3);
    close_log(site);
    load(path, &bytes, &size);
    for (gsize i = 0; i < size; i++) {
        bytes[i] ^= 1;
        store(path, bytes, size);
        if (verify(site) == 0 && site->sum.torn == 0) {
            g_error("byte %zu of %zu was changed, and not found", i, size);
        }
        bytes[i] ^= 1;
    }
    store(path, bytes, size);
    g_assert_cmpuint(verify(site), ==, 0);
}

static void test_wherever_it_is_cut_is_found(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    add(site, 3);
    close_log(site);
    load(path, &bytes, &size);
    HtAuditHead head;
    g_assert_true(ht_audit_head_load(site->head, &head));
    for (gsize i = 0; i + 200 < size; i++) { /* the seal itself is behind what it seals */
        store(path, bytes, i);
        if (verify(site) == 0) {
            g_error("cut at byte %zu of %zu, and not found", i, size);
        }
    }
    g_unlink(path);
    g_assert_cmpuint(verify(site), >, 0);
}

static void test_a_segment_that_is_missing_is_found(Site *site, gconstpointer data)
{
    (void)data;
    close_log(site);
    site->segment_bytes = 1000;
    open_log(site);
    add(site, 60);
    close_log(site);
    g_assert_cmpuint(verify(site), ==, 0);
    uint64_t segments = site->sum.segments;
    for (uint64_t segment = 1; segment <= segments; segment++) {
        g_autofree char *path = segment_path(site, segment), *bytes = NULL;
        gsize size;
        load(path, &bytes, &size);
        g_unlink(path);
        g_test_message("without segment %u", (unsigned)segment);
        g_assert_cmpuint(verify(site), >, 0);
        store(path, bytes, size);
    }
}

/* Who can write the files, and has not the key: every hash is made anew, in the log and in its head. */
static void test_another_chain_has_no_signature(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    add(site, 3);
    close_log(site);
    load(path, &bytes, &size);
    uint8_t old[HT_SHA256] = {0}, new[HT_SHA256] = {0};
    HtBuffer out = {.data = NULL};
    HtAuditRecord record;
    HtAuditHead head;
    HtText left = {bytes, size};
    g_assert_true(ht_audit_head_load(site->head, &head));
    for (size_t taken; ht_audit_record_read(left, old, &record, &taken) == HT_AUDIT_READ;) {
        memcpy(old, record.hash, HT_SHA256);
        record.time_us += record.number == 3;
        ht_audit_record_write(&record, new, &out);
        memcpy(new, record.hash, HT_SHA256);
        if (record.number == head.number) {
            memcpy(head.hash, record.hash, HT_SHA256);
        }
        left = (HtText){left.data + taken, left.size - taken};
    }
    char text[HT_AUDIT_HEAD_TEXT];
    ht_audit_head_write(&head, text);
    store(path, out.data, out.size);
    store(site->head, text, strlen(text));
    g_assert_cmpuint(verify(site), ==, 2);
    g_assert_nonnull(strstr(site->problems->str, "signed this seal"));
    g_assert_nonnull(strstr(site->problems->str, "signed the head"));
    ht_buffer_clear(&out);
}

/* ---- Crashes and disks ---- */

/* What a crash left of one record goes; what was sealed stays. */
static void test_a_torn_record_is_cut_off(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    add(site, 2);
    g_assert_true(ht_audit_seal(site->audit));
    add(site, 1);
    load(path, &bytes, &size);
    close_log(site);
    g_unlink(site->head);
    for (gsize cut = 1; cut < 60; cut++) {
        store(path, bytes, size - cut);
        open_log(site);
        HtAuditStatus status;
        ht_audit_status(site->audit, &status);
        g_assert_cmpuint(status.missing, ==, 0);
        add(site, 1);
        close_log(site);
        g_assert_cmpuint(verify(site), ==, 0);
        g_unlink(site->head);
    }
}

/* It goes on behind the hole, and the hole is told for ever. */
static void test_a_log_that_was_cut_goes_on_and_says_so(Site *site, gconstpointer data)
{
    (void)data;
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    add(site, 5);
    close_log(site);
    load(path, &bytes, &size);
    store(path, bytes, size / 2);
    g_assert_cmpuint(verify(site), >, 0);
    open_log(site);
    HtAuditStatus status;
    ht_audit_status(site->audit, &status);
    g_assert_cmpuint(status.missing, >, 0);
    add(site, 3);
    close_log(site);
    g_assert_cmpuint(verify(site), >, 0);
    g_assert_nonnull(strstr(site->problems->str, "missing or altered"));
    g_assert_cmpuint(site->sum.segments, ==, 2);
}

/* No part of a record stays, and the first that goes through says how many were lost. */
static void test_a_full_disk_is_said_and_leaves_nothing(Site *site, gconstpointer data)
{
    (void)data;
    HtAuditStatus status;
    add(site, 2);
    ht_audit_status(site->audit, &status);
    test_limit_files((uint64_t)status.bytes + 20);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_false(ht_audit_add(site->audit, HT_AUDIT_ADMIN, HT_TEXT_LITERAL("{\"uid\":0}")));
    }
    g_assert_false(ht_audit_works(site->audit, false));
    g_assert_false(ht_audit_works(site->audit, true));
    test_limit_files(TEST_NO_LIMIT);
    g_assert_true(ht_audit_works(site->audit, true));
    add(site, 1);
    close_log(site);
    g_assert_cmpuint(verify(site), ==, 0);
    g_autofree char *path = segment_path(site, 1), *bytes = NULL;
    gsize size;
    load(path, &bytes, &size);
    g_assert_nonnull(memmem(bytes, size, "\"lost\":4", 8));
}

/* A child adds as fast as it can, and tells each that it was told is written. */
static void add_and_tell(Site *site, int pipe)
{
    open_log(site);
    for (uint64_t number = 0;; number++) {
        HtAuditStatus status;
        if (!ht_audit_add(site->audit, HT_AUDIT_ADMIN, HT_TEXT_LITERAL("{\"uid\":0}"))) {
            _exit(1);
        }
        ht_audit_status(site->audit, &status);
        if (write(pipe, &status.records, sizeof status.records) != sizeof status.records) {
            _exit(1);
        }
        if (number % 100 == 99) {
            ht_audit_seal(site->audit);
        }
    }
}

static void test_a_kill_loses_nothing(Site *site, gconstpointer data)
{
    (void)data;
    close_log(site);
    site->segment_bytes = 20000;
    for (unsigned round = 0; round < 5; round++) {
        int ends[2];
        g_assert_cmpint(pipe(ends), ==, 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            add_and_tell(site, ends[1]);
        }
        close(ends[1]);
        uint64_t number = 0, told = 0;
        for (unsigned i = 0; i < 300 + 100 * round; i++) {
            g_assert_cmpint(read(ends[0], &number, sizeof number), ==, sizeof number);
            told = number;
        }
        kill(child, SIGKILL);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        while (read(ends[0], &number, sizeof number) == sizeof number) {
            told = number;
        }
        close(ends[0]);
        open_log(site);
        close_log(site);
        g_assert_cmpuint(verify(site), ==, 0);
        g_assert_cmpuint(site->sum.last, >=, told);
    }
}

/* ---- Deliveries ---- */

#define BATCH 100

static void add_deliveries(Site *site, unsigned batches)
{
    HtBuffer body = {.data = NULL};
    for (unsigned i = 0; i < batches; i++) {
        HtAuditDelivery delivery = {.consumer = HT_TEXT_LITERAL("platform"),
                                    .version = HT_TEXT_LITERAL("0123456789abcdef"),
                                    .count = BATCH};
        body.size = 0;
        ht_audit_delivery_begin(&delivery, &body);
        for (unsigned k = 0; k < BATCH; k++) {
            uint32_t person = i * BATCH + k;
            HtAuditShown shown = {.set = 1};
            memcpy(shown.id.bytes, &person, sizeof person);
            memcpy(shown.subject, &person, sizeof person);
            ht_audit_delivery_add(&shown, &body);
        }
        g_assert_true(ht_audit_add(site->audit, HT_AUDIT_DELIVERY, ht_buffer_text(&body)));
    }
    ht_buffer_clear(&body);
}

static bool find_subject(const HtAuditRecord *record, const HtAuditPlace *place, void *user)
{
    HtAuditDelivery delivery;
    uint8_t subject[HT_AUDIT_SUBJECT] = {0};
    uint32_t person = 4711;
    (void)place;
    memcpy(subject, &person, sizeof person);
    if (record->kind == HT_AUDIT_DELIVERY && ht_audit_delivery_read(record->body, &delivery)) {
        for (uint32_t i = 0; i < delivery.count; i++) {
            *(unsigned *)user += ht_audit_delivery_is_of(&delivery, i, subject);
        }
    }
    return true;
}

/* A million deliveries (with -m perf; else a hundred thousand): 36 bytes each, and looked through at once. */
static void test_a_person_is_found_among_all(Site *site, gconstpointer data)
{
    (void)data;
    unsigned batches = g_test_perf() ? 10000 : 1000, found = 0;
    close_log(site);
    site->segment_bytes = 16 << 20;
    open_log(site);
    clock_t begun = clock();
    add_deliveries(site, batches);
    double adding = (double)(clock() - begun) / CLOCKS_PER_SEC;
    close_log(site);
    g_autoptr(GError) error = NULL;
    HtAuditReading reading = {.directory = site->segments, .see = find_subject, .user = &found};
    begun = clock();
    g_assert_true(ht_audit_read(&reading, &site->sum, &error));
    double searching = (double)(clock() - begun) / CLOCKS_PER_SEC;
    g_test_message("%u events: added in %.2f s, searched in %.2f s of CPU", batches * BATCH, adding,
                   searching);
    g_assert_cmpuint(found, ==, 1);
    g_assert_cmpuint(site->sum.events, ==, batches * BATCH);
    g_assert_cmpfloat(searching, <, 10);
}

static void test_subjects_are_written_as_they_were(void)
{
    static const char *const subjects[] = {"p-aaaaaaaaaaaaaaaaaaaaaaaaaa", "p-777777777777777777777777y4",
                                           "p-k5w2q7zcbafg4ehd63mnrtsxua"};
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        uint8_t bytes[HT_AUDIT_SUBJECT], again[HT_AUDIT_SUBJECT];
        char text[HT_AUDIT_SUBJECT_TEXT];
        ht_audit_subject(ht_text_from(subjects[i]), bytes);
        ht_audit_subject_write(bytes, text);
        ht_audit_subject(ht_text_from(text), again);
        g_assert_cmpmem(bytes, sizeof bytes, again, sizeof again);
        g_assert_true(strncmp(text, subjects[i], 27) ==
                      0); /* the last character has two bits that say nothing */
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const struct {
        const char *name;
        void (*run)(Site *, gconstpointer);
    } tests[] = {
        {"/audit/whole/what-was-added", test_what_was_added_is_whole},
        {"/audit/whole/segments-follow-each-other", test_segments_follow_each_other},
        {"/audit/whole/one-log-has-seals-of-both-kinds", test_one_log_has_seals_of_both_kinds},
        {"/audit/whole/old-segments-are-pruned-and-the-log-says-so",
         test_old_segments_are_pruned_and_the_log_says_so},
        {"/audit/changed/every-byte-counts", test_every_byte_counts},
        {"/audit/changed/wherever-it-is-cut", test_wherever_it_is_cut_is_found},
        {"/audit/changed/a-segment-that-is-missing", test_a_segment_that_is_missing_is_found},
        {"/audit/changed/another-chain-has-no-signature", test_another_chain_has_no_signature},
        {"/audit/crash/a-torn-record-is-cut-off", test_a_torn_record_is_cut_off},
        {"/audit/crash/a-log-that-was-cut-goes-on-and-says-so", test_a_log_that_was_cut_goes_on_and_says_so},
        {"/audit/crash/a-kill-loses-nothing", test_a_kill_loses_nothing},
        {"/audit/disk/full-is-said-and-leaves-nothing", test_a_full_disk_is_said_and_leaves_nothing},
        {"/audit/search/a-person-is-found-among-all", test_a_person_is_found_among_all},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Site, NULL, set_up, tests[i].run, tear_down);
    }
    g_test_add_func("/audit/subject/written-as-it-was", test_subjects_are_written_as_they_were);
    return g_test_run();
}
