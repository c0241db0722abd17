/* Masks. Each works on characters and shows only what its rule names; a value of another form shows less,
 * never more. Called by delivery (hot path, bus process) and by the tools. Pure; any thread. */
#include "mappings/engine/values/mask.h"

#include "mappings/engine/values/convert.h"

#define ADDRESS_TAIL "***"

/* ---- Characters ---- */

static size_t character_size(const char *text, size_t size)
{
    size_t taken;
    ht_value_character(text, size, &taken);
    return taken;
}

/* Shows the first `head` and the last `tail` characters of `total`, which are one byte each. */
static void put_ends_of_bytes(HtText value, size_t head, size_t tail, HtBuffer *out)
{
    char *at = ht_buffer_reserve(out, value.size);
    if (head + tail < value.size) {
        memcpy(at, value.data, head);
        memset(at + head, '*', value.size - head - tail);
        memcpy(at + value.size - tail, value.data + value.size - tail, tail);
    } else {
        memcpy(at, value.data, value.size);
    }
    out->size += value.size;
}

/* Shows the first `head` and the last `tail` characters of `total`; each other one is a *. */
static void put_ends(HtText value, size_t total, size_t head, size_t tail, HtBuffer *out)
{
    if (total == value.size) {
        if (total > 0) {
            put_ends_of_bytes(value, head, tail, out);
        }
        return;
    }
    size_t index = 0;
    for (size_t i = 0, width; i < value.size; i += width, index++) {
        width = character_size(value.data + i, value.size - i);
        if (index < head || index + tail >= total) {
            ht_buffer_add(out, value.data + i, width);
        } else {
            ht_buffer_add_char(out, '*');
        }
    }
}

/* ---- The rules ---- */

static void mask_name(HtText value, HtBuffer *out)
{
    bool shows_first = ht_value_length(value.data, value.size) > 1;
    for (size_t i = 0, width; i < value.size; i += width) {
        uint32_t character = ht_value_character(value.data + i, value.size - i, &width);
        if ((i == 0 && shows_first) || ht_value_is_dot(character)) {
            ht_buffer_add(out, value.data + i, width);
        } else {
            ht_buffer_add_char(out, '*');
        }
    }
}

/* Of letters and digits, ASCII or in full width, and of `signs` or their full width: a number, and no word that somebody wrote
 * beside it, whose end would be shown. */
static bool is_number(HtText value, bool letters, const char *signs)
{
    for (size_t i = 0, width; i < value.size; i += width) {
        uint32_t character = ht_value_character(value.data + i, value.size - i, &width);
        uint32_t narrow = character >= 0xff01 && character <= 0xff5e ? character - 0xff01 + '!' : character;
        bool digit = narrow < 0x80 && g_ascii_isdigit((char)narrow);
        bool letter = letters && narrow < 0x80 && g_ascii_isalpha((char)narrow);
        if (!digit && !letter && !(narrow > 0 && narrow < 0x80 && strchr(signs, (int)narrow))) {
            return false;
        }
    }
    return true;
}

static void mask_id_number(HtText value, HtBuffer *out)
{
    size_t total = ht_value_length(value.data, value.size);
    if (!is_number(value, true, "")) {
        put_ends(value, total, 0, 0, out);
    } else if (total >= 15) {
        put_ends(value, total, 3, total == 15 ? 3 : 4, out);
    } else {
        put_ends(value, total, 0, total >= 8 ? 2 : 0, out);
    }
}

static void mask_last4(HtText value, HtBuffer *out)
{
    size_t total = ht_value_length(value.data, value.size);
    put_ends(value, total, 0, total >= 8 && is_number(value, true, "-/. ") ? 4 : 0, out);
}

static size_t count_digits(HtText value)
{
    size_t count = 0;
    while (count < value.size && g_ascii_isdigit(value.data[count])) {
        count++;
    }
    return count;
}

static HtText skip(HtText value, size_t size)
{
    return (HtText){value.data + size, value.size - size};
}

/* Size of "0xx-" or "0xxx-" (or without hyphen, by the length of the whole) before 7 or 8 digits, 0 for no
 * landline. */
static size_t area_code_size(HtText value)
{
    size_t digits = count_digits(value);
    if (value.size == 0 || value.data[0] != '0') {
        return 0;
    }
    if (digits == value.size && (digits == 11 || digits == 12)) {
        return value.data[1] == '1' || value.data[1] == '2' ? 3 : 4;
    }
    if ((digits == 3 || digits == 4) && digits < value.size && value.data[digits] == '-') {
        return digits + 1;
    }
    return 0;
}

static void mask_phone(HtText value, HtBuffer *out)
{
    HtText rest = value;
    if (value.size > 3 && memcmp(value.data, "+86", 3) == 0) {
        ht_buffer_add_literal(out, "+86");
        rest = skip(value, 3);
    }
    if (rest.size == 11 && rest.data[0] == '1' && count_digits(rest) == 11) {
        put_ends(rest, 11, 3, 4, out);
        return;
    }
    size_t area = area_code_size(rest);
    HtText number = skip(rest, area);
    if (area > 0 && (number.size == 7 || number.size == 8) && count_digits(number) == number.size) {
        ht_buffer_add(out, rest.data, area);
        put_ends(number, number.size, 0, 3, out);
        return;
    }
    size_t total = ht_value_length(rest.data, rest.size);
    put_ends(rest, total, 0, total >= 7 && is_number(rest, false, "+-()/., ") ? 2 : 0, out);
}

static bool mask_year(HtText value, HtBuffer *out)
{
    if (count_digits(value) != 4 && count_digits(value) != 8) {
        return false;
    }
    ht_buffer_add(out, value.data, 4);
    return true;
}

/* ---- Addresses ---- */

/* `word` begins with a character of three bytes; its last byte tells most of them apart. */
static bool starts_with(HtText value, const char *word)
{
    if (value.size < 3 || value.data[2] != word[2]) {
        return false;
    }
    size_t size = strlen(word);
    return value.size >= size && memcmp(value.data, word, size) == 0;
}

static bool starts_with_one_of(HtText value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (starts_with(value, words[i])) {
            return true;
        }
    }
    return false;
}

/* Levels of place, from wide to narrow. A committee comes before its roads or after them. */
enum { LEVEL_NONE, LEVEL_CITY, LEVEL_COUNTY, LEVEL_STREET, LEVEL_VILLAGE, LEVEL_ROAD };

typedef struct {
    const char *word;
    int level;
} LevelWord;

/* Words that end a level, longer ones first. LEVEL_NONE: what contains such a word and ends no level, a
 * housing estate (小区) or the beginning of a place's name (镇江市, 街口街道). tests/unit/test-mask.c
 * holds them against all counties. */
static const LevelWord LEVEL_WORDS[] = {
    {"居民委员会", LEVEL_ROAD}, {"村民委员会", LEVEL_ROAD}, {"居委会", LEVEL_ROAD},   {"村委会", LEVEL_ROAD},
    {"社区", LEVEL_ROAD},       {"街道", LEVEL_STREET},     {"大道", LEVEL_ROAD},     {"自治区", LEVEL_CITY},
    {"地区", LEVEL_CITY},       {"小区", LEVEL_NONE},       {"孟村回族", LEVEL_NONE}, {"东乡族", LEVEL_NONE},
    {"西乡塘", LEVEL_NONE},     {"城乡", LEVEL_NONE},       {"街口", LEVEL_NONE},     {"村店", LEVEL_NONE},
    {"路南区", LEVEL_COUNTY},   {"路北区", LEVEL_COUNTY},   {"路桥区", LEVEL_COUNTY}, {"乡宁", LEVEL_NONE},
    {"乡城", LEVEL_NONE},       {"镇江", LEVEL_NONE},       {"镇海", LEVEL_NONE},     {"镇平", LEVEL_NONE},
    {"镇安", LEVEL_NONE},       {"镇宁", LEVEL_NONE},       {"镇远", LEVEL_NONE},     {"镇雄", LEVEL_NONE},
    {"镇沅", LEVEL_NONE},       {"镇康", LEVEL_NONE},       {"镇坪", LEVEL_NONE},     {"镇巴", LEVEL_NONE},
    {"镇原", LEVEL_NONE},       {"镇赉", LEVEL_NONE},       {"省", LEVEL_CITY},       {"市", LEVEL_CITY},
    {"盟", LEVEL_CITY},         {"州", LEVEL_CITY},         {"区", LEVEL_COUNTY},     {"县", LEVEL_COUNTY},
    {"旗", LEVEL_COUNTY},       {"镇", LEVEL_STREET},       {"乡", LEVEL_STREET},     {"村", LEVEL_VILLAGE},
    {"路", LEVEL_ROAD},         {"街", LEVEL_ROAD},
};

/* Only these characters begin one of the words: most characters of an address are none, and this runs for
 * each. */
static bool may_begin_level(uint32_t character)
{
    switch (character) {
    case U'居':
    case U'村':
    case U'社':
    case U'街':
    case U'大':
    case U'自':
    case U'地':
    case U'小':
    case U'孟':
    case U'东':
    case U'西':
    case U'城':
    case U'路':
    case U'乡':
    case U'镇':
    case U'省':
    case U'市':
    case U'盟':
    case U'州':
    case U'区':
    case U'县':
    case U'旗': return true;
    default: return false;
    }
}

static const LevelWord *level_word(HtText value, uint32_t character)
{
    for (size_t i = 0; may_begin_level(character) && i < G_N_ELEMENTS(LEVEL_WORDS); i++) {
        if (starts_with(value, LEVEL_WORDS[i].word)) {
            return &LEVEL_WORDS[i];
        }
    }
    return NULL;
}

/* ASCII and full-width letters and digits, circled and other forms of numbers. */
static bool is_number_or_letter(uint32_t character)
{
    return (character < 0x80 && g_ascii_isalnum((char)character)) ||
           (character >= 0x2000 && character < 0x2c00) || character >= 0xf000;
}

/* What is written before or behind one, such as who lives there, is set apart. */
static bool is_stop(uint32_t character)
{
    switch (character) {
    case ',':
    case ';':
    case ':':
    case '(':
    case ')':
    case U'，':
    case U'；':
    case U'：':
    case U'（':
    case U'）':
    case U'、':
    case U'。': return true;
    default: return false;
    }
}

static bool is_numeral(uint32_t character)
{
    switch (character) {
    case U'一':
    case U'二':
    case U'三':
    case U'四':
    case U'五':
    case U'六':
    case U'七':
    case U'八':
    case U'九':
    case U'十':
    case U'百':
    case U'〇':
    case U'零':
    case U'两': return true;
    default: return false;
    }
}

/* 十二号, 三栋: Chinese numerals before a word of houses. */
static bool is_house_number(HtText value)
{
    static const char *const units[] = {"号", "栋", "幢", "座", "单元", "室",
                                        "楼", "弄", "组", "户", "层",   "排"};
    size_t taken;
    HtText rest = value;
    while (rest.size > 0 && is_numeral(ht_value_character(rest.data, rest.size, &taken))) {
        rest = skip(rest, taken);
    }
    return rest.size < value.size && starts_with_one_of(rest, units, G_N_ELEMENTS(units));
}

/* A narrower level than those before; cities, villages and roads may follow their like. */
static bool goes_on(int level, int before)
{
    return level > before || (level == before && level != LEVEL_COUNTY && level != LEVEL_STREET);
}

/* True when a level's word follows at once: then the one before it is part of a name (新乡市, 中山路街道). */
static bool runs_into_level(HtText rest)
{
    size_t taken;
    const LevelWord *next =
        rest.size > 0 ? level_word(rest, ht_value_character(rest.data, rest.size, &taken)) : NULL;
    return next && next->level != LEVEL_NONE;
}

/* Size of what may be shown: up to the last level before the house. */
static size_t shown_address(HtText value)
{
    size_t shown = 0, taken;
    int reached = LEVEL_NONE;
    for (size_t i = 0; i < value.size; i += taken) {
        HtText here = skip(value, i);
        uint32_t character = ht_value_character(here.data, here.size, &taken);
        if (is_number_or_letter(character) || is_stop(character) ||
            (is_numeral(character) && is_house_number(here))) {
            break;
        }
        const LevelWord *word = level_word(here, character);
        taken = word ? strlen(word->word) : taken;
        bool ends_level = word && word->level != LEVEL_NONE && !runs_into_level(skip(here, taken));
        if (ends_level && goes_on(word->level, reached)) {
            shown = i + taken;
            reached = word->level;
        }
    }
    return shown;
}

static void mask_address(HtText value, HtBuffer *out)
{
    size_t shown = shown_address(value);
    ht_buffer_add(out, value.data, shown);
    if (shown < value.size) {
        ht_buffer_add_literal(out, ADDRESS_TAIL);
    }
}

bool ht_mask_apply(HtMask mask, const char *value, size_t size, HtBuffer *out)
{
    HtText text = {value, size};
    switch (mask) {
    case HT_MASK_NONE: ht_buffer_add_text(out, text); return true;
    case HT_MASK_NAME: mask_name(text, out); return true;
    case HT_MASK_ID_NUMBER: mask_id_number(text, out); return true;
    case HT_MASK_PHONE: mask_phone(text, out); return true;
    case HT_MASK_ADDRESS: mask_address(text, out); return true;
    case HT_MASK_YEAR: return mask_year(text, out);
    case HT_MASK_LAST4: mask_last4(text, out); return true;
    default: return false;
    }
}
