/* Packing and unpacking outcomes. Packed in the host, unpacked in the bus, which trusts nothing in them. No state. */
#include "core/base/outcome.h"

#include "core/base/not-understood.h"

enum {
    TAG_VERDICT = 1,
    TAG_SOAP,
    TAG_OPERATION,
    TAG_MESSAGE_ID,
    TAG_KEY,
    TAG_REPLY,
    TAG_REPLY_TYPE,
    TAG_RECORDS,
    TAG_REJECTED,
    TAG_REPAIRED,
    TAG_FAULT_COUNT,
    TAG_FAULT,
    TAG_EVENT,
    TAG_ORIGINAL,
    TAG_SUBMIT,
    TAG_ADDRESSING,
    TAG_ACTION,
    TAG_CONCEALED,
    TAG_ALTERABLE,
    TAG_ALTERED,
    TAG_ALTERED_CARRIED,
    TAG_NOT_UNDERSTOOD,
    TAG_UNCHANGED,
    TAG_ALTERED_SEEN,
    TAG_SECURITY,
    TAG_NOBODYS
};

#define TEXT_MAX_BYTES 1024
#define SECURITY_MAX_BYTES 2048

/* The smallest type and action, each with its tag and size. Below it, many events would cost more memory than bytes. */
#define EVENT_MIN_BYTES 22

/* The 9 KB of faults count only as far as fault_count says. */
static void make_empty(HtOutcome *outcome)
{
    memset(outcome, 0, offsetof(HtOutcome, faults));
}

void ht_outcome_init(HtOutcome *outcome)
{
    make_empty(outcome);
    outcome->events = g_array_new(FALSE, FALSE, sizeof(HtText));
}

void ht_outcome_reset(HtOutcome *outcome)
{
    make_empty(outcome);
    g_array_set_size(outcome->events, 0);
}

void ht_outcome_clear(HtOutcome *outcome)
{
    g_clear_pointer(&outcome->events, g_array_unref);
}

void ht_outcome_add_fault(HtOutcome *outcome, const HtFault *fault)
{
    if (outcome->fault_count < HT_OUTCOME_FAULTS) {
        outcome->faults[outcome->fault_count] = *fault;
    }
    outcome->fault_count++;
}

void ht_outcome_pack(const HtOutcome *outcome, HtBuffer *buffer)
{
    ht_pack_u32(buffer, TAG_VERDICT, outcome->verdict);
    ht_pack_u32(buffer, TAG_SOAP, outcome->soap);
    ht_pack_present(buffer, TAG_OPERATION, outcome->operation);
    ht_pack_present(buffer, TAG_MESSAGE_ID, outcome->message_id);
    if (outcome->addressing != HT_ADDRESSING_NONE) {
        ht_pack_u32(buffer, TAG_ADDRESSING, outcome->addressing);
    }
    ht_pack_present(buffer, TAG_ACTION, outcome->action);
    ht_pack_present(buffer, TAG_NOT_UNDERSTOOD, outcome->not_understood);
    ht_pack_present(buffer, TAG_SECURITY, outcome->security);
    ht_pack_present(buffer, TAG_KEY, outcome->key);
    ht_pack_present(buffer, TAG_REPLY, outcome->reply);
    ht_pack_present(buffer, TAG_REPLY_TYPE, outcome->reply_type);
    ht_pack_present(buffer, TAG_ORIGINAL, outcome->original);
    ht_pack_present(buffer, TAG_CONCEALED, outcome->concealed);
    ht_pack_u32(buffer, TAG_RECORDS, outcome->records);
    ht_pack_u32(buffer, TAG_REJECTED, outcome->rejected);
    if (outcome->unchanged > 0) {
        ht_pack_u32(buffer, TAG_UNCHANGED, outcome->unchanged);
    }
    ht_pack_u32(buffer, TAG_REPAIRED, outcome->repaired);
    if (outcome->nobodys) {
        ht_pack_u32(buffer, TAG_NOBODYS, 1);
    }
    ht_pack_u32(buffer, TAG_SUBMIT, outcome->submit);
    if (outcome->altered.values > 0 || outcome->altered.seen != 0) {
        ht_pack_u32(buffer, TAG_ALTERABLE, outcome->altered.values);
        ht_pack_present(buffer, TAG_ALTERED, outcome->altered.path);
        ht_pack_u32(buffer, TAG_ALTERED_CARRIED, outcome->altered.carried);
        ht_pack_u64(buffer, TAG_ALTERED_SEEN, outcome->altered.seen);
    }
    ht_pack_u32(buffer, TAG_FAULT_COUNT, outcome->fault_count);
    for (unsigned i = 0; i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        size_t place = ht_pack_begin(buffer, TAG_FAULT);
        ht_fault_pack(&outcome->faults[i], buffer);
        ht_pack_end(buffer, place);
    }
    for (unsigned i = 0; i < outcome->events->len; i++) {
        ht_pack_text(buffer, TAG_EVENT, g_array_index(outcome->events, HtText, i));
    }
}

static bool is_line(HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.size > 0 && text.size <= TEXT_MAX_BYTES && g_utf8_validate_len(text.data, text.size, NULL);
}

static bool take_line(HtText value, HtText *text)
{
    *text = value;
    return is_line(value);
}

static bool take_number(HtText value, uint32_t most, uint32_t *number)
{
    return ht_unpack_u32(value, number) && *number <= most;
}

/* `kept` counts the faults that came; fault_count may be larger, never smaller. */
static bool take_field(uint8_t tag, HtText value, HtOutcome *outcome, uint32_t *kept)
{
    uint32_t number = 0;
    bool good = true;
    switch (tag) {
    case TAG_VERDICT:
        good = take_number(value, HT_VERDICT_RETRY, &number);
        outcome->verdict = number;
        break;
    case TAG_SOAP:
        good = take_number(value, HT_SOAP_12, &number) && (number == 0 || number >= HT_SOAP_11);
        outcome->soap = number;
        break;
    case TAG_OPERATION: good = take_line(value, &outcome->operation); break;
    case TAG_MESSAGE_ID: good = take_line(value, &outcome->message_id); break;
    case TAG_ADDRESSING:
        good =
            ht_unpack_u32(value, &number) && (number == HT_ADDRESSING_2004 || number == HT_ADDRESSING_2005);
        outcome->addressing = number;
        break;
    case TAG_ACTION: good = take_line(value, &outcome->action); break;
    case TAG_NOT_UNDERSTOOD:
        outcome->not_understood = value;
        good = ht_not_understood_check(value);
        break;
    case TAG_SECURITY:
        outcome->security = value;
        good = value.size <= SECURITY_MAX_BYTES;
        break;
    case TAG_KEY:
        outcome->key = value;
        good = value.size > 0 && value.size <= TEXT_MAX_BYTES;
        break;
    case TAG_REPLY: outcome->reply = value; break;
    case TAG_ORIGINAL: outcome->original = value; break;
    case TAG_CONCEALED:
        outcome->concealed = value;
        good =
            value.size % sizeof(HtConcealed) == 0 && value.size <= HT_OUTCOME_CONCEALED * sizeof(HtConcealed);
        break;
    case TAG_REPLY_TYPE: good = take_line(value, &outcome->reply_type); break;
    case TAG_RECORDS: good = take_number(value, UINT32_MAX, &outcome->records); break;
    case TAG_REJECTED: good = take_number(value, UINT32_MAX, &outcome->rejected); break;
    case TAG_UNCHANGED: good = take_number(value, INT32_MAX, &outcome->unchanged); break;
    case TAG_REPAIRED:
        good = take_number(value, 1, &number);
        outcome->repaired = number;
        break;
    case TAG_NOBODYS:
        good = take_number(value, 1, &number);
        outcome->nobodys = number;
        break;
    case TAG_SUBMIT:
        good = take_number(value, 1, &number);
        outcome->submit = number;
        break;
    case TAG_ALTERABLE: good = take_number(value, UINT32_MAX, &outcome->altered.values); break;
    case TAG_ALTERED: good = take_line(value, &outcome->altered.path); break;
    case TAG_ALTERED_CARRIED:
        good = take_number(value, 1, &number);
        outcome->altered.carried = number;
        break;
    case TAG_ALTERED_SEEN: good = ht_unpack_u64(value, &outcome->altered.seen); break;
    case TAG_FAULT_COUNT: good = take_number(value, UINT32_MAX, &outcome->fault_count); break;
    case TAG_FAULT:
        good = *kept < HT_OUTCOME_FAULTS && ht_fault_unpack(value, &outcome->faults[(*kept)++]);
        break;
    case TAG_EVENT:
        good = value.size >= EVENT_MIN_BYTES;
        g_array_append_val(outcome->events, value);
        break;
    default: good = false;
    }
    return good;
}

bool ht_outcome_unpack(HtText bytes, HtOutcome *outcome, GError **error)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint32_t kept = 0;
    uint8_t tag;
    HtText value;
    bool good = true;
    while (good && ht_unpack_next(&unpack, &tag, &value)) {
        good = take_field(tag, value, outcome, &kept);
    }
    if (!good || unpack.broken || outcome->fault_count < kept ||
        MIN(outcome->fault_count, HT_OUTCOME_FAULTS) != kept) {
        g_set_error(error, HT_EVENT_ERROR, 0, "the outcome has an unknown or malformed field");
        return false;
    }
    if ((uint64_t)outcome->events->len + outcome->unchanged >
        (uint64_t)outcome->records * HT_OUTCOME_RECORD_EVENTS) {
        g_set_error(error, HT_EVENT_ERROR, 0, "the outcome has more events than its records can make");
        return false;
    }
    return true;
}
