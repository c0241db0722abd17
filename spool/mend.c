/* Repairs: finding what is tied, planning, changing. A plan is made first, so that a dry run and a refusal change nothing.
 * Writer thread, but for making and freeing a mending. */
#include "spool/mend.h"

#include "core/base/clock.h"

struct HtSpoolMender {
    HtSpoolTies *ties;
    HtSpoolSubjects *subjects;
    sqlite3_stmt *audit;
};

static const char *const verbs[] = {"split", "split-subject", "join"};

/* ---- On the way ---- */

HtSpoolJob *ht_spool_mending_new(const HtSpoolRepair *asked, void (*done)(HtSpoolTask *task))
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    message->id = ht_uuid_new();
    message->source = HT_SPOOL_OWN_SOURCE;
    message->received_us = ht_clock_now();
    message->backing = g_bytes_new(message->id.bytes, HT_UUID_SIZE);
    message->key = (HtText){g_bytes_get_data(message->backing, NULL), HT_UUID_SIZE};
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    HtSpoolJob *job = ht_spool_job_new(message, NULL, done);
    job->mending = g_new0(HtSpoolMending, 1);
    job->mending->asked = (HtSpoolRepair){.verb = asked->verb,
                                          .subject = g_strdup(asked->subject),
                                          .other = g_strdup(asked->other),
                                          .kind = g_strdup(asked->kind),
                                          .source = g_strdup(asked->source),
                                          .value = g_strdup(asked->value),
                                          .reason = g_strdup(asked->reason),
                                          .uid = asked->uid,
                                          .dry_run = asked->dry_run};
    return job;
}

void ht_spool_mending_free(HtSpoolMending *mending)
{
    if (!mending) {
        return;
    }
    HtSpoolRepair *asked = &mending->asked;
    if (asked->value) {
        explicit_bzero((char *)asked->value, strlen(asked->value));
    }
    const char *const texts[] = {asked->subject, asked->other, asked->kind,
                                 asked->source,  asked->value, asked->reason};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free((char *)texts[i]);
    }
    ht_buffer_clear(&mending->data);
    g_free(mending);
}

/* ---- Finding and planning ---- */

HtSpoolMender *ht_spool_mender_new(sqlite3 *db, HtSpoolTies *ties, HtSpoolSubjects *subjects, GError **error)
{
    g_autoptr(HtSpoolMender) mender = g_new0(HtSpoolMender, 1);
    mender->ties = ties;
    mender->subjects = subjects;
    if (!ht_spool_database_prepare(
            db,
            "INSERT INTO subject_audit(time, uid, verb, subject, other, kind, source, reason)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            &mender->audit, error)) {
        return NULL;
    }
    return g_steal_pointer(&mender);
}

void ht_spool_mender_free(HtSpoolMender *mender)
{
    if (mender) {
        sqlite3_finalize(mender->audit);
        g_free(mender);
    }
}

typedef struct {
    HtSpoolMender *mender;
    HtSpoolJob *job;
    const HtSpoolRepair *asked;
    HtSpoolRepaired *repaired;
    HtSpoolTie tie;    /* of HT_SPOOL_SPLIT */
    bool part_implied; /* the citizen number's own subject goes on as itself again */
} MendPlan;

/* Says why it cannot be done; the job has not failed. */
G_GNUC_PRINTF(2, 3)
static bool refuse(MendPlan *plan, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    plan->job->error = g_error_new_valist(HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR, format, arguments);
    va_end(arguments);
    return true;
}

static bool follow(MendPlan *plan, const char *given, char subject[HT_SPOOL_SUBJECT], GError **error)
{
    bool numbered = false;
    g_strlcpy(subject, given, HT_SPOOL_SUBJECT);
    return ht_spool_ties_follow(plan->mender->ties, subject, &numbered, error);
}

/* Back to the subject that it makes by itself, unless somebody else goes on under that. */
static bool plan_target(MendPlan *plan, GError **error)
{
    char own[HT_SPOOL_SUBJECT];
    const HtSpoolTie *tie = &plan->tie;
    HtSpoolRepaired *repaired = plan->repaired;
    if (!follow(plan, tie->implied, own, error)) {
        return false;
    }
    bool joined = strcmp(own, tie->implied) != 0;
    plan->part_implied = tie->strong && !tie->stored && joined;
    bool free = strcmp(tie->implied, repaired->subject) != 0 && (!joined || plan->part_implied);
    if (free) {
        memcpy(repaired->other, tie->implied, sizeof repaired->other);
    } else {
        ht_spool_subjects_make_own(plan->mender->subjects, &plan->job->message->id, 1, repaired->other);
    }
    return true;
}

static bool plan_split(MendPlan *plan, GError **error)
{
    const HtSpoolRepair *asked = plan->asked;
    HtIdentity identity = {ht_text_from(asked->kind), ht_text_from(asked->value), false};
    const char *source = g_intern_string(asked->source ? asked->source : "");
    if (!ht_spool_ties_find(plan->mender->ties, source, &identity, &plan->tie, error)) {
        return false;
    }
    if (plan->tie.parted && !asked->subject) {
        return plan_target(plan, error);
    }
    if (plan->tie.subject[0] == '\0') {
        return refuse(plan,
                      plan->tie.parted
                          ? "this %s is in conflict and ties nothing: see `hutong subject settle`"
                          : "nothing is known of this %s%s",
                      asked->kind, plan->tie.parted ? "" : ": is it written as the department writes it?");
    }
    if (!asked->subject) {
        return refuse(plan, "this %s is in no conflict: it goes to %s", asked->kind, plan->tie.subject);
    }
    if (!follow(plan, asked->subject, plan->repaired->subject, error)) {
        return false;
    }
    if (strcmp(plan->tie.subject, plan->repaired->subject) != 0) {
        return refuse(plan, "this %s goes to %s, not to %s", asked->kind, plan->tie.subject, asked->subject);
    }
    return plan_target(plan, error);
}

static bool plan_subjects(MendPlan *plan, GError **error)
{
    const HtSpoolRepair *asked = plan->asked;
    HtSpoolRepaired *repaired = plan->repaired;
    char other[HT_SPOOL_SUBJECT];
    if (!follow(plan, asked->subject, repaired->subject, error) ||
        !follow(plan, asked->other, other, error)) {
        return false;
    }
    bool one = strcmp(repaired->subject, other) == 0;
    if (asked->verb == HT_SPOOL_JOIN) {
        memcpy(repaired->other, other, sizeof repaired->other);
        return !one || refuse(plan, "%s and %s are one already", asked->subject, asked->other);
    }
    g_strlcpy(repaired->other, asked->other, sizeof repaired->other);
    if (!one || strcmp(other, asked->other) == 0) {
        return refuse(plan, "%s does not go on as %s", asked->other, asked->subject);
    }
    return true;
}

/* ---- Changing ---- */

static bool change_split(MendPlan *plan, GError **error)
{
    HtSpoolTies *ties = plan->mender->ties;
    HtSpoolTie *tie = &plan->tie;
    bool was;
    if (plan->part_implied) {
        return ht_spool_ties_part(ties, tie->implied, &was, error);
    }
    return ht_spool_ties_store(ties, tie, plan->repaired->other,
                               tie->strong ? HT_SPOOL_TIE_NUMBERED : HT_SPOOL_TIE_ALONE, error) &&
           ht_spool_ties_settle(ties, tie, error);
}

/* Whether a citizen number goes to either cannot be told (one that is alone has no row): as if one did. */
static bool change_join(MendPlan *plan, GError **error)
{
    HtSpoolTies *ties = plan->mender->ties;
    return ht_spool_ties_forward(ties, plan->repaired->other, plan->repaired->subject, error) &&
           ht_spool_ties_number(ties, plan->repaired->subject, error);
}

static bool change(MendPlan *plan, GError **error)
{
    bool was;
    switch (plan->asked->verb) {
    case HT_SPOOL_SPLIT: return change_split(plan, error);
    case HT_SPOOL_SPLIT_SUBJECT:
        return ht_spool_ties_part(plan->mender->ties, plan->repaired->other, &was, error);
    case HT_SPOOL_JOIN: return change_join(plan, error);
    }
    return false;
}

static bool write_audit(MendPlan *plan, GError **error)
{
    const HtSpoolRepair *asked = plan->asked;
    sqlite3_stmt *row = plan->mender->audit;
    sqlite3_bind_int64(row, 1, plan->job->message->received_us);
    sqlite3_bind_int64(row, 2, asked->uid);
    ht_spool_bind_text(row, 3, ht_text_from(verbs[asked->verb]));
    ht_spool_bind_text(row, 4, ht_text_from(plan->repaired->subject));
    ht_spool_bind_text(row, 5, ht_text_from(plan->repaired->other));
    ht_spool_bind_text(row, 6, ht_text_from(asked->kind ? asked->kind : ""));
    ht_spool_bind_text(row, 7, ht_text_from(asked->source ? asked->source : ""));
    ht_spool_bind_text(row, 8, ht_text_from(asked->reason));
    return ht_spool_database_do(row, error);
}

/* ---- Telling consumers ---- */

static void add_element(HtSpoolMending *mending, const char *name, const char *value)
{
    if (value && *value) {
        HtItem item = {.kind = HT_ITEM_ELEMENT, .name = ht_text_from(name), .value = ht_text_from(value)};
        ht_item_pack(&mending->data, &item);
    }
}

static void add_event(MendPlan *plan)
{
    HtSpoolMending *mending = plan->job->mending;
    const HtSpoolRepair *asked = plan->asked;
    const HtSpoolRepaired *repaired = plan->repaired;
    bool joins = asked->verb == HT_SPOOL_JOIN;
    ht_buffer_reset(&mending->data, 1 << 16);
    add_element(mending, "subject.former", joins ? repaired->other : repaired->subject);
    add_element(mending, "subject.now", joins ? repaired->subject : repaired->other);
    add_element(mending, "subject.identity", asked->kind);
    add_element(mending, "subject.identitySource", asked->source);
    add_element(mending, "subject.reason", asked->reason);
    ht_clock_format(plan->job->message->received_us, mending->time);
    HtEvent event = {.attr = {[HT_ATTR_TYPE] = ht_text_from(joins ? "subject.merged.v1" : "subject.split.v1"),
                              [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                              [HT_ATTR_TIME] = ht_text_from(mending->time),
                              [HT_ATTR_TIMEPRECISION] = HT_TEXT_LITERAL("second"),
                              [HT_ATTR_DIRECTION] = HT_TEXT_LITERAL("return"),
                              [HT_ATTR_DATACLASSIFICATION] = HT_TEXT_LITERAL("1"),
                              [HT_ATTR_SOURCE] = HT_TEXT_LITERAL(HT_SPOOL_OWN_SOURCE)},
                     .data = ht_buffer_text(&mending->data)};
    g_array_set_size(plan->job->message->events, 0);
    g_array_append_val(plan->job->message->events, event);
    mending->whose = (HtSpoolSubjectAnswer){.conflict_count = 0};
    memcpy(mending->whose.subject, repaired->subject, sizeof mending->whose.subject);
    if (joins) {
        memcpy(mending->whose.former, repaired->other, sizeof mending->whose.former);
    }
}

bool ht_spool_mender_run(HtSpoolMender *mender, HtSpoolJob *job, GError **error)
{
    HtSpoolMending *mending = job->mending;
    MendPlan plan = {.mender = mender, .job = job, .asked = &mending->asked, .repaired = &mending->repaired};
    mending->repaired = (HtSpoolRepaired){.sequence = 0};
    g_array_set_size(job->message->events, 0);
    bool good =
        mending->asked.verb == HT_SPOOL_SPLIT ? plan_split(&plan, error) : plan_subjects(&plan, error);
    if (!good || job->error || mending->asked.dry_run) {
        return good;
    }
    if (!change(&plan, error) || !write_audit(&plan, error)) {
        return false;
    }
    /* A conflict that is forgotten moves no event from one subject to another. */
    if (plan.repaired->subject[0] != '\0') {
        add_event(&plan);
    }
    return true;
}
