/* hutong-host: a host that knows no signatures. */
#include "plugins/host/verifier.h"

int main(void)
{
    return ht_host_main(NULL);
}
