/* The field policy: what one consumer sees of an event. Compiled once from the consumer's section and the dictionary
 * (policy-rules.h); asked for every element that delivery writes. What is not said to be visible is not. Main-loop thread. */
#pragma once

#include "core/base/event.h"
#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct HtPolicy HtPolicy;

/* Problems (unknown elements, masks that are none or not for the element) are added to `errors` as `file:line: error: …`;
 * NULL then. Whether its purpose holds is as of now, until ht_policy_look(). */
HtPolicy *ht_policy_new(const HtConsumerConfig *consumer, const HtDictionary *dictionary, GString *errors);
void ht_policy_free(HtPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPolicy, ht_policy_free)

/* With which key `hash` is done: derived from the bus's pseudonym key and the consumer's name, so that no two consumers can compare
 * what they got. Until it is set what is to be hashed is not seen. */
#define HT_POLICY_KEY 32
void ht_policy_set_key(HtPolicy *policy, const uint8_t pseudonym_key[HT_POLICY_KEY]);

/* Whether both see the same of every event, also when a purpose lapses. */
bool ht_policy_equal(const HtPolicy *a, const HtPolicy *b);

/* ---- The purpose ---- */

typedef enum {
    HT_PURPOSE_HOLDS,
    HT_PURPOSE_ENDS,   /* it holds, and lapses within the consumer's `purpose-alarm` */
    HT_PURPOSE_LAPSED, /* its last day is over */
    HT_PURPOSE_NONE,   /* there is none, or it has no last day */
} HtPurpose;

/* "holds", "ends", "lapsed", "none" */
const char *ht_purpose_name(HtPurpose purpose);

/* Looks at the clock: a purpose holds through its last day at +08:00. From here on the policy is as that says; true when this
 * changed what is seen. */
bool ht_policy_look(HtPolicy *policy, int64_t now_us);
HtPurpose ht_policy_purpose(const HtPolicy *policy);

/* When it lapses; 0 when there is no purpose. */
int64_t ht_policy_until(const HtPolicy *policy);

/* ---- Its version ---- */

#define HT_POLICY_VERSION 17 /* 16 hexadecimal digits and the end */

/* What the policy says, the same for the same rules: lines of `key=value`, lists sorted, with the digest of the dictionary's sensitivities
 * and masks, and whether the purpose holds. Its version is the beginning of the SHA-256 of this text. Both change when the purpose
 * lapses. No personal data. */
const char *ht_policy_text(const HtPolicy *policy);
const char *ht_policy_version(const HtPolicy *policy);

/* ---- Asking ---- */

/* Why something is seen or not; the rules in the order in which they decide. */
typedef enum {
    HT_WHY_MARK,       /* a quality mark of the whole event, or of an identity's kind */
    HT_WHY_DENIED,     /* `deny` names it */
    HT_WHY_OPEN,       /* it is not personal: sensitivity 0 */
    HT_WHY_NO_PURPOSE, /* personal, and the consumer has no purpose that holds */
    HT_WHY_HASHED,     /* `hash` names it */
    HT_WHY_MASKED,     /* `mask` names it */
    HT_WHY_ALLOWED,    /* `allow` names it */
    HT_WHY_CLEARED,    /* its sensitivity is within the clearance */
    HT_WHY_ABOVE,      /* its sensitivity is above the clearance */
    HT_WHY_HIDDEN,     /* `mask` or `hash` names it, and cannot be applied to this value */
} HtWhy;

typedef struct {
    HtSeen seen;
    HtWhy why;
    unsigned sensitivity; /* that counted: the element's own, or more (below) */
    bool minor;           /* it counted as 3 because the event is about a person under 14 */
    bool odd;             /* it counted as 2 at least because the value is not what the element is for */
    HtMask mask;          /* with HT_WHY_MASKED */
} HtPolicyAnswer;

/* What is seen of an item, and why. In this order: denied → not; sensitivity 0 → whole; no purpose that holds → not; to be hashed → hashed;
 * to be masked → masked; allowed by name → whole; within the clearance → whole; else not. In an event about a person under 14 every
 * personal element counts as sensitivity 3 (PIPL Art. 28). What stands in an element and is not what it is for counts as 2 at least; no
 * mask and no hash is applied to a department's own code, which is not seen then. Unmapped fields count as 3, and are allowed, denied and
 * hashed as "unmapped", or by path as "unmapped:PATH". An element that the dictionary does not know counts as 3. A quality mark is
 * seen where its element is, in whatever form; one that is about no element always.
 *
 * Of what is masked or hashed the text is appended to `masked`, which may be NULL: then it is not seen. */
HtPolicyAnswer ht_policy_judge(const HtPolicy *policy, const HtStoredEvent *event, const HtItem *item,
                               HtBuffer *masked);

/* For ht_event_render(): what ht_policy_judge() says. */
HtSeen ht_policy_see(void *policy, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked);

/* What of the event is shown, for the records of access: for each element of the dictionary, by index, and behind them for what is unmapped:
 * 0 not, 1 whole, 2 masked, 3 hashed; the most that is shown of it where it stands several times. What is masked counts so also where the
 * mask cannot be applied. `shown` has one byte more than the dictionary has elements. */
void ht_policy_shown(const HtPolicy *policy, const HtStoredEvent *event, uint8_t *shown);

/* The same for an event's `time`: it has the value of elements (HT_ATTR_TIMEELEMENTS), and what may not be seen of one of them
 * is not seen of it. Masked with `year` it is its year, with any other mask or hashed it is not seen. A time of which no element is named
 * counts as the most sensitive thing in the event (HT_ATTR_DATACLASSIFICATION). */
HtSeen ht_policy_see_time(void *policy, const HtStoredEvent *event);

/* What is asked of an element as such, with no event at hand. */
typedef enum {
    HT_SHOWN_PLAIN,
    HT_SHOWN_MINOR,    /* in an event about a person under 14 */
    HT_SHOWN_ORIGINAL, /* a department's own code in its place */
} HtShownAs;

/* What the consumer sees of the element, for telling people. */
HtPolicyAnswer ht_policy_shows(const HtPolicy *policy, const HtElement *element, HtShownAs as);

/* The same of what no mapping names, where no rule names its path. */
HtPolicyAnswer ht_policy_shows_unmapped(const HtPolicy *policy);

/* The answer in words, for people: "clearance 1 covers sensitivity 1". The caller frees. */
char *ht_policy_reason(const HtPolicy *policy, const HtPolicyAnswer *answer);

/* "whole", "masked name", "hashed", "not": what of it. The caller frees. */
char *ht_policy_word(const HtPolicyAnswer *answer);
