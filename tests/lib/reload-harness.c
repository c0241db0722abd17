/* The bus of the tests of reloading. */
#include "tests/lib/reload-harness.h"

#include "tests/lib/deaths.h"
#include "tests/lib/post.h"

#include <string.h>

void reload_start_with(ReloadFixture *f, const char *bus_keys, const char *source)
{
    f->platform = platform_new();
    f->consumer = g_strdup_printf("[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\n" PURPOSE,
                                  platform_url(f->platform));
    g_autofree char *sections = g_strconcat(source, f->consumer, ROUTE, NULL);
    f->bus = bus_process_new(bus_keys, sections);
    bus_process_start(f->bus);
}

void reload_start(ReloadFixture *f)
{
    reload_start_with(f, NULL, HUKOU);
}

void reload_stop(ReloadFixture *f)
{
    if (f->bus->pid) {
        g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    }
    bus_process_free(f->bus);
    platform_free(f->platform);
    g_free(f->consumer);
}

void reload_write_file(const ReloadFixture *f, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(f->bus->folder, name, NULL);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

/* The whole file: [bus] with these keys, and the sections. */
void reload_write_config(const ReloadFixture *f, const char *bus_keys, ...)
{
    va_list sections;
    bool says_check = strstr(bus_keys, "adapter-check") != NULL,
         says_listen = strstr(bus_keys, "listen") != NULL;
    g_autoptr(GString) text = g_string_new("[bus]\nname = yuexiu\n");
    g_string_append_printf(text, "%s%s%s", says_listen ? "" : "listen = 127.0.0.1:0\n", bus_keys,
                           says_check ? "" : "adapter-check = off\n");
    va_start(sections, bus_keys);
    for (const char *section; (section = va_arg(sections, const char *));) {
        g_string_append(text, section);
    }
    va_end(sections);
    reload_write_file(f, "hutong.conf", text->str);
}

int reload_post_deaths(const ReloadFixture *f, const char *path, unsigned first, unsigned count)
{
    g_autofree char *payload = deaths_payload(first, count, 20);
    g_autoptr(Answer) answer = post(f->bus->port, path, "text/xml", NULL, payload, strlen(payload));
    return (int)answer->status;
}

void reload_wait_for_log(const ReloadFixture *f, const char *text)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)WAIT_MS * 1000;
    for (;;) {
        g_autofree char *log = bus_process_log(f->bus);
        if (strstr(log, text)) {
            return;
        }
        if (g_get_monotonic_time() > deadline) {
            g_error("'%s' is not in the log:\n%s", text, log);
        }
        g_usleep(5000);
    }
}
