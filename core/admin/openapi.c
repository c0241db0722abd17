/* The API's description; see openapi.h. */
#include "core/admin/openapi.h"

#include "core/admin/pages.h"
#include "core/base/json.h"

static const char about[] =
    "The admin API of a Hutong bus: HTTP/1.1 on its unix socket (`admin` of the configuration). The kernel says who asks; roles are given in the "
    "configuration (`observers`, `operators`, `auditors`, `privacy-officers`), root and the bus's own user have them all. A verb is asked by POST with "
    "a JSON object of at most 1 MB and answers with one. Lengths of texts are in bytes of UTF-8. Clients must not mind members that they do not know.";

/* Refusals that every verb may give. */
static const struct {
    unsigned status;
    const char *name, *about;
} refusals[] = {
    {400, "BadQuestion", "The question is no JSON object, or not as described here"},
    {403, "Forbidden", "Who asks has not the role"},
    {404, "Unknown", "There is no such thing"},
    {409, "Conflict", "It cannot be done as things stand; asking again does not help"},
    {503, "NotNow", "It cannot be done now, or could not be recorded: ask again"},
};

static void add_text(HtBuffer *json, const char *name, const char *text)
{
    ht_json_member(json, name, ht_text_from(text));
}

static void close_objects(HtBuffer *json, unsigned count)
{
    while (count-- > 0) {
        ht_buffer_add_char(json, '}');
    }
}

/* Opens `"content":{TYPE:{"schema":`; close_objects(json, 2) ends it. */
static void open_content(HtBuffer *json, const char *type)
{
    ht_json_open(json, "content");
    ht_json_open(json, type);
    ht_json_name(json, "schema");
}

static void add_plain(HtBuffer *json, const char *status, const char *description, const char *type)
{
    ht_json_open(json, status);
    add_text(json, "description", description);
    open_content(json, type);
    ht_buffer_add_literal(json, "{\"type\":\"string\"}");
    close_objects(json, 3);
}

static void add_refusal(HtBuffer *json, unsigned index)
{
    char status[16];
    g_autofree char *target = g_strconcat("#/components/responses/", refusals[index].name, NULL);
    g_snprintf(status, sizeof status, "%u", refusals[index].status);
    ht_json_open(json, status);
    add_text(json, "$ref", target);
    close_objects(json, 1);
}

/* ---- Pages ---- */

static void add_query(HtBuffer *json, const HtFormMember *query)
{
    ht_json_name(json, "parameters");
    ht_buffer_add_char(json, '[');
    for (const HtFormMember *member = query; member && member->name; member++) {
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        add_text(json, "name", member->name);
        add_text(json, "in", "query");
        add_text(json, "description", member->about);
        ht_json_name(json, "schema");
        ht_form_member_schema(member, false, json);
        close_objects(json, 1);
    }
    ht_buffer_add_char(json, ']');
}

static void add_page_schema(HtBuffer *json, const HtAdminApi *api, const HtAdminPage *page)
{
    const HtFormMember *gives = page->kind == HT_ADMIN_PAGE_STATUS   ? api->status
                                : page->kind == HT_ADMIN_PAGE_RECENT ? api->recent
                                                                     : NULL;
    if (g_str_equal(page->type, "application/json")) {
        ht_form_schema(gives, false, !gives, json);
    } else {
        ht_buffer_add_literal(json, "{\"type\":\"string\"}");
    }
}

static void add_page(HtBuffer *json, const HtAdminApi *api, const HtAdminPage *page)
{
    ht_json_open(json, page->path);
    ht_json_open(json, "get");
    add_text(json, "operationId", page->kind == HT_ADMIN_PAGE_API ? "openapi" : page->path + 1);
    add_text(json, "summary", page->about);
    add_text(json, "x-role", page->everybody ? "any; at the address for monitoring anybody" : "any");
    add_query(json, page->query);
    ht_json_open(json, "responses");
    ht_json_open(json, "200");
    add_text(json, "description", page->about);
    open_content(json, page->type);
    add_page_schema(json, api, page);
    close_objects(json, 3);
    if (page->query) {
        add_refusal(json, 0);
    }
    add_refusal(json, 1);
    if (page->may_fail) {
        add_plain(json, "503", "Not so; the first line is the reason", page->type);
    }
    close_objects(json, 3);
}

/* ---- Verbs ---- */

static void add_answer(HtBuffer *json, const HtAdminVerb *verb)
{
    bool two = verb->or_gives != NULL;
    ht_json_open(json, "200");
    add_text(json, "description", "It is done");
    open_content(json, "application/json");
    ht_buffer_add_string(json, two ? "{\"anyOf\":[" : "");
    ht_form_schema(verb->gives, false, !verb->gives, json);
    if (two) {
        ht_buffer_add_char(json, ',');
        ht_form_schema(verb->or_gives, false, false, json);
        ht_buffer_add_literal(json, "]}");
    }
    close_objects(json, 3);
}

static void add_question(HtBuffer *json, const HtAdminVerb *verb)
{
    ht_json_open(json, "requestBody");
    ht_json_name(json, "required");
    ht_buffer_add_literal(json, "true");
    open_content(json, "application/json");
    ht_form_schema(verb->asks, verb->asks != NULL, !verb->asks, json);
    close_objects(json, 3);
}

static void add_verb(HtBuffer *json, const HtAdminVerb *verb)
{
    g_autofree char *path = g_strconcat("/", verb->name, NULL);
    g_autofree char *look =
        verb->look ? g_strdup_printf("; with \"verb\": \"%s\" any", verb->look) : g_strdup("");
    g_autofree char *role = g_strconcat(ht_role_name(verb->role), look, NULL);
    ht_json_open(json, path);
    ht_json_open(json, "post");
    add_text(json, "operationId", verb->name);
    add_text(json, "summary", verb->about);
    add_text(json, "x-role", role);
    add_question(json, verb);
    ht_json_open(json, "responses");
    add_answer(json, verb);
    for (unsigned i = 0; i < G_N_ELEMENTS(refusals); i++) {
        add_refusal(json, i);
    }
    add_plain(json, "413", "The question is larger than 1 MB", "text/plain");
    close_objects(json, 3);
}

/* ---- The document ---- */

static void add_components(HtBuffer *json)
{
    static const HtFormMember error[] = {
        {"error", HT_FORM_TEXT, .about = "what is wrong, and what to do", .needed = true},
        {0},
    };
    ht_json_open(json, "components");
    ht_json_open(json, "schemas");
    ht_json_name(json, "Error");
    ht_form_schema(error, false, false, json);
    close_objects(json, 1);
    ht_json_open(json, "responses");
    for (unsigned i = 0; i < G_N_ELEMENTS(refusals); i++) {
        ht_json_open(json, refusals[i].name);
        add_text(json, "description", refusals[i].about);
        open_content(json, "application/json");
        ht_buffer_add_literal(json, "{\"$ref\":\"#/components/schemas/Error\"}");
        close_objects(json, 3);
    }
    close_objects(json, 2);
}

void ht_admin_openapi(const HtAdminApi *api, HtBuffer *json)
{
    ht_buffer_add_char(json, '{');
    add_text(json, "openapi", "3.1.0");
    ht_json_open(json, "info");
    add_text(json, "title", "Hutong admin API");
    add_text(json, "version", HT_ADMIN_API_VERSION);
    add_text(json, "description", about);
    close_objects(json, 1);
    ht_json_name(json, "servers");
    ht_buffer_add_literal(
        json,
        "[{\"url\":\"http://hutong\",\"description\":\"the unix socket; the host's name says nothing\"}]");
    ht_json_open(json, "paths");
    for (const HtAdminPage *page = ht_admin_pages; page->path; page++) {
        add_page(json, api, page);
    }
    for (const HtAdminVerb *verb = api->verbs; verb->name; verb++) {
        add_verb(json, verb);
    }
    close_objects(json, 1);
    add_components(json);
    ht_buffer_add_literal(json, "}\n");
}
