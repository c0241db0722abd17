/* What a client asks the department's service, password included: refused by the mapping (`<refuse>`), and kept nowhere,
 * whatever the bus keeps of payloads. Called by marriage.c for each payload, before it is read. */
#include "marriage.h"

#include <string.h>

static const char operation[] = "getMarryLastInfoByCert";

/* The next mention of the operation, but not of getMarryLastInfoByCertResponse; NULL when there is none. */
static const char *find_operation(const char *from, const char *end)
{
    size_t size = sizeof operation - 1;
    while (from && (size_t)(end - from) >= size) {
        const char *at = memchr(from, operation[0], (size_t)(end - from) - size + 1);
        if (!at) {
            return NULL;
        }
        bool longer =
            at + size < end && ((at[size] >= 'A' && at[size] <= 'Z') || (at[size] >= 'a' && at[size] <= 'z'));
        if (memcmp(at, operation, size) == 0 && !longer) {
            return at;
        }
        from = at + 1;
    }
    return NULL;
}

void marriage_query_conceal(const hutong_host *host, hutong_text body, hutong_out *out)
{
    const char *end = body.data ? body.data + body.size : NULL;
    const char *at = find_operation(body.data, end);
    while (at) {
        const char *inside = at + sizeof operation - 1;
        const char *closing = find_operation(inside, end);
        const char *stop = closing ? closing : end;
        host->conceal(out, (size_t)(inside - body.data), (size_t)(stop - inside));
        at = closing ? find_operation(closing + 1, end) : NULL;
    }
}
