/* One statement and its values. */
#include "spool/deed.h"

#include <stdarg.h>

#define VALUES_MAX 12

typedef struct {
    char *text; /* NULL: a number */
    int64_t number;
    bool reason; /* the text is one */
} Value;

struct HtSpoolDeed {
    const char *sql;
    unsigned count;
    Value values[VALUES_MAX];
};

HtSpoolDeed *ht_spool_deed_new(const char *sql, const char *types, ...)
{
    HtSpoolDeed *deed = g_new0(HtSpoolDeed, 1);
    va_list values;
    deed->sql = sql;
    va_start(values, types);
    for (; *types; types++) {
        g_assert(deed->count < VALUES_MAX);
        Value *value = &deed->values[deed->count++];
        value->reason = *types == 'r';
        g_assert(!value->reason || deed->count > 1);
        if (*types == 't' || value->reason) {
            const char *text = va_arg(values, const char *);
            value->text = g_strdup(text ? text : "");
        } else {
            value->number = va_arg(values, int64_t);
        }
    }
    va_end(values);
    return deed;
}

void ht_spool_deed_free(HtSpoolDeed *deed)
{
    for (unsigned i = 0; i < deed->count; i++) {
        g_free(deed->values[i].text);
    }
    g_free(deed);
}

static bool bind_reason(sqlite3_stmt *statement, int at, HtSpoolReasons *reasons, const Value *value,
                        GError **error)
{
    HtText stored;
    if (!ht_spool_reasons_seal(reasons, (uint64_t)value[-1].number, ht_text_from(value->text), &stored,
                               error)) {
        return false;
    }
    ht_spool_bind_blob(statement, at, stored.data, stored.size);
    return true;
}

bool ht_spool_deed_do(const HtSpoolDeed *deed, sqlite3 *db, HtSpoolReasons *reasons, GError **error)
{
    g_autoptr(sqlite3_stmt) statement = NULL;
    if (!ht_spool_database_prepare(db, deed->sql, &statement, error)) {
        return false;
    }
    for (unsigned i = 0; i < deed->count; i++) {
        const Value *value = &deed->values[i];
        if (value->reason) {
            if (!bind_reason(statement, (int)i + 1, reasons, value, error)) {
                return false;
            }
        } else if (value->text) {
            ht_spool_bind_text(statement, (int)i + 1, ht_text_from(value->text));
        } else {
            sqlite3_bind_int64(statement, (int)i + 1, value->number);
        }
    }
    return ht_spool_database_do(statement, error);
}
