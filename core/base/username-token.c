/* Packing; see username-token.h. */
#include "core/base/username-token.h"

#include "core/base/pack.h"

enum { TOKEN = 1, STAMP, DIGEST, USERNAME, PASSWORD, NONCE, CREATED, STAMP_CREATED, STAMP_EXPIRES };

void ht_username_token_pack(const HtUsernameToken *token, HtBuffer *buffer)
{
    ht_pack_u32(buffer, TOKEN, token->has_token);
    ht_pack_u32(buffer, STAMP, token->has_stamp);
    ht_pack_u32(buffer, DIGEST, token->digest);
    ht_pack_present(buffer, USERNAME, token->username);
    ht_pack_present(buffer, PASSWORD, token->password);
    ht_pack_present(buffer, NONCE, token->nonce);
    ht_pack_present(buffer, CREATED, token->created);
    ht_pack_present(buffer, STAMP_CREATED, token->stamp_created);
    ht_pack_present(buffer, STAMP_EXPIRES, token->stamp_expires);
}

static bool take_flag(HtText value, bool *flag)
{
    uint32_t number;
    bool good = ht_unpack_u32(value, &number) && number <= 1;
    *flag = good && number == 1;
    return good;
}

static bool take_text(HtText value, HtText *text)
{
    *text = value;
    return value.size <= HT_USERNAME_TOKEN_TEXT;
}

static bool take_field(uint8_t tag, HtText value, HtUsernameToken *token)
{
    switch (tag) {
    case TOKEN: return take_flag(value, &token->has_token);
    case STAMP: return take_flag(value, &token->has_stamp);
    case DIGEST: return take_flag(value, &token->digest);
    case USERNAME: return take_text(value, &token->username);
    case PASSWORD: return take_text(value, &token->password);
    case NONCE: return take_text(value, &token->nonce);
    case CREATED: return take_text(value, &token->created);
    case STAMP_CREATED: return take_text(value, &token->stamp_created);
    case STAMP_EXPIRES: return take_text(value, &token->stamp_expires);
    default: return false;
    }
}

bool ht_username_token_unpack(HtText bytes, HtUsernameToken *token)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    bool good = true;
    *token = (HtUsernameToken){.has_token = false};
    while (good && ht_unpack_next(&unpack, &tag, &value)) {
        good = take_field(tag, value, token);
    }
    return good && !unpack.broken;
}
