/* What the files of looking share: look.h, history.h. */
#pragma once

#include "spool/database.h"
#include "spool/look.h"

struct HtSpoolLook {
    sqlite3 *db;
};
