/* What of each source may wait for a commit: however much one sends, the others find room. */
#include "core/message/room.h"

#define SOURCES 4U

typedef struct {
    HtSpoolLimits limits;
    HtIntake intake;
    HtShare shares[SOURCES];
} Fixture;

static void set_up(Fixture *f, const void *data)
{
    (void)data;
    *f = (Fixture){.limits = {.queue = 400, .queue_bytes = 4000, .queue_share = 50}};
    f->intake = (HtIntake){.limits = &f->limits, .sources = SOURCES};
}

static void tear_down(Fixture *f, const void *data)
{
    (void)data;
    for (unsigned i = 0; i < SOURCES; i++) {
        while (f->shares[i].messages > 0) {
            ht_room_leave(&f->intake, &f->shares[i], f->shares[i].messages == 1 ? f->shares[i].bytes : 0);
        }
    }
    g_assert_cmpuint(f->intake.spool_bytes, ==, 0);
    g_assert_cmpuint(f->intake.counted.bytes, ==, 0);
    g_assert_cmpuint(f->intake.counted.messages, ==, 0);
}

static bool enter(Fixture *f, unsigned source, uint64_t bytes)
{
    bool admitted = ht_room_admits(&f->intake, &f->shares[source], NULL);
    if (admitted) {
        ht_room_enter(&f->intake, &f->shares[source], bytes);
    }
    return admitted;
}

static void one_large_message_makes_nobody_else_wait(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_true(enter(f, 0, 100000));
    g_assert_false(ht_room_admits(&f->intake, &f->shares[0], &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY);
    g_assert_nonnull(
        strstr(error->message, "50 percent (queue-share = 50) of 4000 bytes (queue-bytes = 4000)"));
    for (unsigned i = 0; i < 20; i++) {
        g_assert_true(enter(f, 1, 99));
    }
    ht_room_leave(&f->intake, &f->shares[0], 100000);
    g_assert_true(enter(f, 0, 1));
}

static void a_large_message_need_not_find_an_empty_queue(Fixture *f, const void *data)
{
    (void)data;
    g_assert_true(enter(f, 0, 1999));
    g_assert_true(enter(f, 0, 100000));
    g_assert_false(enter(f, 0, 1));
}

static void all_together_are_bounded(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_true(enter(f, 0, 100000));
    g_assert_true(enter(f, 1, 100000));
    g_assert_true(enter(f, 2, 999)); /* below its equal part */
    g_assert_true(enter(f, 2, 1));
    g_assert_false(ht_room_admits(&f->intake, &f->shares[2], &error));
    g_assert_nonnull(strstr(error->message, "no more than 4000 bytes (queue-bytes = 4000)"));
    g_assert_true(enter(f, 3, 999));
    ht_room_leave(&f->intake, &f->shares[0], 100000);
    g_assert_true(enter(f, 2, 1));
}

static void messages_are_shared_like_bytes(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    unsigned taken = 0;
    while (enter(f, 0, 1)) {
        taken++;
    }
    g_assert_cmpuint(taken, ==, 200);
    ht_room_admits(&f->intake, &f->shares[0], &error);
    g_assert_nonnull(strstr(error->message, "50 percent (queue-share = 50) of 400 messages (queue = 400)"));
    g_assert_true(enter(f, 1, 1));
}

/* Tiny limits, a single source, a share below the equal part: something always goes. */
static void somebody_always_gets_through(Fixture *f, const void *data)
{
    (void)data;
    f->limits = (HtSpoolLimits){.queue = 1, .queue_bytes = 1, .queue_share = 1};
    g_assert_true(enter(f, 0, 5));
    g_assert_false(enter(f, 0, 5));
    g_assert_true(enter(f, 1, 5));
    ht_room_leave(&f->intake, &f->shares[0], 5);
    g_assert_true(enter(f, 0, 5));
}

static void add(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/room/one-large-message-makes-nobody-else-wait", one_large_message_makes_nobody_else_wait);
    add("/room/a-large-message-need-not-find-an-empty-queue", a_large_message_need_not_find_an_empty_queue);
    add("/room/all-together-are-bounded", all_together_are_bounded);
    add("/room/messages-are-shared-like-bytes", messages_are_shared_like_bytes);
    add("/room/somebody-always-gets-through", somebody_always_gets_through);
    return g_test_run();
}
