/* hutong-host-signed: a host for sources whose messages must be signed. */
#include "plugins/host/verifier.h"

int main(void)
{
    static const HtVerifier verifier = {ht_signature_new, ht_signature_check, ht_signature_free};
    return ht_host_main(&verifier);
}
