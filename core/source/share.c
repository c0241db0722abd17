/* See share.h. Main-loop thread. */
#include "core/source/share.h"

HtShare *ht_share_new(void)
{
    return g_rc_box_new0(HtShare);
}

HtShare *ht_share_ref(HtShare *share)
{
    return g_rc_box_acquire(share);
}

void ht_share_unref(HtShare *share)
{
    g_rc_box_release(share);
}
