/* hutong-host SOURCE: the private helper that runs one source's adapter. Started by the supervisor with
 * descriptor 3, a stream socket to the bus, and 4, one shared page; never by hand. One thread: read what is
 * there, work through all whole frames in order, write the answers together. Ends when the bus says STOP or
 * is gone. */
#include "plugins/host/worker.h"

#include "core/base/clock.h"
#include "plugins/box/box.h"
#include "plugins/host/memory.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUS_FD = 3, PAGE_FD = 4 };
enum { EXIT_PROTOCOL = 3, EXIT_CANNOT_START = 4, EXIT_USAGE = 64 };

#define READ_BYTES (64 * 1024)
#define READ_MOST_BYTES (1024 * 1024)
#define WRITE_BYTES (256 * 1024)
#define WRITE_US 2000 /* an answer does not wait longer than this for the next ones */
#define KEEP_BYTES (4 * 1024 * 1024)

/* What the bus sent, as far as it is not yet worked through. */
typedef struct {
    HtBuffer buffer;
    size_t done;
} Input;

typedef enum { STEP_MORE, STEP_STOP, STEP_BROKEN } Step;

/* Sends everything; false when the bus is gone. */
static bool send_frames(HtBuffer *frames)
{
    size_t sent = 0;
    while (sent < frames->size) {
        ssize_t size = send(BUS_FD, frames->data + sent, frames->size - sent, MSG_NOSIGNAL);
        if (size < 0 && errno != EINTR) {
            return false;
        }
        sent += size > 0 ? (size_t)size : 0;
    }
    ht_buffer_reset(frames, KEEP_BYTES);
    return true;
}

/* Moves the rest to the front and reads more behind it. False when the bus is gone. */
static bool read_more(Input *input)
{
    HtBuffer *buffer = &input->buffer;
    size_t rest = buffer->size - input->done;
    HtFrame frame;
    if (rest == 0) {
        ht_buffer_reset(buffer, KEEP_BYTES);
    } else if (input->done > 0) {
        memmove(buffer->data, buffer->data + input->done, rest);
        buffer->size = rest;
    }
    input->done = 0;
    size_t room = READ_BYTES;
    if (rest >= HT_FRAME_HEAD && ht_frame_peek(buffer->data, rest, UINT32_MAX, &frame) == 0) {
        room = MAX(room, HT_FRAME_HEAD + (size_t)frame.size - rest);
    }
    char *to = ht_buffer_reserve(buffer, room);
    size_t most = MAX(MIN(buffer->capacity - buffer->size, (size_t)READ_MOST_BYTES), (size_t)READ_BYTES);
    ssize_t size;
    do {
        size = read(BUS_FD, to, most);
    } while (size < 0 && errno == EINTR);
    buffer->size += size > 0 ? (size_t)size : 0;
    return size > 0;
}

/* The next whole frame, reading as needed; answers are sent before every wait. False: no more, or a bad
 * frame. */
static bool next_frame(HtWorker *worker, Input *input, HtFrame *frame, HtText *body)
{
    for (;;) {
        const char *at = input->buffer.data + input->done;
        size_t size = input->buffer.size - input->done;
        int found = size > 0 ? ht_frame_peek(at, size, UINT32_MAX, frame) : 0;
        if (found < 0) {
            return false;
        }
        if (found > 0) {
            *body = (HtText){at + HT_FRAME_HEAD, frame->size};
            input->done += HT_FRAME_HEAD + (size_t)frame->size;
            return true;
        }
        if (!send_frames(&worker->frames) || !read_more(input)) {
            return false;
        }
    }
}

static bool decode_message(HtWorker *worker, uint64_t ticket, HtText fields)
{
    HtText body;
    if (!ht_message_unpack(fields, &worker->head, &body)) {
        return false;
    }
    worker->in_pieces = false;
    ht_worker_decode(worker, ticket, body);
    return true;
}

static Step good_or_broken(bool good)
{
    return good ? STEP_MORE : STEP_BROKEN;
}

static Step handle_frame(HtWorker *worker, const HtFrame *frame, HtText body)
{
    switch (frame->type) {
    case HT_FRAME_MESSAGE: return good_or_broken(decode_message(worker, frame->ticket, body));
    case HT_FRAME_BEGIN: return good_or_broken(ht_pieces_begin(worker, frame->ticket, body));
    case HT_FRAME_CHUNK: return good_or_broken(ht_pieces_add(worker, frame->ticket, body));
    case HT_FRAME_END: return good_or_broken(ht_pieces_end(worker, frame->ticket));
    case HT_FRAME_ABORT: ht_pieces_abort(worker, frame->ticket); return STEP_MORE;
    case HT_FRAME_WSDL:
        ht_worker_wsdl(worker, frame->ticket, ht_field_find(body, HT_FIELD_TEXT),
                       ht_field_find(body, HT_FIELD_SERVICE));
        return STEP_MORE;
    case HT_FRAME_STOP: return STEP_STOP;
    default: return STEP_BROKEN;
    }
}

static int serve(HtWorker *worker, Input *input)
{
    HtFrame frame;
    HtText body;
    Step step = STEP_MORE;
    int64_t sent_us = 0;
    while (step == STEP_MORE && next_frame(worker, input, &frame, &body)) {
        step = handle_frame(worker, &frame, body);
        int64_t now_us = ht_clock_monotonic();
        if (worker->frames.size > WRITE_BYTES || now_us - sent_us > WRITE_US) {
            sent_us = now_us;
            if (!send_frames(&worker->frames)) {
                break;
            }
        }
    }
    send_frames(&worker->frames);
    return step == STEP_BROKEN ? EXIT_PROTOCOL : EXIT_SUCCESS;
}

static void report_failure(HtWorker *worker, const GError *error)
{
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_FAILED, 0);
    ht_pack_text(&worker->frames, HT_FIELD_TEXT, ht_text_from(error->message));
    ht_frame_end(&worker->frames, place);
    send_frames(&worker->frames);
}

/* The bus is told of the box before anything of the adapter is there to tell it something else. */
static bool report_box(HtWorker *worker)
{
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_BOX, 0);
    ht_box_pack(&worker->box, &worker->frames);
    ht_frame_end(&worker->frames, place);
    return send_frames(&worker->frames);
}

/* READY goes out before the first message is looked at: whatever that one does, the time to start is over. */
static bool set_up(HtWorker *worker, GError **error)
{
    const HtStart *start = &worker->start;
    if (!ht_box_begin(BUS_FD, start->limits.memory_bytes, error) || !ht_worker_prepare(worker, error) ||
        !ht_box_enter(&worker->libraries, start->need, &worker->box, error) || !report_box(worker) ||
        !ht_worker_load(worker, error)) {
        return false;
    }
    ht_box_close();
    malloc_trim(0); /* the files that it was made of are as large again */
    size_t place = ht_frame_begin(&worker->frames, HT_FRAME_READY, 0);
    ht_ready_pack(worker->adapter, worker->mapping ? ht_mapping_warnings(worker->mapping) : NULL,
                  &worker->frames);
    ht_frame_end(&worker->frames, place);
    send_frames(&worker->frames);
    return true;
}

static int run(HtWorker *worker, Input *input)
{
    g_autoptr(GError) error = NULL;
    HtFrame frame;
    HtText body;
    if (!next_frame(worker, input, &frame, &body)) {
        return EXIT_PROTOCOL;
    }
    if (frame.type != HT_FRAME_START || !ht_start_unpack(body, &worker->start)) {
        return EXIT_PROTOCOL;
    }
    if (!set_up(worker, &error)) {
        if (error) {
            report_failure(worker, error);
        }
        return EXIT_CANNOT_START;
    }
    return serve(worker, input);
}

static uint64_t *map_page(void)
{
    struct stat bus, page;
    if (fstat(BUS_FD, &bus) != 0 || !S_ISSOCK(bus.st_mode) || fstat(PAGE_FD, &page) != 0 ||
        !S_ISREG(page.st_mode)) {
        return NULL;
    }
    void *memory =
        mmap(NULL, HT_PAGE_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_FD, 0);
    close(PAGE_FD);
    return memory == MAP_FAILED ? NULL : memory;
}

int ht_host_main(const HtVerifier *verifier)
{
    HtWorker worker = {.page = map_page(), .verifier = verifier};
    Input input = {0};
    if (!worker.page) {
        fputs("hutong-host is started by hutong itself; see `hutong adapter check` for trying an adapter\n",
              stderr);
        return EXIT_USAGE;
    }
    ht_memory_watch(worker.page);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group; when to end is the bus's to say */
    signal(SIGTERM, SIG_IGN);
    int status = run(&worker, &input);
    ht_worker_clear(&worker);
    ht_buffer_clear(&input.buffer);
    return status;
}
