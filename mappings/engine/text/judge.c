/*
 * text/judge.c: tells damaged UTF-8 from GB 18030 by what either reading would give.
 *
 * Called by text.c for each message that is no sound UTF-8, in the adapter host's only thread.
 *
 * Costs are about the bits that it takes to say which character stands there: in data of persons, nine of ten characters are
 * among the 3755 of GB 2312's first level, so one of these takes 9 bits; one of the second level 18; one that only GBK or
 * GB 18030 has 21. Both readings start again at every ASCII character that is no second byte of GB 18030, so that neither
 * runs away over a fault.
 */
#include "mappings/engine/text/judge.h"

#include "mappings/engine/text/convert.h"
#include "mappings/engine/text/scan.h"

enum {
    COST_FREQUENT = 9, /* hanzi of the first level, common punctuation, the name dot */
    COST_WIDE = 20,    /* other signs of GB 2312, full width, kana */
    COST_LETTER = 8,   /* letters beyond ASCII (Latin, Uyghur, Cyrillic) beside other letters: a word */
    COST_ALONE = 22,   /* and by themselves: half of the text of GB 2312 is sound UTF-8 of this kind */
    COST_SECOND = 18,  /* hanzi of the second level */
    COST_RARE = 21,    /* all other characters */
    COST_CUT = 16,     /* the first byte of a character before ASCII or the end: a column of so many bytes */
    COST_FRONT = 22,   /* what is left of a character behind ASCII: cut at its front */
    COST_CUT_MORE = 4, /* and for each byte more of it */
    COST_FAULT = 30,   /* bytes that are no character anywhere else */
    WORTH_DECLARED = 8,
    WORTH_MARK = 60,
    CLEAR = 600 /* a difference that nothing that follows will turn round */
};

typedef struct {
    const uint8_t *at, *end;
    const uint8_t *start; /* of the text */
    long cost;
} Interpretation;

/* A character's cost by its code of two bytes in GB 18030, or 0. */
static long judge_code(unsigned code)
{
    unsigned lead = code >> 8, trail = code & 0xFF;

    if (trail < 0xA1 || lead > 0xF7)
        return COST_RARE;
    if (lead >= 0xB0)
        return lead < 0xD8 ? COST_FREQUENT : COST_SECOND;
    if (lead == 0xA3 || code == 0xA1A4 || code == 0xA1A2 || code == 0xA1A3)
        return COST_FREQUENT;
    return lead >= 0xA1 && lead <= 0xA5 ? COST_WIDE : COST_RARE;
}

/* ---- As UTF-8 ---- */

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/* The byte `count` before the sequence at hand; a blank before the text. */
static uint8_t look_back(const Interpretation *reading, ptrdiff_t count)
{
    return reading->at - reading->start >= count ? reading->at[-count] : ' ';
}

/* The byte behind a sequence of two. */
static uint8_t look_behind(const Interpretation *reading)
{
    return reading->end - reading->at > 2 ? reading->at[2] : ' ';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* What nobody sees, copied along with a number (soft hyphen, controls, the blank U+00A0): as GB 18030 a character that stands
 * beside a digit. */
static bool is_unseen(const Interpretation *reading)
{
    const uint8_t *at = reading->at;
    bool is_sign = (at[0] == 0xC2 && (at[1] <= 0xA0 || at[1] == 0xAD)) || (at[0] == 0xD8 && at[1] == 0x9C);

    return is_sign && (is_digit(look_back(reading, 1)) || is_digit(look_behind(reading)));
}

static long judge_two_bytes(const Interpretation *reading)
{
    const uint8_t *at = reading->at;
    uint8_t before = look_back(reading, 1), earlier = look_back(reading, 2);
    bool is_dot = at[0] == 0xC2 && at[1] == 0xB7, is_latin = at[0] >= 0xC3 && at[0] <= 0xC9;
    bool follows = before < 0x80 ? (is_latin || is_dot) && is_letter(before)
                                 : is_dot || (earlier >= 0xC3 && earlier < 0xE0);
    bool goes_on = is_latin && before < 0x80 && is_letter(look_behind(reading));

    return follows || goes_on || is_unseen(reading) ? COST_LETTER : COST_ALONE;
}

static long judge_character(const Interpretation *reading, size_t length)
{
    const uint8_t *at = reading->at;

    if (length == 2)
        return judge_two_bytes(reading);
    if (length == 4)
        return COST_RARE;
    return judge_code(ht_text_gb_code((at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu)));
}

static bool is_cut(const Interpretation *reading, size_t length)
{
    return reading->at + length == reading->end || reading->at[length] < 0x80;
}

/* What is left of a character whose first bytes were cut off with the front of a text. */
static size_t measure_rest(const Interpretation *reading)
{
    size_t size = 0;

    while (size < 2 && reading->at + size < reading->end && (reading->at[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* Takes one sequence that begins with a byte above ASCII. */
static void read_utf8(Interpretation *reading, bool after_ascii)
{
    size_t left = (size_t)(reading->end - reading->at);
    bool valid;
    unsigned unit;
    size_t length = ht_text_utf8_sequence(reading->at, left, &valid);

    if (valid) {
        reading->cost += judge_character(reading, length);
    } else if (ht_text_read_surrogate(reading->at, left, &unit) > 0) {
        length = 3;
        reading->cost += COST_RARE / 2;
    } else if (after_ascii && reading->at[0] < 0xC0) {
        length = measure_rest(reading);
        reading->cost += COST_FRONT + COST_CUT_MORE * (long)(length - 1);
    } else if (reading->at[0] >= 0xC2 && is_cut(reading, length)) {
        reading->cost += COST_CUT + COST_CUT_MORE * (long)(length - 1);
    } else {
        reading->cost += COST_FAULT;
    }
    reading->at += length;
}

static long judge_utf8(const uint8_t *start, const uint8_t *at, const uint8_t *end)
{
    Interpretation reading = {at, end, start, 0};
    bool after_ascii = true;

    while (reading.at < end) {
        if (*reading.at < 0x80) {
            reading.at++;
            after_ascii = true;
        } else {
            read_utf8(&reading, after_ascii);
            after_ascii = false;
        }
    }
    return reading.cost;
}

/* ---- As GB 18030 ---- */

static bool is_four_byte(const uint8_t *at, size_t left)
{
    return left >= 4 && at[1] >= 0x30 && at[1] <= 0x39 && at[2] >= 0x81 && at[2] <= 0xFE && at[3] >= 0x30 &&
           at[3] <= 0x39;
}

static void read_gb(Interpretation *reading)
{
    const uint8_t *at = reading->at;
    size_t left = (size_t)(reading->end - at);

    if (at[0] == 0x80 || at[0] == 0xFF) {
        reading->cost += COST_FAULT;
        reading->at++;
    } else if (left >= 2 && at[1] >= 0x40 && at[1] != 0x7F && at[1] != 0xFF) {
        reading->cost += judge_code((unsigned)at[0] << 8 | at[1]);
        reading->at += 2;
    } else if (is_four_byte(at, left)) {
        reading->cost += COST_RARE;
        reading->at += 4;
    } else {
        reading->cost += COST_CUT;
        reading->at++;
    }
}

static long judge_gb(const uint8_t *at, const uint8_t *end)
{
    Interpretation reading = {at, end, at, 0};

    while (reading.at < end) {
        if (*reading.at < 0x80)
            reading.at++;
        else
            read_gb(&reading);
    }
    return reading.cost;
}

/* ---- Both ---- */

/* ASCII that is no part of any character of GB 18030: both readings agree where it stands. */
static bool is_border(uint8_t byte)
{
    return byte < 0x30 || (byte > 0x39 && byte < 0x40);
}

static const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at < 0x80)
        at++;
    return at;
}

static const uint8_t *find_border(const uint8_t *at, const uint8_t *end)
{
    while (at < end && !is_border(*at))
        at++;
    return at;
}

static long weigh(HtTextSaid said)
{
    switch (said) {
    case HT_TEXT_SAYS_UTF8: return WORTH_DECLARED;
    case HT_TEXT_SAYS_GB: return -WORTH_DECLARED;
    case HT_TEXT_SHOWS_UTF8: return WORTH_MARK;
    default: return 0;
    }
}

bool ht_text_judge_utf8(const uint8_t *bytes, size_t size, HtTextSaid said)
{
    const uint8_t *at = bytes, *end = bytes + size;
    long for_utf8 = weigh(said);

    while ((at = skip_ascii(at, end)) < end && for_utf8 < CLEAR && for_utf8 > -CLEAR) {
        const uint8_t *stop = find_border(at, end);
        for_utf8 += judge_gb(at, stop) - judge_utf8(bytes, at, stop);
        at = stop;
    }
    return for_utf8 > 0 || (for_utf8 == 0 && said != HT_TEXT_SAYS_GB);
}
