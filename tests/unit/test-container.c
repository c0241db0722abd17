/* mappings/engine/parts/container, mime: what comes as several parts is read as what it means, or refused with the part's number. */
#include "tests/lib/container-test.h"

#include "mappings/engine/parts/mime.h"

/* ---- Attachments ---- */

static char *find_digest(MappingTest *test)
{
    g_autofree char *json = mapping_test_json(test, 0);
    const char *at = strstr(json, "\"digest\":\"");
    g_assert_nonnull(at);
    return g_strndup(at, 10 + 32);
}

/* The digest of the photo sent as base64 text, as without attachments. */
static char *find_plain_digest(MappingTest *test)
{
    g_autofree char *base64 = g_base64_encode((const guchar *)PHOTO, sizeof PHOTO - 1);
    g_autofree char *xml = g_strdup_printf("<r><XM>测试甲</XM><xp>%s</xp></r>", base64);
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    return find_digest(test);
}

#define INCLUDE ENVELOPE(SOAP_12, "<r><XM>测试甲</XM><xp><x:Include " XOP " href='cid:p%401@x'/></xp></r>")
#define XOP_TYPE \
    "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\nContent-ID: <root>\r\n"

static void test_mtom(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    g_autofree char *plain = find_plain_digest(test);
    static const char *const types[] = {
        "multipart/related; boundary=b",
        "Multipart/Related; type=\"application/xop+xml\"; start=\"<root>\"; boundary=\"b\"; "
        "start-info=\"application/soap+xml; action=\\\"urn:r\\\"\"",
    };
    static const char *const bodies[] = {
        PART(XOP_TYPE, INCLUDE) PART("Content-ID: <p@1@x>\r\nContent-Transfer-Encoding: binary\r\n", PHOTO)
            END,
        "preamble\r\n" PART(XOP_TYPE "Content-Transfer-Encoding: 8bit\r\n", INCLUDE) PART(
            "Content-Type: image/gif\r\ncontent-id:\r\n  <p@1@x>\r\nCONTENT-TRANSFER-ENCODING: Base64\r\n",
            "R0lG\r\nODlh\r\nMQ==") "--b-- \r\n\r\n",
        "--b\n" XOP_TYPE "\n" INCLUDE
        "\n--b\nContent-ID: p@1@x\nContent-Transfer-Encoding: quoted-printable\n\n"
        "GIF=38=\n9a1\n--b--",
    };
    for (size_t t = 0; t < G_N_ELEMENTS(types); t++) {
        for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
            assert_taken(test, types[t], bodies[i], 1);
            g_autofree char *digest = find_digest(test);
            g_assert_cmpstr(digest, ==, plain);
            g_assert_cmpint(test->outcome.soap, ==, HT_SOAP_12);
            g_assert_cmpuint(test->outcome.operation.size, ==, 1);
        }
    }
}

/* The root is the one that `start` names. */
static void test_start(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const char *body = PART("Content-ID: <p@1@x>\r\n", PHOTO) PART(XOP_TYPE, INCLUDE) END;
    assert_taken(test, RELATED "; start=\"<root>\"", body, 1);
    assert_taken(test, RELATED "; start=root", body, 1);
    assert_refused(test, RELATED "; start=nobody", body, "multipart-malformed", 0);
    assert_refused(test, RELATED, body, "not-well-formed", 0);
}

/* The SOAP version and action of the root count where the request's own headers say nothing. */
static void test_action(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const char *body =
        PART("Content-Type: application/xop+xml; type=\"application/soap+xml; action=\\\"urn:other\\\"\"\r\n",
             "<e:Envelope xmlns:e='" SOAP_12 "'><e:Body><rows><r/></rows></e:Body></e:Envelope>") END;
    assert_refused(test, RELATED, body, "soap-action-mismatch", 0);
    assert_refused(test, RELATED, PART("Content-Type: application/soap+xml\r\n", "<r/>") END, "soap-version",
                   0);
    g_assert_cmpint(test->outcome.soap, ==, HT_SOAP_12);
    assert_refused(test, RELATED "; start-info=\"application/soap+xml\"", PART(XML, "<r/>") END,
                   "soap-version", 0);
    assert_taken(test, RELATED, PART(XML, ENVELOPE(SOAP_11, "<r/>")) END, 1);
    g_assert_cmpint(test->outcome.soap, ==, HT_SOAP_11);
}

static void test_swa(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    g_autofree char *plain = find_plain_digest(test);
    assert_taken(test, RELATED,
                 PART(XML, ENVELOPE(SOAP_11, "<r><XM>测试甲</XM><xp href='cid:p'/></r>"))
                     PART("Content-ID: <p>\r\nContent-Type: image/gif\r\n", PHOTO) END,
                 1);
    g_autofree char *digest = find_digest(test);
    g_assert_cmpstr(digest, ==, plain);
    assert_lacks(test, 0, "unmapped");

    /* An XML attachment is a document of its own, in its own encoding. */
    const char *document =
        "<?xml version='1.0' encoding='gb2312'?><doc><ROW><ID>1</ID><XM>\xb2\xe2\xca\xd4\xbc\xd7</XM></ROW></doc>";
    g_autofree char *body = g_strconcat(PART(XML, ENVELOPE(SOAP_11, "<op><data href=\"cid:d\"/></op>")),
                                        "--b\r\nContent-ID: <d>\r\nContent-Type: application/xml\r\n\r\n",
                                        document, "\r\n" END, NULL);
    assert_taken(test, RELATED, body, 1);
    assert_has(test, 0, "\"name\":\"测试甲\"");
    assert_has(test, 0, "person.moved-in.v1");
    assert_refused(test, RELATED,
                   PART(XML, ENVELOPE(SOAP_11, "<op><data href='cid:d'/></op>"))
                       PART(XML "Content-ID: <d>\r\n", "<!DOCTYPE doc><doc/>") END,
                   "doctype-refused", 0);
    assert_refused(test, RELATED,
                   PART(XML, ENVELOPE(SOAP_11, "<op><data href='cid:d'/></op>"))
                       PART(XML "Content-ID: <d>\r\n", "<doc>") END,
                   "not-well-formed", 0);

    /* In a structure that another element refers to; and twice. */
    assert_taken(test, RELATED,
                 PART(XML, ENVELOPE(SOAP_11, "<op><a href='#1'/><a href='#1'/></op><m id='1' href='cid:d'/>"))
                     PART(XML "Content-ID: <d>\r\n", "<doc><ROW><XM>测试甲</XM></ROW></doc>") END,
                 2);
    /* Plain XML, too. */
    assert_taken(test, RELATED,
                 PART(XML, "<r><XM>测试甲</XM><xp href='cid:p'/></r>") PART("Content-ID: <p>\r\n", PHOTO) END,
                 1);
}

static void test_attachment_faults(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const char *root = PART(XML, ENVELOPE(SOAP_11, "<r><XM>测试甲</XM></r>"));
    g_autofree char *unused = g_strconcat(root, PART("Content-ID: <p>\r\n", PHOTO) END, NULL);
    assert_refused(test, RELATED, unused, "attachment-unreferenced", 2);
    g_autofree char *nameless = g_strconcat(root, PART("X: y\r\n", PHOTO) END, NULL);
    assert_refused(test, RELATED, nameless, "attachment-unreferenced", 2);
    assert_refused(test, RELATED, PART(XOP_TYPE, INCLUDE) END, "attachment-missing", 0);
    g_assert_cmpuint(test->outcome.faults[0].line, ==, 1);
    assert_refused(test, RELATED, PART(XOP_TYPE, INCLUDE) PART("Content-ID: <P@1@x>\r\n", PHOTO) END,
                   "attachment-missing", 0);
    assert_refused(test, RELATED,
                   PART(XML, ENVELOPE(SOAP_11, "<r><x:Include " XOP " href='http://127.0.0.1/'/></r>"))
                       PART("Content-ID: <p>\r\n", PHOTO) END,
                   "attachment-missing", 0);
    assert_refused(test, RELATED, PART("Content-Type: image/gif\r\n", PHOTO) END, "part-not-xml", 1);
    assert_refused(test, RELATED, PART("Content-Type: multipart/related; boundary=c\r\n", "--c--") END,
                   "part-nested", 1);
    assert_refused(test, RELATED,
                   PART(XOP_TYPE, INCLUDE) PART("Content-ID: <a>\r\n", "x") PART("Content-ID: <a>\r\n", "y")
                       END,
                   "multipart-malformed", 3);
}

/* Where a document must stand, bytes are nobody's value: they would be taken and lost. */
static void test_include_as_document(void)
{
    static const char include[] = "<x:Include " XOP " href='cid:p'/>";
    static const struct {
        const char *before, *after;
    } places[] = {
        {"<r><XM>测试甲</XM></r>", ""},
        {"", "<r><XM>测试甲</XM></r>"},
        {"<s:Submit xmlns:s='urn:hutong:source:t'><r><XM>测试甲</XM></r>", "</s:Submit>"},
        {"<r href='#1'/>", "<XM id='1'>测试甲</XM>"},
    };
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *root =
            g_strdup_printf(ENVELOPE(SOAP_11, "%s%s%s"), places[i].before, include, places[i].after);
        g_autofree char *body =
            g_strconcat("--b\r\n" XML "\r\n", root, "\r\n" PART("Content-ID: <p>\r\n", PHOTO) END, NULL);
        assert_refused(test, RELATED, body, "attachment-unreferenced", 2);
    }
    g_assert_cmpint(mapping_test_run(test, "<r><XM>测试甲</XM></r>"), ==, HT_VERDICT_OK);
}

/* What attachments become counts like values and like the document. */
static void test_attachment_caps(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.value_bytes = 100000;
    options.limits.document_bytes = 300000;
    g_autoptr(MappingTest) test = mapping_test_new_with(PHOTO_MAPPING, &options);
    g_autofree char *photo = g_strnfill(70000, 'x'), *large = g_strnfill(80000, 'x');
    GString *includes = g_string_new("");
    for (unsigned i = 0; i < 5; i++) {
        g_string_append(includes, "<xp href='cid:p'/>");
        g_autofree char *body = g_strdup_printf("--b\r\n\r\n<e:Envelope xmlns:e='" SOAP_11
                                                "'><e:Body><r>%s</r></e:Body></e:Envelope>\r\n"
                                                "--b\r\nContent-ID: <p>\r\n\r\n%s\r\n" END,
                                                includes->str, photo);
        if (i < 3) {
            assert_taken(test, RELATED, body, 1);
        } else {
            assert_refused(test, RELATED, body, "document-too-long", 0);
        }
    }
    g_string_free(includes, TRUE);
    g_autofree char *body = g_strconcat(
        "--b\r\n\r\n<r><xp href='cid:p'/></r>\r\n--b\r\nContent-ID: <p>\r\n\r\n", large, "\r\n" END, NULL);
    assert_refused(test, RELATED, body, "value-too-long", 0);
}

/* Small to send and slow to read: each reference stands for two more. Each such document may have the least share of time,
 * but not each of very many. */
static void test_batch_time(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.cpu_ms_per_mb = 1;
    g_autoptr(MappingTest) test = mapping_test_new_with(PHOTO_MAPPING, &options);
    g_autoptr(GString) wide = g_string_new(""), content = g_string_new("<r/><op href='#0'/>");
    for (unsigned i = 0; i < 250; i++) {
        g_string_append_printf(wide, " a%u=''", i);
    }
    for (unsigned i = 0; i < 7; i++) {
        g_string_append_printf(content, "<m id='%u'><a href='#%u'%s/><a href='#%u'%s/></m>", i, i + 1,
                               wide->str, i + 1, wide->str);
    }
    g_string_append(content, "<m id='7'/>");
    g_autofree char *document = g_strdup_printf(ENVELOPE(SOAP_11, "%s"), content->str);
    g_autoptr(GString) body = g_string_new("");
    for (unsigned i = 0; i < 60; i++) {
        g_string_append_printf(body, "--b\r\n\r\n%s\r\n", document);
    }
    g_string_append(body, END);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(mapping_test_run(test, document), ==, HT_VERDICT_OK);
        g_assert_cmpint(run_typed(test, MIXED, (HtText){body->str, body->len}), ==, HT_VERDICT_REJECT);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, "too-slow");
        g_assert_cmpuint(test->outcome.faults[0].part, >, 0);
    }
}

/* ---- MIME ---- */

static void test_malformed(void)
{
    static const struct {
        const char *type, *body;
        unsigned part;
    } cases[] = {
        {"multipart/mixed", PART(XML, "<r/>") END, 0},
        {"multipart/mixed; boundary=\"\"", PART(XML, "<r/>") END, 0},
        {"multipart/mixed; boundary=\"a\nb\"", PART(XML, "<r/>") END, 0},
        {"multipart/mixed; boundary=other", PART(XML, "<r/>") END, 0},
        {MIXED, "", 0},
        {MIXED, "--b", 0},
        {MIXED, "--b--\r\n", 0},
        {MIXED, "--b\r\n", 1},
        {MIXED, "--b\r\n" XML, 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>", 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>\r\n--b", 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>\r\n--b-", 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>\r\n --b--", 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>--b--", 1},
        {MIXED, "--b\r\n" XML "\r\n<r/>\r\n--bb--\r\n", 1},
        {MIXED, PART(XML, "<r/>") "--b\r\n" XML "\r\n<r/>\r\n", 2},
        {MIXED, PART(XML, "<r/>") END PART(XML, "<r/>") END, 0},
        {MIXED, PART(XML, "<r/>") END "<r/>", 0},
        {MIXED, "-b\r\n" XML "\r\n<r/>\r\n" PART(XML, "<r/>") END, 0},
        {MIXED, PART("no header\r\n", "<r/>") END, 1},
        {MIXED, PART(": x\r\n", "<r/>") END, 1},
        {MIXED, "--b\r\n<r/>\r\n" END, 1},
        {MIXED, PART(XML XML, "<r/>") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: x-uuencode\r\n", "<r/>") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: base64\r\n", "<r/>") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: base64\r\n", "PHIvP") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: base64\r\n", "PHIv=Pg=") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: quoted-printable\r\n", "<r=/>") END, 1},
        {MIXED, PART("Content-Transfer-Encoding: quoted-printable\r\n", "<r/>=4") END, 1},
    };
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        run_typed(test, cases[i].type, ht_text_from(cases[i].body));
        const HtFault *fault = &test->outcome.faults[0];
        if (test->outcome.verdict != HT_VERDICT_REJECT || strcmp(fault->code, "multipart-malformed") != 0 ||
            fault->part != cases[i].part) {
            g_error("case %zu: %s part %u", i, test->outcome.fault_count ? fault->code : "taken",
                    fault->part);
        }
    }
    g_autofree char *filling = g_strnfill(20000, 'x');
    g_autofree char *header = g_strconcat("--b\r\nX: ", filling, "\r\n\r\n<r/>\r\n" END, NULL);
    assert_refused(test, MIXED, header, "multipart-malformed", 1);
}

/* What looks like a delimiter and is none is content; blanks after one do no harm. */
static void test_boundaries(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    assert_taken(test, MIXED, "--b \t\r\n\r\n<r>\r\n--bb\r\n--b.\r\n-- b\r\n --b\r\n--B\r\n</r>\r\n--b--", 1);
    assert_taken(test, "multipart/mixed; boundary=\"=_a b(c)+'?\"",
                 "--=_a b(c)+'?\r\n\r\n<r/>\r\n--=_a b(c)+'?--", 1);
    assert_taken(test, "multipart/mixed; x=\"boundary=no\"; boundary=b", PART("", "<r/>") END, 1);
}

/* A cut anywhere is noticed. */
static void test_cuts(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const char *whole = PART(XML, "<r/>") PART(XML, "<r><XM>测试甲</XM></r>") "--b--";
    for (size_t size = 0; size < strlen(whole); size++) {
        g_assert_cmpint(run_typed(test, MIXED, (HtText){whole, size}), ==, HT_VERDICT_REJECT);
    }
    assert_taken(test, MIXED, whole, 2);
}

static void check_many_parts(const HtMapperOptions *options, const char *told)
{
    g_autoptr(MappingTest) test = mapping_test_new_with(PHOTO_MAPPING, options);
    GString *body = g_string_new("");
    for (unsigned i = 0; i < options->limits.parts; i++) {
        g_string_append(body, PART("", "<r/>"));
    }
    g_autofree char *most = g_strconcat(body->str, END, NULL);
    assert_taken(test, MIXED, most, (unsigned)options->limits.parts);
    g_string_append(body, PART("", "<r/>") END);
    assert_refused(test, MIXED, body->str, "too-many-parts", 0);
    g_assert_nonnull(strstr(test->outcome.faults[0].text, told));
    g_string_free(body, TRUE);
}

static void test_many_parts(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    check_many_parts(&options, "more than 1000 parts (max-parts = 1000)");
    options.limits.parts = 3;
    check_many_parts(&options, "more than 3 parts (max-parts = 3)");
}

/* ---- Batches ---- */

static void test_batch(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    assert_taken(test, MIXED,
                 PART(XML, "<doc>" NAMED(1) NAMED(2) "</doc>")
                     PART("", ENVELOPE(SOAP_11, "<r><XM>测试乙</XM></r>")) PART(XML, "<doc/>") END,
                 3);
    g_assert_cmpuint(test->outcome.records, ==, 3);
    g_assert_cmpint(test->outcome.soap, ==, HT_SOAP_NONE);
    g_assert_false(test->outcome.key.data != NULL);
    g_assert_false(test->outcome.message_id.data != NULL);
    assert_has(test, 0, "\"businessid\":\"1\"");
    assert_has(test, 1, "\"businessid\":\"2\"");
    assert_has(test, 2, "\"name\":\"测试乙\"");
    /* One record of one event is known by its number, however it was packed. */
    assert_taken(test, MIXED, PART(XML, "<doc>" NAMED(1) "</doc>") PART(XML, "<doc/>") END, 1);
    g_assert_true(test->outcome.key.data != NULL);
}

/* Each part has its own encoding, and its own marks. */
static void test_batch_text(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    const char *gbk =
        "<?xml version='1.0' encoding='gbk'?><doc><ROW><XM>\xb2\xe2\xca\xd4\xd2\xd2</XM></ROW></doc>";
    g_autofree char *body =
        g_strconcat(PART(XML, "\xef\xbb\xbf<doc>" NAMED(1) "</doc>"), "--b\r\n\r\n", gbk, "\r\n",
                    PART("Content-Type: text/xml; charset=gb2312\r\n", "<doc>" NAMED(2) "</doc>"),
                    "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "//48AHIALwA+AA==", "\r\n" END, NULL);
    assert_taken(test, MIXED, body, 4);
    assert_lacks(test, 0, "encoding-mismatch");
    assert_has(test, 1, "\"name\":\"测试乙\"");
    assert_lacks(test, 1, "encoding-mismatch");
    assert_has(test, 2, "encoding-mismatch");
}

/* Fields around the records stay with their own part's. */
static void test_batch_unmapped(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    assert_taken(test, MIXED,
                 PART(XML, "<doc><a>one</a>" NAMED(1) "<z>last</z></doc>")
                     PART(XML, "<doc>" NAMED(2) "</doc>") PART(XML, "<doc><a>three</a>" NAMED(3) "</doc>")
                         END,
                 3);
    assert_has(test, 0, "one");
    assert_has(test, 0, "last");
    assert_lacks(test, 1, "unmapped");
    assert_has(test, 2, "three");
    assert_lacks(test, 2, "last");
}

static void test_batch_faults(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(PHOTO_MAPPING);
    assert_refused(test, MIXED,
                   PART(XML, "<doc>" NAMED(1) NAMED(2) "</doc>")
                       PART(XML, "<doc>" NAMED(3) "\r\n" ROW(4, "") "</doc>")
                           PART(XML, "<doc>" ROW(5, "") "</doc>") END,
                   "required-missing", 2);
    g_assert_cmpuint(test->outcome.fault_count, ==, 2);
    g_assert_cmpuint(test->outcome.faults[0].record, ==, 2);
    g_assert_cmpuint(test->outcome.faults[0].line, ==, 2);
    g_assert_cmpuint(test->outcome.faults[1].part, ==, 3);
    g_assert_cmpuint(test->outcome.faults[1].record, ==, 1);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART(XML, "<doc>") PART(XML, "<r/>") END, "not-well-formed",
                   2);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART(XML, "<foreign/>") END, "unknown-document", 2);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART(XML, "<doc><x/></doc>") END, "unknown-document", 2);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART(XML, "  ") END, "empty", 2);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART(XML, "hello") END, "part-not-xml", 2);
    assert_refused(test, MIXED, PART(XML, "<r/>") PART("Content-Type: image/jpeg\r\n", "<r/>") END,
                   "part-not-xml", 2);
    assert_refused(test, MIXED, PART("Content-Type: multipart/mixed; boundary=c\r\n", "--c--") END,
                   "part-nested", 1);
    assert_refused(test, MIXED, PART("Content-Type: application/zip\r\n", "x") END, "part-nested", 1);
    assert_refused(test, MIXED, PART("", "PK\3\4x") END, "part-nested", 1);
}

/* With quarantine the good records of all parts are taken. */
static void test_batch_quarantine(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    g_autoptr(MappingTest) test = mapping_test_new_with(PHOTO_MAPPING, &options);
    assert_taken(test, MIXED,
                 PART(XML, "<doc>" NAMED(1) ROW(2, "") "</doc>") PART(XML, "<doc>" NAMED(3) "</doc>") END, 2);
    g_assert_cmpuint(test->outcome.rejected, ==, 1);
    g_assert_cmpuint(test->outcome.faults[0].part, ==, 1);
    assert_refused(test, MIXED, PART(XML, "<doc>" NAMED(1) "</doc>") PART(XML, "<doc") END, "not-well-formed",
                   2);
}

#define COUNTED                                                         \
    MAPPING(                                                            \
        "<repair use='comments'/><count from='/head/n' of='/doc/ROW'/>" \
        "<event type='person.registered.v1' for-each='/doc/ROW'><element to='person.name' from='XM'/></event>")

/* What a part did before it had to be read again does not count; what others did does. */
static void test_batch_repairs(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(COUNTED);
    const char *odd = PART(XML, "<doc>" NAMED(2) NAMED(3) "<!-- a --- b --></doc>");
    g_autofree char *body =
        g_strconcat(PART(XML, "<doc>" NAMED(1) "</doc>"), odd,
                    PART(XML, "<head><n>4</n></head>") PART(XML, "<doc>" NAMED(4) "</doc>") END, NULL);
    assert_taken(test, MIXED, body, 4);
    g_assert_true(test->outcome.repaired);
    g_assert_cmpuint(test->outcome.records, ==, 4);
    assert_lacks(test, 0, "repaired-xml");
    assert_has(test, 1, "repaired-xml");
    assert_has(test, 2, "repaired-xml");
    assert_lacks(test, 3, "repaired-xml");
}

/* A head in one part, the records in others: a part that was lost is noticed. */
static void test_batch_counts(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(COUNTED);
    assert_refused(test, MIXED,
                   PART(XML, "<head><n>3</n></head>") PART(XML, "<doc>" NAMED(1) NAMED(2) "</doc>") END,
                   "count-mismatch", 0);
    assert_taken(test, MIXED,
                 PART(XML, "<head><n>3</n></head>") PART(XML, "<doc>" NAMED(1) NAMED(2) "</doc>")
                     PART(XML, "<doc>" NAMED(3) "</doc>") END,
                 3);
}

/* A single document, before and after, is read as ever. */
static void test_batch_leaves_nothing(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(COUNTED);
    assert_refused(test, MIXED, PART(XML, "<head><n>3</n></head>") PART(XML, "<doc>" NAMED(1)) END,
                   "not-well-formed", 2);
    g_assert_cmpint(mapping_test_run(test, "<doc>" NAMED(1) "</doc>"), ==, HT_VERDICT_OK);
    g_assert_cmpint(mapping_test_run(test, "<doc>"), ==, HT_VERDICT_REJECT);
    g_assert_cmpuint(test->outcome.faults[0].part, ==, 0);
}

/* ---- Names of types ---- */

static void test_media_types(void)
{
    HtMediaType type;
    ht_media_type_read(
        HT_TEXT_LITERAL("Text/XML ; Charset=\"g\\\"b\" ;; x; type=a/b ; boundary=\" c;d \"; type=z"), &type);
    g_assert_true(ht_media_type_is(&type, "text/xml"));
    g_assert_true(ht_media_type_is_xml(&type));
    g_assert_true(ht_text_is(type.charset, "g\"b"));
    g_assert_true(ht_text_is(type.boundary, " c;d "));
    g_assert_true(ht_text_is(type.type, "a/b"));
    g_assert_false(type.start.data != NULL);
    ht_media_type_clear(&type);
    ht_media_type_read(HT_TEXT_NONE, &type);
    g_assert_false(ht_media_type_is_xml(&type));
    ht_media_type_clear(&type);
    ht_media_type_read(HT_TEXT_LITERAL("image/svg+xml;charset=\"\\"), &type);
    g_assert_true(ht_media_type_is_xml(&type));
    ht_media_type_clear(&type);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attachment/mtom-is-as-if-it-were-inline", test_mtom);
    g_test_add_func("/attachment/start-names-the-document", test_start);
    g_test_add_func("/attachment/version-and-action-are-the-roots", test_action);
    g_test_add_func("/attachment/soap-with-attachments", test_swa);
    g_test_add_func("/attachment/refuses-what-does-not-fit-together", test_attachment_faults);
    g_test_add_func("/batch/has-the-time-of-one-payload", test_batch_time);
    g_test_add_func("/attachment/is-no-document-as-bytes", test_include_as_document);
    g_test_add_func("/attachment/counts-against-the-caps", test_attachment_caps);
    g_test_add_func("/mime/refuses-what-is-malformed", test_malformed);
    g_test_add_func("/mime/only-delimiters-delimit", test_boundaries);
    g_test_add_func("/mime/no-cut-goes-unnoticed", test_cuts);
    g_test_add_func("/mime/parts-are-capped", test_many_parts);
    g_test_add_func("/mime/media-types-with-their-parameters", test_media_types);
    g_test_add_func("/batch/is-one-outcome", test_batch);
    g_test_add_func("/batch/each-part-has-its-own-text", test_batch_text);
    g_test_add_func("/batch/unnamed-fields-stay-in-their-part", test_batch_unmapped);
    g_test_add_func("/batch/faults-have-the-parts-number", test_batch_faults);
    g_test_add_func("/batch/quarantine-takes-the-good-records", test_batch_quarantine);
    g_test_add_func("/batch/a-repaired-part-counts-once", test_batch_repairs);
    g_test_add_func("/batch/counts-go-over-all-parts", test_batch_counts);
    g_test_add_func("/batch/leaves-nothing-behind", test_batch_leaves_nothing);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
