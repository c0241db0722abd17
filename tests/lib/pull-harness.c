/* The door of a consumer that asks; see pull-harness.h. */
#include "tests/lib/pull-harness.h"

static void take_answer(HtPageCall *page_call, HtPageAnswer *answer)
{
    Call *call = (Call *)page_call;
    g_assert_cmpuint(call->status, ==, 0);
    call->status = answer->status;
    g_string_append_len(call->body, answer->body.data, (gssize)answer->body.size);
    ht_buffer_clear(&answer->body);
    for (unsigned i = 0; i < HT_PAGE_HEADERS && answer->headers[i].name; i++) {
        call->paused |= g_str_equal(answer->headers[i].name, "Hutong-Paused");
        call->more |= g_str_equal(answer->headers[i].name, "Hutong-More") &&
                      g_str_equal(answer->headers[i].value, "true");
    }
}

static void take_refusal(HtPageCall *page_call, const HtRefusal *refusal)
{
    Call *call = (Call *)page_call;
    g_assert_cmpuint(call->status, ==, 0);
    call->status = refusal->status;
    call->code = g_strdup(refusal->code);
}

static const char *value_of(const char *text, const char *name, const char *before, const char *after)
{
    static char value[200];
    g_autofree char *key = g_strconcat(name, before, NULL);
    const char *at = text ? strstr(text, key) : NULL;
    if (!at) {
        return NULL;
    }
    at += strlen(key);
    g_strlcpy(value, at, MIN(sizeof value, strcspn(at, after) + 1));
    return g_intern_string(value);
}

static const char *find_header(const HtPageCall *call, const char *name)
{
    return value_of(((const Call *)call)->header, name, ": ", "\n");
}

static const char *find_query(const HtPageCall *call, const char *name)
{
    return value_of(((const Call *)call)->query, name, "=", "&");
}

static void begin_stream(HtPageCall *page_call, HtPageAnswer *head)
{
    Call *call = (Call *)page_call;
    call->status = head->status;
    call->streams = true;
}

static void take_piece(HtPageCall *page_call, HtText text)
{
    Call *call = (Call *)page_call;
    g_assert_true(call->streams && !call->closed);
    g_string_append_len(call->body, text.data, (gssize)text.size);
}

static void take_end(HtPageCall *call)
{
    ((Call *)call)->closed = true;
}

static const HtPageWays ways = {take_answer,  take_refusal, find_header, find_query,
                                begin_stream, take_piece,   take_end};

static GPtrArray *calls; /* of Call: those that are open */

Call *ask(Fixture *f, HtOutPage page, const char *query, const char *header, const char *body)
{
    HtTransport *transport = ht_consumer_transport(f->consumer);
    Call *call = g_new0(Call, 1);
    call->call = (HtPageCall){.ways = &ways, .party = "c", .body = ht_text_from(body ? body : "")};
    call->query = query;
    call->header = header;
    call->body = g_string_new(NULL);
    g_ptr_array_add(calls, call);
    transport->serve(transport, page, &call->call);
    return call;
}

void end_call(Call *call, bool sent)
{
    g_ptr_array_remove(calls, call);
    if (call->call.ended) {
        call->call.ended(&call->call, sent);
    }
    g_string_free(call->body, TRUE);
    g_free(call->code);
    g_free(call);
}

void await_answer(const Call *call)
{
    guint deadline = g_timeout_add_seconds(DEADLINE_S, fail_late, NULL);
    while (call->status == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(deadline);
}

char *sequences_in(const char *text)
{
    static const char key[] = "\"sequence\":\"";
    GString *sequences = g_string_new(NULL);
    for (const char *at = text; (at = strstr(at, key)); at++) {
        g_string_append_printf(sequences, "%u ", (unsigned)g_ascii_strtoull(at + strlen(key), NULL, 10));
    }
    return g_string_free(sequences, FALSE);
}

void assert_gets(Fixture *f, const char *query, const char *sequences)
{
    Call *call = ask(f, HT_OUT_GET, query, NULL, NULL);
    await_answer(call);
    g_autofree char *got = sequences_in(call->body->str);
    g_assert_cmpuint(call->status, ==, 200);
    g_assert_cmpstr(got, ==, sequences);
    end_call(call, true);
}

unsigned say(Fixture *f, HtOutPage page, const char *body, const char *answer)
{
    Call *call = ask(f, page, "", PULL_JSON, body);
    await_answer(call);
    if (answer) {
        g_assert_nonnull(strstr(call->body->str, answer));
    }
    unsigned status = call->status;
    end_call(call, true);
    return status;
}

void begin_pull(Fixture *f, const char *keys, const char *persons)
{
    g_autofree char *all = g_strconcat("type = pull\n", keys, NULL);
    calls = g_ptr_array_new();
    start(f, all, persons);
}

void end_pull(Fixture *f)
{
    while (calls->len > 0) {
        end_call(calls->pdata[0], false);
    }
    g_ptr_array_unref(calls);
    stop(f);
}
