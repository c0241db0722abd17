/* The quarantine table. Writer thread.
 *
 * States, and the function that makes each:
 *
 *   REST   the count is what is on disk     ht_spool_quarantine_new(), _committed(), _rolled_back()
 *   AHEAD  messages of the open             ht_spool_quarantine_keep()
 *          transaction are counted, too
 *
 * Invariants, checked by assert_state() at each transition:
 *   1. Nothing is kept outside of a transaction: a receipt would be given for what a crash takes away.
 *   2. The count is never less than what is on disk, and in REST it is that.
 *   3. The receipt is that of the bytes that were sent: of the message itself, or of the one kept before with the same bytes. */
#include "spool/quarantine.h"

#include "spool/sealer.h"

#define TAG_FAULT 1

struct HtSpoolQuarantine {
    sqlite3_stmt *insert, *find, *drop;
    uint64_t count, committed_count;
    HtBuffer faults;
    HtSpoolSealer *sealer;
    HtBuffer sealed[2]; /* payload, faults */
};

static void assert_state(const HtSpoolQuarantine *quarantine, bool at_rest)
{
    bool is_open = !sqlite3_get_autocommit(sqlite3_db_handle(quarantine->insert));
    g_assert(at_rest || is_open);
    g_assert(quarantine->count >= quarantine->committed_count);
    g_assert(!at_rest || quarantine->count == quarantine->committed_count);
}

/* Invariant 3. */
static void assert_receipt(const HtSpoolJob *job)
{
    const HtReceipt *receipt = &job->receipt;
    g_assert(memcmp(receipt->sha256, job->message->sha256, sizeof receipt->sha256) == 0);
    g_assert(receipt->resent || memcmp(&receipt->id, &job->message->id, sizeof receipt->id) == 0);
}

HtSpoolQuarantine *ht_spool_quarantine_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolQuarantine) quarantine = g_new0(HtSpoolQuarantine, 1);
    int64_t count;
    quarantine->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    if (!ht_spool_database_prepare(
            db,
            "INSERT INTO quarantine(message, source, received, sha256, rejected, reason,"
            " payload, faults) VALUES(?,?,?,?,?,?,?,?)",
            &quarantine->insert, error) ||
        !ht_spool_database_prepare(db,
                                   "SELECT message, received, rejected FROM quarantine"
                                   " WHERE source = ? AND sha256 = ?",
                                   &quarantine->find, error) ||
        !ht_spool_database_prepare(db, "DELETE FROM quarantine WHERE message = ?", &quarantine->drop,
                                   error) ||
        !ht_spool_database_number(db, "SELECT count(*) FROM quarantine", &count, error)) {
        return NULL;
    }
    quarantine->count = quarantine->committed_count = (uint64_t)count;
    assert_state(quarantine, true);
    return g_steal_pointer(&quarantine);
}

void ht_spool_quarantine_free(HtSpoolQuarantine *quarantine)
{
    if (quarantine) {
        sqlite3_finalize(quarantine->insert);
        sqlite3_finalize(quarantine->find);
        sqlite3_finalize(quarantine->drop);
        ht_buffer_clear(&quarantine->faults);
        ht_buffer_clear(&quarantine->sealed[0]);
        ht_buffer_clear(&quarantine->sealed[1]);
        ht_spool_sealer_free(quarantine->sealer);
        g_free(quarantine);
    }
}

/* By its id: the row has no number yet when it is sealed. */
HtSpoolSpot ht_spool_quarantine_spot(const HtUuid *message, const char *table)
{
    HtSpoolSpot spot = {table, 0};
    memcpy(&spot.number, message->bytes + HT_UUID_SIZE - sizeof spot.number, sizeof spot.number);
    return spot;
}

static bool find_kept(HtSpoolQuarantine *quarantine, HtSpoolJob *job, bool *found, GError **error)
{
    sqlite3_stmt *row = quarantine->find;
    ht_spool_bind_text(row, 1, ht_text_from(job->message->source));
    ht_spool_bind_blob(row, 2, job->message->sha256, sizeof job->message->sha256);
    bool good = ht_spool_database_row(row, found, error);
    if (good && *found && sqlite3_column_bytes(row, 0) == HT_UUID_SIZE) {
        memcpy(job->receipt.id.bytes, sqlite3_column_blob(row, 0), HT_UUID_SIZE);
        job->receipt.received_us = sqlite3_column_int64(row, 1);
        job->receipt.rejected = (uint32_t)sqlite3_column_int64(row, 2);
        job->receipt.resent = true;
    }
    sqlite3_reset(row);
    return good;
}

static bool insert(HtSpoolQuarantine *quarantine, const HtSpoolJob *job, GError **error)
{
    const HtSpoolMessage *message = job->message;
    sqlite3_stmt *row = quarantine->insert;
    gsize size = 0;
    const void *payload = message->payload ? g_bytes_get_data(message->payload, &size) : NULL;
    const HtSpoolSpot spots[] = {ht_spool_quarantine_spot(&message->id, "quarantine"),
                                 ht_spool_quarantine_spot(&message->id, "quarantine.faults")};
    ht_buffer_reset(&quarantine->faults, 1 << 16);
    if (message->faults) {
        ht_spool_pack_faults(message->faults, &quarantine->faults);
    }
    ht_spool_bind_blob(row, 1, message->id.bytes, sizeof message->id.bytes);
    ht_spool_bind_text(row, 2, ht_text_from(message->source));
    sqlite3_bind_int64(row, 3, message->received_us);
    ht_spool_bind_blob(row, 4, message->sha256, sizeof message->sha256);
    sqlite3_bind_int64(row, 5, message->rejected);
    ht_spool_bind_text(row, 6, ht_text_from(job->reason));
    HtText kept =
        ht_spool_seal(quarantine->sealer, spots[0], (HtText){payload, size}, &quarantine->sealed[0]);
    HtText faults = quarantine->faults.size > 0 ? ht_buffer_text(&quarantine->faults) : HT_TEXT_NONE;
    faults = ht_spool_seal(quarantine->sealer, spots[1], faults, &quarantine->sealed[1]);
    ht_spool_bind_blob(row, 7, kept.data, kept.size);
    ht_spool_bind_blob(row, 8, faults.data, faults.size);
    bool good = ht_spool_database_do(row, error);
    ht_buffer_reset(&quarantine->sealed[0], 1 << 16);
    return good;
}

bool ht_spool_quarantine_keep(HtSpoolQuarantine *quarantine, HtSpoolJob *job, GError **error)
{
    bool found = false;
    assert_state(quarantine, false);
    job->receipt = (HtReceipt){
        .id = job->message->id, .rejected = job->message->rejected, .received_us = job->message->received_us};
    memcpy(job->receipt.sha256, job->message->sha256, sizeof job->receipt.sha256);
    if (!find_kept(quarantine, job, &found, error)) {
        return false;
    }
    if (!found) {
        if (!insert(quarantine, job, error)) {
            return false;
        }
        quarantine->count++;
    }
    assert_state(quarantine, false);
    assert_receipt(job);
    return true;
}

bool ht_spool_quarantine_drop(HtSpoolQuarantine *quarantine, const HtUuid *message, bool *found,
                              GError **error)
{
    ht_spool_bind_blob(quarantine->drop, 1, message->bytes, sizeof message->bytes);
    bool good = ht_spool_database_do(quarantine->drop, error);
    *found = good && sqlite3_changes(sqlite3_db_handle(quarantine->drop)) > 0;
    quarantine->count -= *found;
    return good;
}

uint64_t ht_spool_quarantine_count(const HtSpoolQuarantine *quarantine)
{
    return quarantine->count;
}

void ht_spool_quarantine_committed(HtSpoolQuarantine *quarantine)
{
    quarantine->committed_count = quarantine->count;
    assert_state(quarantine, true);
}

void ht_spool_quarantine_rolled_back(HtSpoolQuarantine *quarantine)
{
    quarantine->count = quarantine->committed_count;
    assert_state(quarantine, true);
}

void ht_spool_pack_faults(const GArray *faults, HtBuffer *buffer)
{
    for (guint i = 0; i < faults->len; i++) {
        size_t place = ht_pack_begin(buffer, TAG_FAULT);
        ht_fault_pack(&g_array_index(faults, HtFault, i), buffer);
        ht_pack_end(buffer, place);
    }
}
