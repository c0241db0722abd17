/* Kinds of identities that all sources share. Any thread. */
#include "core/base/identity.h"

static const struct {
    const char *kind;
    HtSubjectClass names;
    bool strong;
} shared[] = {
    {"idNumber", HT_SUBJECT_PERSON, true},
    {"birthCertificate", HT_SUBJECT_PERSON, false},
    {HT_IDENTITY_CREDIT_CODE, HT_SUBJECT_ORGANIZATION, true},
    {HT_IDENTITY_UNIT_NUMBER, HT_SUBJECT_PROPERTY, true},
};

HtSubjectClass ht_identity_class(HtText kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
        if (ht_text_is(kind, shared[i].kind)) {
            return shared[i].names;
        }
    }
    return HT_SUBJECT_ANY;
}

bool ht_identity_is_shared(HtText kind)
{
    return ht_identity_class(kind) != HT_SUBJECT_ANY;
}

bool ht_identity_is_strong(HtText kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
        if (ht_text_is(kind, shared[i].kind)) {
            return shared[i].strong;
        }
    }
    return false;
}

const char *ht_subject_class_name(HtSubjectClass what)
{
    static const char *const names[] = {[HT_SUBJECT_ANY] = NULL,
                                        [HT_SUBJECT_PERSON] = "person",
                                        [HT_SUBJECT_ORGANIZATION] = "organization",
                                        [HT_SUBJECT_PROPERTY] = "property"};
    return names[what];
}
