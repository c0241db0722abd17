/* plugins/hutong-plugin.h: the layout that adapters were built against. A failure here means that adapters
 * built before will read the wrong bytes: raise HUTONG_ABI_MAJOR or put the new field at the end and raise
 * HUTONG_ABI_MINOR. The numbers are those of 64-bit Linux, the only system it is for. */
#include "plugins/hutong-plugin.h"

#include <glib.h>
#include <glib/gstdio.h>

#define SIZE(type, expected) g_assert_cmpuint(sizeof(type), ==, expected)
#define AT(type, field, expected) g_assert_cmpuint(offsetof(type, field), ==, expected)

static void test_versions(void)
{
    g_assert_cmpint(HUTONG_ABI_MAJOR, ==, 1);
    g_assert_cmpint(HUTONG_ABI_MINOR, ==, 2);
    g_assert_cmpstr(HUTONG_SYMBOL, ==, "hutong_adapter_v1");
    SIZE(hutong_verdict, 4);
    SIZE(hutong_level, 4);
    g_assert_true(HUTONG_OK == 0 && HUTONG_REJECT == 1 && HUTONG_RETRY == 2);
    g_assert_true(HUTONG_ERROR == 0 && HUTONG_WARNING == 1 && HUTONG_INFO == 2 && HUTONG_DEBUG == 3);
}

static void test_text_and_payload(void)
{
    SIZE(hutong_text, 16);
    AT(hutong_text, data, 0);
    AT(hutong_text, size, 8);
    SIZE(hutong_payload, 88);
    AT(hutong_payload, struct_size, 0);
    AT(hutong_payload, body, 8);
    AT(hutong_payload, content_type, 24);
    AT(hutong_payload, charset, 40);
    AT(hutong_payload, soap_action, 56);
    AT(hutong_payload, message_id, 72);
}

static void test_outcome(void)
{
    SIZE(hutong_outcome, 136); /* 72 in version 1.0 */
    AT(hutong_outcome, struct_size, 0);
    AT(hutong_outcome, verdict, 8);
    AT(hutong_outcome, soap_version, 12);
    AT(hutong_outcome, operation, 16);
    AT(hutong_outcome, records, 32);
    AT(hutong_outcome, events, 36);
    AT(hutong_outcome, business_id, 40);
    AT(hutong_outcome, message_id, 56);
    AT(hutong_outcome, fault_code, 72);
    AT(hutong_outcome, fault_text, 88);
    AT(hutong_outcome, fault_element, 104);
    AT(hutong_outcome, fault_part, 120);
    AT(hutong_outcome, fault_record, 124);
    AT(hutong_outcome, fault_line, 128);
}

static void test_filter(void)
{
    SIZE(hutong_filter, 32);
    AT(hutong_filter, struct_size, 0);
    AT(hutong_filter, start, 8);
    AT(hutong_filter, text, 16);
    AT(hutong_filter, end, 24);
}

static void test_host(void)
{
    SIZE(hutong_host, 128); /* 112 in version 1.0 */
    AT(hutong_host, struct_size, 0);
    AT(hutong_host, abi_major, 8);
    AT(hutong_host, abi_minor, 12);
    AT(hutong_host, log, 16);
    AT(hutong_host, option, 24);
    AT(hutong_host, map, 32);
    AT(hutong_host, map_bytes, 40);
    AT(hutong_host, filter, 48);
    AT(hutong_host, emit_start, 56);
    AT(hutong_host, emit_text, 64);
    AT(hutong_host, emit_end, 72);
    AT(hutong_host, fault, 80);
    AT(hutong_host, code, 88);
    AT(hutong_host, write, 96);
    AT(hutong_host, write_escaped, 104);
    AT(hutong_host, conceal, 112);
    AT(hutong_host, sha256, 120);
}

static void test_option_request_event(void)
{
    SIZE(hutong_option, 24);
    AT(hutong_option, key, 0);
    AT(hutong_option, fallback, 8);
    AT(hutong_option, help, 16);
    SIZE(hutong_request, 32);
    AT(hutong_request, struct_size, 0);
    AT(hutong_request, path, 8);
    AT(hutong_request, content_type, 16);
    AT(hutong_request, soap_action, 24);
    SIZE(hutong_event, 24);
    AT(hutong_event, struct_size, 0);
    AT(hutong_event, json, 8);
}

static void test_adapter(void)
{
    SIZE(hutong_adapter, 120);
    AT(hutong_adapter, struct_size, 0);
    AT(hutong_adapter, abi_major, 8);
    AT(hutong_adapter, abi_minor, 12);
    AT(hutong_adapter, name, 16);
    AT(hutong_adapter, version, 24);
    AT(hutong_adapter, summary, 32);
    AT(hutong_adapter, options, 40);
    AT(hutong_adapter, operations, 48);
    AT(hutong_adapter, open, 56);
    AT(hutong_adapter, decode, 64);
    AT(hutong_adapter, reply, 72);
    AT(hutong_adapter, wsdl, 80);
    AT(hutong_adapter, poll, 88);
    AT(hutong_adapter, encode, 96);
    AT(hutong_adapter, close, 104);
    AT(hutong_adapter, threads, 112);
}

/* Both headers: hutong-adapter.h includes the other. Skipped when the compiler is not there: the tests may run where nothing
 * is built. */
static void compile(const char *compiler, const char *const *flags)
{
    g_autofree char *path = g_find_program_in_path(compiler);
    const char *sources = g_getenv("HUTONG_SRCDIR");
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    int status = 0;
    if (!path || !sources) {
        g_test_skip("no compiler or no HUTONG_SRCDIR");
        return;
    }
    g_autofree char *header = g_build_filename(sources, "plugins", "hutong-adapter.h", NULL);
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "hutong-abi-test.c", NULL);
    g_autofree char *text =
        g_strdup_printf("#include \"%s\"\nint main(void) { return HUTONG_OK; }\n", header);
    g_assert_true(g_file_set_contents(file, text, -1, &error));
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_ptr_array_add(arguments, path);
    for (; *flags; flags++) {
        g_ptr_array_add(arguments, (gpointer)*flags);
    }
    g_ptr_array_add(arguments, file);
    g_ptr_array_add(arguments, NULL);
    g_spawn_sync(NULL, (char **)arguments->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &output,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(output, ==, "");
    g_assert_cmpint(status, ==, 0);
    g_unlink(file);
}

static void test_compiles_as_c99(void)
{
    static const char *const flags[] = {"-std=c99", "-pedantic",     "-Wall", "-Wextra",
                                        "-Werror",  "-fsyntax-only", NULL};
    compile("gcc", flags);
}

static void test_compiles_as_cxx(void)
{
    static const char *const flags[] = {"-x",      "c++",     "-std=c++11",    "-pedantic", "-Wall",
                                        "-Wextra", "-Werror", "-fsyntax-only", NULL};
    compile("g++", flags);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/versions", test_versions);
    g_test_add_func("/abi/layout/text-and-payload", test_text_and_payload);
    g_test_add_func("/abi/layout/outcome", test_outcome);
    g_test_add_func("/abi/layout/filter", test_filter);
    g_test_add_func("/abi/layout/host", test_host);
    g_test_add_func("/abi/layout/option-request-event", test_option_request_event);
    g_test_add_func("/abi/layout/adapter", test_adapter);
    g_test_add_func("/abi/header/compiles-as-c99", test_compiles_as_c99);
    g_test_add_func("/abi/header/compiles-as-c++", test_compiles_as_cxx);
    return g_test_run();
}
