/* A sweep.
 *
 * States: IDLE -> RUNS (ht_sweeper_start()) -> IDLE (end_on_main(), on the main thread, after the thread has ended).
 *
 * `shared` is what both threads have; it lives as long as somebody may still answer: a chore on its way holds a reference. The main thread sets
 * `stopping` and waits for the thread; the thread never waits for a chore once that is set. */
#include "core/keep/sweep.h"

#include "core/base/ages.h"
#include "core/base/log.h"
#include "core/delivery/route.h"
#include "core/keep/archive.h"
#include "core/keep/eventless.h"
#include "core/keep/lines.h"
#include "spool/chore.h"
#include "spool/history.h"
#include "spool/keeping.h"

#include <glib/gstdio.h>
#include <inttypes.h>

#define WINDOW 2048                     /* sequences that are looked at together */
#define SLICE_BYTES ((uint64_t)1 << 20) /* of a chore */
#define SLICE_RUNS 1024
#define BATCH_EVENTS 200000 /* of an archive file */
#define GIVE_BACK_PAGES 512
#define SKIPPED_MAX 10000
#define PART "events.part"

/* What is remembered of a section from sweep to sweep. */
typedef struct {
    const HtRetentionConfig *config;
    uint64_t at;         /* nothing of it up to here is to be pruned any more, but for `skipped` */
    GArray *skipped;     /* of uint64_t: dead letters that were due */
    uint64_t message_at; /* the same of messages without events (messages.id) */
    uint64_t bytes;      /* of its events that are whole, as far as they were counted */
} SweepRule;

typedef struct {
    GMutex lock;
    GCond answered;
    HtSpool *spool;     /* main thread; NULL when it is to be asked no more */
    HtSweeper *sweeper; /* main thread; NULL when it is no more */
    /* Under the lock. */
    bool stopping;
    HtSweepStatus status;
} Shared;

struct HtSweeper {
    HtConfig *config, *next_config; /* held; the next ones wait for the sweep that runs */
    HtDictionary *dictionary, *next_dictionary;
    GMainContext *context;
    Shared *shared;
    GArray *rules; /* of SweepRule: the thread's while it runs */
    uint64_t counted;
    GThread *thread;
    bool dry_run;
    void (*done)(const HtSweepStatus *status, void *user);
    void *user;
};

static void clear_shared(void *item)
{
    Shared *shared = item;
    g_mutex_clear(&shared->lock);
    g_cond_clear(&shared->answered);
}

static void let_go(Shared *shared)
{
    g_atomic_rc_box_release_full(shared, clear_shared);
}

static void clear_rule(void *item)
{
    g_array_unref(((SweepRule *)item)->skipped);
}

static void make_rules(HtSweeper *sweeper)
{
    sweeper->rules = g_array_new(FALSE, TRUE, sizeof(SweepRule));
    g_array_set_clear_func(sweeper->rules, clear_rule);
    for (guint i = 0; i < sweeper->config->retentions->len; i++) {
        SweepRule rule = {.config = sweeper->config->retentions->pdata[i],
                          .skipped = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
        g_array_append_val(sweeper->rules, rule);
    }
}

HtSweeper *ht_sweeper_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool)
{
    HtSweeper *sweeper = g_new0(HtSweeper, 1);
    sweeper->config = ht_config_hold(config);
    sweeper->dictionary = ht_dictionary_hold(dictionary);
    sweeper->context = g_main_context_ref_thread_default();
    sweeper->shared = g_atomic_rc_box_new0(Shared);
    g_mutex_init(&sweeper->shared->lock);
    g_cond_init(&sweeper->shared->answered);
    sweeper->shared->spool = spool;
    sweeper->shared->sweeper = sweeper;
    make_rules(sweeper);
    return sweeper;
}

/* While nothing runs. */
static void take_next(HtSweeper *sweeper)
{
    if (sweeper->next_config && !sweeper->thread) {
        g_clear_pointer(&sweeper->rules, g_array_unref);
        ht_config_free(sweeper->config);
        ht_dictionary_free(sweeper->dictionary);
        sweeper->config = g_steal_pointer(&sweeper->next_config);
        sweeper->dictionary = g_steal_pointer(&sweeper->next_dictionary);
        sweeper->counted = 0;
        make_rules(sweeper);
    }
}

void ht_sweeper_change(HtSweeper *sweeper, const HtConfig *config, const HtDictionary *dictionary)
{
    g_clear_pointer(&sweeper->next_config, ht_config_free);
    g_clear_pointer(&sweeper->next_dictionary, ht_dictionary_free);
    sweeper->next_config = ht_config_hold(config);
    sweeper->next_dictionary = ht_dictionary_hold(dictionary);
    take_next(sweeper);
}

static bool is_stopping(HtSweeper *sweeper)
{
    g_mutex_lock(&sweeper->shared->lock);
    bool stopping = sweeper->shared->stopping;
    g_mutex_unlock(&sweeper->shared->lock);
    return stopping;
}

void ht_sweeper_free(HtSweeper *sweeper)
{
    if (!sweeper) {
        return;
    }
    Shared *shared = sweeper->shared;
    g_mutex_lock(&shared->lock);
    shared->stopping = true;
    g_cond_broadcast(&shared->answered);
    g_mutex_unlock(&shared->lock);
    if (sweeper->thread) {
        g_thread_join(sweeper->thread);
    }
    shared->spool = NULL;
    shared->sweeper = NULL;
    let_go(shared);
    g_array_unref(sweeper->rules);
    g_clear_pointer(&sweeper->next_config, ht_config_free);
    g_clear_pointer(&sweeper->next_dictionary, ht_dictionary_free);
    ht_config_free(sweeper->config);
    ht_dictionary_free(sweeper->dictionary);
    g_main_context_unref(sweeper->context);
    g_free(sweeper);
}

void ht_sweeper_status(HtSweeper *sweeper, HtSweepStatus *status)
{
    g_mutex_lock(&sweeper->shared->lock);
    *status = sweeper->shared->status;
    g_mutex_unlock(&sweeper->shared->lock);
}

/* ---- Asking the spool ---- */

/* Never on the calling thread. */
static void run_on_main(HtSweeper *sweeper, GSourceFunc function, void *user, GDestroyNotify done_with)
{
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, function, user, done_with);
    g_source_attach(source, sweeper->context);
    g_source_unref(source);
}

/* One chore that was asked for; both threads have a reference. */
typedef struct {
    Shared *shared;
    HtSpoolChore chore;
    bool answered; /* under the lock, as the rest is */
    uint64_t count;
    GError *error;
} Errand;

static void clear_errand(void *item)
{
    Errand *errand = item;
    g_clear_pointer(&errand->chore.runs, g_array_unref);
    g_clear_error(&errand->error);
    let_go(errand->shared);
}

static void take_answer(uint64_t count, const GError *error, void *user)
{
    Errand *errand = user;
    Shared *shared = errand->shared;
    g_mutex_lock(&shared->lock);
    errand->answered = true;
    errand->count = count;
    errand->error = error ? g_error_copy(error) : NULL;
    g_cond_broadcast(&shared->answered);
    g_mutex_unlock(&shared->lock);
    g_atomic_rc_box_release_full(errand, clear_errand);
}

static gboolean ask_on_main(void *user)
{
    Errand *errand = user;
    if (errand->shared->spool) {
        ht_spool_chore(errand->shared->spool, &errand->chore, take_answer, g_atomic_rc_box_acquire(errand));
    }
    return G_SOURCE_REMOVE;
}

static void release_errand(void *user)
{
    g_atomic_rc_box_release_full(user, clear_errand);
}

/* Has the chore done, and waits. False when it could not be done, or the sweep is to end (no error then). */
static bool do_chore(HtSweeper *sweeper, const HtSpoolChore *chore, uint64_t *count, GError **error)
{
    Shared *shared = sweeper->shared;
    Errand *errand = g_atomic_rc_box_new0(Errand);
    errand->shared = g_atomic_rc_box_acquire(shared);
    errand->chore = *chore;
    if (chore->runs) {
        g_array_ref(chore->runs);
    }
    run_on_main(sweeper, ask_on_main, g_atomic_rc_box_acquire(errand), release_errand);
    g_mutex_lock(&shared->lock);
    while (!errand->answered && !shared->stopping) {
        g_cond_wait(&shared->answered, &shared->lock);
    }
    bool good = errand->answered && !errand->error;
    *count = errand->count;
    if (errand->answered && errand->error) {
        g_propagate_error(error, g_steal_pointer(&errand->error));
    }
    g_mutex_unlock(&shared->lock);
    release_errand(errand);
    return good;
}

/* ---- One batch: an archive file, and then its events ---- */

typedef struct {
    HtSweeper *sweeper;
    HtSpoolLook *look;
    GArray *turns; /* of HtSpoolTurn */
    HtDelivered *delivered;
    uint64_t floor, last; /* every consumer has what is up to `floor`; the last sequence */
    uint64_t page_bytes;
    int64_t now_us;
    GHashTable *dead; /* sequences that are somebody's dead letters */

    SweepRule *rule;
    uint64_t excess;    /* bytes that are still too many of the rule */
    bool more;          /* what comes next may be due, too */
    HtArchive *archive; /* NULL: nothing is in it yet, or there is to be none */
    GPtrArray *slices;  /* of GArray of HtSpoolRun: what the batch has */
    uint64_t slice_bytes, events;
    HtSweepFigures figures;
    HtBuffer line;
    GError *error; /* of a callback */
} Sweep;

static void show_figures(Sweep *sweep)
{
    Shared *shared = sweep->sweeper->shared;
    g_mutex_lock(&shared->lock);
    shared->status.last = sweep->figures;
    g_mutex_unlock(&shared->lock);
}

/* The run goes on, or a new one begins; a slice that has enough is followed by another. */
static void add_to_slice(Sweep *sweep, uint64_t sequence, uint64_t bytes)
{
    GArray *slice = sweep->slices->len > 0 ? sweep->slices->pdata[sweep->slices->len - 1] : NULL;
    if (!slice || sweep->slice_bytes >= SLICE_BYTES || slice->len >= SLICE_RUNS) {
        slice = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
        g_ptr_array_add(sweep->slices, slice);
        sweep->slice_bytes = 0;
    }
    HtSpoolRun *run = slice->len > 0 ? &g_array_index(slice, HtSpoolRun, slice->len - 1) : NULL;
    if (run && run->last + 1 == sequence) {
        run->last = sequence;
    } else {
        HtSpoolRun next = {sequence, sequence, 0};
        g_array_append_val(slice, next);
    }
    sweep->slice_bytes += bytes;
}

static bool open_archive(Sweep *sweep, GError **error)
{
    const HtSpoolConfig *config = &sweep->sweeper->config->spool;
    g_autofree char *part = g_build_filename(config->archive, PART, NULL);
    if (config->archive_bytes > 0 && ht_archive_bytes(config->archive) >= config->archive_bytes) {
        g_set_error(
            error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_FULL,
            "archive: its files have as many bytes as archive-max allows: move some away; nothing is pruned until then");
        return false;
    }
    if (g_mkdir_with_parents(config->archive, 0700) != 0) {
        g_set_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_IO, "archive: \"%s\" cannot be made: %s",
                    config->archive, g_strerror(errno));
        return false;
    }
    HtSpoolVault *vault = ht_spool_vault_at(sweep->sweeper->config->bus.state);
    bool sealed = !g_str_equal(config->archive_encryption, "off") && ht_spool_vault_seals(vault);
    sweep->archive = ht_archive_begin(part, true, sealed ? vault : NULL, error);
    return sweep->archive != NULL;
}

static bool add_to_archive(Sweep *sweep, const HtStoredEvent *event, GError **error)
{
    if (g_str_equal(sweep->rule->config->archive, "off") || sweep->sweeper->dry_run) {
        return true;
    }
    if (!sweep->archive && !open_archive(sweep, error)) {
        return false;
    }
    ht_keep_line(sweep->sweeper->config, sweep->delivered, event, &sweep->line);
    return ht_archive_add(sweep->archive, event->sequence, ht_buffer_text(&sweep->line), error);
}

static bool close_archive(Sweep *sweep, GError **error)
{
    if (!sweep->archive) {
        return true;
    }
    uint64_t events = ht_archive_sum(sweep->archive)->events;
    g_autofree char *path = ht_archive_end(sweep->archive, NULL, error);
    g_clear_pointer(&sweep->archive, ht_archive_free);
    if (path) {
        sweep->figures.files++;
        sweep->figures.archived += events;
    }
    return path != NULL;
}

/* From here on what the batch has is in the archive, and goes out of the spool. */
static bool end_batch(Sweep *sweep, GError **error)
{
    bool good = close_archive(sweep, error);
    for (guint i = 0; good && i < sweep->slices->len && !sweep->sweeper->dry_run; i++) {
        HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_HOLLOW, .runs = sweep->slices->pdata[i]};
        uint64_t count = 0;
        good = do_chore(sweep->sweeper, &chore, &count, error);
        sweep->figures.events += count;
        show_figures(sweep);
    }
    g_ptr_array_set_size(sweep->slices, 0);
    sweep->events = 0;
    return good;
}

/* ---- Which events ---- */

static uint64_t bytes_of(const HtStoredEvent *event)
{
    return event->event.data.size;
}

/* The first section that fits counts. */
static SweepRule *find_rule(HtSweeper *sweeper, const HtEvent *event)
{
    for (guint i = 0; i < sweeper->rules->len; i++) {
        SweepRule *rule = &g_array_index(sweeper->rules, SweepRule, i);
        if (ht_route_names(rule->config->from, rule->config->types, event)) {
            return rule;
        }
    }
    return NULL;
}

/* When it was there at the latest: a clock that was ahead, and was set back later, made some younger than they are. */
static int64_t recorded_of(const Sweep *sweep, const HtStoredEvent *event)
{
    int64_t recorded_us = event->recorded_us;
    for (guint i = 0; i < sweep->turns->len; i++) {
        const HtSpoolTurn *turn = &g_array_index(sweep->turns, HtSpoolTurn, i);
        recorded_us = event->sequence < turn->sequence ? MIN(recorded_us, turn->time_us) : recorded_us;
    }
    return recorded_us;
}

static bool is_older(const Sweep *sweep, const HtStoredEvent *event, uint64_t ms)
{
    return recorded_of(sweep, event) <= sweep->now_us - (int64_t)ms * 1000;
}

/* Nobody waits for it, or nobody is waited for any longer. */
static bool may_go(Sweep *sweep, const HtStoredEvent *event)
{
    const HtRetentionConfig *config = sweep->rule->config;
    uint64_t sequence = event->sequence;
    bool wanted = sequence > sweep->floor || g_hash_table_contains(sweep->dead, &sequence);
    bool waited = config->max_wait_ms > 0 && is_older(sweep, event, config->keep_ms + config->max_wait_ms);
    if (wanted && !waited && sequence <= sweep->floor && sweep->rule->skipped->len < SKIPPED_MAX) {
        g_array_append_val(sweep->rule->skipped, sequence);
    }
    sweep->figures.undelivered += wanted && waited;
    return !wanted || waited;
}

static void see_event(const HtStoredEvent *event, void *user)
{
    Sweep *sweep = user;
    const HtRetentionConfig *config = sweep->rule->config;
    if (sweep->error || event->state != HT_STORED_WHOLE ||
        find_rule(sweep->sweeper, &event->event) != sweep->rule) {
        return;
    }
    bool old = config->keep_ms > 0 && is_older(sweep, event, config->keep_ms);
    sweep->more = old || sweep->excess > 0;
    if (!sweep->more || !may_go(sweep, event) || !add_to_archive(sweep, event, &sweep->error)) {
        return;
    }
    uint64_t bytes = bytes_of(event);
    sweep->excess -= MIN(sweep->excess, bytes);
    sweep->rule->bytes -= MIN(sweep->rule->bytes, bytes);
    sweep->figures.bytes += bytes;
    sweep->figures.events += sweep->sweeper->dry_run;
    sweep->events++;
    add_to_slice(sweep, event->sequence, bytes);
}

static bool is_full(const Sweep *sweep)
{
    uint64_t plain = sweep->archive ? ht_archive_sum(sweep->archive)->plain_bytes : 0;
    return sweep->events >= BATCH_EVENTS || plain >= sweep->sweeper->config->spool.archive_file_bytes;
}

/* Looks at the events above `after`, up to `last`. */
static bool look(Sweep *sweep, uint64_t after, uint64_t last, GError **error)
{
    bool good = ht_delivered_load(sweep->delivered, sweep->look, after + 1, last, error) &&
                ht_spool_look_events(sweep->look, after, last, see_event, sweep, error);
    if (good && sweep->error) {
        g_propagate_error(error, g_steal_pointer(&sweep->error));
        good = false;
    }
    return good && (!is_full(sweep) || end_batch(sweep, error));
}

/* Dead letters of earlier sweeps: those that are none any more. */
static bool look_at_skipped(Sweep *sweep, GError **error)
{
    g_autoptr(GArray) before = sweep->rule->skipped;
    sweep->rule->skipped = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (guint i = 0; i < before->len; i++) {
        uint64_t sequence = g_array_index(before, uint64_t, i);
        bool stays = g_hash_table_contains(sweep->dead, &sequence) && sweep->rule->config->max_wait_ms == 0;
        if (stays) {
            g_array_append_val(sweep->rule->skipped, sequence);
        } else if (!look(sweep, sequence - 1, sequence, error)) {
            return false;
        }
    }
    return true;
}

static bool sweep_rule(Sweep *sweep, GError **error)
{
    SweepRule *rule = sweep->rule;
    uint64_t last = rule->config->max_wait_ms > 0 ? sweep->last : sweep->floor;
    bool by_size = rule->config->keep_bytes > 0 && rule->bytes > rule->config->keep_bytes;
    sweep->excess = by_size ? rule->bytes - rule->config->keep_bytes : 0;
    if (!look_at_skipped(sweep, error)) {
        return false;
    }
    sweep->more = true;
    for (uint64_t at = rule->at; sweep->more && at < last && !is_stopping(sweep->sweeper);) {
        uint64_t until = MIN(at + WINDOW, last);
        sweep->more = rule->config->keep_ms > 0 || sweep->excess > 0;
        if (!sweep->more || !look(sweep, at, until, error)) {
            break;
        }
        at = until;
        rule->at = sweep->more && until <= sweep->floor && !sweep->sweeper->dry_run ? until : rule->at;
    }
    return !*error && end_batch(sweep, error);
}

/* Messages without events; none follow while the sweep is to end. */
static bool forget_messages(GArray *numbers, void *user, uint64_t *count, GError **error)
{
    Sweep *sweep = user;
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_FORGET, .runs = numbers};
    return sweep->sweeper->dry_run || do_chore(sweep->sweeper, &chore, count, error);
}

/* What was read and not pruned: the next sweep looks at everything. */
static void forget(HtSweeper *sweeper)
{
    for (guint i = 0; i < sweeper->rules->len; i++) {
        SweepRule *rule = &g_array_index(sweeper->rules, SweepRule, i);
        rule->at = rule->bytes = rule->message_at = 0;
        g_array_set_size(rule->skipped, 0);
    }
    sweeper->counted = 0;
}

/* ---- Sizes ---- */

static void count_event(const HtStoredEvent *event, void *user)
{
    HtSweeper *sweeper = user;
    SweepRule *rule = event->state == HT_STORED_WHOLE ? find_rule(sweeper, &event->event) : NULL;
    if (rule) {
        rule->bytes += bytes_of(event);
    }
}

/* Adds what has come since the last sweep; nothing when no section has a size. */
static bool count_sizes(Sweep *sweep, GError **error)
{
    HtSweeper *sweeper = sweep->sweeper;
    bool wanted = false, good = true;
    for (guint i = 0; i < sweeper->rules->len; i++) {
        wanted = wanted || g_array_index(sweeper->rules, SweepRule, i).config->keep_bytes > 0;
    }
    while (good && wanted && sweeper->counted < sweep->last && !is_stopping(sweeper)) {
        uint64_t until = MIN(sweeper->counted + WINDOW, sweep->last);
        good = ht_spool_look_events(sweep->look, sweeper->counted, until, count_event, sweeper, error);
        sweeper->counted = until;
    }
    return good;
}

/* ---- The whole ---- */

static bool give_back(Sweep *sweep, GError **error)
{
    uint64_t count = sweep->figures.events + sweep->figures.payloads;
    HtSpoolChore chore = {.kind = HT_SPOOL_CHORE_GIVE_BACK, .pages = GIVE_BACK_PAGES};
    bool good = true;
    while (good && count > 0) {
        good = do_chore(sweep->sweeper, &chore, &count, error);
        sweep->figures.given_back += count * sweep->page_bytes;
        show_figures(sweep);
    }
    return good;
}

static bool prepare(Sweep *sweep, GError **error)
{
    HtSweeper *sweeper = sweep->sweeper;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < sweeper->config->consumers->len; i++) {
        g_ptr_array_add(names, ((HtConsumerConfig *)sweeper->config->consumers->pdata[i])->name);
    }
    g_ptr_array_add(names, NULL);
    sweep->look = ht_spool_look_open(sweeper->config->bus.state, error);
    HtSpoolKeeping keeping;
    if (!sweep->look || !(sweep->turns = ht_spool_look_turns(sweep->look, error)) ||
        !ht_spool_look_keeping(sweep->look, (const char *const *)names->pdata, &keeping, error)) {
        return false;
    }
    sweep->floor = keeping.floor;
    sweep->last = keeping.last;
    sweep->page_bytes = keeping.page_bytes;
    sweep->dead = keeping.dead;
    return true;
}

static bool sweep_all(Sweep *sweep, GError **error)
{
    HtSweeper *sweeper = sweep->sweeper;
    const HtConfig *config = sweeper->config;
    if (!prepare(sweep, error) ||
        !ht_archive_recover(config->spool.archive, ht_spool_vault_at(config->bus.state), error) ||
        !count_sizes(sweep, error)) {
        return false;
    }
    for (guint i = 0; i < sweeper->rules->len; i++) {
        sweep->rule = &g_array_index(sweeper->rules, SweepRule, i);
        bool limited = sweep->rule->config->keep_ms > 0 || sweep->rule->config->keep_bytes > 0;
        if (limited && (!sweep_rule(sweep, error) ||
                        !ht_eventless_sweep(sweep->look, config, sweep->rule->config, sweep->now_us,
                                            &sweep->rule->message_at, forget_messages, sweep,
                                            &sweep->figures.payloads, error))) {
            return false;
        }
    }
    return sweeper->dry_run || give_back(sweep, error);
}

static void clear_sweep(Sweep *sweep)
{
    ht_archive_free(sweep->archive);
    g_ptr_array_unref(sweep->slices);
    g_clear_pointer(&sweep->dead, g_hash_table_unref);
    ht_delivered_free(sweep->delivered);
    g_clear_pointer(&sweep->turns, g_array_unref);
    ht_spool_look_close(sweep->look);
    ht_buffer_clear(&sweep->line);
    g_clear_error(&sweep->error);
}

static void add_figures(HtSweepFigures *all, const HtSweepFigures *more)
{
    all->events += more->events;
    all->bytes += more->bytes;
    all->undelivered += more->undelivered;
    all->payloads += more->payloads;
    all->files += more->files;
    all->archived += more->archived;
    all->given_back += more->given_back;
}

static void tell(const Sweep *sweep, const GError *error)
{
    const HtSweepFigures *figures = &sweep->figures;
    if (figures->undelivered > 0) {
        ht_log(HT_LOG_ERROR, "retention",
               "%" PRIu64 " events that a consumer had still to get were pruned, because max-wait has passed",
               figures->undelivered);
    }
    if (figures->events > 0) {
        ht_log(HT_LOG_INFO, "retention",
               "%" PRIu64 " events pruned, %" PRIu64 " of them archived in %" PRIu64 " files; %" PRIu64
               " bytes given back to the disk",
               figures->events, figures->archived, figures->files, figures->given_back);
    }
    if (error) {
        ht_log(HT_LOG_ERROR, "retention", "%s; what is not pruned stays, and is tried again", error->message);
    }
}

/* The thread has nothing more to do. */
static gboolean end_on_main(void *user)
{
    HtSweeper *sweeper = ((Shared *)user)->sweeper;
    if (!sweeper) {
        return G_SOURCE_REMOVE;
    }
    g_thread_join(g_steal_pointer(&sweeper->thread));
    g_mutex_lock(&sweeper->shared->lock);
    sweeper->shared->status.running = false;
    HtSweepStatus status = sweeper->shared->status;
    g_mutex_unlock(&sweeper->shared->lock);
    take_next(sweeper);
    if (sweeper->done) {
        sweeper->done(&status, sweeper->user);
    }
    return G_SOURCE_REMOVE;
}

static gpointer run(gpointer user)
{
    HtSweeper *sweeper = user;
    g_autoptr(GError) error = NULL;
    Sweep sweep = {.sweeper = sweeper,
                   .delivered = ht_delivered_new(sweeper->config, sweeper->dictionary),
                   .now_us = ht_ages_now(),
                   .slices = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref)};
    if (!sweep_all(&sweep, &error) || sweeper->dry_run) {
        forget(sweeper);
    }
    if (!sweeper->dry_run) {
        tell(&sweep, error);
    }
    Shared *shared = sweeper->shared;
    g_mutex_lock(&shared->lock);
    HtSweepStatus *status = &shared->status;
    status->ended_us = ht_clock_now();
    status->last = sweep.figures;
    if (!sweeper->dry_run) {
        add_figures(&status->all, &sweep.figures);
    }
    g_strlcpy(status->problem, error ? error->message : "", sizeof status->problem);
    g_mutex_unlock(&shared->lock);
    clear_sweep(&sweep);
    run_on_main(sweeper, end_on_main, g_atomic_rc_box_acquire(shared), (GDestroyNotify)let_go);
    return NULL;
}

bool ht_sweeper_start(HtSweeper *sweeper, bool dry_run, void (*done)(const HtSweepStatus *status, void *user),
                      void *user)
{
    if (sweeper->thread) {
        return false;
    }
    sweeper->dry_run = dry_run;
    sweeper->done = done;
    sweeper->user = user;
    g_mutex_lock(&sweeper->shared->lock);
    sweeper->shared->status.running = true;
    sweeper->shared->status.last = (HtSweepFigures){0};
    g_mutex_unlock(&sweeper->shared->lock);
    sweeper->thread = g_thread_new("retention", run, sweeper);
    return true;
}
