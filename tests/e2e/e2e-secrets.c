/* What an adapter conceals is nowhere on the disk, whatever the reason for which its payload is kept: left-out records,
 * quarantine, keep-payload = all; held by the bus or come back from the host. */
#include "tests/lib/busproc.h"
#include "tests/lib/post.h"
#include "tests/lib/zip-builder.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define SECRET "SECRET-IN-SQL"
#define OPEN "[spool]\nencryption = off\n" /* it is looked into what is kept */
#define PERSON "aac002='990104198001019915' aac003='测试甲'"

static BusProcess *make_bus(const char *keys)
{
    g_autofree char *sections =
        g_strdup_printf(OPEN "[source molss]\ndepartment = hrss\nadapter = social-security\n"
                             "mapping = social-security.xml\ndivision = 440104\n%s\n",
                        keys);
    return bus_process_new(NULL, sections);
}

/* The platform's answer with its SQL. `blanks` makes it as long as one that comes in pieces. */
static char *make_answer(const char *row, size_t blanks, const char *end)
{
    g_autofree char *filling = g_strnfill(blanks, ' ');
    return g_strdup_printf("<business>%s<resultset><row " PERSON " aac008='1'/>%s</resultset>"
                           "<result querysql=\"select *\nfrom ac01 where c = '" SECRET "'\"/>%s",
                           filling, row, end);
}

static guint send_answer(BusProcess *bus, const char *body)
{
    g_autoptr(Answer) answer = post(bus->port, "/in/molss", "text/xml", NULL, body, strlen(body));
    return answer->status;
}

/* No file of the stopped bus's state holds it. */
static void assert_nowhere(const BusProcess *bus)
{
    g_autofree char *folder = g_build_filename(bus->folder, "state", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(folder, name, NULL), *bytes = NULL;
        gsize size;
        if (g_file_get_contents(file, &bytes, &size, NULL)) {
            g_assert_null(memmem(bytes, size, SECRET, strlen(SECRET)));
        }
    }
}

/* All the bytes that a stopped bus keeps of payloads, and how many of them are the name that stands before the secret. */
static void assert_kept(const BusProcess *bus, const char *table, const char *column, gsize sent)
{
    g_autofree char *sizes = g_strdup_printf("SELECT sum(length(%s)) FROM %s", column, table);
    g_autofree char *names = g_strdup_printf(
        "SELECT count(*) FROM %s WHERE instr(CAST(%s AS TEXT), 'querysql=\"') > 0", table, column);
    g_assert_cmpint(bus_process_ask_spool(bus, sizes), ==, (gint64)sent);
    g_assert_cmpint(bus_process_ask_spool(bus, names), ==, 1);
}

static void check_one(const char *keys, const char *body, guint status, const char *table, const char *column)
{
    BusProcess *bus = make_bus(keys);
    bus_process_start(bus);
    g_assert_cmpuint(send_answer(bus, body), ==, status);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    assert_nowhere(bus);
    assert_kept(bus, table, column, strlen(body));
    bus_process_free(bus);
}

static void test_left_out_records(void)
{
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *body =
            make_answer("<row " PERSON " aac008='9'/>", i * 200000, "<result row_count='2'/></business>");
        check_one("on-invalid = quarantine\ncompress-payload = off", body, 200, "payloads", "bytes");
    }
}

static void test_quarantine(void)
{
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *body = make_answer("", i * 200000, "<broken");
        check_one("on-invalid = quarantine\ncompress-payload = off", body, 400, "quarantine", "payload");
    }
}

static void test_all_payloads(void)
{
    g_autofree char *body = make_answer("", 0, "<result row_count='1'/></business>");
    check_one("keep-payload = all\ncompress-payload = off", body, 200, "payloads", "bytes");
}

/* The bytes in quarantine of a payload that the test's adapter read, as they are kept. */
static char *find_kept(const char *body)
{
    g_autofree char *section = g_strdup_printf(
        OPEN "[source s]\ndepartment = hrss\nadapter = %s/secretive.so\n"
             "mapping = social-security.xml\non-invalid = quarantine\ncompress-payload = off\n",
        g_getenv("HUTONG_TEST_ADAPTERDIR"));
    BusProcess *bus = bus_process_new(NULL, section);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    bus_process_start(bus);
    g_autoptr(Answer) answer = post(bus->port, "/in/s", "text/xml", NULL, body, strlen(body));
    g_assert_cmpuint(answer->status, ==, 422);
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    g_autofree char *file = g_build_filename(bus->folder, "state", "spool.db", NULL);
    g_assert_cmpint(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, "SELECT payload FROM quarantine", -1, &statement, NULL), ==,
                    SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    g_assert_cmpint(sqlite3_column_bytes(statement, 0), ==, strlen(body));
    char *kept = g_strndup(sqlite3_column_blob(statement, 0), strlen(body));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    bus_process_free(bus);
    return kept;
}

/* Overlapping, in any order, past the end, and as large as numbers go: never is less concealed than was said. */
static void test_odd_parts(void)
{
    static const struct {
        const char *sent, *kept;
    } cases[] = {
        {"18 3 20 4\n       0123456789\n", "18 3 20 4\n       0      789\n"},
        {"22 2 18 3 19 -1\n 0123\n456789", "22 2 18 3 19 -1\n 0   \n      "},
        {"0 -1 2 1\n0123", "        \n    "},
        {"-1 -1 18 -1 19 1\n 0123", "-1 -1 18 -1 19 1\n     "},
        {"99 1 18 -1 -1 1\n  0123", "99 1 18 -1 -1 1\n      "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *kept = find_kept(cases[i].sent);
        g_assert_cmpstr(kept, ==, cases[i].kept);
    }
    /* More parts than are told one by one. */
    g_autoptr(GString) many = g_string_new("");
    for (unsigned i = 0; i < 5000; i++) {
        g_string_append_printf(many, "%u 1 ", 60000 + 2 * (4999 - i));
    }
    g_string_append_printf(many, "%*s\n", (int)(59999 - many->len), "");
    for (unsigned i = 0; i < 2500; i++) {
        g_string_append(many, "0a0b");
    }
    g_autofree char *kept = find_kept(many->str);
    for (unsigned i = 0; i < 5000; i++) {
        g_assert_cmpint(kept[60000 + 2 * i], ==, ' ');
    }
}

#define BIRTH                                                                                                \
    "<ROWS><ROW><CSDJID>93</CSDJID><HJYWID>94</HJYWID><CXBZ>0</CXBZ><XM>测试丙</XM><CSRQ>20090313</CSRQ>" \
    "<GMSFHM>990104200903130321</GMSFHM></ROW></ROWS>"
#define CALL(operation, more)                                                                        \
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><" operation            \
    " userKey='" SECRET "'><token>" SECRET                                                           \
    "</token><x><wsse:Password xmlns:wsse='urn:w' T='1'><![CDATA[" SECRET "]]></wsse:Password>" more \
    "</x><in0><![CDATA[" BIRTH "]]></in0><y>&lt;pwd&gt;" SECRET "&lt;/pwd&gt;</y>"                   \
    "<z>accessToken=" SECRET "</z></" operation "></s:Body></s:Envelope>"

/* Nothing of an adapter's or a mapping's is needed for what has the name of a secret: in an operation that is known, in one that
 * is not, and in what is kept for a repair. */
static void test_names(void)
{
    static const char *const bodies[] = {CALL("postCSDJRecrod", ""), CALL("doSomething", "")};
    BusProcess *bus = bus_process_new(
        NULL,
        OPEN "[source molss]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
             "division = 440104\nkeep-payload = all\non-invalid = quarantine\ncompress-payload = off\n");
    bus_process_start(bus);
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        guint status = send_answer(bus, bodies[i]);
        g_assert_cmpuint(status, ==, i == 0 ? 200 : 500);
    }
    g_assert_cmpint(bus_process_stop(bus), ==, 0);
    assert_nowhere(bus);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT sum(count) FROM places"), ==, 1);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM payloads"), ==, 1);
    g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM quarantine"), ==, 1);
    bus_process_free(bus);
}

/* Where a secret is compressed, nothing of the payload is kept; where there is none, all of it. */
static void test_archives(void)
{
    static const char *const documents[] = {"<ROWS><ROW><XM>测试甲</XM><token>" SECRET
                                            "</token></ROW></ROWS>",
                                            "<ROWS><ROW><XM>测试甲</XM><SLDW>1</SLDW></ROW></ROWS>"};
    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
        BusProcess *bus = bus_process_new(
            NULL, OPEN "[source molss]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\n"
                       "division = 440104\nkeep-payload = all\ncompress-payload = off\n");
        ZipBuilder zip = zip_builder();
        zip_add_text(&zip, "1.xml", documents[i]);
        g_autoptr(GBytes) bytes = zip_finish(&zip, 0);
        gsize size;
        const char *data = g_bytes_get_data(bytes, &size);
        bus_process_start(bus);
        g_autoptr(Answer) answer = post(bus->port, "/in/molss", "application/zip", NULL, data, size);
        g_assert_cmpuint(answer->status, ==, 200);
        g_assert_cmpint(bus_process_stop(bus), ==, 0);
        g_assert_cmpint(bus_process_ask_spool(bus, "SELECT count(*) FROM payloads"), ==, 1);
        g_assert_cmpint(
            bus_process_ask_spool(bus, "SELECT count(*) FROM payloads WHERE substr(bytes, 1, 2) = x'504b'"),
            ==, i == 0 ? 0 : 1);
        bus_process_free(bus);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/of-left-out-records-are-not-on-disk", test_left_out_records);
    g_test_add_func("/secrets/of-quarantined-payloads-are-not-on-disk", test_quarantine);
    g_test_add_func("/secrets/of-kept-payloads-are-not-on-disk", test_all_payloads);
    g_test_add_func("/secrets/odd-parts-are-not-on-disk", test_odd_parts);
    g_test_add_func("/secrets/told-by-their-names-are-not-on-disk", test_names);
    g_test_add_func("/secrets/in-archives-are-not-on-disk", test_archives);
    return g_test_run();
}
