/* The entries of a ZIP archive that stands in memory, one after the other. Archives come from outside: what is encrypted,
 * packed by an unusual method, or grows out of all proportion is refused. Names of entries are not shown to anybody: they
 * may hold personal data. Over Debian's minizip, which opens no file here. Called by container.c in the host; one thread. */
#pragma once

#include "core/base/fault.h"
#include "core/base/limits.h"

typedef struct HtUnzip HtUnzip;

/* True when the bytes begin as an archive does. */
bool ht_unzip_looks_like(HtText bytes);

/* `bytes` and `limits` must live as long: of the latter parts (entries), document_bytes (of all that is unpacked) and zip_ratio count.
 * NULL, with zip-malformed or too-many-parts. */
HtUnzip *ht_unzip_open(HtText bytes, const HtLimits *limits, HtFault *fault);
void ht_unzip_close(HtUnzip *unzip);

/* Unpacks the next entry into `to` (emptied first). 1: done; 0: there is none left; -1 with zip-malformed, zip-encrypted,
 * zip-method, zip-bomb, document-too-long, or part-not-xml for a directory; the fault has the entry's number. */
int ht_unzip_next(HtUnzip *unzip, HtBuffer *to, HtFault *fault);
