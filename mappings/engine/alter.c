/* Altered values; see alter.h. Called by match.c for each value that the mapping names, when the kit asks. */
#include "mappings/engine/alter.h"

#include "mappings/engine/idnumber.h"
#include "mappings/engine/match.h"

#define CITIZEN 18
#define HANZI 3 /* bytes of a Chinese character in UTF-8 */

/* ---- Another value of its kind ---- */

/* The place behind the digits (two at most) that follow whatever is no digit. */
static size_t skip_part(const char *text, size_t size, size_t at)
{
    while (at < size && !g_ascii_isdigit(text[at])) {
        at++;
    }
    for (unsigned digits = 0; digits < 2 && at < size && g_ascii_isdigit(text[at]); digits++) {
        at++;
    }
    return at;
}

/* The place of the day's last digit in a date that begins with its year, as 20090312, 2009-3-12 or 2009年3月12日; 0 when there is
 * none. */
static size_t find_day(const char *text, size_t size)
{
    bool recent =
        size >= 8 && (memcmp(text, "18", 2) == 0 || memcmp(text, "19", 2) == 0 || memcmp(text, "20", 2) == 0);
    size_t month = recent && strspn(text + 2, "0123456789") >= 2 ? skip_part(text, size, 4) : size;
    size_t day = month < size ? skip_part(text, size, month) : 0;
    return day > 0 && g_ascii_isdigit(text[day - 1]) ? day - 1 : 0;
}

/* A day's digit goes down, so that no month becomes longer. */
static void alter_day(char *digit)
{
    *digit = *digit > '0' ? (char)(*digit - 1) : '1';
}

static bool is_citizen(const char *text, size_t size)
{
    return size == CITIZEN && ht_idnumber_check(text) == text[CITIZEN - 1];
}

/* The sequence's last digit tells the sex: it stays odd or even. */
static void alter_citizen(char *text)
{
    char *digit = &text[CITIZEN - 2];
    *digit = (char)('0' + (*digit - '0' + 2) % 10);
    text[CITIZEN - 1] = ht_idnumber_check(text);
}

static bool alter_last(char *text, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        char old = text[i - 1];
        if (g_ascii_isdigit(old)) {
            text[i - 1] = (char)('0' + (old - '0' + 1) % 10);
            return true;
        }
        if (g_ascii_isalpha(old)) {
            text[i - 1] = g_ascii_isupper(old) ? (old == 'B' ? 'C' : 'B') : (old == 'b' ? 'c' : 'b');
            return true;
        }
    }
    return false;
}

/* U+4000 to U+9FFF begin with E4 to E9. */
static bool alter_hanzi(char *text, size_t size)
{
    for (size_t end = size; end >= HANZI; end--) {
        char *at = text + end - HANZI;
        if ((unsigned char)at[0] >= 0xe4 && (unsigned char)at[0] <= 0xe9) {
            memcpy(at, memcmp(at, "丁", HANZI) == 0 ? "戊" : "丁", HANZI);
            return true;
        }
    }
    return false;
}

bool ht_alter_text(char *text, size_t size)
{
    size_t day = find_day(text, size);
    if (is_citizen(text, size)) {
        alter_citizen(text);
    } else if (day > 0) {
        alter_day(&text[day]);
    } else {
        return alter_last(text, size) || alter_hanzi(text, size);
    }
    return true;
}

/* ---- Which one ---- */

static bool reads(const HtFrom *from, HtSlot slot)
{
    for (unsigned i = 0; i < from->count; i++) {
        if (from->slots[i] == slot) {
            return true;
        }
    }
    return false;
}

static bool names_person(const HtElementRule *rule)
{
    return strcmp(rule->element->name, "person.name") == 0 ||
           strcmp(rule->element->name, "person.idNumber") == 0;
}

static bool is_said_of_person(const HtEventRule *event, HtSlot slot)
{
    for (unsigned i = 0; i < event->n_identities; i++) {
        if (reads(&event->identities[i].from, slot)) {
            return true;
        }
    }
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned i = 0; event->blocks[b].each < 0 && i < event->blocks[b].n_rules; i++) {
            const HtElementRule *rule = &event->blocks[b].rules[i];
            if (names_person(rule) && ht_element_reads(rule, slot)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_of_person(const HtMapping *mapping, const HtStore *store)
{
    for (guint i = 0; !(store->slot & HT_SLOT_COLUMN) && i < mapping->events->len; i++) {
        if (is_said_of_person(mapping->events->pdata[i], store->slot)) {
            return true;
        }
    }
    return false;
}

static HtText find_path(const HtMapping *mapping, const HtStore *store)
{
    unsigned number = store->slot & HT_SLOT_NUMBER;
    if (store->slot & HT_SLOT_COLUMN) {
        const HtEachRule *each = mapping->eaches->pdata[store->each];
        return ht_text_from(each->columns->pdata[number]);
    }
    const GPtrArray *paths = store->slot & HT_SLOT_ABSOLUTE ? mapping->absolute_paths : mapping->record_paths;
    return ht_text_from(paths->pdata[number]);
}

void ht_match_alter(HtMatch *match, const HtStore *store, HtValue *value)
{
    HtAlteration *alteration = &match->alteration;
    alteration->met++;
    bool asked = alteration->ask == HT_ALTER_PERSON ? is_of_person(match->mapping, store)
                                                    : alteration->ask == alteration->met;
    if (asked && ht_alter_text(match->text.data + value->offset, value->size)) {
        alteration->path = find_path(match->mapping, store);
        value->altered = true;
    }
}
