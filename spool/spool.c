/* The spool's front: opening, closing and the calls of spool.h. Main thread; the threads' work comes back
 * through the completions.
 *
 * States, and the function that makes each:
 *
 *   OPENING  the file is made, migrated, recovered; no threads yet      ht_spool_open()
 *   OPEN     writer and reader take what is asked                       ht_spool_open(), after start()
 *   CLOSING  both have ended; what they have done is handed back        ht_spool_close()
 *   (freed)                                                             ht_spool_close()
 *
 *   OPENING -> OPEN -> CLOSING -> (freed);  OPENING -> CLOSING (it could not be opened)
 *
 * Full and failed are no states of the front: it asks the writer each time. What is full takes again when there is room (disk.c),
 * what has failed takes nothing any more (commit.c).
 *
 * What may be trusted: in OPENING nothing that the file says, until check_key() and recover() have returned. In OPEN the cursors, marks
 * that are not on disk yet included, and the last sequence. In CLOSING the callbacks of all that was asked come, each once.
 *
 * Invariants, checked by assert_front() at each transition:
 *   1. There is a writer, and a reader, in OPEN only: what is asked in CLOSING is refused, never lost.
 *   2. The folder's lock is held until the file is closed: never two that write.
 *   3. `backlog` jobs were handed over and have no answer; when it is freed there are none.
 *   4. The watcher was never told of a sequence that is not on disk. */
#include "spool/spool.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/check.h"
#include "spool/checkpoint.h"
#include "spool/chore.h"
#include "spool/disk.h"
#include "spool/finished.h"
#include "spool/standing.h"
#include "spool/mend.h"
#include "spool/migrate.h"
#include "spool/reader.h"
#include "spool/repair.h"
#include "spool/schema.h"
#include "spool/roots.h"
#include "spool/seal-older.h"
#include "spool/vault.h"
#include "spool/wal.h"
#include "spool/writer.h"

#include <gio/gio.h>

#include <glib/gi18n.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { OPENING, OPEN, CLOSING } State;

struct HtSpool {
    State state;
    HtSpoolOptions options; /* directory is a copy, site_key is not kept */
    char *directory, *path;
    int lock;
    sqlite3 *db;   /* the writer's */
    bool wal_left; /* by the last run */
    HtSpoolHasher *hasher;
    HtSpoolCompletions *completions;
    HtSpoolCommitter *committer;
    HtSpoolWriter *writer;
    HtSpoolReader *reader;
    HtSpoolTail *tail;
    HtSpoolFiles files;
    HtSpoolStanding standing;
    GHashTable *cursors; /* of HtSpoolCursor: where each consumer is, marks not yet written included */

    unsigned backlog;
    void (*changed)(uint64_t last_sequence, void *user);
    void *changed_user;
    uint64_t told; /* the last sequence that the watcher knows of */
};

static void assert_front(HtSpool *spool)
{
    bool open = spool->state == OPEN;
    g_assert((spool->writer != NULL) == open && (spool->reader != NULL) == open);                 /* 1 */
    g_assert(!open || (spool->lock >= 0 && spool->db && spool->committer && spool->completions)); /* 2 */
    g_assert(open || spool->state == CLOSING || spool->backlog == 0);                             /* 3 */
    g_assert(!open || spool->told <= ht_spool_last_sequence(spool));                              /* 4 */
}

/* ---- Opening ---- */

static void set_options(HtSpool *spool, const HtSpoolOptions *options)
{
    spool->options = *options;
    spool->directory = g_strdup(options->directory);
    spool->path = g_build_filename(options->directory, HT_SPOOL_FILE, NULL);
    spool->options.directory = spool->directory;
    spool->options.site_key = NULL;
}

/* Of a WAL that SQLite will take for shorter than it is, a copy is kept: what is behind the bad frame is written over from now on. */
static void keep_cut_off(const HtSpool *spool)
{
    g_autofree char *wal = g_strconcat(spool->path, "-wal", NULL);
    unsigned commits = ht_spool_wal_cut_off(wal);
    if (commits > 0) {
        g_autofree char *kept = g_strdup_printf("%s.cut-%" G_GINT64_FORMAT, wal, ht_clock_now() / HT_SECOND);
        g_autoptr(GFile) from = g_file_new_for_path(wal), to = g_file_new_for_path(kept);
        bool good = g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, NULL);
        ht_log(
            HT_LOG_ERROR, "spool",
            "\"%s\" is damaged: %u commits stand behind a frame that is not what was written, and are lost; %s%s",
            wal, commits, good ? "it is kept as " : "it could not be kept", good ? kept : "");
    }
}

static bool has_wal(const HtSpool *spool)
{
    g_autofree char *wal = g_strconcat(spool->path, "-wal", NULL);
    struct stat file;
    return stat(wal, &file) == 0 && file.st_size > 0;
}

/* Before other keys are made: those that the file's values are sealed with must be there. */
static bool open_vault(HtSpool *spool, GError **error)
{
    if (!ht_spool_vault_belongs(spool->db, error) ||
        !ht_spool_vault_open(spool->directory, &spool->options.sealing, error) ||
        !ht_spool_vault_belongs(spool->db, error)) {
        return false;
    }
    g_assert(spool->options.sealing.cipher == HT_SPOOL_CIPHER_OFF ||
             ht_spool_vault_seals(ht_spool_vault_of(spool->db)));
    return true;
}

/* From here on it is known which keys belong to it. */
static bool note_vault(HtSpool *spool, GError **error)
{
    uint8_t id[HT_SPOOL_VAULT_ID];
    return !ht_spool_vault_id(ht_spool_vault_of(spool->db), id) ||
           ht_spool_meta_set(spool->db, HT_SPOOL_META_VAULT, id, sizeof id, error);
}

/* Before anything is changed: is it a spool, of a version that we know. Then the settings, then the
 * tables. */
static bool open_file(HtSpool *spool, GError **error)
{
    int version;
    if (spool->options.must_exist && !g_file_test(spool->path, G_FILE_TEST_EXISTS)) {
        g_set_error(
            error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
            _("spool: there is a site key, but no \"%s\": it was removed, or is elsewhere. Bring it back; only if all of it"
              " may be lost, begin a new one with `hutong spool create`"),
            spool->path);
        return false;
    }
    if (!ht_spool_disk_make_file(spool->path, error)) {
        return false;
    }
    keep_cut_off(spool);
    spool->wal_left = has_wal(spool);
    spool->db = ht_spool_database_open(spool->path, error);
    return spool->db && ht_spool_schema_version(spool->db, &version, error) && open_vault(spool, error) &&
           ht_spool_schema_prepare(spool->db, &spool->options, error) &&
           ht_spool_schema_migrate(spool->db, HT_SPOOL_FORMAT, error) && note_vault(spool, error) &&
           ht_spool_migrate(spool->db, error) && ht_spool_seal_older(spool->db, error) &&
           ht_spool_roots_note(spool->db, error);
}

/* Another key would give every person a new subject, and would not know a single message again. */
static bool check_key(HtSpool *spool, GError **error)
{
    HtSpoolHash made, stored;
    bool found = false;
    ht_spool_hash_check(spool->hasher, &made);
    if (!ht_spool_meta_get(spool->db, HT_SPOOL_META_KEY_CHECK, stored.bytes, sizeof stored.bytes, &found,
                           error)) {
        return false;
    }
    if (!found) {
        return ht_spool_meta_set(spool->db, HT_SPOOL_META_KEY_CHECK, made.bytes, sizeof made.bytes, error);
    }
    if (memcmp(stored.bytes, made.bytes, sizeof stored.bytes) != 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY,
                    _("spool: \"%s\" was made with another site key; bring that key back"), spool->path);
        return false;
    }
    return true;
}

/* After an end that was not clean, the WAL goes into the file at once: what a failed fsync left in the
 * page cache only is written and synced anew before anybody is told that it is there. A clean end leaves no WAL: where there is one, the mark
 * of the clean end may itself be what could not be synced, and what is synced behind it would stand behind a hole. */
static bool recover(HtSpool *spool, GError **error)
{
    char clean = '0';
    bool found = false;
    HtSpoolCheckpoint checkpoint;
    if (!ht_spool_meta_get(spool->db, HT_SPOOL_META_CLEAN, &clean, 1, &found, error)) {
        return false;
    }
    if (found && (clean != '1' || spool->wal_left)) {
        ht_log(HT_LOG_WARNING, "spool", "the last run did not end cleanly: recovering");
        bool good =
            ht_spool_checkpoint_init(&checkpoint, spool->db, spool->options.limits.wal_bytes, error) &&
            ht_spool_checkpoint_truncate(&checkpoint, error) &&
            ht_spool_check_quickly(spool->db, spool->path, error);
        sqlite3_wal_hook(spool->db, NULL, NULL);
        if (!good) {
            return false;
        }
    }
    return ht_spool_meta_set(spool->db, HT_SPOOL_META_CLEAN, "0", 1, error);
}

static void after_completions(void *user)
{
    HtSpool *spool = user;
    uint64_t last = ht_spool_last_sequence(spool);
    if (last > spool->told) {
        spool->told = last;
        if (spool->changed) {
            spool->changed(last, spool->changed_user);
        }
    }
}

static bool start(HtSpool *spool, GError **error)
{
    spool->cursors = ht_spool_cursors_load(spool->db, error);
    if (!spool->cursors || !ht_spool_standing_load(&spool->standing, spool->db, error)) {
        return false;
    }
    spool->tail = ht_spool_tail_new(spool->options.limits.recent_bytes);
    spool->committer = ht_spool_committer_new(spool->db, spool->hasher, &spool->options, spool->tail, error);
    if (!spool->committer) {
        return false;
    }
    spool->completions =
        ht_spool_completions_new(g_main_context_get_thread_default(), after_completions, spool);
    spool->reader = ht_spool_reader_start(spool->path, spool->completions, error);
    if (!spool->reader) {
        return false;
    }
    spool->writer = ht_spool_writer_start(spool->committer, spool->completions, &spool->options.limits);
    ht_spool_files_init(&spool->files, spool->directory);
    spool->told = ht_spool_last_sequence(spool);
    return true;
}

HtSpool *ht_spool_open(const HtSpoolOptions *options, GError **error)
{
    g_autoptr(HtSpool) spool = g_new0(HtSpool, 1);
    set_options(spool, options);
    spool->hasher = ht_spool_hasher_new(options->site_key);
    spool->lock = ht_spool_disk_lock(spool->directory, error);
    if (spool->lock < 0 || !open_file(spool, error) || !check_key(spool, error) || !recover(spool, error) ||
        !start(spool, error)) {
        return NULL;
    }
    spool->state = OPEN;
    assert_front(spool);
    return g_steal_pointer(&spool);
}

/* Also for one that was opened half. The writer's connection is closed last, and its WAL is empty by then. */
void ht_spool_close(HtSpool *spool)
{
    if (!spool) {
        return;
    }
    ht_spool_reader_stop(g_steal_pointer(&spool->reader));
    ht_spool_writer_stop(g_steal_pointer(&spool->writer));
    spool->state = CLOSING;
    assert_front(spool);
    ht_spool_completions_free(spool->completions); /* callbacks that ask for more now are refused */
    g_assert(spool->backlog == 0);                 /* 3 */
    ht_spool_committer_free(spool->committer);
    ht_spool_tail_free(spool->tail);
    ht_spool_hasher_free(spool->hasher);
    sqlite3_close(spool->db);
    if (spool->lock >= 0) {
        close(spool->lock);
    }
    g_clear_pointer(&spool->cursors, g_hash_table_unref);
    ht_spool_files_clear(&spool->files);
    ht_spool_standing_clear(&spool->standing);
    ht_spool_vault_release(spool->directory);
    g_free(spool->directory);
    g_free(spool->path);
    g_free(spool);
}

bool ht_spool_shred(HtSpool *spool, uint32_t period, int64_t now_us, GError **error)
{
    return ht_spool_vault_destroy(ht_spool_vault_of(spool->db), period, now_us, error);
}

/* ---- Taking messages ---- */

static void answer(HtSpoolTask *task)
{
    g_autoptr(HtSpoolJob) job = (HtSpoolJob *)task;
    job->spool->backlog--;
    if (job->done) {
        job->done(job->error ? NULL : &job->receipt, job->error, job->user);
    }
}

static void hand_over(HtSpool *spool, HtSpoolJob *job)
{
    job->spool = spool;
    spool->backlog++;
    if (spool->writer) {
        ht_spool_writer_append(spool->writer, job);
        return;
    }
    HtSpoolTasks tasks = {NULL, NULL};
    job->error = g_error_new_literal(HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY, "the spool is being closed");
    ht_spool_tasks_add(&tasks, &job->task);
    ht_spool_completions_post(spool->completions, &tasks);
}

void ht_spool_append(HtSpool *spool, HtSpoolMessage *message, HtSpoolDone done, void *user)
{
    HtSpoolJob *job = ht_spool_job_new(message, NULL, answer);
    job->done = done;
    job->user = user;
    hand_over(spool, job);
}

void ht_spool_quarantine(HtSpool *spool, HtSpoolMessage *message, const char *reason, HtSpoolDone done,
                         void *user)
{
    HtSpoolJob *job = ht_spool_job_new(message, reason ? reason : "", answer);
    job->done = done;
    job->user = user;
    hand_over(spool, job);
}

/* ---- Changing who is who ---- */

/* The audit: who did what, and why. It is in the spool, too (table `subject_audit`). */
static void log_repair(const HtSpoolMending *mending)
{
    const HtSpoolRepair *asked = &mending->asked;
    const HtSpoolRepaired *repaired = &mending->repaired;
    bool settled = repaired->subject[0] == '\0';
    ht_log(HT_LOG_INFO, "spool", "uid %" G_GINT64_FORMAT " changed who is who: %s %s %s%s%s%s%s: %s",
           asked->uid, settled ? "a conflict is settled, now" : repaired->other,
           settled                        ? ""
           : asked->verb == HT_SPOOL_JOIN ? "is"
                                          : "is apart from",
           settled ? repaired->other : repaired->subject, asked->kind ? ", " : "",
           asked->kind ? asked->kind : "", asked->source ? " of " : "", asked->source ? asked->source : "",
           asked->reason);
}

static void answer_repair(HtSpoolTask *task)
{
    g_autoptr(HtSpoolJob) job = (HtSpoolJob *)task;
    HtSpoolMending *mending = job->mending;
    job->spool->backlog--;
    mending->repaired.sequence = job->receipt.sequence;
    if (!job->error && !mending->asked.dry_run) {
        log_repair(mending);
    }
    mending->done(job->error ? NULL : &mending->repaired, job->error, mending->user);
}

void ht_spool_repair(HtSpool *spool, const HtSpoolRepair *repair, HtSpoolRepairDone done, void *user)
{
    HtSpoolJob *job = ht_spool_mending_new(repair, answer_repair);
    job->mending->done = done;
    job->mending->user = user;
    hand_over(spool, job);
}

unsigned ht_spool_backlog(HtSpool *spool)
{
    return spool->backlog;
}

/* ---- Delivering events ---- */

static void set_aside(const HtSpoolDamage *damage, HtSpool *spool)
{
    if (spool->writer) {
        ht_spool_writer_add_damage(spool->writer, damage);
    }
}

void ht_spool_read(HtSpool *spool, uint64_t after, unsigned limit, size_t limit_bytes, HtSpoolPageDone done,
                   void *user)
{
    HtSpoolReading reading = {.after = after,
                              .last = ht_spool_last_sequence(spool),
                              .limit = limit,
                              .limit_bytes = limit_bytes,
                              .done = done,
                              .user = user,
                              .damaged = set_aside,
                              .spool = spool};
    if (spool->reader) {
        ht_spool_reader_ask(spool->reader, &reading);
        return;
    }
    g_autoptr(GError) error =
        g_error_new_literal(HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY, "spool: it is being closed");
    done(NULL, error, user);
}

HtSpoolPage *ht_spool_recent(HtSpool *spool, uint64_t after)
{
    return ht_spool_tail_page(spool->tail, after);
}

uint64_t ht_spool_last_sequence(HtSpool *spool)
{
    return spool->writer ? ht_spool_writer_last_sequence(spool->writer) : spool->told;
}

void ht_spool_watch(HtSpool *spool, void (*changed)(uint64_t last_sequence, void *user), void *user)
{
    spool->changed = changed;
    spool->changed_user = user;
}

bool ht_spool_cursor_open(HtSpool *spool, const char *consumer, uint64_t initial, uint64_t *cursor,
                          GError **error)
{
    const HtSpoolCursor *known = g_hash_table_lookup(spool->cursors, consumer);
    HtSpoolCursor first = {initial, NULL, 0, false};
    if (known) {
        *cursor = known->sequence;
        return true;
    }
    ht_spool_writer_move(spool->writer, consumer, &first);
    if (!ht_spool_writer_flush(spool->writer)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO,
                    "spool: the cursor of \"%s\" could not be written", consumer);
        return false;
    }
    ht_spool_cursor_table_put(spool->cursors, consumer, &first);
    *cursor = initial;
    return true;
}

GArray *ht_spool_cursor_finished(HtSpool *spool, const char *consumer)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    const HtSpoolCursor *cursor = g_hash_table_lookup(spool->cursors, consumer);
    if (cursor && cursor->finished) {
        gsize size;
        const char *data = g_bytes_get_data(cursor->finished, &size);
        if (!ht_spool_finished_unpack(cursor->sequence, (HtText){data, size}, runs)) {
            ht_log(HT_LOG_ERROR, "spool",
                   "what consumer %s has finished above its cursor cannot be read: it comes again", consumer);
        }
    }
    return runs;
}

void ht_spool_cursor_count(HtSpool *spool, const char *consumer, uint64_t wanted)
{
    HtSpoolCursor *place = g_hash_table_lookup(spool->cursors, consumer);
    if (place) {
        place->wanted = wanted;
    }
}

uint64_t ht_spool_cursor_counted(HtSpool *spool, const char *consumer)
{
    const HtSpoolCursor *place = g_hash_table_lookup(spool->cursors, consumer);
    return place ? place->wanted : 0;
}

void ht_spool_cursor_move(HtSpool *spool, const char *consumer, uint64_t cursor, const GArray *finished)
{
    if (spool->writer) {
        g_autoptr(GBytes) packed = ht_spool_finished_pack(cursor, finished);
        HtSpoolCursor place = {cursor, packed, ht_spool_cursor_counted(spool, consumer), false};
        ht_spool_cursor_table_put(spool->cursors, consumer, &place);
        ht_spool_writer_move(spool->writer, consumer, &place);
    }
}

GHashTable *ht_spool_cursor_table(HtSpool *spool)
{
    return spool->cursors;
}

void ht_spool_cursor_place(HtSpool *spool, const char *consumer, const HtSpoolCursor *place)
{
    ht_spool_cursor_table_put(spool->cursors, consumer, place);
    ht_spool_writer_move(spool->writer, consumer, place);
}

bool ht_spool_flush(HtSpool *spool)
{
    return spool->writer && ht_spool_writer_flush(spool->writer);
}

void ht_spool_cursor_forget(HtSpool *spool, const char *consumer)
{
    HtSpoolCursor gone = {.gone = true};
    g_hash_table_remove(spool->cursors, consumer);
    if (spool->writer) {
        ht_spool_writer_move(spool->writer, consumer, &gone);
    }
}

void ht_spool_count(HtSpool *spool, const char *source, HtSpoolDayCount what)
{
    HtSpoolDay more = {.day = ht_spool_day_of(ht_clock_now()), .source = (char *)source};
    more.counts[what] = 1;
    if (spool->writer) {
        ht_spool_writer_count(spool->writer, &more);
    }
}

/* ---- What else is kept of delivery ---- */

HtSpoolStanding *ht_spool_standing(HtSpool *spool)
{
    return &spool->standing;
}

void ht_spool_do(HtSpool *spool, HtSpoolDeed *deed)
{
    if (spool->writer) {
        ht_spool_writer_add_deed(spool->writer, deed);
    } else {
        ht_spool_deed_free(deed);
    }
}

typedef struct {
    void (*done)(const GError *error, void *user);
    void *user;
} Settling;

static void on_settled(const HtReceipt *receipt, const GError *error, void *user)
{
    g_autofree Settling *settling = user;
    (void)receipt;
    settling->done(error, settling->user);
}

void ht_spool_settle(HtSpool *spool, void (*done)(const GError *error, void *user), void *user)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    Settling *settling = g_new(Settling, 1);
    *settling = (Settling){done, user};
    message->source = HT_SPOOL_OWN_SOURCE;
    HtSpoolJob *job = ht_spool_job_new(message, NULL, answer);
    job->empty = true;
    job->done = on_settled;
    job->user = settling;
    hand_over(spool, job);
}

/* ---- Chores ---- */

static void answer_chore(HtSpoolTask *task)
{
    g_autoptr(HtSpoolJob) job = (HtSpoolJob *)task;
    job->spool->backlog--;
    ht_spool_work_answer(job->chore, job->error);
}

void ht_spool_chore(HtSpool *spool, const HtSpoolChore *chore, HtSpoolChoreDone done, void *user)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    message->source = HT_SPOOL_OWN_SOURCE;
    HtSpoolJob *job = ht_spool_job_new(message, NULL, answer_chore);
    job->chore = ht_spool_work_new(chore, done, user);
    hand_over(spool, job);
}

void ht_spool_change_room(HtSpool *spool, const HtSpoolLimits *limits)
{
    ht_spool_committer_change_room(spool->committer, limits);
}

/* ---- Looking ---- */

void ht_spool_status(HtSpool *spool, HtSpoolStatus *status)
{
    struct stat file;
    HtSpoolDisk disk = {.directory = spool->directory};
    *status = (HtSpoolStatus){0};
    if (spool->writer) {
        ht_spool_writer_status(spool->writer, status);
        status->dead_letters = ht_spool_standing_letters(&spool->standing);
    }
    if (spool->files.path && !ht_spool_files_are_same(&spool->files)) {
        status->failed = status->replaced = true;
    }
    status->file_bytes = stat(spool->path, &file) == 0 ? (uint64_t)file.st_size : 0;
    status->free_bytes = ht_spool_disk_free_bytes(&disk);
}
