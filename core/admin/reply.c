/* Answers of verbs. Main thread. */
#include "core/admin/reply.h"

#include "core/base/json.h"
#include "core/base/log.h"

#include <stdarg.h>

#define BRACKETS_MOST 1000

struct HtAdminReply {
    int64_t uid;
    char *note, *asked; /* `asked`: the question's own "verb" */
    const HtAdminVerb *verb;
    bool shows;
    HtAdminRecord record;
    void *record_user;
    HtAdminAnswered answered;
    void *user;
};

HtAdminReply *ht_admin_reply_new(int64_t uid, HtAdminAnswered answered, void *user)
{
    HtAdminReply *reply = g_new(HtAdminReply, 1);
    *reply = (HtAdminReply){.uid = uid, .answered = answered, .user = user};
    return reply;
}

int64_t ht_admin_uid(const HtAdminReply *reply)
{
    return reply->uid;
}

void ht_admin_note(HtAdminReply *reply, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(reply->note);
    reply->note = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

static const HtText unrecorded =
    HT_TEXT_LITERAL("{\"error\":\"the audit log cannot be written: what is not recorded is not shown\"}\n");

void ht_admin_reply(HtAdminReply *reply, unsigned status, HtText json)
{
    HtAdminDeed deed = {reply->uid, reply->verb ? reply->verb->name : "",
                        reply->note    ? reply->note
                        : reply->asked ? reply->asked
                                       : "",
                        status};
    bool recorded = !reply->record || reply->record(reply->record_user, &deed);
    if (!recorded && reply->shows && status == 200) {
        status = 503;
        json = unrecorded;
    }
    if (reply->note) {
        ht_log(HT_LOG_INFO, "admin", "uid %" G_GINT64_FORMAT ": %s: %s", reply->uid, reply->note,
               status == 200 ? "done" : "not done");
    }
    reply->answered(status, json, reply->user);
    g_free(reply->note);
    g_free(reply->asked);
    g_free(reply);
}

void ht_admin_shows(HtAdminReply *reply)
{
    reply->shows = true;
}

void ht_admin_refuse(HtAdminReply *reply, unsigned status, const char *text)
{
    HtBuffer json = {0};
    ht_buffer_add_char(&json, '{');
    ht_json_member(&json, "error", ht_text_from(text));
    ht_buffer_add_literal(&json, "}\n");
    ht_admin_reply(reply, status, ht_buffer_text(&json));
    ht_buffer_clear(&json);
}

const HtAdminVerb *ht_admin_verb(const HtAdminVerb *verbs, const char *name)
{
    while (verbs->name && !g_str_equal(verbs->name, name)) {
        verbs++;
    }
    return verbs->name ? verbs : NULL;
}

/* The question's own verb, when it is one. */
static const char *verb_of(JsonObject *asked)
{
    JsonNode *node = json_object_get_member(asked, "verb");
    bool is_text = node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    return is_text ? json_node_get_string(node) : "";
}

static bool may(const HtAdminVerb *verb, unsigned roles, JsonObject *asked)
{
    const char *what = verb_of(asked);
    bool looks = verb->look && g_strcmp0(verb->look, what) == 0;
    return (roles & verb->role) != 0 || (looks && roles != 0);
}

static void refuse_role(const HtAdminVerb *verb, HtAdminReply *reply)
{
    g_autofree char *text = g_strdup_printf(
        "%s needs the role %s (`%ss` in the configuration); user %" G_GINT64_FORMAT " has it not", verb->name,
        ht_role_name(verb->role),
        verb->role == HT_ROLE_PRIVACY_OFFICER ? "privacy-officer" : ht_role_name(verb->role), reply->uid);
    ht_admin_note(reply, "%s, without the role %s", verb->name, ht_role_name(verb->role));
    ht_admin_refuse(reply, 403, text);
}

static void ask_verb(const HtAdminVerb *verb, void *user, JsonObject *asked, HtAdminReply *reply)
{
    g_autofree char *wrong = verb->asks ? ht_form_judge(verb->asks, asked) : NULL;
    if (wrong) {
        ht_admin_refuse(reply, 400, wrong);
    } else {
        verb->answer(user, asked, reply);
    }
}

/* A word: whatever else stands there is not kept. */
static char *copy_word(const char *text)
{
    size_t size = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz-") : 0;
    return text && text[size] == '\0' && size <= 32 ? g_strdup(text) : NULL;
}

void ht_admin_do(const HtAdminVerb *verb, void *user, unsigned roles, HtText question, HtAdminRecord record,
                 HtAdminReply *reply)
{
    reply->verb = verb;
    reply->record = record;
    reply->record_user = user;
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = ht_json_is_flat(question, BRACKETS_MOST) &&
                json_parser_load_from_data(parser, question.data, (gssize)question.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        ht_admin_refuse(reply, 400, "the question is no JSON object");
        return;
    }
    reply->asked = copy_word(verb_of(json_node_get_object(root)));
    if (may(verb, roles, json_node_get_object(root))) {
        ask_verb(verb, user, json_node_get_object(root), reply);
    } else {
        refuse_role(verb, reply);
    }
}
