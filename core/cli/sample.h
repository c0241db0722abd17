/* The manual page of the configuration, and a sample of it, out of the option tables. */
#pragma once

#include <glib.h>

/* hutong.conf(5), as roff. */
void ht_cli_config_manual(GString *roff);

/* A configuration to begin with: `run` takes it as it is, and does nothing until a source is added. */
void ht_cli_config_sample(GString *text);
