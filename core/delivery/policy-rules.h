/* The rules that a consumer's lists `allow`, `deny`, `mask` and `hash` make, by element and by unmapped path. Used by policy.c. */
#pragma once

#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct {
    bool allowed, denied, masked, hashed;
    HtMask mask;
} HtRule;

typedef struct {
    HtRule *elements; /* by element index */
    HtRule unmapped;  /* every path */
    GPtrArray *paths; /* of HtPathRule */
} HtRules;

typedef struct {
    char *pattern; /* of a path: * stands for any characters */
    HtRule rule;
} HtPathRule;

/* Reads the lists. Problems are added to `errors`, one a line; false then, and the rules are to be cleared all the same. */
bool ht_rules_read(HtRules *rules, const HtConsumerConfig *consumer, const HtDictionary *dictionary,
                   GString *errors);
void ht_rules_clear(HtRules *rules);

/* What holds of the unmapped path. */
HtRule ht_rules_unmapped(const HtRules *rules, HtText path);
