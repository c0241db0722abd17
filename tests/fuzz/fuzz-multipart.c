/* Fuzz: any bytes as a container (multipart/related, multipart/mixed, ZIP) through the whole mapping engine. The first byte
 * says which; a second line of the input, up to its end, may be the Content-Type itself. */
#include "tests/fuzz/mapping-target.h"

#include "mappings/engine/parts/mime.h"

static const char *const types[] = {
    "multipart/related; boundary=b",
    ("multipart/related; boundary=\"b\"; start=\"<r>\"; type=\"application/xop+xml\"; "
     "start-info=\"application/soap+xml; action=\\\"urn:x\\\"\""),
    "multipart/mixed; boundary=b",
    "application/zip",
};

/* Nothing of a type points out of what was given. */
static void check_type(HtText value)
{
    HtMediaType type;
    ht_media_type_read(value, &type);
    const HtText parameters[] = {type.charset,    type.boundary, type.start,
                                 type.start_info, type.type,     type.action};
    for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
        require(parameters[i].size <= value.size);
    }
    ht_media_type_clear(&type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    /* Copies, so that reading beyond the end is seen. */
    g_autofree char *bytes = g_memdup2(data + 1, size - 1);
    HtPayload payload = {.body = {bytes ? bytes : "", size - 1},
                         .head.content_type = ht_text_from(types[data[0] % G_N_ELEMENTS(types)])};
    const char *line = size > 1 ? memchr(bytes, '\n', size - 1) : NULL;
    g_autofree char *type = line && data[0] >= 'a' ? g_strndup(bytes, (size_t)(line - bytes)) : NULL;
    if (type) {
        payload.head.content_type = ht_text_from(type);
        payload.body = (HtText){line + 1, size - 2 - (size_t)(line - bytes)};
        check_type(payload.head.content_type);
    }
    run_payload(&payload);
    return 0;
}
