/* The description of the admin API as OpenAPI 3.1, made of the tables by which it answers (pages.h, reply.h). No state; any thread. */
#pragma once

#include "core/admin/reply.h"

/* Of the API, not of the program: the first number is another when something is taken away or means something else, the second when something is
 * added. */
#define HT_ADMIN_API_VERSION "1.0.0"

/* What of the API the parts of the bus bring. */
typedef struct {
    const HtAdminVerb *verbs;
    const HtFormMember *status, *recent; /* what these pages give */
} HtAdminApi;

/* As one JSON object. */
void ht_admin_openapi(const HtAdminApi *api, HtBuffer *json);
