/* Older copies of the file of a vault's periods (vault.h), put in place. For who restores. Blocks. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* After an older copy of a file of periods was put in place: what `former`, the file that stood there, says of destroyed keys of the same vault holds for it, too, and the keys
 * for files that it lacks are taken over.
 * HT_SPOOL_ERROR. */
bool ht_spool_vault_keep_destroyed(const char *former, const char *restored, GError **error);
