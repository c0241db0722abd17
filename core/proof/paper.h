/* A receipt for paper: one A4 page in Chinese, XHTML without a DOCTYPE, that a browser prints. It holds the receipt itself (hidden), so that
 * ht_claim_read() takes the page as it takes a receipt; and its code: the receipt as JSON, small enough for a QR code, which is drawn where
 * the program was built with libqrencode, and stands there as text in any case. Nothing of what was sent is on it. Pure; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/proof/verify.h"

#define HT_PAPER_TITLE "数据接收回执"
#define HT_PAPER_MEANS \
    "本回执表示：上述报文已写入接收总线的存储。它不含报送内容。页面和纸面上的文字可以被改动，以核验结果为准：扫描二维码（或抄录上面的代码）存成文件，"
#define HT_PAPER_COMMAND "hutong receipt verify FILE --key KEY [--payload SENT]"
#define HT_PAPER_RESULT \
    "KEY 为接收总线公布的公钥；给出原报文（SENT）时一并核对摘要。核验列出的各项与本页不一致的，本页无效。"

/* Tells what the page says of the claim, line by line, in Chinese. */
typedef void (*HtPaperFact)(void *user, const char *label, const char *value);
void ht_paper_facts(const HtClaim *claim, HtPaperFact tell, void *user);

/* Appends the code: one line of JSON without blanks, as it was signed. */
void ht_paper_code(const HtClaim *claim, HtBuffer *code);

/* Appends the page. The claim was verified; its findings are not on it. */
void ht_paper_write(const HtClaim *claim, HtBuffer *page);
