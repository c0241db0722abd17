/* HL7 V3 interactions: the elements whose fields mappings/health.xml passes on, because more is in them than values. The head of a
 * message makes its answer; which of a patient's organisations is the hospital is organisation.c's.
 *
 * Each of them begins anew at its own start tag, wherever the one before ended. */
#include "health.h"

#include <string.h>

/* ---- The head ---- */

static void keep(char *to, const char *const *attributes)
{
    const char *id = health_identifier(attributes, "extension");
    if (id) {
        health_copy(to, HEALTH_ID, id, strlen(id));
    }
}

static void take_message_id(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    keep(state->reply.id, attributes);
    health_take_id(state, out, node, attributes);
}

static void take_created(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    const char *value = health_identifier(attributes, "value");
    if (value) {
        health_copy(state->reply.created, HEALTH_ID, value, strlen(value));
    }
    health_give(state, out, node->to, value);
}

static void take_receiver(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)out;
    (void)node;
    keep(state->reply.receiver, attributes);
}

static void take_sender(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    keep(state->reply.sender, attributes);
    health_take_id(state, out, node, attributes);
}

static const HealthNode receiver_device[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = take_receiver},
    {0},
};
static const HealthNode receiver_parts[] = {
    {.name = "device", .children = receiver_device},
    {0},
};

static const HealthNode sender_device[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = take_sender, .to = "sender"},
    {0},
};
static const HealthNode sender_parts[] = {
    {.name = "device", .children = sender_device},
    {0},
};

/* ---- The filters ---- */

/* Number and time of the message: <id> or <id><item/></id>, <creationTime> or <creationTime><any/></creationTime>. */
static void take_head(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    static const HealthNode id = {.to = "messageId"}, created = {.to = "creationTime"};
    HealthState *state = user;
    state->reply.is_message = true;
    state->reply.has_items = state->reply.has_items || strcmp(name, "item") == 0;
    if (hutong_attribute(attributes, "extension")) {
        take_message_id(state, out, &id, attributes);
    } else {
        take_created(state, out, &created, attributes);
    }
}

static void pass_text(void *user, hutong_out *out, const char *text, size_t size)
{
    (void)user, (void)out, (void)text, (void)size;
}

static void pass_end(void *user, hutong_out *out, const char *name)
{
    (void)user, (void)out, (void)name;
}

static const HealthNode parts[] = {
    {.name = "receiver", .children = receiver_parts},
    {.name = "sender", .children = sender_parts},
    {.name = "providerOrganization",
     .take = health_begin_organisation,
     .children = health_organisation_parts,
     .leave = health_end_organisation},
    {0},
};
static const HealthNode parts_root = {.name = "", .children = parts};

static void take_part(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    if (health_find_child(parts, name)) {
        health_walk_begin(state, &parts_root);
    }
    health_walk_start(state, out, name, attributes);
}

static void take_registered(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    take_part(user, out, name, attributes);
    state->organisation.is_registered = true;
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    health_walk_text(state, out, text, size);
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    health_walk_end(state, out);
}

const hutong_filter health_head_filter = {sizeof(hutong_filter), take_head, pass_text, pass_end};
const hutong_filter health_part_filter = {sizeof(hutong_filter), take_part, take_text, take_end};
const hutong_filter health_registered_filter = {sizeof(hutong_filter), take_registered, take_text, take_end};
