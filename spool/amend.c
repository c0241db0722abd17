/* Corrections under a known number. Writer thread. */
#include "spool/amend.h"

#define DATA_KEEP (1 << 16)

static bool is_same_person(const HtSpoolSaid *said, const HtSpoolFormer *former, const char *subject,
                           const HtEvent *event)
{
    bool former_nameless =
        former->has_content && (former->content[HT_SPOOL_HASH_SIZE] & HT_SPOOL_CONTENT_NAMELESS) != 0;
    return strcmp(former->subject, subject) == 0 ||
           ht_text_is(event->attr[HT_ATTR_FORMERSUBJECT], former->subject) ||
           (said->nameless && former_nameless);
}

static void mark(HtSpoolAmendment *room, const char *name, HtEvent *event)
{
    HtBuffer *data = &room->data[room->marks++ % G_N_ELEMENTS(room->data)];
    ht_buffer_reset(data, DATA_KEEP);
    ht_event_add_mark(event->data, HT_TEXT_LITERAL(""), name, data);
    event->data = ht_buffer_text(data);
}

static HtText name_former(HtSpoolAmendment *room, const HtSpoolFormer *former)
{
    HtText business = former->event.attr[HT_ATTR_BUSINESSID];
    if (business.data) {
        return business;
    }
    ht_uuid_format(&former->id, room->id);
    return (HtText){room->id, HT_UUID_TEXT - 1};
}

static bool undoes(const HtEvent *event)
{
    HtText action = event->attr[HT_ATTR_ACTION];
    return ht_text_is(action, "correct") || ht_text_is(action, "cancel");
}

/* The thing's next state, or the same one at another time: what it was before stays true of then. */
static bool follows(const HtSpoolFormer *former, const HtEvent *event)
{
    const HtText *was = former->event.attr, *is = event->attr;
    return event->is_state && (!ht_text_equal(was[HT_ATTR_TYPE], is[HT_ATTR_TYPE]) ||
                               !ht_text_equal(was[HT_ATTR_TIME], is[HT_ATTR_TIME]));
}

static HtSpoolAmended amend_known(HtSpoolAmendment *room, const HtSpoolSaid *said,
                                  const HtSpoolFormer *former, const char *subject, HtEvent *event)
{
    if (former->sequence == 0 || !is_same_person(said, former, subject, event)) {
        mark(room, "number-reused", event);
        return HT_SPOOL_AMENDED_REUSED;
    }
    if (follows(former, event)) {
        return HT_SPOOL_AMENDED_NOT;
    }
    bool corrects = ht_text_is(event->attr[HT_ATTR_ACTION], "assert") &&
                    !ht_text_is(former->event.attr[HT_ATTR_ACTION], "cancel");
    if (corrects) {
        event->attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("correct");
        mark(room, "same-number-other-content", event);
    }
    if (undoes(event) && !event->attr[HT_ATTR_REVERSES].data) {
        event->attr[HT_ATTR_REVERSES] = name_former(room, former);
    }
    return corrects ? HT_SPOOL_AMENDED_CORRECTION : HT_SPOOL_AMENDED_NOT;
}

/* A thing's number is none of its states': which of them is cancelled it does not say. */
static bool names_nothing(const HtEvent *event)
{
    const HtText *attr = event->attr;
    return ht_text_is(attr[HT_ATTR_ACTION], "cancel") && !attr[HT_ATTR_REVERSES].data &&
           (!attr[HT_ATTR_BUSINESSID].data || event->is_state);
}

HtSpoolAmended ht_spool_amend(HtSpoolAmendment *room, const HtSpoolSaid *said, const HtSpoolFormer *former,
                              const char *subject, HtEvent *event)
{
    HtSpoolAmended amended = HT_SPOOL_AMENDED_NOT;
    if (!said->numbered) {
        return amended;
    }
    if (former) {
        amended = amend_known(room, said, former, subject, event);
    }
    if (names_nothing(event)) {
        mark(room, "reversal-unnamed", event);
    }
    return amended;
}
