/* mappings/engine/read/reader: hostile payloads are refused, quickly, with the right word, and leave nothing behind. */
#include "tests/lib/reader-test.h"

#include <libxml/xmlIO.h>
#include <malloc.h>
#include <math.h>
#include <time.h>

static double read_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Sanitizers and valgrind make everything slower. */
#ifdef __SANITIZE_ADDRESS__
#define SLOWER 10
#else
#define SLOWER 1
#endif

/* The best of three: on a machine that is shared even CPU time grows with what others do to caches and clock. */
static void expect_quick_fault(ReaderTest *test, const GString *xml, const char *code, double seconds)
{
    double best = INFINITY;
    for (unsigned i = 0; i < 3 && best >= seconds * SLOWER; i++) {
        double start = read_cpu_seconds();
        reader_test_refuses(test, xml->str, code);
        best = MIN(best, read_cpu_seconds() - start);
    }
    g_test_message("%s: %.1f ms", code, best * 1000);
    g_assert_cmpfloat(best, <, seconds * SLOWER);
}

/* ---- Caps ---- */

static void test_caps(void)
{
    HtLimits limits = ht_limits_default();
    limits.depth = 5;
    limits.attributes = 3;
    limits.elements = 20;
    limits.names = 40;
    limits.value_bytes = 10;
    limits.start_tag_bytes = 40;
    limits.document_bytes = 2000;
    g_autoptr(ReaderTest) test = reader_test_new(&limits);

    reader_test_expect(test, "<a><b><c><d><e/></d></c></b></a>", 0, "[a<a><b><c><d><e></></></></></>]");
    reader_test_refuses(test, "<a><b><c><d><e><f/></e></d></c></b></a>", "too-deep");
    reader_test_refuses(test, "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}", "too-deep");

    reader_test_expect(test, "<a b='1' c='2' d='3'/>", 0, "[a<a b='1' c='2' d='3'></>]");
    reader_test_refuses(test, "<a b='1' c='2' d='3' e='4'/>", "too-many-attributes");
    reader_test_refuses(test, "<a xmlns:x='u' xmlns:y='v' b='1' c='2'/>", "too-many-attributes");

    reader_test_expect(test, "<a>0123456789</a>", 0, "[a<a>0123456789</>]");
    reader_test_refuses(test, "<a>0123456789a</a>", "value-too-long");
    reader_test_refuses(test, "<a>01234<![CDATA[56789a]]></a>", "value-too-long");
    reader_test_refuses(test, "<a b='0123456789a'/>", "value-too-long");
    reader_test_refuses(test, "{\"a\":\"0123456789a\"}", "value-too-long");

    reader_test_refuses(test, "<a>\n<bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/></a>",
                        "start-tag-too-long");
    g_assert_cmpuint(test->fault.line, ==, 2);
    reader_test_expect(test, "<a><!-- a comment that is longer than forty bytes, and is no tag --></a>", 0,
                       "[a<a></>]");
    reader_test_refuses(
        test, "<a><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/></a>",
        "too-many-elements");

    g_autoptr(GString) names = g_string_new("<a");
    for (unsigned i = 0; i < 15; i++) {
        g_string_append_printf(names, "><n%u x%u='' y%u=''/", i, i, i);
    }
    g_string_append(names, "></a>");
    reader_test_refuses(test, names->str, "too-many-names");

    g_autofree char *blanks = g_strnfill(1996, ' ');
    g_autofree char *fits = g_strconcat("<a/>", blanks, NULL), *long_one = g_strconcat("<ab/>", blanks, NULL);
    reader_test_expect(test, fits, 0, "[a<a></>]");
    reader_test_refuses(test, long_one, "document-too-long");
}

/* A few names, but long ones. */
static void test_name_bytes(void)
{
    HtLimits limits = ht_limits_default();
    limits.name_bytes = 64 << 10;
    g_autoptr(ReaderTest) test = reader_test_new(&limits), lax = reader_test_new(NULL);
    g_autoptr(GString) xml = g_string_new("<a");
    g_autofree char *name = g_strnfill(20000, 'n');
    for (unsigned i = 0; i < 5; i++) {
        g_string_append_printf(xml, "><%s%u/", name, i);
    }
    g_string_append(xml, "></a>");
    g_assert_true(reader_test_run(lax, xml->str, 0));
    reader_test_refuses(test, xml->str, "too-many-names");
    g_assert_nonnull(strstr(test->fault.text, "65536 bytes (max-name-bytes = 64K)"));
}

static void test_cpu_cap(void)
{
    HtLimits limits = ht_limits_default();
    limits.cpu_ms_per_mb = 1;
    g_autoptr(ReaderTest) test = reader_test_new(&limits);
    g_autoptr(GString) xml = g_string_new("<a>");
    for (unsigned i = 0; i < 200000; i++) {
        g_string_append(xml, "<b/>");
    }
    g_string_append(xml, "</a>");
    expect_quick_fault(test, xml, "too-slow", 0.5);
}

/* ---- What burns time or memory ---- */

static void test_attributes(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtLimits limits = ht_limits_default();
    limits.start_tag_bytes = 1 << 30;
    g_autoptr(ReaderTest) lax = reader_test_new(&limits);
    static const char *const forms[] = {" a%u=''", " a%u='>'", " a%u=\"'>\"", " xmlns:a%u='u'",
                                        "\na%u\n=\n''"};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GString) xml = g_string_new("<a");
        for (unsigned k = 0; k < 80000; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            g_string_append_printf(xml, forms[i], k);
#pragma GCC diagnostic pop
        }
        g_string_append(xml, "/>");
        expect_quick_fault(test, xml, "too-many-attributes", 0.1);
        expect_quick_fault(lax, xml, "too-many-attributes", 0.1);

        /* Broken before that, so that a parser and we may see different tags. */
        g_string_prepend(xml, "<r><b c='<'/><!-- -- -->");
        g_assert_false(reader_test_run(test, xml->str, 0));
        g_string_prepend(xml, "<r a='x><!--");
        g_assert_false(reader_test_run(test, xml->str, 0));
    }
}

static void test_names(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_autoptr(GString) xml = g_string_new("<a>");
    for (unsigned i = 0; xml->len < 15 << 20; i++) {
        g_string_append_printf(xml, "<n%u/>", i);
    }
    g_string_append(xml, "</a>");
    expect_quick_fault(test, xml, "too-many-names", 0.1);

    /* The same behind an error: nothing of it is parsed any more. */
    g_string_prepend(xml, "<r></s>");
    expect_quick_fault(test, xml, "not-well-formed", 0.1);

    /* Few, but long. */
    g_string_assign(xml, "<a>");
    for (unsigned i = 0; i < 4000; i++) {
        g_string_append_printf(xml, "<n%u%08000d/>", i, 0);
    }
    expect_quick_fault(test, xml, "too-many-names", 1);
    g_string_assign(xml, "<");
    g_string_append_printf(xml, "n%060000d/>", 0);
    expect_quick_fault(test, xml, "too-many-names", 0.1);
}

static void fill(GString *xml, const char *piece, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_string_append(xml, piece);
    }
}

static void test_depth(void)
{
    static const char *const pieces[] = {"<a>", "<a b='1'><!--x-->", "{\"a\":", "[[", "&lt;a>"};
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GString) xml = g_string_new(NULL);
        fill(xml, pieces[i], 1000000);
        double start = read_cpu_seconds();
        g_assert_false(reader_test_run(test, xml->str, 0));
        g_string_prepend(xml, "<e:Envelope xmlns:e='" SOAP_11 "'><e:Body><op>");
        g_assert_false(reader_test_run(test, xml->str, 0));
        g_string_append(xml, "</op></e:Body></e:Envelope>");
        reader_test_run(test, xml->str, 0);
        g_assert_cmpfloat(read_cpu_seconds() - start, <, 1 * SLOWER);
    }
    reader_test_expect(test, "<a/>", 0, "[a<a></>]");
}

/* ---- What reaches outside or hides something ---- */

static const char billion_laughs[] =
    "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;'>"
    "<!ENTITY lol3 '&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;'>]><lolz>&lol3;</lolz>";

static unsigned files_opened;

static int count_opening(const char *name)
{
    files_opened += name != NULL;
    return 0;
}

static void test_outside(void)
{
    static const char *const doctypes[] = {
        billion_laughs,
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!-- x --><?p?>\n<!DOCTYPE a PUBLIC 'x' 'http://127.0.0.1/x.dtd' [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><a/>",
        "<a><![CDATA[<!DOCTYPE b SYSTEM 'file:///etc/passwd'><b/>]]></a>",
    };
    static const char *const ignored[] = {
        "<?xml-stylesheet href='file:///etc/passwd'?><a/>",
        "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></a>",
        "<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:schemaLocation='u file:///etc/passwd'/>",
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    xmlRegisterInputCallbacks(count_opening, NULL, NULL, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(doctypes); i++) {
        reader_test_refuses(test, doctypes[i], "doctype-refused");
        g_assert_cmpuint(test->fault.line, ==, strchr(doctypes[i], '\n') ? 2 : 1);
        g_assert_false(reader_test_run(test, doctypes[i], ALL_REPAIRS));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ignored); i++) {
        g_assert_true(reader_test_run(test, ignored[i], 0));
    }
    g_assert_false(reader_test_run(test, "<a>&e;</a><!DOCTYPE a SYSTEM 'x'>", ALL_REPAIRS));
    g_assert_cmpuint(files_opened, ==, 0);
    xmlPopInputCallbacks();
}

static void test_well_formed(void)
{
    static const struct {
        const char *xml, *code;
    } cases[] = {
        {"<p:a/>", "namespace-not-well-formed"},
        {"<a p:b='1'/>", "namespace-not-well-formed"},
        {"<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "namespace-not-well-formed"},
        {"<a xmlns:p=''/>", "namespace-not-well-formed"},
        {"<a:b:c xmlns:a='u'/>", "namespace-not-well-formed"},
        {"<a b='1' b='2'/>", "not-well-formed"},
        {"<?xml version='1.0'?><?xml version='1.0' encoding='utf-16'?><a/>", "not-well-formed"},
        {"<a/><?xml version='1.0'?>", "not-well-formed"},
        {"<a>\x01</a>", "not-well-formed"},
        {"<a>&#0;</a>", "not-well-formed"},
        {"<a>&nbsp;</a>", "not-well-formed"},
        {"<a>]]></a>", "not-well-formed"},
        {"<a><![CDATA[x</a>", "not-well-formed"},
        {"<a b='<'/>", "not-well-formed"},
        {"<a", "not-well-formed"},
        {"<a>", "not-well-formed"},
        {"<a/>b", "not-well-formed"},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        reader_test_refuses(test, cases[i].xml, cases[i].code);
        g_assert_cmpuint(test->fault.line, ==, 1);
    }

    /* A NUL ends no document; a namespace that is no proper URI is still a name. */
    HtPayload payload = {.body = HT_TEXT_LITERAL("<a/>\0<b/>")};
    g_assert_false(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpstr(test->fault.code, ==, "not-well-formed");
    reader_test_expect(test, "<a xmlns='人口 信息'/>", 0, "[a<a></>]");
    reader_test_expect(test, "<a xmlns='relative'/>", 0, "[a<a></>]");
}

/* No part of a payload stands in a fault. */
static void test_silent(void)
{
    static const char *const payloads[] = {
        "<secret>",        "<a secret='1' secret='2'/>", "<secret:a/>",
        "<a>&secret;</a>", "<a><secret></b></a>",        IN_BODY("<op><![CDATA[<secret>]]></op>"),
        "<a>secret",       "<!DOCTYPE secret><a/>",
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
        g_assert_false(
            reader_test_run(test, payloads[i], ALL_REPAIRS & ~HT_REPAIR_ROOT & ~HT_REPAIR_BARE_AMPERSAND));
        g_assert_null(strstr(test->fault.text, "secret"));
        g_assert_cmpstr(test->fault.element, ==, "");
    }
}

/* ---- Used again and again ---- */

static void test_reuse(void)
{
    static const char *const hostile[] = {
        "<a xmlns='urn:left-over' xmlns:p='urn:left-over'><b><c></a>",
        "<a><![CDATA[",
        "<a b='",
        "<p:a/>",
        IN_BODY("<op><![CDATA[<a xmlns:p='urn:left-over'><b>]]></op>"),
        "<a>&lt;b>&lt;c></a>",
        "",
        "<a/><b/>",
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtName kept = ht_reader_intern(test->reader, "b");
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_assert_false(reader_test_run(test, hostile[i], 0));
        reader_test_refuses(test, "<p:b/>", "namespace-not-well-formed");
        reader_test_expect(test, IN_BODY("<a><b>1</b>&lt;</a>"), 0, "[a<a><b>1</><</>]");
        g_assert_true(ht_reader_intern(test->reader, "b") == kept);
    }
    test->stop_at = kept;
    reader_test_refuses(test, "<a><b/></a>", "stopped-by-sink");
}

/* `count` payloads with names that never come again; returns by how much the memory in use has grown after the first
 * tenth. */
static size_t run_new_names(ReaderTest *test, unsigned from, unsigned count, bool good)
{
    size_t before = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned n = from + i;
        g_autofree char *xml = g_strdup_printf("<a%u xmlns:p%u='urn:%u'><b%u c%u='1'/><kept/>%s</a%u>", n, n,
                                               n, n, n, good ? "" : "</x>", n);
        g_assert_true(reader_test_run(test, xml, 0) == good);
        if (i == count / 10) {
            before = mallinfo2().uordblks;
        }
    }
    size_t after = mallinfo2().uordblks;
    return after > before ? after - before : 0;
}

static void test_memory(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtName kept = ht_reader_intern(test->reader, "kept");
    g_assert_cmpuint(run_new_names(test, 0, 10000, true), <, 256 * 1024);
    g_assert_cmpuint(run_new_names(test, 10000, 10000, false), <, 256 * 1024);
    test->stop_at = kept;
    reader_test_refuses(test, "<a><kept/></a>", "stopped-by-sink");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostile/each-cap-refuses-with-its-word", test_caps);
    g_test_add_func("/hostile/cpu-time-is-bounded", test_cpu_cap);
    g_test_add_func("/reader/hostile/bytes-of-names", test_name_bytes);
    g_test_add_func("/hostile/80000-attributes-are-refused-at-once", test_attributes);
    g_test_add_func("/hostile/15-mb-of-names-are-refused-at-once", test_names);
    g_test_add_func("/hostile/deep-nesting-is-refused", test_depth);
    g_test_add_func("/hostile/nothing-outside-is-opened", test_outside);
    g_test_add_func("/hostile/what-is-not-well-formed-is-refused", test_well_formed);
    g_test_add_func("/hostile/faults-hold-no-content", test_silent);
    g_test_add_func("/hostile/a-fault-leaves-nothing-behind", test_reuse);
    g_test_add_func("/hostile/memory-does-not-grow", test_memory);
    return g_test_run();
}
