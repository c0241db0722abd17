/* Citizen numbers, unified social credit codes, organisation codes: reading and checking. Called by the
 * mapping engine for each number of each record (hot path, host process) and by the tools. Pure but for
 * today's date in ht_idnumber_parse(); any thread. */
#include "mappings/engine/values/idnumber.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/dates.h"
#include "mappings/engine/values/filler.h"
#include "mappings/engine/text/value.h"

#include <time.h>

static const uint8_t WEIGHTS[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};

char ht_idnumber_check(const char digits[17])
{
    unsigned sum = 0, bad = 0;
    for (int i = 0; i < 17; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');
        bad |= digit > 9;
        sum += digit * WEIGHTS[i];
    }
    return bad ? '\0' : "10X98765432"[sum % 11];
}

/* ---- Canonical form ---- */

#define NOT_ASCII (SIZE_MAX - 1)

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Drops blanks, inner ones too, and makes letters capital. The size; SIZE_MAX when it does not fit or
 * holds control characters, NOT_ASCII when other characters are in it. */
static size_t fold_ascii(const char *text, size_t size, char *out, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (byte & 0x80) {
            return NOT_ASCII;
        }
        if (is_blank(byte)) {
            continue;
        }
        if (byte < ' ' || byte == 0x7f || used == room) {
            return SIZE_MAX;
        }
        out[used++] = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte; /* inline: hot */
    }
    return used;
}

/* The same with width folded. SIZE_MAX also for what stays other than ASCII. */
static size_t fold_number(const char *text, size_t size, char *out, size_t room)
{
    size_t used = fold_ascii(text, size, out, room);
    if (used != NOT_ASCII) {
        return used;
    }
    char narrow[HT_ID_TEXT_MAX * 4];
    HtText trimmed = ht_text_trim(text, size);
    size_t folded = ht_value_fold(trimmed.data, trimmed.size, narrow, sizeof narrow);
    used = folded == SIZE_MAX ? SIZE_MAX : fold_ascii(narrow, folded, out, room);
    return used == NOT_ASCII ? SIZE_MAX : used;
}

static bool canonicalise(const char *text, size_t size, HtIdNumber *out)
{
    size_t folded = fold_number(text, size, out->canonical, HT_ID_TEXT_MAX);
    if (folded == SIZE_MAX) {
        memset(out->canonical, 0, sizeof out->canonical);
        return false;
    }
    out->canonical[folded] = '\0';
    out->size = (uint8_t)folded;
    if (folded > 0 && (folded != size || memcmp(out->canonical, text, size) != 0)) {
        out->marks |= HT_MARK_BIT(HT_MARK_ID_FOLDED);
    }
    return true;
}

/* ---- Checks ---- */

static bool all_digits(const char *text, size_t size)
{
    unsigned bad = 0;
    for (size_t i = 0; i < size; i++) {
        bad |= (unsigned)(text[i] - '0') > 9;
    }
    return !bad;
}

static unsigned number_of(const char *digits, size_t size)
{
    unsigned number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number * 10 + (unsigned)(digits[i] - '0');
    }
    return number;
}

/* What clerks type to pass a form: a row or a count, or district and birthday with nobody's number behind. No sequence is
 * 000, so that is never anybody's; the others only because the check character is wrong. */
static bool is_filler(const char *id)
{
    return ht_is_filler_digits(id, 18) || memcmp(id + 14, "1234", 4) == 0 ||
           (id[14] == id[15] && id[15] == id[16] && id[16] == id[17]);
}

static bool has_no_sequence(const char *id, size_t size)
{
    return memcmp(id + size - (size == 18 ? 4 : 3), "000", 3) == 0;
}

static HtIdStatus fail(HtIdNumber *out, HtIdStatus status)
{
    out->status = status;
    out->valid = false;
    if (status != HT_ID_EMPTY) {
        out->marks |= HT_MARK_BIT(HT_MARK_ID_CHECK_FAILED);
    }
    return status;
}

#define NOW UINT32_MAX        /* as `today`: ask the clock, when it matters */
#define SURELY_PAST 20250101u /* no clock that this program meets is before it */

/* China's date; no time zone data is asked. */
static uint32_t today_in_china(void)
{
    HtDate date;
    ht_date_from_epoch((int64_t)time(NULL) * 1000, &date);
    return (uint32_t)date.year * 10000 + (uint32_t)date.month * 100 + date.day;
}

static bool is_future(unsigned birth, uint32_t today)
{
    return today != 0 && birth > SURELY_PAST && birth > (today == NOW ? today_in_china() : today);
}

static void take_birth_and_sex(HtIdNumber *out)
{
    const char *id = out->canonical;
    out->sex = (id[16] - '0') % 2 ? '1' : '2';
    memcpy(out->birth_date, id + 6, 4);
    out->birth_date[4] = out->birth_date[7] = '-';
    memcpy(out->birth_date + 5, id + 10, 2);
    memcpy(out->birth_date + 8, id + 12, 2);
}

/* Other fillers fail one of the checks anyhow, so they are looked for only then. */
static HtIdStatus check_18(HtIdNumber *out, uint32_t today)
{
    const char *id = out->canonical;
    char check = ht_idnumber_check(id);
    if (check == 0 || !(id[17] == 'X' || g_ascii_isdigit(id[17]))) {
        return fail(out, HT_ID_WRONG_CHARACTER);
    }
    if (has_no_sequence(id, 18)) {
        return fail(out, HT_ID_FILLER);
    }
    if (check != id[17]) {
        return fail(out, is_filler(id) ? HT_ID_FILLER : HT_ID_WRONG_CHECK);
    }
    unsigned birth = number_of(id + 6, 8);
    if (birth < 18000101 ||
        !ht_date_exists((int)(birth / 10000), (int)(birth / 100 % 100), (int)(birth % 100))) {
        return fail(out, is_filler(id) ? HT_ID_FILLER : HT_ID_WRONG_DATE);
    }
    if (is_future(birth, today)) {
        return fail(out, HT_ID_FUTURE);
    }
    take_birth_and_sex(out);
    out->valid = true;
    return out->status = HT_ID_VALID;
}

/* 19yy, unless the sequence says that the person was a hundred years old when numbered: then 18yy, or
 * nobody knows. */
static HtIdStatus check_15(HtIdNumber *out, uint32_t today)
{
    char *id = out->canonical;
    if (!all_digits(id, 15)) {
        return fail(out, HT_ID_WRONG_CHARACTER);
    }
    if (ht_is_filler_digits(id, 15) || has_no_sequence(id, 15)) {
        return fail(out, HT_ID_FILLER);
    }
    unsigned birth = number_of(id + 6, 6);
    if (!ht_date_exists(1900 + (int)(birth / 10000), (int)(birth / 100 % 100), (int)(birth % 100))) {
        return fail(out, HT_ID_WRONG_DATE);
    }
    if (number_of(id + 12, 3) >= 996) {
        out->sex = (id[14] - '0') % 2 ? '1' : '2';
        out->marks |= HT_MARK_BIT(HT_MARK_ID_15_AMBIGUOUS);
        return out->status = HT_ID_AMBIGUOUS;
    }
    memmove(id + 8, id + 6, 9);
    memcpy(id + 6, "19", 2);
    id[17] = ht_idnumber_check(id);
    id[18] = '\0';
    out->size = 18;
    out->upgraded = true;
    out->marks |= HT_MARK_BIT(HT_MARK_ID_15_UPGRADED);
    return check_18(out, today);
}

/* ---- What stands around a number ---- */

static HtText drop_words(HtText text)
{
    static const char *const words[] = {"公民身份号码", "公民身份证号码", "居民身份证",
                                        "身份证号码",   "身份证号",       "身份证"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (ht_text_begins(text, words[i])) {
            size_t length = strlen(words[i]);
            return (HtText){text.data + length, text.size - length};
        }
    }
    return text;
}

/* A spreadsheet's number that is a text ('990104…) or was one (….0). */
static HtText drop_zeros(HtText text)
{
    size_t size = text.size;
    while (size > 0 && text.data[size - 1] == '0') {
        size--;
    }
    return size > 0 && size < text.size && text.data[size - 1] == '.' ? (HtText){text.data, size - 1} : text;
}

/* What is no letter and no digit in any script only stands beside the number: brackets, quotes, commas, dashes. */
static bool is_sign(uint32_t character)
{
    return character != 0xFFFD && !g_unichar_isalnum(character) && !g_unichar_ismark(character);
}

/* What is taken for the check character X: letters of other scripts and signs that look like it. */
static bool is_x(uint32_t character)
{
    switch (character) {
    case 'X':
    case 'x':
    case 0xD7:  /* multiplication sign */
    case 0x3A7: /* Greek chi */
    case 0x3C7:
    case 0x425: /* Cyrillic ha */
    case 0x445:
    case 0x2169: /* Roman ten */
    case 0x2179:
    case 0x2573: /* box drawings diagonal cross */
    case 0x2613: /* saltire */
    case 0x2715: /* multiplication x */
    case 0x2716:
    case 0x2A2F: /* vector product */
    case 0x2A09: /* n-ary times */ return true;
    default: return false;
    }
}

/* Reads the number out of what stands around it (a spreadsheet's apostrophe or .0, quotes, brackets, commas, 身份证：) and what stands for
 * its X. Only a number that then is right all through counts, so that no other one is made of something else. */
static bool undress(const char *text, size_t size, uint32_t today, HtIdNumber *out)
{
    char narrow[HT_ID_TEXT_MAX * 4];
    size_t folded = size > sizeof narrow ? SIZE_MAX : ht_value_fold(text, size, narrow, sizeof narrow);
    if (folded == SIZE_MAX) {
        return false;
    }
    HtText rest = drop_zeros(drop_words(ht_text_trim(narrow, folded)));
    HtIdNumber bare = {.marks = HT_MARK_BIT(HT_MARK_ID_FOLDED)};
    while (rest.size > 0 && bare.size <= 18) {
        size_t taken;
        uint32_t character = ht_value_character(rest.data, rest.size, &taken);
        bool check = bare.size == 17 && is_x(character);
        if (check || (character < 0x80 && g_ascii_isdigit((char)character))) {
            bare.canonical[bare.size++] = check ? 'X' : (char)character;
        } else if (!is_sign(character)) {
            return false;
        }
        rest = (HtText){rest.data + taken, rest.size - taken};
    }
    bool right = (bare.size == 18 && check_18(&bare, today) == HT_ID_VALID) ||
                 (bare.size == 15 && check_15(&bare, today) == HT_ID_VALID);
    if (right) {
        *out = bare;
    }
    return right;
}

static HtIdStatus check(HtIdNumber *out, uint32_t today)
{
    switch (out->size) {
    case 0: return fail(out, HT_ID_EMPTY);
    case 15: return check_15(out, today);
    case 18: return check_18(out, today);
    default: return fail(out, HT_ID_WRONG_LENGTH);
    }
}

HtIdStatus ht_idnumber_parse_at(const char *text, size_t size, uint32_t today, HtIdNumber *out)
{
    memset(out, 0, sizeof *out);
    HtIdStatus status = canonicalise(text, size, out) ? check(out, today) : fail(out, HT_ID_WRONG_CHARACTER);
    bool dressed = status == HT_ID_WRONG_CHARACTER || status == HT_ID_WRONG_LENGTH;
    return dressed && undress(text, size, today, out) ? out->status : status;
}

HtIdStatus ht_idnumber_parse(const char *text, size_t size, HtIdNumber *out)
{
    return ht_idnumber_parse_at(text, size, NOW, out);
}

/* ---- Organisations ---- */

static const char USCC_ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* Zeros check, too; what else counts or repeats is told from a mistyped code. */
static HtIdStatus finish_organisation(HtOrgNumber *out, HtIdStatus status)
{
    if ((status == HT_ID_VALID || status == HT_ID_WRONG_CHECK) && all_digits(out->canonical, out->size) &&
        ht_is_filler_digits(out->canonical, out->size)) {
        status = HT_ID_FILLER;
    }
    out->status = status;
    out->valid = status == HT_ID_VALID;
    if (status != HT_ID_VALID && status != HT_ID_EMPTY) {
        out->marks |= HT_MARK_BIT(HT_MARK_CODE_CHECK_FAILED);
    }
    return status;
}

/* Folds into canonical, which holds at most 18 characters; false when it cannot be a number of this kind. */
static bool fold_organisation(const char *text, size_t size, HtOrgNumber *out)
{
    memset(out, 0, sizeof *out);
    size_t folded = fold_number(text, size, out->canonical, sizeof out->canonical - 1);
    if (folded == SIZE_MAX) {
        memset(out->canonical, 0, sizeof out->canonical);
        return false;
    }
    out->canonical[folded] = '\0';
    out->size = (uint8_t)folded;
    return true;
}

HtIdStatus ht_uscc_parse(const char *text, size_t size, HtOrgNumber *out)
{
    if (!fold_organisation(text, size, out)) {
        return finish_organisation(out, HT_ID_WRONG_LENGTH);
    }
    if (out->size != 18) {
        return finish_organisation(out, out->size == 0 ? HT_ID_EMPTY : HT_ID_WRONG_LENGTH);
    }
    unsigned sum = 0, weight = 1, last = 0;
    for (int i = 0; i < 18; i++) {
        const char *place = strchr(USCC_ALPHABET, out->canonical[i]);
        if (!place) {
            return finish_organisation(out, HT_ID_WRONG_CHARACTER);
        }
        last = (unsigned)(place - USCC_ALPHABET);
        sum += i < 17 ? last * weight : 0;
        weight = weight * 3 % 31;
    }
    return finish_organisation(out, last == (31 - sum % 31) % 31 ? HT_ID_VALID : HT_ID_WRONG_CHECK);
}

HtIdStatus ht_orgcode_parse(const char *text, size_t size, HtOrgNumber *out)
{
    static const uint8_t weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    if (!fold_organisation(text, size, out)) {
        return finish_organisation(out, HT_ID_WRONG_LENGTH);
    }
    if (out->size == 10 && out->canonical[8] == '-') {
        out->canonical[8] = out->canonical[9];
        out->canonical[9] = '\0';
        out->size = 9;
    }
    if (out->size != 9) {
        return finish_organisation(out, out->size == 0 ? HT_ID_EMPTY : HT_ID_WRONG_LENGTH);
    }
    unsigned sum = 0;
    for (int i = 0; i < 8; i++) {
        char byte = out->canonical[i];
        if (!g_ascii_isalnum(byte)) {
            return finish_organisation(out, HT_ID_WRONG_CHARACTER);
        }
        sum += (unsigned)(g_ascii_isdigit(byte) ? byte - '0' : byte - 'A' + 10) * weights[i];
    }
    char expected = "0X987654321"[sum % 11];
    return finish_organisation(out, out->canonical[8] == expected ? HT_ID_VALID : HT_ID_WRONG_CHECK);
}
