/* A source whose adapter has not passed its check takes nothing: see source.h. Main-loop thread. */
#include "core/ingress/source.h"

bool ht_source_admits(const HtSource *source, HtRefusal *refusal)
{
    static const HtRefusal refusals[] = {
        [HT_SOURCE_CHECKING] = {503, "adapter-being-checked",
                                "The source's adapter is being checked; nothing was taken. Send it again."},
        [HT_SOURCE_FAILED] =
            {503, "adapter-failed-check",
             "The source's adapter has failed its check; nothing was taken. The administrator "
             "must mend it."},
    };
    if (source->gate == HT_SOURCE_OPEN) {
        return true;
    }
    *refusal = refusals[source->gate];
    return false;
}
