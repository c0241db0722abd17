/* docs/config.md, out of the option tables. Called by `hutong config --reference`. */
#include "core/config/config.h"

#include "core/config/options.h"

#include <glib/gi18n.h>

void ht_config_reference(GString *markdown)
{
    g_string_append(
        markdown,
        _("# Configuration reference\n\n"
          "Made by `hutong config --reference` from the option tables; do not edit. [In Chinese](config.zh-CN.md).\n\n"
          "The configuration is `hutong.conf` and, in name order, the `.conf` files of `conf.d` beside it. "
          "It is UTF-8 text: `[section]`, `key = value`, `#` comments, lists separated by `;`. Relative "
          "paths are relative to the file that names them. `hutong check` reads it and tries what `run` "
          "would do; `hutong config` shows what is in force and where each value came from. `hutong reload`, or SIGHUP, "
          "has the running bus take every key as it is now, but those of which it says here that they need a restart.\n"));
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        const HtSectionTable *table = &ht_section_tables[i];
        g_string_append_printf(markdown, "\n## [%s%s]\n\n%s\n\n| %s |\n|---|---|---|---|\n", table->name,
                               table->named ? " NAME" : "", _(table->help),
                               _("key | takes | default | meaning"));
        for (const HtOption *option = ht_section_options(table); option->key; option++) {
            g_autofree char *expected = ht_option_expects(option);
            g_string_append_printf(markdown, "| `%s` | %s | %s%s%s | %s%s |\n", option->key, expected,
                                   option->fallback ? "`" : "",
                                   option->fallback   ? option->fallback
                                   : option->required ? _("required")
                                                      : "",
                                   option->fallback ? "`" : "", _(option->help),
                                   ht_option_is_fixed(table, option) ? _(" Needs a restart.") : "");
        }
    }
}
