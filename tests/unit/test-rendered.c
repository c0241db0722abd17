/* What is written of an event for one consumer, and given to others of the same policy. */
#include "core/delivery/rendered.h"

static unsigned asked;

static HtSeen see_all(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    (void)user, (void)event, (void)item, (void)masked;
    return HT_SEEN_WHOLE;
}

static HtSeen see_time(void *user, const HtStoredEvent *event)
{
    (void)user, (void)event;
    asked++;
    return HT_SEEN_WHOLE;
}

static const HtEventPolicy policy = {.see_time = see_time, .see = see_all};

static HtStoredEvent make_event(uint64_t sequence, const char *type)
{
    HtStoredEvent event = {.sequence = sequence, .subject = HT_TEXT_LITERAL("s")};
    event.event.attr[HT_ATTR_TYPE] = ht_text_from(type);
    event.event.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2024-06-01T08:30:00+08:00");
    return event;
}

/* As ht_event_render() writes it. */
static void expect(const HtRenderedClass *class, const HtStoredEvent *event, unsigned times_asked)
{
    HtBuffer got = {0}, plain = {0};
    ht_event_render(event, "bus", &policy, &plain);
    asked = 0;
    ht_buffer_add_char(&got, '[');
    ht_rendered_add(class, event, "bus", &policy, &got);
    g_assert_cmpuint(asked, ==, times_asked);
    g_assert_cmpmem(got.data + 1, got.size - 1, plain.data, plain.size);
    ht_buffer_clear(&got);
    ht_buffer_clear(&plain);
}

static void test_equal_policies_write_once(void)
{
    g_autoptr(HtRendered) rendered = ht_rendered_new();
    HtRenderedClass class = {rendered, 1}, other = {rendered, 2}, alone = {0};
    HtStoredEvent first = make_event(1, "person.born.v1"), second = make_event(2, "person.died.v1");
    expect(&class, &first, 1);
    expect(&class, &second, 1);
    expect(&class, &first, 0);
    expect(&class, &second, 0);
    expect(&other, &first, 1); /* sees something else */
    expect(&class, &first, 0);
    expect(&alone, &first, 1);
    expect(&alone, &first, 1);
}

/* Each consumer has its own number of the event. */
static void test_numbers_are_nobody_elses(void)
{
    g_autoptr(HtRendered) rendered = ht_rendered_new();
    HtRenderedClass class = {rendered, 1};
    HtStoredEvent event = make_event(1, "person.born.v1");
    static const uint64_t numbers[] = {0, 7, 123456, 0, UINT64_MAX};
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        event.number = numbers[i];
        expect(&class, &event, i == 0);
    }
}

/* However many follow each other, nobody gets another's. */
static void test_a_place_taken_again_is_not_mistaken(void)
{
    g_autoptr(HtRendered) rendered = ht_rendered_new();
    for (uint64_t sequence = 1; sequence < 3000; sequence++) {
        HtRenderedClass class = {rendered, 1 + (unsigned)(sequence % 3)};
        g_autofree char *type = g_strdup_printf("person.number%u.v1", (unsigned)sequence);
        HtStoredEvent event = make_event(sequence, type);
        expect(&class, &event, 1);
        expect(&class, &event, 0);
    }
}

static void test_a_large_event_is_not_kept(void)
{
    g_autoptr(HtRendered) rendered = ht_rendered_new();
    HtRenderedClass class = {rendered, 1};
    g_autofree char *type = g_strnfill(20000, 't');
    HtStoredEvent event = make_event(1, type);
    expect(&class, &event, 1);
    expect(&class, &event, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rendered/equal-policies-write-once", test_equal_policies_write_once);
    g_test_add_func("/rendered/numbers-are-nobody-elses", test_numbers_are_nobody_elses);
    g_test_add_func("/rendered/a-place-taken-again-is-not-mistaken",
                    test_a_place_taken_again_is_not_mistaken);
    g_test_add_func("/rendered/a-large-event-is-not-kept", test_a_large_event_is_not_kept);
    return g_test_run();
}
