/* What documents and interactions say of a person in the same words: numbers that an OID tells apart, telephone,
 * birth, address. */
#include "health.h"

#include <stdio.h>
#include <string.h>

/* ---- Numbers ---- */

/* The OIDs of 2016 and of the 互联互通 manual, and those of the draft of 2012 with the letters that it puts before. */
static const struct {
    const char *root, *to, *letters;
} numbers[] = {
    {"2.16.156.10011.1.3", "idNumber", NULL},
    {"2.16.156.10011.1.2", "recordNumber", NULL},
    {"2.16.156.10011.1.19", "cardNumber", NULL},
    {"2.16.156.10011.0.2.2", "localPatientId", NULL},
    {"2.16.156.10011.2.5.1.4", "localPatientId", NULL},
    {"2.16.156.10011.1.11", "outpatientNumber", NULL},
    {"2.16.156.10011.1.12", "inpatientNumber", NULL},
    {"SD.4.2", "idNumber", "ID"},
    {"SD.4.1", "recordNumber", "HR"},
};

/* A health record's number begins with the committee that keeps it: 6 digits county, 3 street, 3 committee, 5 serial. */
static void give_record_division(const HealthState *state, hutong_out *out, const char *number)
{
    char division[13];
    if (strlen(number) == 17 && strspn(number, "0123456789") == 17) {
        health_copy(division, sizeof division, number, 12);
        health_give(state, out, "recordDivision", division);
    }
}

/* The patient's first number is a part of the document's key. */
static void give_number(HealthState *state, hutong_out *out, const char *to, const char *number)
{
    health_give(state, out, to, number);
    if (!state->document.patient[0]) {
        health_copy(state->document.patient, HEALTH_ID, number, strlen(number));
    }
    if (strcmp(to, "recordNumber") == 0) {
        give_record_division(state, out, number);
    }
}

void health_take_patient_id(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    const char *root = health_identifier(attributes, "root");
    const char *number = health_identifier(attributes, "extension");
    (void)node;
    if (!root) {
        return;
    }
    state->document.is_chinese = state->document.is_chinese || health_starts_with(root, "2.16.156.10011.");
    if (!number) {
        return;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(numbers[i].root, root) == 0) {
            bool lettered = numbers[i].letters && health_starts_with(number, numbers[i].letters);
            give_number(state, out, numbers[i].to, number + (lettered ? 2 : 0));
            return;
        }
    }
    if (!state->at->head_only) {
        const char *const named[] = {"root", root, NULL};
        state->host->emit_start(out, "otherNumber", named);
        state->host->emit_text(out, number, strlen(number));
        state->host->emit_end(out, "otherNumber");
    }
}

/* ---- Telephone, birth, occupation ---- */

void health_take_telecom(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    const char *value = hutong_attribute(attributes, "value");
    health_give(state, out, node->to, health_starts_with(value, "tel:") ? value + 4 : value);
}

/* 20090312083000: the day and, when it is known, the time of day. */
void health_take_birth(HealthState *state, hutong_out *out, const HealthNode *node,
                       const char *const *attributes)
{
    const char *value = hutong_attribute(attributes, "value");
    char clock[7];
    health_give(state, out, node->to, value);
    size_t digits = value ? strspn(value, "0123456789") : 0;
    if (digits >= 12 && !state->at->head_only) {
        health_copy(clock, sizeof clock, value + 8, digits >= 14 ? 6 : 4);
        health_give(state, out, "birthClock", clock);
    }
}

/* Two lists are used for it: what one is (GB/T 2261.4) and what one does (GB/T 6565). */
void health_take_occupation(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    const char *list = health_identifier(attributes, "codeSystem");
    bool category = list && strcmp(list, "2.16.156.10011.2.3.3.7") == 0;
    const char *code = hutong_attribute(attributes, "code");
    health_give(state, out, category ? "occupationCategory" : node->to, code);
}

/* ---- Address ---- */

/* ISO 21090's names of the parts. */
static const struct {
    char type[4];
    HealthPart part;
} part_types[] = {
    {"SAL", HEALTH_LINE},     {"STA", HEALTH_PROVINCE}, {"CTY", HEALTH_CITY},   {"CNT", HEALTH_COUNTY},
    {"STB", HEALTH_TOWNSHIP}, {"STR", HEALTH_ROAD},     {"BNR", HEALTH_NUMBER}, {"ZIP", HEALTH_POSTCODE},
};

static void take_part(HealthState *state, hutong_out *out, const HealthNode *node,
                      const char *const *attributes)
{
    (void)out;
    (void)node;
    const char *type = hutong_attribute(attributes, "type");
    const char *value = hutong_attribute(attributes, "value");
    for (size_t i = 0; type && value && i < sizeof part_types / sizeof part_types[0]; i++) {
        if (strcmp(part_types[i].type, type) == 0) {
            health_copy(state->parts[part_types[i].part], HEALTH_PART, value, strlen(value));
        }
    }
}

static void leave_part(HealthState *state, hutong_out *out, const HealthNode *node,
                       const char *const *attributes)
{
    (void)out;
    (void)attributes;
    if (state->at->held_size > 0) {
        memcpy(state->parts[node->key], state->at->held, state->at->held_size + 1);
    }
}

#define PART(element, number)                                                  \
    {                                                                          \
        element, HEALTH_HELD, health_take_held, NULL, NULL, leave_part, number \
    }

static const HealthNode item_parts[] = {{.name = "part", .take = take_part}, {0}};

const HealthNode health_address_parts[] = {
    PART("streetAddressLine", HEALTH_LINE),
    PART("state", HEALTH_PROVINCE),
    PART("city", HEALTH_CITY),
    PART("county", HEALTH_COUNTY),
    PART("township", HEALTH_TOWNSHIP),
    PART("streetNameBase", HEALTH_TOWNSHIP),
    PART("streetName", HEALTH_ROAD),
    PART("houseNumber", HEALTH_NUMBER),
    PART("postalCode", HEALTH_POSTCODE),
    {.name = "item", .children = item_parts},
    {0},
};

void health_begin_address(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)out;
    (void)node;
    (void)attributes;
    for (unsigned i = 0; i < HEALTH_PARTS; i++) {
        state->parts[i][0] = '\0';
    }
}

/* The parts `from` to `to` in a row. */
static void give_parts(const HealthState *state, hutong_out *out, const char *name, HealthPart from,
                       HealthPart to)
{
    char text[HEALTH_PARTS * HEALTH_PART];
    size_t size = 0;
    for (unsigned i = from; i <= to; i++) {
        health_copy(text + size, sizeof text - size, state->parts[i], strlen(state->parts[i]));
        size += strlen(text + size);
    }
    text[size] = '\0';
    health_give(state, out, name, text);
}

/* The whole address is what the sender wrote in one line, else its parts in their order. */
void health_end_address(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    (void)node;
    (void)attributes;
    if (state->parts[HEALTH_LINE][0]) {
        health_give(state, out, "address", state->parts[HEALTH_LINE]);
        give_parts(state, out, "region", HEALTH_PROVINCE, HEALTH_COUNTY);
    } else {
        give_parts(state, out, "address", HEALTH_PROVINCE, HEALTH_NUMBER);
    }
    health_give(state, out, "township", state->parts[HEALTH_TOWNSHIP]);
    health_give(state, out, "road", state->parts[HEALTH_ROAD]);
    health_give(state, out, "houseNumber", state->parts[HEALTH_NUMBER]);
    health_give(state, out, "postalCode", state->parts[HEALTH_POSTCODE]);
}
