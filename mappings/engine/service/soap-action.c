/* Compares SOAPAction and operation, as clients of .NET, Axis, CXF and WebLogic write them; called by envelope.c in the
 * host. SOAP 1.1, 6.1.1; WS-I Basic Profile 1.1, R1109: the value is quoted and may be empty. */
#include "mappings/engine/service/soap-action.h"

/* What toolkits put behind an operation's name to name its message, or its message's element. */
static const char *const endings[] = {"request", "requestmessage", "in",  "input",    "soapin",
                                      "msg",     "message",        "req", "response", "operation"};

HtText ht_soap_action_trim(HtText text)
{
    while (text.size > 0 && strchr(" \t\"'", text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\"'/", text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* What stands after the last of these bytes. */
static HtText take_tail(HtText text, const char *separators)
{
    size_t from = text.size;
    while (from > 0 && !strchr(separators, text.data[from - 1])) {
        from--;
    }
    return from > 0 ? (HtText){text.data + from, text.size - from} : text;
}

/* `longer` is `name` with one of the endings. */
static bool has_ending(HtText longer, HtText name)
{
    if (longer.size <= name.size || !ht_text_equal_in_any_case((HtText){longer.data, name.size}, name)) {
        return false;
    }
    HtText rest = {longer.data + name.size, longer.size - name.size};
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        if (ht_text_equal_in_any_case(rest, ht_text_from(endings[i]))) {
            return true;
        }
    }
    return false;
}

static bool names(HtText tail, HtText operation)
{
    return ht_text_equal_in_any_case(tail, operation) || has_ending(tail, operation) ||
           has_ending(operation, tail);
}

/* A letter, then letters, digits, `_` and `-`; not tempuri.org, Service.asmx, v2. */
static bool is_plausible(HtText name)
{
    if (name.size < 3 || !(g_ascii_isalpha(name.data[0]) || (unsigned char)name.data[0] >= 0x80)) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        if (!g_ascii_isalnum(byte) && byte != '_' && byte != '-' && byte < 0x80) {
            return false;
        }
    }
    return true;
}

bool ht_soap_action_agrees(HtText action, const char *operation, const char *uri)
{
    HtText value = ht_soap_action_trim(action), name = ht_text_from(operation);
    if (value.size == 0 ||
        (uri && ht_text_equal_in_any_case(value, ht_soap_action_trim(ht_text_from(uri))))) {
        return true;
    }
    HtText tail = take_tail(value, "/#:");
    return !is_plausible(tail) || names(tail, name);
}

bool ht_soap_action_names(HtText action, const char *operation)
{
    HtText value = ht_soap_action_trim(action), name = ht_text_from(operation);
    return value.size > 0 && (names(take_tail(value, "/#:"), name) || names(take_tail(value, "/#:."), name));
}

bool ht_soap_action_is_plausible(HtText action)
{
    return is_plausible(take_tail(ht_soap_action_trim(action), "/#:"));
}
