/* What the files of looking share: look.h, history.h, foretell.h. */
#pragma once

#include "spool/database.h"
#include "spool/look.h"
#include "spool/sealer.h"

struct HtSpoolLook {
    sqlite3 *db;
    HtSpoolSealer *sealer;
};

/* In look.c: false with HT_SPOOL_ERROR_KEY when the spool was made with another site key. */
bool ht_spool_look_check_key(HtSpoolLook *look, HtSpoolHasher *hasher, GError **error);
