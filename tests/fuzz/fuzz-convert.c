/* Fuzz: the converters and masks on any bytes. The first byte chooses flags, the rest is the value. Beside
 * the sanitizers: what is read is read the same again from its own text, nothing grows beyond its promise,
 * and parts of a value point into it. */
#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/dates.h"
#include "mappings/engine/values/idnumber.h"
#include "mappings/engine/values/mask.h"
#include "mappings/engine/text/value.h"

#include <glib/gstdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static HtTables *tables;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    require(g_file_set_contents(path, text, -1, NULL));
}

static void remove_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_remove(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_autofree char *folder = g_dir_make_tmp("ht-fuzz-XXXXXX", NULL);
    g_autofree char *translate = g_build_filename(folder, "translate", NULL);
    require(g_mkdir(translate, 0700) == 0);
    write_file(folder, "sex.tsv",
               "# standard: S\ncode\tzh\n0\t未知的性别\n1\t男性\n2\t女性\n9\t未说明的性别\n");
    write_file(translate, "words.tsv", "# table: sex\nfrom\tto\tmark\n男\t1\nM\t1\nx\t9\tcode-approximate\n");
    tables = ht_tables_load(folder, NULL, NULL);
    remove_file(folder, "sex.tsv");
    remove_file(translate, "words.tsv");
    g_rmdir(translate);
    g_rmdir(folder);
    require(tables != NULL);
    return 0;
}

static bool is_inside(HtText part, HtText whole)
{
    return !part.data || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

static void try_date(HtText value, unsigned flags)
{
    HtDate date, again;
    char text[HT_DATE_FORMAT_MAX], other[HT_DATE_FORMAT_MAX];
    flags |= flags & 0x80 ? HT_DATE_CENTURY(1930) : 0;
    HtDateResult result = ht_date_parse(value.data, value.size, flags, &date);
    require((result == HT_DATE_OK) == (date.precision != HT_PRECISION_NONE) || (flags & HT_DATE_TIME_ONLY));
    for (int type = 0; type < HT_TYPE_COUNT_; type++) {
        require(ht_date_format(&date, (HtType)type, text) < sizeof text);
    }
    size_t size = ht_date_format_rfc3339(&date, text);
    if (result != HT_DATE_OK || size == 0) {
        return;
    }
    /* What came without a zone is written with +08:00, in summer times, too; what is read from that is China's legal time. */
    HtDateResult second = ht_date_parse(text, size, HT_DATE_OPEN_ENDED, &again);
    require(second == HT_DATE_NULL || second == HT_DATE_OK);
    if (second == HT_DATE_OK) {
        size = ht_date_format_rfc3339(&again, text);
        require(ht_date_parse(text, size, HT_DATE_OPEN_ENDED, &again) == HT_DATE_OK);
        require(ht_date_format_rfc3339(&again, other) == size && strcmp(other, text) == 0);
    }
}

static void try_numbers(HtText value)
{
    HtIdNumber id, again;
    HtOrgNumber organisation;
    ht_idnumber_parse_at(value.data, value.size, 20260101, &id);
    require(id.size == strlen(id.canonical) && id.valid == (id.status == HT_ID_VALID));
    ht_idnumber_parse_at(id.canonical, id.size, 20260101, &again);
    require(!id.valid || (again.valid && strcmp(again.canonical, id.canonical) == 0));
    ht_uscc_parse(value.data, value.size, &organisation);
    require(organisation.size == strlen(organisation.canonical));
    ht_orgcode_parse(value.data, value.size, &organisation);
    require(organisation.size == strlen(organisation.canonical));
}

static void try_text(HtText value, unsigned flags)
{
    char number[HT_NUMBER_MAX], other[HT_NUMBER_MAX];
    require(is_inside(ht_text_trim(value.data, value.size), value));
    ht_value_is_null(value.data, value.size, flags);
    g_autofree char *out = g_malloc(value.size + 1);
    size_t folded = ht_value_fold(value.data, value.size, out, value.size);
    require(folded <= value.size && ht_value_length(out, folded) <= value.size);
    size_t size = ht_value_decimal(value.data, value.size, number);
    require(size == strlen(number) && ht_value_decimal(number, size, other) == size);
    require(strcmp(number, other) == 0);
    require(ht_value_integer(value.data, value.size, number) == strlen(number));
    size = ht_value_division(value.data, value.size, number);
    require(size == 0 || size == 6 || size == 9 || size == 12 || size == 14);
}

static void try_codes(HtText value)
{
    const HtTable *table = ht_tables_find(tables, "sex");
    const HtTranslation *words = ht_tables_find_translation(tables, "words");
    for (int with_words = 0; with_words < 2; with_words++) {
        HtCode code = ht_code_resolve(table, with_words ? words : NULL, value);
        require((code.status == HT_CODE_OK) == (code.entry != NULL));
        require(is_inside(code.code, value) && is_inside(code.text, value));
        require(code.status != HT_CODE_UNMAPPED || code.code.data || code.text.data);
    }
}

static void try_masks(HtText value)
{
    HtBuffer out = {0};
    for (int mask = 0; mask < HT_MASK_COUNT_; mask++) {
        ht_buffer_reset(&out, SIZE_MAX);
        bool shown = ht_mask_apply((HtMask)mask, value.data, value.size, &out);
        require(shown || out.size == 0);
        require(out.size <= value.size + strlen("***"));
        bool whole = value.size > 0 && ht_text_equal(ht_buffer_text(&out), value) &&
                     !memchr(value.data, '*', value.size);
        bool may_be_whole =
            mask == HT_MASK_NONE || mask == HT_MASK_ADDRESS || mask == HT_MASK_YEAR || mask == HT_MASK_NAME;
        require(!whole || may_be_whole);
    }
    ht_buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    g_autofree char *copy =
        g_memdup2(data + 1, size - 1); /* an allocation of its own: reading beyond it is seen */
    HtText value = {copy ? copy : "", size - 1};
    try_date(value, data[0]);
    try_numbers(value);
    try_text(value, data[0]);
    try_codes(value);
    try_masks(value);
    return 0;
}
