/* Answers of declared operations, from their templates. Called by the host once a message's fate is known; no state. */
#include "mappings/engine/service/service.h"

#include "core/base/xml.h"
#include "mappings/engine/service/soap-action.h"

#include <string.h>

/* ---- Finding ---- */

static bool is_named(const HtOperation *operation, const char *name)
{
    bool found = g_ascii_strcasecmp(operation->name, name) == 0;
    for (char **also = operation->also; also && *also && !found; also++) {
        found = g_ascii_strcasecmp(*also, name) == 0;
    }
    return found;
}

const HtOperation *ht_operations_find(const GPtrArray *operations, const char *name)
{
    for (guint i = 0; name && i < operations->len; i++) {
        const HtOperation *operation = operations->pdata[i];
        if (is_named(operation, name)) {
            return operation;
        }
    }
    return NULL;
}

/* The operation of this name and its service; NULL when none of the services (HtService *) has it. */
static const HtOperation *find_in_services(const GPtrArray *services, HtText operation,
                                           const HtService **service)
{
    g_autofree char *name = operation.data ? g_strndup(operation.data, operation.size) : NULL;
    for (guint s = 0; name && s < services->len; s++) {
        const HtService *candidate = services->pdata[s];
        const HtOperation *found = ht_operations_find(candidate->operations, name);
        if (found) {
            *service = candidate;
            return found;
        }
    }
    return NULL;
}

const HtOperation *ht_operations_find_answered(const GPtrArray *operations, const char *name)
{
    static const char ending[] = "Response";
    size_t size = strlen(name), end = sizeof ending - 1;
    bool has_ending = size > end && g_ascii_strcasecmp(name + size - end, ending) == 0;
    g_autofree char *request = has_ending ? g_strndup(name, size - end) : NULL;
    for (guint i = 0; i < operations->len; i++) {
        const HtOperation *operation = operations->pdata[i];
        if (g_ascii_strcasecmp(operation->response, name) == 0 || (request && is_named(operation, request))) {
            return operation;
        }
    }
    return NULL;
}

const HtOperation *ht_operations_find_action(const GPtrArray *operations, HtText action)
{
    HtText value = ht_soap_action_trim(action);
    for (guint i = 0; value.size > 0 && i < operations->len; i++) {
        const HtOperation *operation = operations->pdata[i];
        if (ht_text_is(value, operation->action)) {
            return operation;
        }
    }
    for (guint i = 0; value.size > 0 && i < operations->len; i++) {
        const HtOperation *operation = operations->pdata[i];
        bool found = ht_soap_action_names(value, operation->name);
        for (char **also = operation->also; also && *also && !found; also++) {
            found = ht_soap_action_names(value, *also);
        }
        if (found) {
            return operation;
        }
    }
    return NULL;
}

/* ---- Submit ---- */

bool ht_services_have_submit(const GPtrArray *services)
{
    bool wanted = true;
    for (guint i = 0; i < services->len; i++) {
        wanted = wanted && ((const HtService *)services->pdata[i])->submit;
    }
    return wanted;
}

/* ---- Templates ---- */

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
    case HT_FORM_XML: ht_xml_add(to, fact.data ? fact : HT_TEXT_LITERAL("")); break;
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
        ht_xml_add(to, ht_buffer_text(&value));
    }
    ht_buffer_printf(to, "</%s%s>", prefix, part->name);
    ht_buffer_clear(&value);
}

/* Who calls an operation by another of its names is answered by that. */
static char *name_response(const HtOperation *operation, HtText called)
{
    bool is_other = operation->also && !ht_text_is(called, operation->name);
    for (char **also = is_other ? operation->also : NULL; also && *also; also++) {
        if (ht_text_is(called, *also)) {
            return g_strconcat(*also, "Response", NULL);
        }
    }
    return g_strdup(operation->response);
}

bool ht_services_answer(const GPtrArray *services, const HtServiceFacts *facts, HtBuffer *to)
{
    const HtService *service = NULL;
    const HtOperation *operation = find_in_services(services, facts->operation, &service);
    if (!operation || !(facts->refused ? operation->refuses : operation->answers)) {
        return false;
    }
    g_autofree char *response = name_response(operation, facts->operation);
    ht_buffer_printf(to, "<ns1:%s xmlns:ns1=\"", response);
    ht_xml_add(to, ht_text_from(service->uri));
    ht_buffer_add_char(to, '"');
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
    ht_buffer_printf(to, "</ns1:%s>", response);
    return true;
}
