/* What the files of looking share: look.h, history.h. */
#pragma once

#include "spool/database.h"
#include "spool/look.h"
#include "spool/sealer.h"

struct HtSpoolLook {
    sqlite3 *db;
    HtSpoolSealer *sealer;
};
