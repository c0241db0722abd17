/* Answers of verbs. Main thread. */
#include "core/admin/reply.h"

#include "core/base/json.h"
#include "core/base/log.h"

#include <stdarg.h>

struct HtAdminReply {
    int64_t uid;
    char *note;
    HtAdminAnswered answered;
    void *user;
};

HtAdminReply *ht_admin_reply_new(int64_t uid, HtAdminAnswered answered, void *user)
{
    HtAdminReply *reply = g_new(HtAdminReply, 1);
    *reply = (HtAdminReply){uid, NULL, answered, user};
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

void ht_admin_reply(HtAdminReply *reply, unsigned status, HtText json)
{
    if (reply->note) {
        ht_log(HT_LOG_INFO, "admin", "uid %" G_GINT64_FORMAT ": %s: %s", reply->uid, reply->note,
               status == 200 ? "done" : "not done");
    }
    reply->answered(status, json, reply->user);
    g_free(reply->note);
    g_free(reply);
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

void ht_admin_do(const HtAdminVerb *verb, void *user, HtText question, HtAdminReply *reply)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, question.data, (gssize)question.size, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        ht_admin_refuse(reply, 400, "the question is no JSON object");
        return;
    }
    verb->answer(user, json_node_get_object(root), reply);
}
