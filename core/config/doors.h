/* What must hold of the doors of a configuration: that nothing is open by mistake. */
#pragma once

#include "core/config/config.h"

typedef struct {
    void (*report)(const char *place, const char *text, void *user); /* an error, "[source NAME] …" */
    void *user;
} HtConfigReport;

/* Looks at `listen` and TLS, at who may send for what, and at the certificates of webhooks, whose files are read. `listen` is where that key
 * stands. */
void ht_config_check_doors(const HtConfig *config, const char *listen, const HtConfigReport *to);
