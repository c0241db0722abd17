/* The tables of limits: what they say of themselves, how limits are written, read, packed and named. */
#include "core/base/limits.h"
#include "core/base/pack.h"

#include <glib.h>

/* ---- The tables ---- */

static void check_rows(const HtLimitRow *rows)
{
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    size_t offset = 0;
    for (const HtLimitRow *row = rows; row->key; row++) {
        g_test_message("%s", row->key);
        g_assert_true(g_hash_table_add(keys, (gpointer)row->key));
        g_assert_cmpuint(row->offset, ==, offset);
        g_assert_true(row->min <= row->fallback && row->fallback <= row->max);
        g_assert_true((row->of != NULL) == (row->unit == HT_LIMIT_COUNT));
        offset += sizeof(uint64_t);
    }
}

static void test_each_default_is_in_range(void)
{
    check_rows(ht_limit_rows);
    check_rows(ht_spool_limit_rows);
    HtLimits limits = ht_limits_default();
    HtSpoolLimits spool = ht_spool_limits_default();
    g_assert_cmpuint(limits.depth, ==, 64);
    g_assert_cmpuint(limits.unmapped_bytes, ==, 16384);
    g_assert_cmpuint(spool.group, ==, 256);
}

/* ---- Numbers ---- */

static void test_numbers_are_read_as_written(void)
{
    static const struct {
        const char *text;
        HtLimitUnit unit;
        uint64_t value;
        const char *written; /* NULL: as `text`; "": it is refused */
    } cases[] = {
        {"0", HT_LIMIT_MS, 0, NULL},
        {"16M", HT_LIMIT_BYTES, 16 << 20, NULL},
        {"1024K", HT_LIMIT_BYTES, 1 << 20, "1M"},
        {"1234567", HT_LIMIT_BYTES, 1234567, NULL},
        {"2g", HT_LIMIT_BYTES, UINT64_C(2) << 30, "2G"},
        {"1500ms", HT_LIMIT_MS, 1500, NULL},
        {"90s", HT_LIMIT_MS, 90000, NULL},
        {"120s", HT_LIMIT_MS, 120000, "2min"},
        {"60min", HT_LIMIT_MS, 3600000, "1h"},
        {"30", HT_LIMIT_MS, 0, ""},
        {"9T", HT_LIMIT_BYTES, 0, ""},
        {"-1", HT_LIMIT_COUNT, 0, ""},
        {"5K", HT_LIMIT_COUNT, 0, ""},
        {"18446744073709551615K", HT_LIMIT_BYTES, 0, ""},
        {"", HT_LIMIT_COUNT, 0, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t value;
        char text[HT_LIMIT_NUMBER];
        bool refused = cases[i].written && !*cases[i].written;
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(ht_limit_read(cases[i].text, cases[i].unit, &value), ==, !refused);
        if (!refused) {
            g_assert_cmpuint(value, ==, cases[i].value);
            g_assert_cmpstr(ht_limit_write(value, cases[i].unit, text), ==,
                            cases[i].written ? cases[i].written : cases[i].text);
        }
    }
}

/* ---- Names ---- */

static void test_names_have_value_and_key(void)
{
    char name[HT_LIMIT_TEXT];
    HtLimits limits = ht_limits_default();
    HtSpoolLimits spool = ht_spool_limits_default();
    limits.depth = 10;
    g_assert_cmpstr(ht_limit_name(ht_limit_of(&limits, &limits.depth), name), ==,
                    "10 levels (max-depth = 10)");
    g_assert_cmpstr(ht_limit_name(ht_limit_of(&limits, &limits.document_bytes), name), ==,
                    "67108864 bytes (max-document = 64M)");
    g_assert_cmpstr(ht_limit_name(ht_spool_limit_of(&spool, &spool.queue), name), ==,
                    "4096 messages (queue = 4096)");
    g_assert_cmpstr(ht_limit_name((HtLimit){NULL, 4, HT_LIMIT_COUNT, "layers"}, name), ==,
                    "4 layers (fixed)");
}

/* ---- On the way ---- */

static void test_packed_they_come_back(void)
{
    HtLimits sent = ht_limits_default(), got;
    HtBuffer buffer = {0};
    uint8_t tag;
    HtText value;
    sent.depth = 7;
    sent.memory_bytes = UINT64_C(1) << 40;
    ht_limits_pack(&sent, 9, &buffer);
    HtUnpack unpack = ht_unpack(buffer.data, buffer.size);
    g_assert_true(ht_unpack_next(&unpack, &tag, &value));
    g_assert_cmpuint(tag, ==, 9);
    g_assert_true(ht_limits_unpack(value, &got));
    g_assert_cmpmem(&got, sizeof got, &sent, sizeof sent);
    for (size_t size = 0; size < value.size; size++) {
        g_assert_false(ht_limits_unpack((HtText){value.data, size}, &got));
    }
    ht_buffer_clear(&buffer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limits/table/each-default-is-in-range", test_each_default_is_in_range);
    g_test_add_func("/limits/numbers/are-read-as-written", test_numbers_are_read_as_written);
    g_test_add_func("/limits/names/have-value-and-key", test_names_have_value_and_key);
    g_test_add_func("/limits/packed/come-back", test_packed_they_come_back);
    return g_test_run();
}
