/* Counting by periods; see sealed-use.h. The rows are read by their heads only. */
#include "spool/sealed-use.h"

#include "core/base/little.h"
#include "spool/look-inside.h"
#include "spool/sealed-row.h"

static void count(GArray *uses, uint32_t period, uint64_t rows, uint64_t values)
{
    if (period < uses->len) { /* else it is damaged: the check tells */
        HtSpoolPeriodUse *use = &g_array_index(uses, HtSpoolPeriodUse, period);
        use->rows += rows;
        use->values += values;
    }
}

/* The period of a row stands behind its index. */
static bool read_period(sqlite3 *db, int64_t id, uint32_t records, uint32_t *period)
{
    sqlite3_blob *blob = NULL;
    uint8_t bytes[4];
    uint64_t at = HT_SPOOL_ROW_HEAD + (uint64_t)records * HT_SPOOL_ROW_ENTRY;
    bool good = sqlite3_blob_open(db, "main", "rows", "bytes", id, 0, &blob) == SQLITE_OK &&
                at + sizeof bytes <= (uint64_t)sqlite3_blob_bytes(blob) &&
                sqlite3_blob_read(blob, bytes, sizeof bytes, (int)at) == SQLITE_OK;
    sqlite3_blob_close(blob);
    *period = good ? ht_little_u32(bytes) : UINT32_MAX;
    return good;
}

static bool count_rows(HtSpoolLook *look, GArray *uses, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true, good = ht_spool_database_prepare(look->db, "SELECT id, substr(bytes, 1, 16) FROM rows",
                                                        &rows, error);
    while (good && (good = ht_spool_database_row(rows, &found, error)) && found) {
        HtText head = ht_spool_column_bytes(rows, 1);
        uint32_t period = 0;
        if (ht_spool_sealed_row_is(head)) {
            read_period(look->db, sqlite3_column_int64(rows, 0), ht_spool_row_claimed(head), &period);
        }
        count(uses, period, 1, 0);
    }
    return good;
}

static bool count_values(HtSpoolLook *look, const char *sql, GArray *uses, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true, good = ht_spool_database_prepare(look->db, sql, &rows, error);
    while (good && (good = ht_spool_database_row(rows, &found, error)) && found) {
        HtText head = ht_spool_column_bytes(rows, 0);
        count(uses, head.size == 8 && ht_spool_is_sealed(head) ? ht_little_u32(head.data + 4) : 0, 0,
              (uint64_t)sqlite3_column_int64(rows, 1));
    }
    return good;
}

#define VALUES(column, table)                                                \
    "SELECT substr(" column ", 1, 8), count(*) FROM " table " WHERE " column \
    " IS NOT NULL GROUP BY substr(" column ", 1, 8)"

GArray *ht_spool_look_periods(HtSpoolLook *look, GError **error)
{
    static const char *const columns[] = {VALUES("bytes", "payloads"), VALUES("faults", "faults"),
                                          VALUES("payload", "quarantine"), VALUES("faults", "quarantine"),
                                          VALUES("reply", "messages")};
    g_autoptr(GArray) uses = g_array_new(FALSE, TRUE, sizeof(HtSpoolPeriodUse));
    g_autoptr(GArray) periods = ht_spool_vault_periods(ht_spool_vault_of(look->db));
    HtSpoolPeriodUse use = {.number = 0};
    g_array_append_val(uses, use);
    for (guint i = 0; i < periods->len; i++) {
        const HtSpoolPeriod *period = &g_array_index(periods, HtSpoolPeriod, i);
        use = (HtSpoolPeriodUse){period->number,
                                 period->cipher,
                                 period->begun_us,
                                 period->destroyed_us,
                                 i + 1 == periods->len,
                                 0,
                                 0};
        g_array_append_val(uses, use);
    }
    bool good = count_rows(look, uses, error);
    for (size_t i = 0; good && i < G_N_ELEMENTS(columns); i++) {
        good = count_values(look, columns[i], uses, error);
    }
    return good ? g_steal_pointer(&uses) : NULL;
}
