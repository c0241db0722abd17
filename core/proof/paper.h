/* A receipt for paper: one A4 page in Chinese, XHTML without a DOCTYPE, that a browser prints. It holds the receipt itself (hidden), so that
 * ht_claim_read() takes the page as it takes a receipt; and its code: the receipt as JSON, small enough for a QR code, which is drawn where
 * the program was built with libqrencode, and stands there as text in any case. Nothing of what was sent is on it. Pure; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/proof/verify.h"

/* Appends the page. The claim was verified; its findings are not on it. */
void ht_paper_write(const HtClaim *claim, HtBuffer *page);
