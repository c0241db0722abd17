/* Fuzz: any bytes as a payload through the whole mapping engine, with a mapping that uses everything (tests/data/mappings/
 * rich.xml). Beside the sanitizers: every event is one that the bus takes, and so is the whole outcome. */
#include "tests/fuzz/mapping-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HtPayload payload = {.body = {(const char *)data, size}};
    run_payload(&payload);
    return 0;
}
