/* See reader-test.h. */
#include "tests/lib/reader-test.h"

static void give_text(ReaderTest *test)
{
    for (const char *at = test->text->str; *at; at++) {
        if (!strchr(" \t\r\n", *at)) {
            g_string_append(test->events, test->text->str);
            break;
        }
    }
    g_string_truncate(test->text, 0);
}

static void take_document_start(void *user, HtName root)
{
    ReaderTest *test = user;
    give_text(test);
    test->documents++;
    g_string_append_printf(test->events, "[%s\n", root);
}

static void take_document_end(void *user)
{
    ReaderTest *test = user;
    g_assert_cmpuint(test->documents, >, 0);
    test->documents--;
    g_string_append(test->events, "]\n");
}

void reader_test_start(void *user, HtName name, const HtAttribute *attributes, unsigned count)
{
    ReaderTest *test = user;
    give_text(test);
    g_assert_cmpuint(test->documents, >, 0);
    g_string_append_printf(test->events, "<%s", name);
    for (unsigned i = 0; i < count; i++) {
        HtText value = attributes[i].value;
        g_string_append_printf(test->events, " %s='%.*s'", attributes[i].name, (int)value.size, value.data);
    }
    g_string_append(test->events, ">");
    g_ptr_array_add(test->open, (gpointer)name);
    test->last_line = ht_reader_line(test->reader);
    if (name == test->stop_at) {
        HtFault fault;
        ht_fault_set(&fault, "stopped-by-sink", "The sink has stopped the reading.");
        ht_reader_stop(test->reader, &fault);
    }
}

static void take_text(void *user, const char *text, size_t size)
{
    ReaderTest *test = user;
    g_assert_cmpuint(size, >, 0);
    g_string_append_len(test->text, text, (gssize)size);
}

static void take_end(void *user, HtName name)
{
    ReaderTest *test = user;
    give_text(test);
    g_assert_cmpuint(test->open->len, >, 0);
    g_assert_true(g_ptr_array_index(test->open, test->open->len - 1) == name);
    g_ptr_array_set_size(test->open, (int)test->open->len - 1);
    g_string_append(test->events, "</>\n");
}

/* What the tests call a record. */
static HtNameRole get_role(void *user, HtText name)
{
    (void)user;
    return ht_text_is(name, "record") ? HT_NAME_OF_RECORD : HT_NAME_STRANGE;
}

const HtSink reader_test_sink = {
    take_document_start, take_document_end, reader_test_start, take_text, take_end, NULL, get_role, false};

void reader_test_forget(ReaderTest *test)
{
    g_string_truncate(test->events, 0);
    g_string_truncate(test->text, 0);
    g_ptr_array_set_size(test->open, 0);
    test->documents = 0;
}

void reader_test_restart(void *user)
{
    reader_test_forget(user);
    ((ReaderTest *)user)->restarts++;
}

ReaderTest *reader_test_new(const HtLimits *limits)
{
    ReaderTest *test = g_new0(ReaderTest, 1);
    HtLimits defaults = ht_limits_default();
    test->reader = ht_reader_new(limits ? limits : &defaults);
    test->events = g_string_new(NULL);
    test->text = g_string_new(NULL);
    test->open = g_ptr_array_new();
    return test;
}

void reader_test_free(ReaderTest *test)
{
    ht_reader_free(test->reader);
    g_string_free(test->events, TRUE);
    g_string_free(test->text, TRUE);
    g_ptr_array_unref(test->open);
    g_free(test);
}

bool reader_test_run_payload(ReaderTest *test, const HtPayload *payload, unsigned repairs)
{
    reader_test_forget(test);
    test->restarts = 0;
    bool good = ht_reader_run(test->reader, payload, repairs, &reader_test_sink, reader_test_restart, test,
                              &test->reading, &test->fault);
    if (good) {
        g_assert_cmpuint(test->open->len, ==, 0);
        g_assert_cmpuint(test->documents, ==, 0);
    }
    return good;
}

bool reader_test_run(ReaderTest *test, const char *xml, unsigned repairs)
{
    /* A copy without a NUL behind it: a body comes without. */
    size_t size = strlen(xml);
    g_autofree char *bytes = g_memdup2(xml, size);
    HtPayload payload = {.body = {bytes, size}};
    return reader_test_run_payload(test, &payload, repairs);
}

void assert_same(const char *what, const char *found, const char *expected)
{
    const char *a = found, *b = expected;
    for (;;) {
        a += strspn(a, "\n");
        b += strspn(b, "\n");
        if (*a != *b) {
            g_test_message("%s: events differ at byte %td of %zu, expected byte %td", what, a - found,
                           strlen(found), b - expected);
            g_test_fail();
            return;
        }
        if (*a == '\0') {
            return;
        }
        a++;
        b++;
    }
}

void reader_test_expect(ReaderTest *test, const char *xml, unsigned repairs, const char *events)
{
    if (!reader_test_run(test, xml, repairs)) {
        g_test_message("refused: %s: %s", test->fault.code, test->fault.text);
        g_test_fail();
        return;
    }
    assert_same(events, test->events->str, events);
}

void reader_test_refuses(ReaderTest *test, const char *xml, const char *code)
{
    g_assert_false(reader_test_run(test, xml, 0));
    g_assert_cmpstr(test->fault.code, ==, code);
    g_assert_cmpuint(strlen(test->fault.text), >, 20);
}
