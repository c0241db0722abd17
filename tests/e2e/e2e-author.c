/* What an adapter's author begins with: `hutong adapter new`, and the Makefile that it writes. */
#include "tests/lib/busproc.h"
#include "tests/lib/tree.h"

#include <glib/gstdio.h>
#include <string.h>

static void expect_refused(const char *name, const char *text)
{
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "adapter", "new", name, NULL), ==, 64);
    g_test_message("%s", output);
    g_assert_nonnull(strstr(output, text));
    g_assert_false(g_file_test(name, G_FILE_TEST_EXISTS));
}

static void test_a_shipped_name_is_refused(void)
{
    expect_refused("hukou", "hukou.so is there already: take another name");
    expect_refused("low-income", "low-income.xml is there already: take another name"); /* a mapping alone */
    expect_refused("Bad", "cannot be a name");
}

static void test_the_makefile_says_where_it_looked(void)
{
    g_autofree char *output = NULL, *makefile = NULL, *told = NULL;
    int status = 0;
    g_assert_cmpint(run_hutong(&output, "adapter", "new", "mine", NULL), ==, 0);
    g_assert_true(g_file_get_contents("mine/Makefile", &makefile, NULL, NULL));
    g_assert_null(strstr(makefile, "skeleton"));
    g_assert_true(g_spawn_command_line_sync(
        "make -s -C mine PKG_CONFIG_PATH=/nonexistent HUTONG_PKGCONFIG=/nowhere mine.so", NULL, &told,
        &status, NULL));
    g_test_message("%s", told);
    g_assert_cmpint(status, !=, 0);
    g_assert_nonnull(strstr(told, "hutong.pc is neither in PKG_CONFIG_PATH nor in /nowhere"));
}

/* ---- How a department's service differs ---- */

#define WSDL(operations, schema)                                                                            \
    "<w:definitions xmlns:w='http://schemas.xmlsoap.org/wsdl/' targetNamespace='urn:a'><w:types><s:schema " \
    "xmlns:s='http://www.w3.org/2001/XMLSchema'>" schema "</s:schema></w:types>"                            \
    "<w:portType name='P'>" operations "</w:portType></w:definitions>"
#define PERSON(type, more)                                                                   \
    "<s:complexType name='Person'><s:sequence><s:element name='XM' type='s:" type "'/>" more \
    "</s:sequence></s:complexType>"
#define PUT "<w:operation name='put'><w:input message='t:putRequest'/></w:operation>"

static void expect_diff(const char *config, const char *file, int status, const char *text)
{
    g_autofree char *output = NULL;
    int got = run_hutong(&output, "wsdl", "diff", "w", "-c", config, file, NULL);
    g_test_message("%d: %s", got, output);
    g_assert_cmpint(got, ==, status);
    if (text) {
        g_assert_nonnull(strstr(output, text));
    } else {
        g_assert_null(strstr(output, "changed"));
    }
}

static void put(const char *name, const char *text)
{
    g_assert_true(g_file_set_contents(name, text, -1, NULL));
}

static void test_a_description_that_drifts_is_told(void)
{
    g_autofree char *folder = g_get_current_dir();
    g_autofree char *sections =
        g_strdup_printf("[source w]\ndepartment = police\nadapter = xml\nmapping = %s/m.xml\n", folder);
    BusProcess *bus = bus_process_new(NULL, sections);
    put("now.wsdl", WSDL(PUT, PERSON("string", "")));
    expect_diff(bus->config, "now.wsdl", 2,
                "m.wsdl: it cannot be read"); /* nothing was kept beside the mapping */
    put("m.wsdl", WSDL(PUT, PERSON("string", "")));
    expect_diff(bus->config, "now.wsdl", 0, NULL);
    put("now.wsdl", WSDL("\n<!-- laid out otherwise -->" PUT, PERSON("string", "\n")));
    expect_diff(bus->config, "now.wsdl", 0, NULL);
    put("now.wsdl",
        WSDL(PUT "<w:operation name='get'/>", PERSON("int", "<s:element name='XB' minOccurs='0'/>")));
    expect_diff(bus->config, "now.wsdl", 1, "changed  element Person/XM: string -> int\n");
    expect_diff(bus->config, "now.wsdl", 1, "new      element Person/XB:  minOccurs 0\n");
    expect_diff(bus->config, "now.wsdl", 1, "new      operation get\n");
    put("now.wsdl", WSDL("", PERSON("string", "")));
    expect_diff(bus->config, "now.wsdl", 1, "gone     operation put\n");
    expect_diff(bus->config, "now.wsdl", 1, "gone     operation put input: putRequest\n");
    put("now.wsdl", "<html>sign in</html>");
    expect_diff(bus->config, "now.wsdl", 2, "it is no WSDL");
    put("now.wsdl", "<w:definitions");
    expect_diff(bus->config, "now.wsdl", 2, "now.wsdl: ");
    bus_process_free(bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = g_dir_make_tmp("hutong-author-XXXXXX", NULL);
    g_assert_cmpint(g_chdir(folder), ==, 0);
    g_test_add_func("/author/a-shipped-name-is-refused", test_a_shipped_name_is_refused);
    g_test_add_func("/author/the-makefile-says-where-it-looked", test_the_makefile_says_where_it_looked);
    g_test_add_func("/author/a-description-that-drifts-is-told", test_a_description_that_drifts_is_told);
    int status = g_test_run();
    tree_remove(folder);
    return status;
}
