/* Packing heads of messages; see message-head.h. */
#include "core/base/message-head.h"

#include "core/base/pack.h"

enum { TAG_ID = 1, TAG_CONTENT_TYPE, TAG_CHARSET, TAG_SOAP_ACTION, TAG_SOAP_EXPECTED, TAG_ALTER };

void ht_message_head_pack(const HtMessageHead *head, HtBuffer *buffer)
{
    ht_pack_bytes(buffer, TAG_ID, head->id.bytes, sizeof head->id.bytes);
    ht_pack_present(buffer, TAG_CONTENT_TYPE, head->content_type);
    ht_pack_present(buffer, TAG_CHARSET, head->charset);
    ht_pack_present(buffer, TAG_SOAP_ACTION, head->soap_action);
    ht_pack_u32(buffer, TAG_SOAP_EXPECTED, head->soap_expected);
    ht_pack_u32(buffer, TAG_ALTER, head->alter);
}

static bool take_id(HtText value, HtUuid *id)
{
    if (value.size != sizeof id->bytes) {
        return false;
    }
    memcpy(id->bytes, value.data, sizeof id->bytes);
    return true;
}

static bool take_flag(HtText value, bool *flag)
{
    uint32_t number;
    bool good = ht_unpack_u32(value, &number);
    *flag = good && number != 0;
    return good;
}

static bool take_field(uint8_t tag, HtText value, HtMessageHead *head)
{
    switch (tag) {
    case TAG_ID: return take_id(value, &head->id);
    case TAG_CONTENT_TYPE: head->content_type = value; return true;
    case TAG_CHARSET: head->charset = value; return true;
    case TAG_SOAP_ACTION: head->soap_action = value; return true;
    case TAG_SOAP_EXPECTED: return take_flag(value, &head->soap_expected);
    case TAG_ALTER: return ht_unpack_u32(value, &head->alter);
    default: return false;
    }
}

bool ht_message_unpack(HtText bytes, HtMessageHead *head, HtText *body)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    HtText found = HT_TEXT_NONE, value;
    uint8_t tag;
    *head = (HtMessageHead){.alter = 0};
    while (ht_unpack_next(&unpack, &tag, &value)) {
        if (tag == HT_MESSAGE_BODY && body && !found.data) {
            found = value;
        } else if (!take_field(tag, value, head)) {
            return false;
        }
    }
    if (body) {
        *body = found;
    }
    return !unpack.broken;
}
