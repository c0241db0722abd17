/* See reasons.h. */
#include "spool/reasons.h"

#define TABLE "dead_letters"

struct HtSpoolReasons {
    HtSpoolSealer *sealer;
    HtSpoolPlaces *places;
    HtBuffer room;
};

HtSpoolReasons *ht_spool_reasons_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolReasons) reasons = g_new0(HtSpoolReasons, 1);
    reasons->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    reasons->places = ht_spool_places_new(db, error);
    return reasons->places ? g_steal_pointer(&reasons) : NULL;
}

void ht_spool_reasons_free(HtSpoolReasons *reasons)
{
    if (reasons) {
        ht_spool_sealer_free(reasons->sealer);
        ht_spool_places_free(reasons->places);
        ht_buffer_clear(&reasons->room);
        g_free(reasons);
    }
}

bool ht_spool_reasons_seal(HtSpoolReasons *reasons, uint64_t sequence, HtText text, HtText *stored,
                           GError **error)
{
    uint32_t period = 0;
    if (ht_spool_sealer_seals(reasons->sealer) &&
        !ht_spool_places_period(reasons->places, sequence, &period, error)) {
        return false;
    }
    *stored =
        ht_spool_seal_under(reasons->sealer, period, (HtSpoolSpot){TABLE, sequence}, text, &reasons->room);
    return true;
}

char *ht_spool_reason_read(HtSpoolSealer *sealer, uint64_t sequence, HtText stored)
{
    HtBuffer room = {.data = NULL};
    HtText text;
    HtSpoolOpened opened = ht_spool_unseal(sealer, (HtSpoolSpot){TABLE, sequence}, stored, &room, &text);
    char *reason = opened == HT_SPOOL_OPENED      ? g_strndup(text.data ? text.data : "", text.size)
                   : opened == HT_SPOOL_DESTROYED ? g_strdup("(destroyed with the key of its period)")
                                                  : g_strdup("(damaged)");
    ht_buffer_clear(&room);
    return reason;
}
