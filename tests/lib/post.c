/* The client side of tests and demo, on libcurl's easy interface. */
#include "tests/lib/post.h"

#include <curl/curl.h>
#include <string.h>

#define POST_MS 30000L

static size_t take_body(char *bytes, size_t one, size_t count, void *user)
{
    g_string_append_len(user, bytes, (gssize)(one * count));
    return one * count;
}

static char *header_of(CURL *easy, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? g_strdup(header->value)
                                                                                   : NULL;
}

/* With a body it is a POST. `list` is freed. */
static Answer *ask(unsigned port, const char *path, struct curl_slist *list, const char *const *headers,
                   const void *body, gsize size)
{
    Answer *answer = g_new0(Answer, 1);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u%s", port, path);
    for (; headers && *headers; headers++) {
        list = curl_slist_append(list, *headers);
    }
    answer->body = g_string_new(NULL);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, POST_MS);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer->body);
    gint64 start = g_get_monotonic_time();
    if (curl_easy_perform(easy) == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    answer->took_us = g_get_monotonic_time() - start;
    answer->content_type = header_of(easy, "Content-Type");
    answer->message_id = header_of(easy, "Hutong-Message-Id");
    answer->retry_after = header_of(easy, "Retry-After");
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    return answer;
}

Answer *post(unsigned port, const char *path, const char *content_type, const char *const *headers,
             const void *body, gsize size)
{
    g_autofree char *type = g_strdup_printf("Content-Type: %s", content_type);
    struct curl_slist *list = curl_slist_append(curl_slist_append(NULL, type), "Expect:");
    return ask(port, path, list, headers, body ? body : "", size);
}

Answer *fetch(unsigned port, const char *path, const char *const *headers)
{
    return ask(port, path, NULL, headers, NULL, 0);
}

void answer_free(Answer *answer)
{
    g_string_free(answer->body, TRUE);
    g_free(answer->content_type);
    g_free(answer->message_id);
    g_free(answer->retry_after);
    g_free(answer);
}

char *answer_element(const Answer *answer, const char *name)
{
    g_autofree char *pattern = g_strdup_printf("<(?:[A-Za-z0-9]+:)?%s(?:\\s[^>]*)?>([^<]*)<", name);
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, answer->body->str, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

char *wrap_soap(bool version_12, const char *operation, const char *encoding, const char *payload, gsize size)
{
    const char *namespace_uri =
        version_12 ? "http://www.w3.org/2003/05/soap-envelope" : "http://schemas.xmlsoap.org/soap/envelope/";
    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"%s\"?>\n<s:Envelope xmlns:s=\"%s\"><s:Body><p:%s xmlns:p=\"urn:police\">"
        "<p:xml><![CDATA[%.*s]]></p:xml></p:%s></s:Body></s:Envelope>",
        encoding, namespace_uri, operation, (int)size, payload, operation);
}

char *read_source_file(const char *path, gsize *size)
{
    const char *root = g_getenv("HUTONG_SRCDIR");
    g_autofree char *file = g_build_filename(root ? root : ".", path, NULL);
    char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(file, &bytes, size, &error);
    g_assert_no_error(error);
    return bytes;
}
