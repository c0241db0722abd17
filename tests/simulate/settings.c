/* See settings.h. */
#include "tests/simulate/settings.h"

#include "tests/lib/data.h"
#include "tests/simulate/world.h"

static HtConfig *config;
static HtDictionary *dictionary;

static const char text[] =
    "[bus]\nname = b\n"
    "[source hukou]\ndepartment = police\nadapter = xml\nmapping = m\n"
    "[source marriage]\ndepartment = civil\nadapter = xml\nmapping = m\n"
    "[source health]\ndepartment = health\nadapter = xml\nmapping = m\n"
    "[consumer a]\ntype = webhook\nurl = http://127.0.0.1/a\nbatch = 5\nconnections = 3\nretry-first = 10ms\nretry-max = 2s\nprobe = 1s\n"
    "[consumer b]\ntype = webhook\nurl = http://127.0.0.1/b\nmode = structured\nconnections = 4\nattempts = 3\n"
    "retry-first = 10ms\nretry-max = 2s\nprobe = 1s\n"
    "[consumer c]\ntype = webhook\nurl = http://127.0.0.1/c\nbatch = 16\nconnections = 1\nretry-first = 10ms\nretry-max = 2s\nprobe = 1s\n"
    "[route a]\nto = a\n[route b]\nfrom = hukou\nto = b\n[route c]\nto = c\n";

void settings_load(void)
{
    g_autofree char *path = g_build_filename(world->directory, "settings", NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    config = ht_config_load(path, errors);
    g_assert_cmpstr(errors->str, ==, "");
    dictionary = test_dictionary();
}

const HtConfig *settings_config(void)
{
    return config;
}

const HtDictionary *settings_dictionary(void)
{
    return dictionary;
}
