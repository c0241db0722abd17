/* Messages on their way in, without a connection: whoever else brings them in does it so. */
#include "tests/lib/door-harness.h"

#include <glib/gstdio.h>

typedef struct {
    HtMessage *message;
    unsigned told, rooms;
    char code[HT_FAULT_CODE];
    unsigned status;
    uint64_t sequence;
} Owner;

static void take_room(void *user)
{
    Owner *owner = user;
    owner->rooms++;
}

static void take_result(const HtMessageResult *result, void *user)
{
    Owner *owner = user;
    owner->told++;
    g_assert_true((result->receipt != NULL) != (result->refusal != NULL));
    if (result->refusal) {
        g_strlcpy(owner->code, result->refusal->code, sizeof owner->code);
        owner->status = result->refusal->status;
    } else {
        owner->sequence = result->receipt->sequence;
    }
    g_clear_pointer(&owner->message, ht_message_free);
}

static void begin(Bus *bus, Owner *owner)
{
    HtMessageStart start = {.source = bus->sources[0], .head = {.id = ht_uuid_new()}};
    *owner = (Owner){.message = NULL};
    owner->message = ht_message_new(&bus->intake, &start, &(HtMessageOwner){take_room, take_result, owner});
}

static HtTake take(Owner *owner, const char *text)
{
    HtRefusal refusal;
    return ht_message_take(owner->message, text, strlen(text), &refusal);
}

static void give(Bus *bus, Owner *owner, const char *text)
{
    HtRefusal refusal;
    begin(bus, owner);
    g_assert_cmpint(take(owner, text), ==, HT_TAKE_MORE);
    g_assert_true(ht_message_end(owner->message, &refusal));
}

/* More than is gathered: it goes to the host in pieces. */
static void begin_stream(Bus *bus, Owner *owner)
{
    g_autofree char *text = g_strnfill(70000, 'x');
    begin(bus, owner);
    g_assert_cmpint(take(owner, text), ==, HT_TAKE_MORE);
    g_assert_cmpuint(bus->hosts[0].streamed, ==, 1);
}

/* The host ends with the oldest ticket, before its body does. */
static void fail_host(HtHost *host, int code)
{
    HtTicket *ticket = g_queue_peek_head(&host->tickets);
    HtHostDone done = ticket->done;
    void *user = ticket->user;
    g_autoptr(GError) error = g_error_new_literal(HT_HOST_ERROR, code, "it ended");
    free_ticket(ticket);
    done(NULL, NULL, error, user);
}

static void receipt_comes_without_a_connection(void)
{
    Bus *bus = bus_start();
    Owner first, second;
    give(bus, &first, "<one/>");
    give(bus, &second, "<bad/>");
    WAIT_FOR(first.told == 1 && second.told == 1);
    g_assert_cmpuint(first.sequence, ==, 1);
    g_assert_cmpstr(second.code, ==, "not-well-formed");
    g_assert_cmpuint(bus->sources[0]->figures->accepted, ==, 1);
    g_assert_cmpuint(bus->sources[0]->figures->rejected, ==, 1);
    g_assert_cmpuint(bus->intake.spool_bytes, ==, 0);
    bus_stop(bus);
}

/* With the spool it cannot be called off. */
static void what_is_with_the_spool_is_kept_all_the_same(void)
{
    Bus *bus = bus_start();
    Owner owner;
    give(bus, &owner, "<one/>");
    WAIT_FOR(owner.message->state == HT_MESSAGE_AT_SPOOL || owner.told > 0);
    g_assert_cmpuint(owner.told, ==, 0);
    g_assert_cmpuint(bus->intake.spool_bytes, >, 0);
    ht_message_free(owner.message);
    WAIT_FOR(bus->intake.spool_bytes == 0);
    g_assert_cmpuint(bus_events(bus), ==, 1);
    g_assert_cmpuint(owner.told, ==, 0);
    bus_stop(bus);
}

/* What waits for a commit counts with its body and what the host made of it. */
static void all_that_waits_is_counted(void)
{
    Bus *bus = bus_start();
    Owner small, large;
    g_autofree char *blanks = g_strnfill(1000, ' '), *text = g_strconcat("<one/>", blanks, NULL);
    give(bus, &small, "<one/>");
    WAIT_FOR(small.message->state == HT_MESSAGE_AT_SPOOL || small.told > 0);
    uint64_t first = bus->intake.spool_bytes;
    g_assert_cmpuint(first, >=, strlen("<one/>"));
    WAIT_FOR(small.told == 1);
    give(bus, &large, text);
    WAIT_FOR(large.message->state == HT_MESSAGE_AT_SPOOL || large.told > 0);
    g_assert_cmpuint(large.told, ==, 0);
    g_assert_cmpuint(bus->intake.spool_bytes, ==, first + 1000);
    WAIT_FOR(large.told == 1);
    g_assert_cmpuint(bus->intake.spool_bytes, ==, 0);
    bus_stop(bus);
}

static void what_is_with_the_host_is_forgotten(void)
{
    Bus *bus = bus_start();
    Owner owner;
    bus->hosts[0].hold = true;
    give(bus, &owner, "<one/>");
    ht_message_free(owner.message);
    g_assert_cmpuint(bus->hosts[0].cancelled, ==, 1);
    begin_stream(bus, &owner);
    ht_message_free(owner.message);
    g_assert_cmpuint(bus->hosts[0].cancelled, ==, 2);
    g_assert_cmpuint(bus_events(bus), ==, 0);
    bus_stop(bus);
}

/* Which payload a host dies of is known by its digest, and one that is not whole has none: it is not put aside. */
static void only_a_whole_message_is_put_aside(void)
{
    Bus *bus = bus_start();
    Owner owner;
    HtSpoolStatus status;
    begin_stream(bus, &owner);
    fail_host(&bus->hosts[0], HT_HOST_ERROR_QUARANTINE);
    g_assert_cmpuint(owner.told, ==, 1);
    g_assert_cmpstr(owner.code, ==, "adapter-died");
    g_assert_cmpuint(owner.status, ==, 503);
    give(bus, &owner, "<error 3/>");
    WAIT_FOR(owner.told == 1);
    g_assert_cmpstr(owner.code, ==, "adapter-failed");
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 1);
    bus_stop(bus);
}

/* Where the sender has to be judged by what stands in the message, nothing of one that cannot be read is kept. */
static void of_an_unknown_sender_nothing_is_put_aside(void)
{
    Bus *bus = bus_start();
    Owner owner;
    HtSpoolStatus status;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(bus->directory, "users", NULL);
    g_assert_true(g_file_set_contents_full(file, "hukou secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    bus->sources[0]->usernames = ht_usernames_new(file, 300000, 20, &error);
    g_assert_no_error(error);
    give(bus, &owner, "<error 3/>");
    WAIT_FOR(owner.told == 1);
    g_assert_cmpstr(owner.code, ==, "adapter-failed");
    ht_spool_status(bus->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 0);
    g_assert_cmpuint(bus->sources[0]->figures->quarantined, ==, 0);
    g_unlink(file);
    bus_stop(bus);
}

static void refused_early_it_is_done(void)
{
    Bus *bus = bus_start();
    Owner owner;
    HtRefusal refusal;
    bus->sources[0]->gate = HT_GATE_FAILED;
    begin(bus, &owner);
    g_assert_cmpint(take(&owner, "<one/>"), ==, HT_TAKE_MORE);
    g_assert_false(ht_message_end(owner.message, &refusal));
    g_assert_cmpstr(refusal.code, ==, "adapter-failed-check");
    g_assert_cmpint(owner.message->state, ==, HT_MESSAGE_DONE);
    ht_message_free(owner.message);
    g_assert_cmpuint(owner.told, ==, 0);
    g_assert_cmpuint(bus->sources[0]->figures->busy, ==, 1);
    bus_stop(bus);
}

static void end_in_a_wrong_state_is_found(void)
{
    if (g_test_subprocess()) {
        Bus *bus = bus_start();
        Owner owner;
        HtRefusal refusal;
        give(bus, &owner, "<one/>");
        ht_message_end(owner.message, &refusal);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*ht_message_end*assertion failed*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/way/needs-no-connection", receipt_comes_without_a_connection);
    g_test_add_func("/message/way/refused-early-it-is-done", refused_early_it_is_done);
    g_test_add_func("/message/way/only-whole-it-is-put-aside", only_a_whole_message_is_put_aside);
    g_test_add_func("/message/way/of-an-unknown-sender-nothing-is-put-aside",
                    of_an_unknown_sender_nothing_is_put_aside);
    g_test_add_func("/message/free/with-the-spool-it-is-kept", what_is_with_the_spool_is_kept_all_the_same);
    g_test_add_func("/message/way/all-that-waits-is-counted", all_that_waits_is_counted);
    g_test_add_func("/message/free/with-the-host-it-is-forgotten", what_is_with_the_host_is_forgotten);
    g_test_add_func("/message/state/a-wrong-one-is-found", end_in_a_wrong_state_is_found);
    return g_test_run();
}
