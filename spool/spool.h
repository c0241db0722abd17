/* The spool: the durable log between taking a message and delivering its events. One SQLite file (WAL,
 * synchronous=FULL), one writer thread that commits whatever has gathered (group commit) and also
 * checkpoints, one reader thread for delivery. It knows no XML, no HTTP and no departments: keys, identities
 * and packed events are bytes to it.
 *
 * All functions are called on the thread whose GMainContext was the default when the spool was opened (the
 * main loop); all callbacks run there, never from within a call of this header (but for ht_spool_close()),
 * and must not close it. */
#pragma once

#include "core/base/event.h"
#include "core/base/fault.h"
#include "core/base/limits.h"

typedef struct HtSpool HtSpool;

#define HT_SPOOL_ERROR (ht_spool_error_quark())
GQuark ht_spool_error_quark(void);

typedef enum {
    HT_SPOOL_ERROR_FULL, /* disk or reserve exhausted: nothing was taken; try later */
    HT_SPOOL_ERROR_BUSY, /* the file is in use, or the spool is being closed: nothing was taken; try later */
    HT_SPOOL_ERROR_IO,   /* the disk failed: the spool has stopped acknowledging; the process must end */
    HT_SPOOL_ERROR_CORRUPT, /* the file is damaged */
    HT_SPOOL_ERROR_FORMAT,  /* the file was written by a newer version, or is not a spool */
    HT_SPOOL_ERROR_LOCKED,  /* another process has the spool open */
    HT_SPOOL_ERROR_KEY, /* the site key is missing, malformed, or not the one that this spool was made with; or others may read the state */
    HT_SPOOL_ERROR_REPAIR,  /* what an administrator asks for cannot be done: repair.h */
    HT_SPOOL_ERROR_MESSAGE, /* this message is larger than can be kept; sending it again will not help */
    HT_SPOOL_ERROR_CAPPED,  /* the spool has reached its size (most_bytes): nothing was taken; try later */
} HtSpoolErrorCode;

/* How values are sealed at rest: vault.h, sealer.h. */
typedef enum {
    HT_SPOOL_CIPHER_OFF,
    HT_SPOOL_CIPHER_AES_256_GCM, /* NIST SP 800-38D */
    HT_SPOOL_CIPHER_SM4_SM3,     /* SM4-CTR (GB/T 32907), then HMAC-SM3 (GB/T 32905) over it */
    HT_SPOOL_CIPHERS,
} HtSpoolCipher;

typedef struct {
    HtSpoolCipher cipher;
    char *const *
        master_files; /* the first wraps, all of them unwrap; NULL: `master.key` in the directory, made when there is none */
    uint64_t period_ms; /* how long a data key is used; 0: for ever */
} HtSpoolSealing;

typedef struct {
    const char *directory;   /* holds spool.db, its WAL, and the ballast file; made if missing, mode 0700 */
    const uint8_t *site_key; /* 32 bytes: subjects and hashed identities are HMAC-SHA256 under it */
    HtSpoolLimits limits;    /* of reserve_bytes, 0: none is kept */
    HtSpoolSealing sealing;
    bool must_exist; /* it is not made: HT_SPOOL_ERROR_CORRUPT when there is none */
} HtSpoolOptions;

/* Opens or creates the spool: takes the lock, checks application id and format version, migrates an older
 * format step by step (each in a transaction), recovers the WAL, runs quick_check when the last run did
 * not close cleanly, asserts synchronous=FULL, and starts the threads. After success the file is
 * consistent and listening may begin. */
HtSpool *ht_spool_open(const HtSpoolOptions *options, GError **error);

/* Commits what is waiting, checkpoints, marks the clean end and closes. Blocks. Callbacks of what was
 * waiting run before it returns; what they ask for then is refused with BUSY. */
void ht_spool_close(HtSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpool, ht_spool_close)

/* Fills 32 bytes from `path` (64 hex digits), or makes the file with fresh random ones, mode 0600,
 * fsynced, if it does not exist and `create` is set. HT_SPOOL_ERROR_KEY. In key.c. For other keys, too. */
bool ht_spool_load_key(const char *path, bool create, uint8_t key[32], GError **error);

/* The key for pseudonyms outside of the spool (hashes of the field policy, the audit), made of the site key: who has it cannot make
 * the spool's own hashes. */
void ht_spool_pseudonym_key(const uint8_t site_key[32], uint8_t key[32]);

/* ---- Taking messages ---- */

/* A message to be taken. Owned by the spool from ht_spool_append() until its `done` callback returns. */
typedef struct HtSpoolMessage HtSpoolMessage;

typedef struct {
    HtUuid id;         /* of the message whose receipt this is (for a resend: the first one) */
    uint64_t sequence; /* of its first event; 0 when it has none */
    uint32_t events;   /* new events appended */
    uint32_t
        duplicates; /* events that were already known under their key, and those that the message left out as no news */
    uint32_t rejected;   /* as the message said */
    int64_t received_us; /* when the bus took the (first) message */
    uint8_t sha256[32];  /* of the (first) payload */
    bool resent;         /* the same was sent before: this is the original receipt, nothing was appended */
    bool other_payload; /* with resent: the key is of a message with another payload, whose receipt this is; ask again
                                 under another key, and show it to nobody */
    HtText reply, reply_type; /* the adapter's own answer, as kept with the first message; absent when none */
} HtReceipt;

/* Receipt and error: exactly one is not NULL. With a receipt, everything is on disk. The callee keeps
 * nothing. */
typedef void (*HtSpoolDone)(const HtReceipt *receipt, const GError *error, void *user);

struct HtSpoolMessage {
    HtUuid id;
    const char *source; /* copied */
    int64_t received_us;
    uint8_t sha256[32];
    HtText key; /* idempotency key of the message, any bytes; scoped by source. Never absent */
    uint32_t rejected;
    uint32_t unchanged; /* events that are none, because nothing has changed: at most INT32_MAX */
    HtText reply, reply_type;
    GBytes *payload; /* original bytes to keep (repaired or asked for), or NULL */
    GArray
        *faults; /* of HtFault: rejected records of an accepted message (on-invalid = quarantine), or NULL */
    GArray *packed;             /* of HtText: events as ht_event_pack() writes them, found good; or NULL */
    GArray *events;             /* instead of them, of HtEvent; texts of either point into `backing` */
    HtText attr[HT_ATTR_COUNT]; /* what each event gets beside its own; absent where nothing */
    bool authority;             /* it may tie citizen numbers to each other: subject.h */
    GBytes *backing;            /* keeps the texts of key, reply and events alive */
};

/* Queues the message for the next commit. `message` (made with g_new0) and what it holds become the
 * spool's. The message's key is looked up first: known, and `done` gets the original receipt. Then each
 * event with a key of its own: known, and it counts as a duplicate. The rest is appended: subjects
 * resolved, sequence and ids given, business numbers that may name a person replaced by pseudonyms. All in one transaction with the others of the group; `done` runs after
 * its fsync. */
void ht_spool_append(HtSpool *spool, HtSpoolMessage *message, HtSpoolDone done, void *user);

/* Keeps a message that killed its host too often, or was refused with on-invalid = quarantine, for a
 * person to look at: payload, faults and reason. `done` may be NULL. */
void ht_spool_quarantine(HtSpool *spool, HtSpoolMessage *message, const char *reason, HtSpoolDone done,
                         void *user);

/* Number of messages waiting or being committed. */
unsigned ht_spool_backlog(HtSpool *spool);

/* ---- Delivering events ---- */

typedef struct {
    GPtrArray
        *events; /* of HtStoredEvent, consecutive sequences; they and their texts live as long as the page */
    uint64_t after;  /* as asked */
    unsigned shared; /* by so many more than one */
    void *private;
} HtSpoolPage;

/* Shares the page. Main thread, as is giving it back; nobody changes what it holds. */
static inline HtSpoolPage *ht_spool_page_ref(HtSpoolPage *page)
{
    page->shared++;
    return page;
}

/* Gives the page back; the last one frees it. In page.c. */
void ht_spool_page_free(HtSpoolPage *page);

/* The events behind `after`, when they were committed so lately that they are still in memory (`recent`), else NULL: they have to be
 * read then. The page may begin with events at or below `after`. */
HtSpoolPage *ht_spool_recent(HtSpool *spool, uint64_t after);

typedef void (*HtSpoolPageDone)(HtSpoolPage *page /* transfer full */, const GError *error, void *user);

/* Reads events with a sequence above `after`: at most `limit` and about `limit_bytes`, at least one if
 * there is one. Empty when there are none. An event that is not as it was written is there by its sequence only, with a state that
 * says so, and set aside with the next commit. On the reader thread, in a read transaction of well under a second. */
void ht_spool_read(HtSpool *spool, uint64_t after, unsigned limit, size_t limit_bytes, HtSpoolPageDone done,
                   void *user);

/* The last committed sequence, 0 when empty. */
uint64_t ht_spool_last_sequence(HtSpool *spool);

/* `changed` runs after each commit that appended events. One watcher. */
void ht_spool_watch(HtSpool *spool, void (*changed)(uint64_t last_sequence, void *user), void *user);

/* A consumer's cursor: everything up to it has been delivered or is a dead letter. A consumer not yet
 * known starts at `initial` (0: the beginning), which is stored. Read at start; HT_SPOOL_ERROR. */
bool ht_spool_cursor_open(HtSpool *spool, const char *consumer, uint64_t initial, uint64_t *cursor,
                          GError **error);

typedef struct {
    uint64_t first, last; /* sequences, both of them included */
    uint64_t wanted;      /* how many of them were the consumer's */
} HtSpoolRun;

/* What was finished above the cursor when it was written last: of HtSpoolRun, ascending; the caller unrefs. Empty when
 * there is nothing, or what there is cannot be believed, which is logged: it comes again then. */
GArray *ht_spool_cursor_finished(HtSpool *spool, const char *consumer);

/* Moves the cursor with the next commit (within 100 ms when there is none); `finished` (of HtSpoolRun, ascending, with an open sequence
 * before each; copied; NULL: nothing) is finished above it. Written together: after a crash both hold or neither does, and the consumer
 * gets again, with the same ids, what was acknowledged since. */
void ht_spool_cursor_move(HtSpool *spool, const char *consumer, uint64_t cursor, const GArray *finished);

/* How many events up to the cursor were the consumer's, as the caller counts them. Goes to the disk with the next move of the cursor, and holds
 * together with it. 0 when it was never said. */
void ht_spool_cursor_count(HtSpool *spool, const char *consumer, uint64_t wanted);
uint64_t ht_spool_cursor_counted(HtSpool *spool, const char *consumer);

/* The cursor is no more; it would be opened as a new one. */
void ht_spool_cursor_forget(HtSpool *spool, const char *consumer);

/* Dead letters, pauses, replays: delivery.h. */

/* ---- Counting by the day ---- */

/* What leaves no row of its own. */
typedef enum {
    HT_SPOOL_DAY_RESENT,  /* messages that were sent again */
    HT_SPOOL_DAY_REFUSED, /* messages that were wrong */
    HT_SPOOL_DAY_BUSY,    /* messages that were to be sent again later */
    HT_SPOOL_DAY_FAILED,  /* messages at which the bus failed */
    HT_SPOOL_DAY_COUNTS
} HtSpoolDayCount;

/* A day's figures of one source. */
typedef struct {
    int day; /* since 1970-01-01, by China's legal time */
    char *source;
    uint64_t counts[HT_SPOOL_DAY_COUNTS];
} HtSpoolDay;

/* One more, today. On disk within a second (kill -9 loses that), and at the end. */
void ht_spool_count(HtSpool *spool, const char *source, HtSpoolDayCount what);

/* The day of a time (microseconds since 1970), and when a day begins. In days.c. */
int ht_spool_day_of(int64_t time_us);
int64_t ht_spool_day_begin(int day);

/* ---- Keys ---- */

/* Destroys the key of a period (vault.h), under which nothing of the spool may be sealed any more: what copies hold under it can be opened by nobody. On disk
 * when it returns. HT_SPOOL_ERROR_REPAIR for no such period, the current one, or one that is destroyed; IO. */
bool ht_spool_shred(HtSpool *spool, uint32_t period, int64_t now_us, GError **error);

/* ---- Looking ---- */

typedef struct {
    uint64_t first_sequence, last_sequence, messages, resent, duplicates, dead_letters, quarantined, aliases,
        conflicts;    /* identities that were seen with two persons: look.h */
    uint64_t damaged; /* events that were found damaged and are set aside: damage.h */
    uint64_t file_bytes, wal_bytes, free_bytes;
    uint64_t commits, checkpoints;
    uint64_t commit_sum_us; /* how long all of them took */
    uint64_t commit_p99_us; /* of the last 1024 commits */
    uint64_t used_bytes;    /* of the spool's file: its pages but for those that are free for others */
    uint64_t most_bytes;    /* that it may use; 0: no limit but the disk's */
    unsigned size_level;    /* how near it is to that: 0, 80, 90 (percent), 100: intake is stopped */
    unsigned
        disk_level; /* how near the disk is to its reserve: 0, 80 (less than twice it), 90 (one and a half times), 100 */
    bool intake_stopped; /* below the reserve, disk full, or at its size */
    bool failed;         /* an I/O error: no more acknowledgements */
    bool replaced;       /* with `failed`: the file was removed or replaced while it was open */
} HtSpoolStatus;

/* Other room: of the limits, reserve_bytes and most_bytes count from the next look at the room on: with a message, or within a second while intake is
 * stopped. The others stay. */
void ht_spool_change_room(HtSpool *spool, const HtSpoolLimits *limits);

/* Figures in memory, as of the last commit; resent, duplicates, commits and checkpoints since the spool
 * was opened. */
void ht_spool_status(HtSpool *spool, HtSpoolStatus *status);

/* Checks a spool that is not open by a bus (or a copy): SQLite's integrity, sequences without gaps, every
 * event's head and data readable, cursors within bounds, receipts that name existing events. Appends one
 * line a finding to `report`. Returns the number of findings, -1 when the file cannot be opened (error
 * set). In check.c. */
int ht_spool_check(const char *directory, GString *report, GError **error);
