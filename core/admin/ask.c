/* The commands' side of the admin socket. In a command's process; blocks. */
#include "core/admin/ask.h"

#include "core/base/buffer.h"

#include <curl/curl.h>
#include <glib/gi18n.h>

#define ANSWER_MAX (16 << 20)
#define POST_MS 30000

static size_t take(char *bytes, size_t one, size_t count, void *user)
{
    HtBuffer *buffer = user;
    ht_buffer_add(buffer, bytes, one * count);
    return buffer->size > ANSWER_MAX ? 0 : one * count;
}

/* `body` is NULL for a GET. */
static char *request(const char *path, const char *page, const char *body, unsigned timeout_ms,
                     unsigned *status, GError **error)
{
    HtBuffer text = {0};
    long code = 0;
    g_autofree char *url = g_strconcat("http://hutong", page, NULL);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    }
    CURLcode result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) {
        bool nobody = result == CURLE_COULDNT_CONNECT;
        g_set_error(error, HT_ADMIN_ERROR, nobody ? HT_ADMIN_ERROR_NOBODY : HT_ADMIN_ERROR_FAILED,
                    _("no bus answers at %s: %s"), path, curl_easy_strerror(result));
        ht_buffer_clear(&text);
        return NULL;
    }
    *status = (unsigned)code;
    ht_buffer_add_char(&text, '\0');
    return text.data;
}

char *ht_admin_get(const char *path, const char *page, unsigned timeout_ms, unsigned *status, GError **error)
{
    return request(path, page, NULL, timeout_ms, status, error);
}

JsonObject *ht_admin_answer(unsigned status, const char *json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    bool good = json_parser_load_from_data(parser, json, -1, NULL);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    JsonObject *answer = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    if (answer && status == 200) {
        return json_object_ref(answer);
    }
    bool unknown = status == 404 || status == 405;
    const char *text = answer
                           ? json_object_get_string_member_with_default(answer, "error", _("the bus refuses"))
                       : unknown ? _("the running bus is of another version: it does not know this")
                                 : _("the bus's answer cannot be read");
    bool refused = answer && status >= 400 && status < 500;
    g_set_error_literal(error, HT_ADMIN_ERROR, refused ? HT_ADMIN_ERROR_REFUSED : HT_ADMIN_ERROR_FAILED,
                        text);
    return NULL;
}

JsonObject *ht_admin_ask_within(const char *path, const char *verb, const char *question, unsigned timeout_ms,
                                GError **error)
{
    unsigned status;
    g_autofree char *page = g_strconcat("/", verb, NULL);
    g_autofree char *body = request(path, page, question, timeout_ms, &status, error);
    return body ? ht_admin_answer(status, body, error) : NULL;
}

JsonObject *ht_admin_ask(const char *path, const char *verb, const char *question, GError **error)
{
    return ht_admin_ask_within(path, verb, question, POST_MS, error);
}
