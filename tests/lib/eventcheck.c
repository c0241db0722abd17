/* See eventcheck.h. */
#include "tests/lib/eventcheck.h"

#include "tests/lib/busproc.h"

#include <gio/gio.h>
#include <string.h>

#define STATUS_WRONG 1
#define STATUS_SKIPPED 77

/* Written once for a test program. */
static const char *schemas_folder(void)
{
    static char *folder;
    if (!folder) {
        g_autofree char *output = NULL;
        folder = g_build_filename(g_get_tmp_dir(), "schemas", NULL);
        g_assert_cmpint(run_hutong(&output, "schema", "json", "--dir", folder, NULL), ==, 0);
    }
    return folder;
}

char *find_schema_errors(const char *lines)
{
    g_autofree char *script = g_build_filename(g_getenv("HUTONG_SRCDIR"), "tests/lib/check-events.py", NULL);
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    g_autoptr(GSubprocess) process = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
        &error, "python3", script, schemas_folder(), NULL);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8(process, lines, NULL, &output, NULL, &error);
    g_assert_no_error(error);
    int status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
    if (status == STATUS_SKIPPED && !g_getenv("CI")) {
        g_test_skip("python3-jsonschema is not installed");
        g_free(output);
        return NULL;
    }
    if (status != 0 && status != STATUS_WRONG) {
        g_error("check-events.py ended with %d: %s", status, output);
    }
    return output;
}

static void add_lines(Platform *platform, GString *lines)
{
    JsonObject *event;
    for (unsigned i = 0; (event = platform_event(platform, i)); i++) {
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), event);
        g_autofree char *text = json_to_string(node, FALSE);
        g_string_append_printf(lines, "%s\n", text);
    }
}

void platforms_check_schemas(Platform *const *platforms, unsigned count)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    for (unsigned i = 0; i < count; i++) {
        add_lines(platforms[i], lines);
    }
    g_assert_cmpuint(lines->len, >, 0);
    g_autofree char *errors = find_schema_errors(lines->str);
    if (errors && !strstr(errors, " events, 0 wrong")) {
        g_error("events are not what their schemas say:\n%s", errors);
    }
}
