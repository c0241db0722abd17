/* The table of pages; see pages.h. */
#include "core/admin/pages.h"

#define TEXT "text/plain; charset=utf-8"

static const HtFormMember recent_query[] = {
    {"after", HT_FORM_NUMBER, .about = "only messages above this number", .most = INT64_MAX},
    {0},
};

const HtAdminPage ht_admin_pages[] = {
    {"/live", HT_ADMIN_PAGE_LIVE, TEXT, "Whether the main loop runs", true, false, NULL},
    {"/ready", HT_ADMIN_PAGE_READY, TEXT,
     "Whether messages are taken: `ready`, or the reason why not. Below it stands what has to be looked at all the same",
     true, true, NULL},
    {"/status", HT_ADMIN_PAGE_STATUS, "application/json", "All that the bus says of itself", false, false,
     NULL},
    {"/metrics", HT_ADMIN_PAGE_METRICS, "text/plain; version=0.0.4; charset=utf-8",
     "The same for Prometheus (docs/metrics.md)", true, false, NULL},
    {"/recent", HT_ADMIN_PAGE_RECENT, "application/json", "The last messages at the public door", false,
     false, recent_query},
    {"/openapi.json", HT_ADMIN_PAGE_API, "application/json", "This description (OpenAPI 3.1)", false, false,
     NULL},
    {0},
};

const HtAdminPage *ht_admin_page(const char *path)
{
    const HtAdminPage *page = ht_admin_pages;
    while (page->path && !g_str_equal(page->path, path)) {
        page++;
    }
    return page->path ? page : NULL;
}
