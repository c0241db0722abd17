/* Passwords, licences and tokens: told by the name under which they come, in any operation, known or not. Engine: their values
 * are in no event. Bus: they are written over in every payload that is kept, also in one that killed its host. No state;
 * any thread. */
#pragma once

#include "core/base/buffer.h"

/* True for the names of secrets, whatever their case and their `_`, `-` and `.`: password, passwd and pwd, and token at
 * either end; secret at the end; licence and license alone or behind `in`; userkey, appkey, accesskey, apikey, privatekey, authkey, authcode,
 * authorization, credential, passphrase, sign; wsse's Nonce; 密码, 口令, 令牌, 授权码. `more` are further names, NULL-terminated, with *
 * for any row of characters, in lower case; may be NULL. A prefix (`wsse:`) does not count. */
bool ht_secret_name(HtText name, const char *const *more);

/* Called with each place in `bytes` that holds the value of a secret; they may be in any order, and overlap. */
typedef void (*HtSecretFound)(void *user, size_t start, size_t size);

/* Finds what stands behind the names of secrets: the content of an element, also where markup is escaped once or more and in
 * CDATA, the value of an attribute, of a JSON member, of a parameter (`name=value`), also when the name
 * is a value itself (`name="pwd" value="…"`). In UTF-8 and GB 18030. Of text in UTF-16 that has such a name, all is one place, and so is
 * a run of base64 in which there is one: also of base64 in it, and of gzip, zlib and ZIP, up to four packed in each other and 16 MB; what is
 * beyond that, or cannot be unpacked (encrypted, another method), is taken for one. Memory is taken only for what is packed, as much as it comes
 * to. */
void ht_secrets_find(HtText bytes, const char *const *more, HtSecretFound found, void *user);

/* Whether there is any. */
bool ht_secrets_are_in(HtText bytes, const char *const *more);
