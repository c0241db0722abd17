/* Reading request targets. Called by door.c for each request whose head is good; main-loop thread. No state. */
#include "core/http/target.h"

#include "core/config/urlpath.h"

#include <glib.h>

/* The size of "http://" or "https://" in front; 0 when there is none. Which of the two is the proxy's business. */
static size_t scheme_size(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        size_t size = strlen(schemes[i]);
        if (g_ascii_strncasecmp(target, schemes[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

bool ht_target_read(const char *target, HtHead *head, char **path, HtRefusal *refusal)
{
    const char *at = target;
    size_t scheme = scheme_size(target);
    if (scheme > 0) {
        HtText host = {target + scheme, strcspn(target + scheme, "/")};
        at = host.data + host.size;
        if (host.size == 0 || !ht_head_is_host(host)) {
            return ht_refuse(refusal, "bad-target");
        }
        head->host = host;
        at = *at ? at : "/";
    }
    size_t size = strlen(at);
    g_autofree char *written = g_malloc(3 * size + 1);
    if (!ht_url_path_write((HtText){at, size}, written)) {
        return ht_refuse(refusal, "bad-target");
    }
    *path = g_steal_pointer(&written);
    return true;
}
