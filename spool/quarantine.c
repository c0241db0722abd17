/* The quarantine table. Writer thread. */
#include "spool/quarantine.h"

#define TAG_FAULT 1

struct HtSpoolQuarantine {
    sqlite3_stmt *insert, *find, *drop;
    uint64_t count, committed_count;
    HtBuffer faults;
};

HtSpoolQuarantine *ht_spool_quarantine_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolQuarantine) quarantine = g_new0(HtSpoolQuarantine, 1);
    int64_t count;
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
    return g_steal_pointer(&quarantine);
}

void ht_spool_quarantine_free(HtSpoolQuarantine *quarantine)
{
    if (quarantine) {
        sqlite3_finalize(quarantine->insert);
        sqlite3_finalize(quarantine->find);
        sqlite3_finalize(quarantine->drop);
        ht_buffer_clear(&quarantine->faults);
        g_free(quarantine);
    }
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
    ht_spool_bind_blob(row, 7, payload, size);
    ht_spool_bind_blob(row, 8, quarantine->faults.size ? quarantine->faults.data : NULL,
                       quarantine->faults.size);
    return ht_spool_database_do(row, error);
}

bool ht_spool_quarantine_keep(HtSpoolQuarantine *quarantine, HtSpoolJob *job, GError **error)
{
    bool found = false;
    job->receipt = (HtReceipt){
        .id = job->message->id, .rejected = job->message->rejected, .received_us = job->message->received_us};
    memcpy(job->receipt.sha256, job->message->sha256, sizeof job->receipt.sha256);
    if (!find_kept(quarantine, job, &found, error)) {
        return false;
    }
    if (found) {
        return true;
    }
    quarantine->count++;
    return insert(quarantine, job, error);
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
}

void ht_spool_quarantine_rolled_back(HtSpoolQuarantine *quarantine)
{
    quarantine->count = quarantine->committed_count;
}

void ht_spool_pack_faults(const GArray *faults, HtBuffer *buffer)
{
    for (guint i = 0; i < faults->len; i++) {
        size_t place = ht_pack_begin(buffer, TAG_FAULT);
        ht_fault_pack(&g_array_index(faults, HtFault, i), buffer);
        ht_pack_end(buffer, place);
    }
}
