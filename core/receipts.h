/* The page GET /in/SOURCE/receipt/ID: the receipt of a message of that source again, what has become of its deliveries, and the signature
 * over both. No department sees which consumers there are. Looking goes to the disk: a thread of its own does it, by a connection of its own,
 * so that questions hold up neither messages nor deliveries. Main-loop thread. */
#pragma once

#include "core/page/page.h"
#include "core/proof/signer.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct HtReceipts HtReceipts;

/* Signer and pages live longer. Adds its page to `pages`. */
HtReceipts *ht_receipts_new(const HtConfig *config, const HtDictionary *dictionary, const HtSigner *signer,
                            HtPages *pages);

/* Questions from here on are answered by another configuration. */
void ht_receipts_change(HtReceipts *receipts, const HtConfig *config, const HtDictionary *dictionary);

/* Waits for a question that is being looked up. After the door is closed: no call is open any more. */
void ht_receipts_free(HtReceipts *receipts);
