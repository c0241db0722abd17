/* Writing the audit log. Main-loop thread; sync_main() runs in a thread of its own. */
#include "core/audit/log.h"

#include "core/base/ages.h"
#include "core/base/disk-write.h"
#include "core/base/json.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_KEEP (1 << 20)

/* What the thread is to bring to the disk. */
typedef struct {
    int file; /* its own descriptor */
    char head[HT_AUDIT_HEAD_TEXT];
} SyncJob;

struct HtAudit {
    HtAuditOptions options; /* `state` and `bus` are copies */
    char *directory, *head_path;
    int file;
    uint64_t segment, number, bytes;
    uint8_t hash[HT_SHA256];
    bool dirty; /* there are records behind the last seal */
    bool failing;
    uint64_t failures, failed_since, missing;
    char *problem;
    HtBuffer record;
    GSource *timer;

    GThread *thread;
    GAsyncQueue *jobs; /* of SyncJob */
    int unsynced;      /* atomic: jobs that are not done */
    int sync_error;    /* atomic: errno of the last one that failed; 0 */
    int64_t sealed_us; /* under `lock` */
    GMutex lock;
    GCond done;
};

static bool set_error(GError **error, const char *path, const char *what)
{
    g_set_error(error, HT_AUDIT_ERROR, HT_AUDIT_ERROR_IO, "audit: \"%s\" %s: %s", path, what,
                g_strerror(errno));
    return false;
}

/* ---- The disk ---- */

/* Whole or not at all. */
static bool replace_head(const HtAudit *audit, const char *text)
{
    g_autofree char *fresh = g_strconcat(audit->head_path, ".new", NULL);
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = file >= 0 && ht_disk_write(file, text, strlen(text)) && fdatasync(file) == 0;
    if (file >= 0) {
        close(file);
    }
    return good && g_rename(fresh, audit->head_path) == 0 && ht_disk_sync_folder(audit->options.state);
}

static void *sync_main(void *user)
{
    HtAudit *audit = user;
    for (SyncJob *job; (job = g_async_queue_pop(audit->jobs))->file >= 0;) {
        bool good = fdatasync(job->file) == 0 && replace_head(audit, job->head);
        int number = good ? 0 : errno;
        close(job->file);
        g_free(job);
        g_mutex_lock(&audit->lock);
        g_atomic_int_set(&audit->sync_error, number);
        audit->sealed_us = good ? ht_clock_now() : audit->sealed_us;
        g_atomic_int_add(&audit->unsynced, -1);
        g_cond_broadcast(&audit->done);
        g_mutex_unlock(&audit->lock);
    }
    return NULL;
}

static void ask_sync(HtAudit *audit, const HtAuditHead *head)
{
    int copy = fcntl(audit->file, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        g_atomic_int_set(&audit->sync_error, errno);
        return;
    }
    SyncJob *job = g_new(SyncJob, 1);
    job->file = copy;
    ht_audit_head_write(head, job->head);
    g_atomic_int_inc(&audit->unsynced);
    g_async_queue_push(audit->jobs, job);
}

static void wait_for_disk(HtAudit *audit)
{
    g_mutex_lock(&audit->lock);
    while (g_atomic_int_get(&audit->unsynced) > 0) {
        g_cond_wait(&audit->done, &audit->lock);
    }
    g_mutex_unlock(&audit->lock);
}

/* ---- Records ---- */

static void note_failure(HtAudit *audit, const char *reason)
{
    audit->failures++;
    if (!audit->failing) {
        audit->failed_since = audit->failures;
        ht_log(HT_LOG_ERROR, "audit", "the audit log cannot be written: %s", reason);
    }
    audit->failing = true;
    g_free(audit->problem);
    audit->problem = g_strdup(reason);
}

static bool append(HtAudit *audit, HtAuditKind kind, HtText body)
{
    HtAuditRecord record = {
        .kind = kind, .number = audit->number + 1, .time_us = ht_clock_now(), .body = body};
    ht_buffer_reset(&audit->record, RECORD_KEEP);
    ht_audit_record_write(&record, audit->hash, &audit->record);
    if (!ht_disk_write(audit->file, audit->record.data, audit->record.size)) {
        int number = errno;
        if (ftruncate(audit->file, (off_t)audit->bytes) != 0) {
            number = errno; /* what is left of it is torn, and cut off at the next start */
        }
        note_failure(audit, g_strerror(number));
        return false;
    }
    audit->number = record.number;
    audit->bytes += audit->record.size;
    memcpy(audit->hash, record.hash, HT_SHA256);
    audit->dirty = kind != HT_AUDIT_SEAL;
    return true;
}

/* The first that goes through again says how many did not. */
static void note_success(HtAudit *audit)
{
    if (!audit->failing) {
        return;
    }
    g_autofree char *body = g_strdup_printf("{\"state\":\"written again\",\"lost\":%" G_GUINT64_FORMAT "}",
                                            audit->failures - audit->failed_since + 1);
    audit->failing = false;
    if (append(audit, HT_AUDIT_STATE, ht_text_from(body))) {
        ht_log(HT_LOG_INFO, "audit", "the audit log can be written again");
        g_clear_pointer(&audit->problem, g_free);
    }
}

static bool start_segment(HtAudit *audit, uint64_t missing, GError **error)
{
    char hex[2 * HT_SHA256 + 1] = {0};
    g_autofree char *path = ht_audit_segment_path(audit->directory, audit->segment + 1);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return set_error(error, path, "cannot be made");
    }
    int former = audit->file;
    uint64_t former_bytes = audit->bytes;
    ht_hex_write(audit->hash, HT_SHA256, hex);
    g_autofree char *body =
        g_strdup_printf("{\"segment\":%" G_GUINT64_FORMAT
                        ",\"bus\":\"%s\",\"before\":\"%s\",\"missing\":%" G_GUINT64_FORMAT "}",
                        audit->segment + 1, audit->options.bus, hex, missing);
    audit->file = file;
    audit->bytes = 0;
    if (!append(audit, HT_AUDIT_OPEN, ht_text_from(body))) {
        set_error(error, path, "cannot be written");
        audit->file = former;
        audit->bytes = former_bytes;
        close(file);
        g_unlink(path);
        return false;
    }
    audit->segment++;
    if (!ht_disk_sync_folder(audit->directory)) {
        g_atomic_int_set(&audit->sync_error, errno);
    }
    if (former >= 0) {
        close(former);
    }
    return true;
}

/* ---- Sealing ---- */

static bool seal(HtAudit *audit)
{
    HtAuditHead head = {.number = audit->number};
    if (!audit->dirty) {
        return true;
    }
    memcpy(head.hash, audit->hash, HT_SHA256);
    g_strlcpy(head.key, ht_signer_key(audit->options.signer)->id, sizeof head.key);
    g_autofree char *text = ht_audit_head_signed(&head);
    ht_signer_sign(audit->options.signer, ht_text_from(text), head.signature);
    g_autofree char *body =
        g_strdup_printf("{\"key\":\"%s\",\"signature\":\"%s\"}", head.key, head.signature);
    if (!append(audit, HT_AUDIT_SEAL, ht_text_from(body))) {
        return false;
    }
    ask_sync(audit, &head);
    return true;
}

bool ht_audit_seal(HtAudit *audit)
{
    bool good = seal(audit);
    wait_for_disk(audit);
    return good && g_atomic_int_get(&audit->sync_error) == 0;
}

static gboolean on_timer(void *user)
{
    HtAudit *audit = user;
    if (g_atomic_int_get(&audit->unsynced) == 0) { /* one at a time: a slow disk gets no queue */
        seal(audit);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Pruning ---- */

typedef struct {
    int64_t last_us;
    uint64_t number;
} LastRecord;

static bool note_last(const HtAuditRecord *record, const HtAuditPlace *place, void *user)
{
    (void)place;
    *(LastRecord *)user = (LastRecord){record->time_us, record->number};
    return true;
}

/* Nothing is removed before the log says that it is. */
static bool remove_segment(HtAudit *audit, const char *path, uint64_t segment, const LastRecord *last)
{
    g_autofree char *body = g_strdup_printf(
        "{\"segment\":%" G_GUINT64_FORMAT ",\"through\":%" G_GUINT64_FORMAT "}", segment, last->number);
    return append(audit, HT_AUDIT_PRUNED, ht_text_from(body)) && ht_audit_seal(audit) && g_unlink(path) == 0;
}

static void prune(HtAudit *audit)
{
    g_autoptr(GArray) segments =
        audit->options.keep_ms > 0 ? ht_audit_segments(audit->directory, NULL) : NULL;
    int64_t before_us = ht_ages_now() - (int64_t)audit->options.keep_ms * 1000;
    for (guint i = 0; segments && i < segments->len; i++) {
        uint64_t segment = g_array_index(segments, uint64_t, i), good, all;
        g_autofree char *path = ht_audit_segment_path(audit->directory, segment);
        HtAuditPlace place = {.segment = segment};
        LastRecord last = {.number = 0};
        HtAuditRead end;
        if (segment >= audit->segment ||
            !ht_audit_read_segment(path, &place, note_last, &last, &end, &good, &all, NULL) ||
            last.number == 0 || last.last_us >= before_us || !remove_segment(audit, path, segment, &last)) {
            return;
        }
    }
}

/* ---- Opening ---- */

/* The segment ends whole, or with what a crash left of one record: it goes on. */
static bool go_on(HtAudit *audit, const char *path, uint64_t good, GError **error)
{
    audit->file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    audit->bytes = good;
    if (audit->file < 0 || ftruncate(audit->file, (off_t)good) != 0) {
        return set_error(error, path, "cannot be opened");
    }
    return true;
}

/* What is missing is never written over: the log goes on behind it. */
static bool begin_behind(HtAudit *audit, const HtAuditHead *head, GError **error)
{
    uint64_t missing = head->number > audit->number ? head->number - audit->number : 1;
    ht_log(HT_LOG_ERROR, "audit",
           "the audit log ends with record %" G_GUINT64_FORMAT " and its head is %" G_GUINT64_FORMAT
           ": it was cut or altered; hutong audit verify",
           audit->number, head->number);
    audit->missing = missing;
    audit->number = MAX(audit->number, head->number);
    return start_segment(audit, missing, error);
}

static bool open_last(HtAudit *audit, uint64_t segment, GError **error)
{
    g_autofree char *path = ht_audit_segment_path(audit->directory, segment);
    HtAuditPlace place = {.segment = segment};
    HtAuditHead head = {.number = 0};
    HtAuditRead end = HT_AUDIT_TORN;
    uint64_t good = 0, all;
    if (segment > 0 && !ht_audit_read_segment(path, &place, NULL, NULL, &end, &good, &all, error)) {
        return false;
    }
    bool has_head = ht_audit_head_load(audit->head_path, &head);
    if (segment > 0 && !has_head) {
        ht_log(HT_LOG_WARNING, "audit", "\"%s\" is missing: whether the end of the log is, cannot be said",
               audit->head_path);
    }
    audit->segment = segment;
    audit->number = place.number;
    memcpy(audit->hash, place.hash, HT_SHA256);
    if (segment == 0 && !has_head) {
        return start_segment(audit, 0, error);
    }
    bool altered = end == HT_AUDIT_FALSE && !has_head; /* behind the head it is what a power cut left */
    if (place.number < head.number || altered || good == 0) {
        return begin_behind(audit, &head, error);
    }
    return go_on(audit, path, good, error);
}

static bool open_files(HtAudit *audit, GError **error)
{
    g_autoptr(GArray) segments = NULL;
    if (g_mkdir_with_parents(audit->directory, 0700) != 0) {
        return set_error(error, audit->directory, "cannot be made");
    }
    segments = ht_audit_segments(audit->directory, error);
    uint64_t last = segments && segments->len > 0 ? g_array_index(segments, uint64_t, segments->len - 1) : 0;
    return segments && open_last(audit, last, error);
}

static bool try_files(HtAudit *audit)
{
    g_autoptr(GError) error = NULL;
    if (audit->file < 0 && !open_files(audit, &error)) {
        note_failure(audit, error->message);
        return false;
    }
    return true;
}

/* ---- For others ---- */

bool ht_audit_add(HtAudit *audit, HtAuditKind kind, HtText body)
{
    if (audit->file < 0) {
        audit->failures++;
        return false;
    }
    bool refers = kind == HT_AUDIT_SET || kind == HT_AUDIT_POLICY || kind == HT_AUDIT_DELIVERY;
    if (!refers) {
        ht_audit_turn(audit, 0);
    }
    bool good = append(audit, kind, body);
    if (good) {
        note_success(audit);
    }
    return good;
}

void ht_audit_turn(HtAudit *audit, size_t size)
{
    g_autoptr(GError) error = NULL;
    if (audit->file >= 0 && audit->bytes > 0 && audit->bytes + size >= audit->options.segment_bytes) {
        seal(audit);
        if (!start_segment(audit, 0, &error)) {
            ht_log(HT_LOG_WARNING, "audit", "%s: the segment at hand goes on", error->message);
        }
        prune(audit);
    }
}

uint64_t ht_audit_segment(const HtAudit *audit)
{
    return audit->segment;
}

bool ht_audit_works(HtAudit *audit, bool again)
{
    int number = g_atomic_int_get(&audit->sync_error);
    if (number != 0 && !audit->failing) {
        note_failure(audit, g_strerror(number));
    }
    if (audit->failing && again && try_files(audit)) {
        static const HtText probe = HT_TEXT_LITERAL("{\"state\":\"tried\"}");
        bool good = ht_audit_add(audit, HT_AUDIT_STATE, probe) && (number == 0 || ht_audit_seal(audit));
        audit->failing = !good;
    }
    return !audit->failing;
}

void ht_audit_status(const HtAudit *audit, HtAuditStatus *status)
{
    *status = (HtAuditStatus){.works = !audit->failing,
                              .problem = audit->failing ? audit->problem : NULL,
                              .records = audit->number,
                              .segment = audit->segment,
                              .bytes = audit->bytes,
                              .failures = audit->failures,
                              .missing = audit->missing};
    g_mutex_lock((GMutex *)&audit->lock);
    status->sealed_us = audit->sealed_us;
    g_mutex_unlock((GMutex *)&audit->lock);
}

/* ---- Beginning and end ---- */

static void start_timer(HtAudit *audit)
{
    audit->timer = g_timeout_source_new((guint)audit->options.sync_ms);
    g_source_set_callback(audit->timer, on_timer, audit, NULL);
    g_source_attach(audit->timer, NULL);
}

HtAudit *ht_audit_open(const HtAuditOptions *options)
{
    HtAudit *audit = g_new0(HtAudit, 1);
    audit->options = *options;
    audit->options.state = g_strdup(options->state);
    audit->options.bus = g_strdup(options->bus);
    audit->directory = g_build_filename(options->state, HT_AUDIT_FOLDER, NULL);
    audit->head_path = g_build_filename(options->state, HT_AUDIT_HEAD, NULL);
    audit->file = -1;
    audit->jobs = g_async_queue_new();
    g_mutex_init(&audit->lock);
    g_cond_init(&audit->done);
    audit->thread = g_thread_new("audit-sync", sync_main, audit);
    try_files(audit);
    start_timer(audit);
    prune(audit);
    return audit;
}

void ht_audit_change(HtAudit *audit, const HtAuditOptions *options)
{
    bool other = audit->options.sync_ms != options->sync_ms;
    audit->options.segment_bytes = options->segment_bytes;
    audit->options.keep_ms = options->keep_ms;
    audit->options.sync_ms = options->sync_ms;
    if (other) {
        g_source_destroy(audit->timer);
        g_source_unref(audit->timer);
        start_timer(audit);
    }
    prune(audit);
}

void ht_audit_close(HtAudit *audit)
{
    SyncJob *last = g_new0(SyncJob, 1);
    if (audit->timer) {
        g_source_destroy(audit->timer);
        g_source_unref(audit->timer);
    }
    if (audit->file >= 0) {
        ht_audit_seal(audit);
        close(audit->file);
    }
    last->file = -1;
    g_async_queue_push(audit->jobs, last);
    g_thread_join(audit->thread);
    g_free(last);
    g_async_queue_unref(audit->jobs);
    g_mutex_clear(&audit->lock);
    g_cond_clear(&audit->done);
    ht_buffer_clear(&audit->record);
    g_free(audit->problem);
    g_free(audit->directory);
    g_free(audit->head_path);
    g_free((char *)audit->options.state);
    g_free((char *)audit->options.bus);
    g_free(audit);
}
