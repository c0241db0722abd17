/* Counting by periods; see sealed-use.h. */
#include "spool/sealed-use.h"

#include "core/base/little.h"
#include "spool/look-inside.h"
#include "spool/sealed-row.h"

/* The last entry of `uses`: what cannot be told. */
static void count(GArray *uses, uint32_t period, uint64_t rows, uint64_t values)
{
    HtSpoolPeriodUse *use = &g_array_index(uses, HtSpoolPeriodUse, MIN(period, uses->len - 1));
    use->rows += rows;
    use->values += values;
}

/* The period of a row stands behind its index, and is believed when that is as it was written. 0: it is not sealed. */
static uint32_t period_of_row(HtText bytes, uint64_t number)
{
    HtSpoolRow row = {bytes, number, ht_spool_row_claimed(bytes)};
    uint64_t at = HT_SPOOL_ROW_HEAD + (uint64_t)row.count * HT_SPOOL_ROW_ENTRY;
    bool sealed = ht_spool_sealed_row_is(bytes), whole = sealed && ht_spool_sealed_row_is_whole(&row);
    return !sealed ? 0 : whole && at + 4 <= bytes.size ? ht_little_u32(bytes.data + at) : UINT32_MAX;
}

static bool count_rows(HtSpoolLook *look, GArray *uses, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true, good = ht_spool_database_prepare(look->db, "SELECT id, bytes FROM rows", &rows, error);
    while (good && (good = ht_spool_database_row(rows, &found, error)) && found) {
        count(uses, period_of_row(ht_spool_column_bytes(rows, 1), (uint64_t)sqlite3_column_int64(rows, 0)), 1,
              0);
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
    use = (HtSpoolPeriodUse){.number = UINT32_MAX};
    g_array_append_val(uses, use);
    bool good = count_rows(look, uses, error);
    for (size_t i = 0; good && i < G_N_ELEMENTS(columns); i++) {
        good = count_values(look, columns[i], uses, error);
    }
    return good ? g_steal_pointer(&uses) : NULL;
}
