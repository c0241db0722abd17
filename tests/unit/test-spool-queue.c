/* In which order what waits is committed. Jobs by name: the first letter is the source, a capital one makes it large. */
#include "spool/queue.h"

#define LARGE_BYTES 4096

static HtSpoolJob *make_job(const char *name)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    gsize size = g_ascii_isupper(name[0]) ? LARGE_BYTES : 1;
    message->backing = g_bytes_new_take(g_malloc0(size), size);
    char source[] = {g_ascii_tolower(name[0]), '\0'};
    message->source = source;
    return ht_spool_job_new(message, name, NULL);
}

static void add(HtSpoolQueue *queue, const char *names)
{
    g_auto(GStrv) all = g_strsplit(names, " ", -1);
    for (char **name = all; *name; name++) {
        ht_spool_queue_add(queue, make_job(*name));
    }
}

/* The group, and behind a bar the large one. */
static void assert_next(HtSpoolQueue *queue, const char *names)
{
    HtSpoolTasks group;
    HtSpoolJob *large = ht_spool_queue_take(queue, &group);
    g_autoptr(GString) found = g_string_new(NULL);
    HtSpoolTask *task;
    while ((task = ht_spool_tasks_take(&group))) {
        HtSpoolJob *job = (HtSpoolJob *)task;
        g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", job->reason);
        ht_spool_job_free(job);
    }
    if (large) {
        g_string_append_printf(found, "|%s", large->reason);
        ht_spool_job_free(large);
    }
    g_assert_cmpstr(found->str, ==, names);
}

static HtSpoolQueue make_queue(void)
{
    return (HtSpoolQueue){.group = 3, .large_bytes = LARGE_BYTES};
}

static void small_ones_go_in_groups(void)
{
    HtSpoolQueue queue = make_queue();
    add(&queue, "a1 b1 a2 b2");
    assert_next(&queue, "a1 b1 a2");
    assert_next(&queue, "b2");
    g_assert_true(ht_spool_queue_is_empty(&queue));
    assert_next(&queue, "");
}

static void one_large_one_is_in_work_beside_the_small_ones(void)
{
    HtSpoolQueue queue = make_queue();
    add(&queue, "A1 b1 b2 C1 b3 b4 b5");
    assert_next(&queue, "b1 b2 b3|A1");
    assert_next(&queue, "b4 b5");
    g_assert_false(ht_spool_queue_is_empty(&queue));
    assert_next(&queue, "");
    ht_spool_queue_done(&queue);
    assert_next(&queue, "|C1");
    g_assert_true(ht_spool_queue_is_empty(&queue));
}

static void small_ones_are_held_up_by_none_of_them(void)
{
    HtSpoolQueue queue = make_queue();
    add(&queue, "A1 A2 C1 b1 b2 b3");
    for (unsigned turn = 0; turn < 3; turn++) {
        assert_next(&queue, turn == 0 ? "b1 b2 b3|A1" : turn == 1 ? "b1 b2 b3|A2" : "b1 b2 b3|C1");
        add(&queue, "b1 b2 b3");
        assert_next(&queue, "b1 b2 b3");
        ht_spool_queue_done(&queue);
        add(&queue, "b1 b2 b3");
    }
    assert_next(&queue, "b1 b2 b3");
}

static void what_a_source_sends_stays_in_order(void)
{
    HtSpoolQueue queue = make_queue();
    add(&queue, "a0 A1 a2 a3 b1 A4 a5");
    assert_next(&queue, "a0 b1|A1");
    add(&queue, "b2");
    assert_next(&queue, "b2");
    ht_spool_queue_done(&queue);
    assert_next(&queue, "a2 a3|A4");
    add(&queue, "a6 b3");
    assert_next(&queue, "b3");
    ht_spool_queue_done(&queue);
    assert_next(&queue, "a5 a6");
    add(&queue, "a7");
    assert_next(&queue, "a7");
    add(&queue, "A8");
    assert_next(&queue, "|A8");
    add(&queue, "a9"); /* nothing waits, but one is in work */
    assert_next(&queue, "");
    ht_spool_queue_done(&queue);
    assert_next(&queue, "a9");
    g_assert_true(ht_spool_queue_is_empty(&queue));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spool/queue/small-ones-go-in-groups", small_ones_go_in_groups);
    g_test_add_func("/spool/queue/one-large-one-is-in-work-beside-the-small-ones",
                    one_large_one_is_in_work_beside_the_small_ones);
    g_test_add_func("/spool/queue/small-ones-are-held-up-by-none-of-them",
                    small_ones_are_held_up_by_none_of_them);
    g_test_add_func("/spool/queue/what-a-source-sends-stays-in-order", what_a_source_sends_stays_in_order);
    return g_test_run();
}
