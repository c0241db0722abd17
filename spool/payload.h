/* Payloads as they are kept, in `payloads` and in `quarantine`, sealed afterwards (sealer.h):
 *
 *   "HtZ1", a zstd frame with its size and checksum
 *   "HtZ0", bytes: not compressed, and would look like one of these
 *   bytes: not compressed
 *
 * No state; any thread: who sends a message to the spool packs its payload, so that the writer need not. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

/* Takes `bytes` (transfer full, g_free()), of `*size`, and gives what is to be kept of them: compressed when that is wanted and pays. */
char *ht_spool_payload_pack(char *bytes, size_t *size, bool compress);

/* What was packed; `value` points into `bytes` or `room`. False when it is not what was written. */
bool ht_spool_payload_unpack(HtText bytes, HtBuffer *room, HtText *value);
