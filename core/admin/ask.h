/* Asking a running bus by its admin socket. In a command's process; each call blocks until the answer is there. */
#pragma once

#include "core/admin/admin.h"

/* GETs a page; the caller frees. HT_ADMIN_ERROR. */
char *ht_admin_get(const char *path, const char *page, unsigned timeout_ms, unsigned *status, GError **error);

/* Has the bus do a verb: `question` is a JSON object. The answer (transfer full), or HT_ADMIN_ERROR: NOBODY when no bus runs,
 * REFUSED with its words when it says that this cannot be done, else FAILED. */
JsonObject *ht_admin_ask(const char *path, const char *verb, const char *question, GError **error);

/* The same, with a time in which it must come. */
JsonObject *ht_admin_ask_within(const char *path, const char *verb, const char *question, unsigned timeout_ms,
                                GError **error);

/* The same of an answer that is there already, whoever gave it. */
JsonObject *ht_admin_answer(unsigned status, const char *json, GError **error);
