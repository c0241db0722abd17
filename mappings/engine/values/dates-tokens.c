/* A date's text into tokens; see dates-tokens.h. Pure; any thread. */
#include "mappings/engine/values/dates-tokens.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/text/value.h"

#define NUMBER_DIGITS_MAX 9
#define WORD_MAX 12

typedef struct {
    const char *word;
    HtDateKind kind;
    int value;
} Word;

/* Latin words, in lower case. Weekdays need not agree with the day: the date counts. CST is China's here. */
static const Word LATIN[] = {
    {"am", HT_DATE_HALF, HT_DATE_MORNING},
    {"pm", HT_DATE_HALF, HT_DATE_AFTERNOON},
    {"sept", HT_DATE_MONTH, 9},
    {"t", HT_DATE_SKIP, 0},
    {"z", HT_DATE_ZONE, 0},
    {"utc", HT_DATE_ZONE, 0},
    {"gmt", HT_DATE_ZONE, 0},
    {"ut", HT_DATE_ZONE, 0},
    {"cst", HT_DATE_ZONE, 480},
    {"cdt", HT_DATE_ZONE, 540},
    {"hkt", HT_DATE_ZONE, 480},
    {"prc", HT_DATE_ZONE, 480},
    {"china", HT_DATE_SKIP, 0},
    {"standard", HT_DATE_SKIP, 0},
    {"daylight", HT_DATE_SKIP, 0},
    {"time", HT_DATE_SKIP, 0},
    {"coordinated", HT_DATE_SKIP, 0},
    {"universal", HT_DATE_SKIP, 0},
};

/* Longer words before those that they begin with. */
static const Word CHINESE[] = {
    {"中华民国", HT_DATE_ERA, 1911},
    {"中華民國", HT_DATE_ERA, 1911},
    {"民国", HT_DATE_ERA, 1911},
    {"民國", HT_DATE_ERA, 1911},
    {"公元", HT_DATE_SKIP, 0},
    {"公历", HT_DATE_SKIP, 0},
    {"西元", HT_DATE_SKIP, 0},
    {"年", HT_DATE_UNIT, 'y'},
    {"月", HT_DATE_UNIT, 'm'},
    {"日", HT_DATE_UNIT, 'd'},
    {"号", HT_DATE_UNIT, 'd'},
    {"時", HT_DATE_UNIT, 'h'},
    {"时", HT_DATE_UNIT, 'h'},
    {"点", HT_DATE_UNIT, 'h'},
    {"點", HT_DATE_UNIT, 'h'},
    {"分", HT_DATE_UNIT, 'i'},
    {"秒", HT_DATE_UNIT, 's'},
    {"整", HT_DATE_SKIP, 0},
    {"上午", HT_DATE_HALF, HT_DATE_MORNING},
    {"凌晨", HT_DATE_HALF, HT_DATE_MORNING},
    {"早上", HT_DATE_HALF, HT_DATE_MORNING},
    {"早晨", HT_DATE_HALF, HT_DATE_MORNING},
    {"中午", HT_DATE_HALF, HT_DATE_NOON},
    {"下午", HT_DATE_HALF, HT_DATE_AFTERNOON},
    {"晚上", HT_DATE_HALF, HT_DATE_EVENING},
    {"北京时间", HT_DATE_ZONE, 480},
    {"中国标准时间", HT_DATE_ZONE, 480},
    {"中国夏令时间", HT_DATE_ZONE, 540},
    {"协调世界时", HT_DATE_ZONE, 0},
};

static const char *const MONTHS[] = {"january", "february", "march",     "april",   "may",      "june",
                                     "july",    "august",   "september", "october", "november", "december"};
static const char *const WEEKDAYS[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
static const char *const WEEKS[] = {"星期", "礼拜", "周", "週"};

typedef struct {
    const char *at, *end;
    HtDateToken *token, *last; /* the next one; the place that only the end may take */
} Splitter;

/* The character at hand, narrow where it was full-width, and its bytes. */
static uint32_t peek(const Splitter *splitter, size_t *taken)
{
    uint32_t character = ht_value_character(splitter->at, (size_t)(splitter->end - splitter->at), taken);
    return character >= 0xff01 && character <= 0xff5e ? character - 0xff01 + 0x21 : character;
}

static bool add(Splitter *splitter, HtDateKind kind, int value, size_t digits)
{
    if (splitter->token == splitter->last) {
        return false;
    }
    *splitter->token++ = (HtDateToken){kind, value, (uint8_t)digits};
    return true;
}

/* ---- Numbers ---- */

static bool split_digits(Splitter *splitter)
{
    int value = 0;
    size_t digits = 0, taken;
    while (splitter->at < splitter->end) {
        uint32_t character = peek(splitter, &taken);
        if (character < '0' || character > '9') {
            break;
        }
        digits++;
        if (digits <= NUMBER_DIGITS_MAX) { /* more are a fraction's, which does not need them */
            value = value * 10 + (int)(character - '0');
        }
        splitter->at += taken;
    }
    return add(splitter, HT_DATE_NUMBER, value, MIN(digits, NUMBER_DIGITS_MAX));
}

/* 0 to 9; 10 for 十, 20 for 廿, 30 for 卅; -1 for any other character. Those of cheques (壹, 貳, 拾) count alike. */
static int chinese_digit(uint32_t character)
{
    static const uint32_t digits[][4] = {
        {0x96f6, 0x3007, 0x25cb, 0x25ef}, /* 零, 〇, and the circles that stand for it */
        {0x4e00, 0x58f9},
        {0x4e8c, 0x8d30, 0x8cb3},
        {0x4e09, 0x53c1, 0x53c3},
        {0x56db, 0x8086},
        {0x4e94, 0x4f0d},
        {0x516d, 0x9646, 0x9678},
        {0x4e03, 0x67d2},
        {0x516b, 0x634c},
        {0x4e5d, 0x7396},
        {0x5341, 0x62fe},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(digits) * G_N_ELEMENTS(digits[0]); i++) {
        if (character == digits[i / G_N_ELEMENTS(digits[0])][i % G_N_ELEMENTS(digits[0])]) {
            return (int)(i / G_N_ELEMENTS(digits[0]));
        }
    }
    return character == 0x5eff ? 20 : character == 0x5345 ? 30 : -1;
}

/* Behind a Chinese digit people write what they find on the keyboard for 〇: 二00九, 二OO九. */
static int next_digit(uint32_t character, size_t digits)
{
    bool zero = digits > 0 && (character == '0' || character == 'O' || character == 'o');
    return zero ? 0 : chinese_digit(character);
}

/* 二〇〇九 digit by digit, or up to 99 with 十. */
static bool split_chinese_number(Splitter *splitter)
{
    int value = 0, last = 0, tens = -1;
    size_t digits = 0, taken;
    while (splitter->at < splitter->end) {
        int digit = next_digit(peek(splitter, &taken), digits);
        if (digit < 0) {
            break;
        }
        if (digit >= 10 && (tens >= 0 || digits > 1 || (digit > 10 && digits > 0))) {
            return false;
        }
        if (digit >= 10) {
            tens = digit == 10 && digits > 0 ? last * 10 : digit;
            digits = 0;
            value = 0;
        } else {
            value = value * 10 + digit;
            last = digit;
            digits++;
        }
        splitter->at += taken;
        if (digits > (tens >= 0 ? 1 : 4)) {
            return false;
        }
    }
    if (tens >= 0) {
        return add(splitter, HT_DATE_NUMBER, tens + value, 2);
    }
    return digits > 0 && add(splitter, HT_DATE_NUMBER, value, digits);
}

/* ---- Words ---- */

/* The name, or its first three letters. */
static bool is_name(const char *word, const char *name)
{
    return strcmp(word, name) == 0 || (strlen(word) == 3 && strncmp(word, name, 3) == 0);
}

static int find_name(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_name(word, names[i])) {
            return (int)i;
        }
    }
    return -1;
}

static bool split_latin(Splitter *splitter)
{
    char word[WORD_MAX + 1];
    size_t size = 0, taken;
    while (splitter->at < splitter->end && size < WORD_MAX) {
        uint32_t character = peek(splitter, &taken);
        if (character >= 0x80 || !g_ascii_isalpha((char)character)) {
            break;
        }
        word[size++] = g_ascii_tolower((char)character);
        splitter->at += taken;
    }
    word[size] = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(LATIN); i++) {
        if (strcmp(word, LATIN[i].word) == 0) {
            return add(splitter, LATIN[i].kind, LATIN[i].value, 0);
        }
    }
    int month = find_name(word, MONTHS, G_N_ELEMENTS(MONTHS));
    if (month >= 0) {
        return add(splitter, HT_DATE_MONTH, month + 1, 0);
    }
    return find_name(word, WEEKDAYS, G_N_ELEMENTS(WEEKDAYS)) >= 0 && add(splitter, HT_DATE_SKIP, 0, 0);
}

static bool skip_prefix(Splitter *splitter, const char *word)
{
    size_t size = strlen(word);
    bool fits = (size_t)(splitter->end - splitter->at) >= size && memcmp(splitter->at, word, size) == 0;
    splitter->at += fits ? size : 0;
    return fits;
}

/* 星期五, 周日: the day's name goes with it. */
static bool split_weekday(Splitter *splitter)
{
    size_t taken;
    if (splitter->at == splitter->end) {
        return false;
    }
    uint32_t day = peek(splitter, &taken);
    int number = chinese_digit(day);
    splitter->at += taken;
    return ((number >= 1 && number <= 6) || day == 0x65e5 || day == 0x5929) &&
           add(splitter, HT_DATE_SKIP, 0, 0);
}

static bool split_chinese(Splitter *splitter)
{
    for (size_t i = 0; i < G_N_ELEMENTS(WEEKS); i++) {
        if (skip_prefix(splitter, WEEKS[i])) {
            return split_weekday(splitter);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(CHINESE); i++) {
        if (skip_prefix(splitter, CHINESE[i].word)) {
            return add(splitter, CHINESE[i].kind, CHINESE[i].value, 0);
        }
    }
    if (skip_prefix(splitter, "元")) { /* 民国元年, 元月 */
        return add(splitter, HT_DATE_NUMBER, 1, 1);
    }
    return split_chinese_number(splitter);
}

/* [Asia/Shanghai], which Java puts behind an offset, says where and not when. */
static bool skip_brackets(Splitter *splitter)
{
    const char *closing = memchr(splitter->at, ']', (size_t)(splitter->end - splitter->at));
    bool last = closing && closing + 1 == splitter->end;
    splitter->at = last ? splitter->end : splitter->at;
    return last;
}

static bool split_next(Splitter *splitter)
{
    size_t taken;
    uint32_t character = peek(splitter, &taken);
    if (ht_text_is_blank(character)) {
        splitter->at += taken;
        return true;
    }
    if (character >= '0' && character <= '9') {
        return split_digits(splitter);
    }
    if (character < 0x80 && g_ascii_isalpha((char)character)) {
        return split_latin(splitter);
    }
    if (character == '[') {
        return skip_brackets(splitter);
    }
    bool dash = character == 0x2013 || character == 0x2014 || character == 0x2212;
    char sign = dash ? '-' : character < 0x80 ? (char)character : '\0';
    if (sign && strchr("-/.,:+()", sign)) {
        splitter->at += taken;
        return add(splitter, HT_DATE_SIGN, sign, 0);
    }
    return character >= 0x80 && split_chinese(splitter);
}

bool ht_date_split(HtText text, HtDateToken tokens[HT_DATE_TOKENS_MAX])
{
    Splitter splitter = {text.data, text.data + text.size, tokens, tokens + HT_DATE_TOKENS_MAX - 1};
    while (splitter.at < splitter.end) {
        const char *before = splitter.at;
        if (!split_next(&splitter) || splitter.at == before) {
            return false;
        }
    }
    *splitter.token = (HtDateToken){HT_DATE_END, 0, 0};
    return true;
}
