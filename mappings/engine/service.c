/* Answers of declared operations, from their templates. Called by the host once a message's fate is known; no state. */
#include "mappings/engine/service.h"

#include "mappings/engine/compile.h"

#include <string.h>

const HtOperation *ht_services_find(const GPtrArray *services, HtText operation, const HtService **service)
{
    for (guint s = 0; operation.data && s < services->len; s++) {
        const HtService *candidate = services->pdata[s];
        for (guint i = 0; i < candidate->operations->len; i++) {
            const HtOperation *found = candidate->operations->pdata[i];
            if (ht_text_is(operation, found->name)) {
                *(service ? service : &candidate) = candidate;
                return found;
            }
        }
    }
    return NULL;
}

bool ht_services_know_action(const GPtrArray *services, const char *operation, HtText action)
{
    const HtOperation *found = ht_services_find(services, ht_text_from(operation), NULL);
    while (action.size > 0 && strchr(" \t\"'", action.data[0])) {
        action.data++;
        action.size--;
    }
    while (action.size > 0 && strchr(" \t\"'", action.data[action.size - 1])) {
        action.size--;
    }
    return found && ht_text_is(action, found->action);
}

bool ht_services_have_submit(const GPtrArray *services)
{
    bool wanted = true;
    for (guint i = 0; i < services->len; i++) {
        wanted = wanted && ((const HtService *)services->pdata[i])->submit;
    }
    return wanted;
}

/* ---- Templates ---- */

static void add_escaped(HtBuffer *to, HtText text)
{
    g_autofree char *escaped = g_markup_escape_text(text.data, (gssize)text.size);
    ht_buffer_add_string(to, escaped);
}

static void add_json(HtBuffer *to, HtText text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '"' || byte == '\\') {
            ht_buffer_add_char(to, '\\');
        }
        ht_buffer_add_char(to, (unsigned char)byte < 0x20 ? ' ' : byte);
    }
}

static void add_fact(HtBuffer *to, HtForm form, HtText fact)
{
    switch (form) {
    case HT_FORM_TEXT: ht_buffer_add_text(to, fact); break;
    case HT_FORM_XML: add_escaped(to, fact.data ? fact : HT_TEXT_LITERAL("")); break;
    case HT_FORM_JSON: add_json(to, fact); break;
    }
}

static void add_piece(HtBuffer *to, HtForm form, const HtPiece *piece, const HtServiceFacts *facts)
{
    switch (piece->kind) {
    case HT_PIECE_LITERAL: ht_buffer_add_text(to, piece->literal); break;
    case HT_PIECE_MESSAGE_ID: add_fact(to, form, facts->message_id); break;
    case HT_PIECE_BUSINESS_ID: add_fact(to, form, facts->business_id); break;
    case HT_PIECE_OPERATION: add_fact(to, form, facts->operation); break;
    case HT_PIECE_RECORDS: ht_buffer_printf(to, "%u", facts->records); break;
    case HT_PIECE_EVENTS: ht_buffer_printf(to, "%u", facts->events); break;
    case HT_PIECE_CODE: add_fact(to, form, facts->code); break;
    case HT_PIECE_TEXT: add_fact(to, form, facts->text); break;
    }
}

/* ---- Answers ---- */

static void add_result(const HtService *service, const HtPart *part, const HtServiceFacts *facts,
                       HtBuffer *to)
{
    const HtTemplate *template = facts->refused ? part->refused : part->value;
    if (!template) {
        return;
    }
    HtBuffer value = {.data = NULL};
    for (unsigned i = 0; i < template->count; i++) {
        add_piece(&value, template->form, &template->pieces[i], facts);
    }
    const char *prefix = service->qualified ? "ns1:" : "";
    ht_buffer_printf(to, "<%s%s", prefix, part->name);
    if (service->encoded && !part->is_xml) {
        ht_buffer_printf(to, " xsi:type=\"xsd:%s\"", part->type);
    }
    ht_buffer_add_char(to, '>');
    if (part->is_xml) {
        ht_buffer_add_text(to, ht_buffer_text(&value));
    } else {
        add_escaped(to, ht_buffer_text(&value));
    }
    ht_buffer_printf(to, "</%s%s>", prefix, part->name);
    ht_buffer_clear(&value);
}

bool ht_service_answer(const HtMapping *mapping, const HtServiceFacts *facts, HtBuffer *to)
{
    const HtService *service = NULL;
    const HtOperation *operation = ht_services_find(mapping->services, facts->operation, &service);
    if (!operation || !(facts->refused ? operation->refuses : operation->answers)) {
        return false;
    }
    g_autofree char *uri = g_markup_escape_text(service->uri, -1);
    ht_buffer_printf(to, "<ns1:%s xmlns:ns1=\"%s\"", operation->response, uri);
    if (service->encoded) {
        ht_buffer_printf(to,
                         " soap:encodingStyle=\"%s\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
                         " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
                         facts->soap_12 ? HT_ENCODING_12 : HT_ENCODING_11);
    }
    ht_buffer_add_char(to, '>');
    for (guint i = 0; i < operation->out->len; i++) {
        add_result(service, operation->out->pdata[i], facts, to);
    }
    ht_buffer_printf(to, "</ns1:%s>", operation->response);
    return true;
}
