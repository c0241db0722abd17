/* Counting what a spool holds. One thread. */
#include "spool/stock.h"

#include "spool/disk.h"
#include "spool/look-inside.h"

#include <sys/stat.h>

static uint64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* 2: incremental. */
#define GIVES_BACK 2

static bool ask(HtSpoolLook *look, const char *sql, uint64_t *number, GError **error)
{
    int64_t found;
    bool good = ht_spool_database_number(look->db, sql, &found, error);
    *number = good && found > 0 ? (uint64_t)found : 0;
    return good;
}

bool ht_spool_look_stock(HtSpoolLook *look, HtSpoolStock *stock, GError **error)
{
    uint64_t gives_back, first_us, last_us;
    const struct {
        uint64_t *number;
        const char *sql;
    } questions[] = {
        {&gives_back, "PRAGMA auto_vacuum"},
        {&stock->first, "SELECT last_seq - count + 1 FROM places ORDER BY last_seq LIMIT 1"},
        {&stock->last, "SELECT max(last_seq) FROM places"},
        {&stock->messages, "SELECT max(id) FROM messages"},
        {&first_us, "SELECT received FROM messages ORDER BY id LIMIT 1"},
        {&last_us, "SELECT received FROM messages ORDER BY id DESC LIMIT 1"},
        {&stock->payloads, "SELECT count(*) FROM payloads"},
        {&stock->payload_bytes, "SELECT sum(length(bytes)) FROM payloads"},
        {&stock->held, "SELECT count(*) FROM quarantine"},
        {&stock->held_bytes, "SELECT sum(length(payload)) FROM quarantine"},
        {&stock->dead_letters, "SELECT count(*) FROM dead_letters"},
        {&stock->damaged, "SELECT count(*) FROM damaged"},
    };
    const char *path = sqlite3_db_filename(look->db, "main");
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    *stock = (HtSpoolStock){.file_bytes = size_of(path),
                            .wal_bytes = size_of(wal),
                            .used_bytes = ht_spool_disk_used_bytes(look->db)};
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
        if (!ask(look, questions[i].sql, questions[i].number, error)) {
            return false;
        }
    }
    stock->gives_back = gives_back == GIVES_BACK;
    stock->first_us = (int64_t)first_us;
    stock->last_us = (int64_t)last_us;
    return true;
}
