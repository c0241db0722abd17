/* Fields and text of receipts and states. Called for every receipt. */
#include "core/proof/statement.h"

#include "core/base/digest.h"
#include "core/base/json.h"

const char *const ht_statement_always[] = {"messageId", "sequence", "events",     "duplicates",
                                           "rejected",  "sha256",   "receivedAt", NULL};
const char *const ht_statement_signed[] = {"lastSequence", "bus", "source", NULL};
const char *const ht_statement_state[] = {"at",   "state",   "deliveries", "acknowledged",
                                          "dead", "waiting", NULL};

static void add(HtStatementFields *fields, const char *name, HtText value)
{
    fields->list[fields->count++] = (HtStatementField){name, value, false};
}

static void add_number(HtStatementFields *fields, const char *name, uint64_t number)
{
    char *digits = fields->number[fields->numbers++];
    size_t at = HT_STATEMENT_NUMBER;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    fields->list[fields->count++] = (HtStatementField){name, {digits + at, HT_STATEMENT_NUMBER - at}, true};
}

static void add_receipt(HtStatementFields *fields, const HtReceipt *receipt)
{
    ht_uuid_format(&receipt->id, fields->id);
    ht_hex_write(receipt->sha256, HT_SHA256, fields->sha256);
    size_t size = ht_clock_format(receipt->received_us, fields->received);
    add(fields, "messageId", (HtText){fields->id, HT_UUID_TEXT - 1});
    add_number(fields, "sequence", receipt->sequence);
    add_number(fields, "events", receipt->events);
    add_number(fields, "duplicates", receipt->duplicates);
    add_number(fields, "rejected", receipt->rejected);
    add(fields, "sha256", (HtText){fields->sha256, 2 * HT_SHA256});
    add(fields, "receivedAt", (HtText){fields->received, size});
}

static const char *word_of(const HtDeliveryState *state)
{
    if (state->waiting > 0) {
        return state->acknowledged + state->dead > 0 ? "delivering" : "on-disk";
    }
    return state->dead > 0 ? "dead-letters" : state->deliveries > 0 ? "acknowledged" : "on-disk";
}

static void add_state(HtStatementFields *fields, const HtDeliveryState *state)
{
    size_t size = ht_clock_format(state->at_us, fields->at);
    add(fields, "at", (HtText){fields->at, size});
    add(fields, "state", ht_text_from(word_of(state)));
    add_number(fields, "deliveries", state->deliveries);
    add_number(fields, "acknowledged", state->acknowledged);
    add_number(fields, "dead", state->dead);
    add_number(fields, "waiting", state->waiting);
}

static void add_signature(HtStatementFields *fields, const HtStatement *statement)
{
    HtBuffer text = {.data = NULL};
    ht_statement_text(fields->list, fields->count, statement->state != NULL, &text);
    ht_signer_sign(statement->signer, ht_buffer_text(&text), fields->signature);
    ht_buffer_clear(&text);
    add(fields, "keyId", ht_text_from(ht_signer_key(statement->signer)->id));
    add(fields, "signature", (HtText){fields->signature, HT_SIGNATURE_TEXT - 1});
}

void ht_statement_fields(const HtStatement *statement, HtStatementFields *fields)
{
    const HtReceipt *receipt = statement->receipt;
    fields->count = fields->numbers = 0;
    add_receipt(fields, receipt);
    if (statement->signer) {
        add_number(fields, "lastSequence", receipt->events > 0 ? receipt->sequence + receipt->events - 1 : 0);
        add(fields, "bus", ht_text_from(statement->bus));
        add(fields, "source", ht_text_from(statement->source));
    }
    if (statement->state) {
        add_state(fields, statement->state);
    }
    if (statement->signer) {
        add_signature(fields, statement);
    }
}

void ht_statement_json(const HtStatementFields *fields, HtBuffer *json)
{
    for (unsigned i = 0; i < fields->count; i++) {
        const HtStatementField *field = &fields->list[i];
        if (field->number) {
            ht_json_name(json, field->name);
            ht_buffer_add_text(json, field->value);
        } else {
            ht_json_member(json, field->name, field->value);
        }
    }
}

void ht_statement_text(const HtStatementField *fields, unsigned count, bool of_state, HtBuffer *text)
{
    ht_buffer_add_string(text, of_state ? "hutong state 1\n" : "hutong receipt 1\n");
    for (unsigned i = 0; i < count; i++) {
        ht_buffer_add_string(text, fields[i].name);
        ht_buffer_add_char(text, '=');
        ht_buffer_add_text(text, fields[i].value);
        ht_buffer_add_char(text, '\n');
    }
}
