/* docs/errors.md, written from the table. Called by `hutong schema --errors`. No state. */
#include "core/refusal/table.h"

#include <glib.h>

static const char introduction[] =
    "# Fault codes\n\n"
    "Made by `hutong schema --errors` from the table that the bus answers by (`core/refusal/table.c`); do not edit.\n\n"
    "Every refusal has a code. It stands in the answer's `code` element (wire.md shows the whole answer), in the bus's log "
    "behind the message id, and, for quarantined messages, in the spool. A fault names places (record, element, line), never "
    "values. What is above a limit names it with its value and its key: \"more than 67108864 bytes (max-document = 64M)\"; "
    "\"(fixed)\" is one that no key changes. Long numbers in an adapter's texts become `[number]`, but for the source's own "
    "limits.\n\n"
    "Status: for plain XML. A SOAP fault has 500; with `soap12-sender-status = 400` one of SOAP 1.2 that is the sender's to "
    "mend has 400. 503 stays 503, and what is refused at the door keeps its status. A code about a record, and every code that "
    "is not here, is 422. A time behind the status is `Retry-After`: the same may be sent again then; without a time, sending "
    "the same again does not help.\n";

/* All codes that share the meaning of the first: how many there are. */
static size_t count_sharing(const HtRefusalKind *kinds, size_t count)
{
    size_t sharing = 1;
    while (sharing < count && !kinds[sharing].meaning) {
        sharing++;
    }
    return sharing;
}

static void add_codes(GString *text, const HtRefusalKind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(text, "%s`%s`", i > 0 ? ", " : "", kinds[i].code);
    }
}

static void add_status(GString *text, const HtRefusalKind *kind)
{
    g_string_append_printf(text, " | %u", kind->status);
    if (kind->may_wait) {
        g_string_append(text, ", or 503");
    }
    if (kind->retry_after_s > 0) {
        g_string_append_printf(text, " after %u s", kind->retry_after_s);
    }
}

void ht_refusal_reference(GString *text)
{
    g_string_append(text, introduction);
    for (size_t s = 0; s < ht_refusal_n_sections; s++) {
        const HtRefusalSection *section = &ht_refusal_sections[s];
        g_string_append_printf(text, "\n## %s\n\n", section->title);
        if (section->before) {
            g_string_append_printf(text, "%s\n\n", section->before);
        }
        g_string_append(text, "| code | status | meaning | what to do |\n|---|---|---|---|\n");
        for (size_t i = 0, sharing; i < section->count; i += sharing) {
            const HtRefusalKind *kind = &section->kinds[i];
            sharing = count_sharing(kind, section->count - i);
            g_string_append(text, "| ");
            add_codes(text, kind, sharing);
            add_status(text, kind);
            g_string_append_printf(text, " | %s | %s |\n", kind->meaning, kind->advice ? kind->advice : "");
        }
        if (section->after) {
            g_string_append_printf(text, "\n%s\n", section->after);
        }
    }
}
