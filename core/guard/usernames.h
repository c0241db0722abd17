/* Who sends, by a WS-Security UsernameToken (OASIS WSS UsernameToken Profile 1.1.1), held against a file of names and passwords. Judged when the message is whole, before
 * anything is made of it. Main-loop thread.
 *
 *   # comment
 *   NAME PASSWORD
 *   NAME hmac-sha256:SALT:DIGEST
 *
 * A NAME has no white space, the PASSWORD is the rest of the line. The second form is what `hutong token hash` makes of a password: with it PasswordText can be
 * judged, PasswordDigest cannot, for that is made of the password itself.
 *
 * A digest comes with a nonce and a time, a plain password may. The time, that of a Timestamp, too, must lie within `age` of ours. A nonce is remembered as long: with another
 * message it is refused; with the same bytes it is the same message sent again, which is harmless, for it is known and gets its first receipt. What is remembered does
 * not outlive the process. A nonce that is not canonical base64 is refused: several texts would stand for the same bytes. */
#pragma once

#include "core/base/digest.h"
#include "core/refusal/refusal.h"

#define HT_USERNAMES_MAX 64

typedef struct HtUsernames HtUsernames;

/* Reads the file, which must be a secret (core/base/private.h). `nonces`: how many are remembered. G_FILE_ERROR with the path, the line and what is wrong, never with
 * what stands there. */
HtUsernames *ht_usernames_new(const char *file, uint64_t age_ms, uint64_t nonces, GError **error);

/* It takes the place of `former`, and knows the nonces that came there, also from here on. */
void ht_usernames_follow(HtUsernames *usernames, const HtUsernames *former);
void ht_usernames_free(HtUsernames *usernames);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtUsernames, ht_usernames_free)

/* What an outcome says of who sends (HtOutcome.security; may be absent), and the digest of the message. False with username-missing, -refused, -stale, -replayed,
 * or username-busy when no further nonce can be remembered. */
bool ht_usernames_admit(HtUsernames *usernames, HtText security, const uint8_t sha256[HT_SHA256],
                        int64_t now_us, HtRefusal *refusal);
