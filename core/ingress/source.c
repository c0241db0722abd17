/* A source whose adapter has not passed its check takes nothing: see source.h. Main-loop thread. */
#include "core/ingress/source.h"

bool ht_source_admits(const HtSource *source, HtRefusal *refusal)
{
    switch (source->gate) {
    case HT_SOURCE_CHECKING: return ht_refuse(refusal, "adapter-being-checked");
    case HT_SOURCE_FAILED: return ht_refuse(refusal, "adapter-failed-check");
    case HT_SOURCE_OPEN: break;
    }
    return true;
}
