/* How hutong-host asks whether a message is signed. Two programs are made of the same host: one with these functions (plugins/signature), and one without, which carries none of the
 * libraries that they take. One thread. */
#pragma once

#include "plugins/signature/signature.h"

typedef struct {
    HtSignature *(*new)(const HtSignatureKeys *keys, const HtLimits *limits, GError **error);
    bool (*check)(HtSignature *signature, HtText body, HtText charset, int64_t now_us, HtSigned *found,
                  HtFault *fault);
    void (*free)(HtSignature *signature);
} HtVerifier;

/* In main.c: what main() does in either; `verifier` NULL: a source that asks for signatures is refused. The exit status. */
int ht_host_main(const HtVerifier *verifier);
