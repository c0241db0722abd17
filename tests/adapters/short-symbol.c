/* short-symbol: says that its descriptor is whole, but exports only the beginning of one. */
#define hutong_adapter_v1 declared_by_the_header
#include "hutong-plugin.h"
#undef hutong_adapter_v1

typedef struct {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
} Beginning;

extern const Beginning hutong_adapter_v1;

HUTONG_EXPORT const Beginning hutong_adapter_v1 = {sizeof(hutong_adapter), HUTONG_ABI_MAJOR,
                                                   HUTONG_ABI_MINOR};
