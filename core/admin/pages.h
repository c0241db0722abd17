/* The pages of the admin socket: the table by which admin.c answers and openapi.c describes them. Ends with a row without path. */
#pragma once

#include "core/admin/form.h"

typedef enum {
    HT_ADMIN_PAGE_LIVE,
    HT_ADMIN_PAGE_READY,
    HT_ADMIN_PAGE_METRICS,
    HT_ADMIN_PAGE_STATUS,
    HT_ADMIN_PAGE_RECENT,
    HT_ADMIN_PAGE_API,
} HtAdminPageKind;

typedef struct {
    const char *path;
    HtAdminPageKind kind;
    const char *type; /* media type */
    const char *about;
    bool everybody;            /* also at the address for monitoring */
    bool may_fail;             /* may be answered by 503 */
    const HtFormMember *query; /* its parameters, numbers all; NULL: none */
} HtAdminPage;

extern const HtAdminPage ht_admin_pages[];

/* "/status"; NULL when there is none. */
const HtAdminPage *ht_admin_page(const char *path);
