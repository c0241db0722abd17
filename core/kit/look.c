/* One hutong-host, driven frame by frame: see look.h. */
#include "core/kit/look.h"

#include "core/base/clock.h"
#include "core/base/paths.h"
#include "core/base/uuid.h"
#include "plugins/frame.h"
#include "plugins/loader.h"
#include "plugins/outbox.h"
#include "plugins/process.h"
#include "plugins/scrub.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LOOK_US (10 * HT_SECOND)
#define LOOK_MOST_BYTES (1024 * 1024)
#define ANSWER_MOST_BYTES (256 << 20)
#define GRACE_MS 1000
#define CLOSE_MS 5000
/* With which a sanitizer ends a process that leaves memory behind. The host itself never does. */
#if defined(__SANITIZE_ADDRESS__)
#define LEAK_STATUS 1
#else
#define LEAK_STATUS (-1)
#endif

/* One host, and what it has said that was not yet taken. */
typedef struct {
    HtProcess process;
    HtOutbox outbox;
    HtBuffer input;
    bool boxed;
    HtBox box; /* as it says before it loads the adapter */
    size_t most_bytes;
    const char *file;
} Host;

static bool fail(GError **error, const char *file, const char *text)
{
    g_set_error(error, HT_LOADER_ERROR, 0, "%s: %s", file, text);
    return false;
}

static bool open_host(Host *host, const HtStart *start, const char *title, GError **error)
{
    g_autofree char *program = ht_paths_libexec("hutong-host");
    *host = (Host){.outbox = HT_OUTBOX_EMPTY, .most_bytes = LOOK_MOST_BYTES, .file = start->adapter_file};
    if (!ht_loader_check_file(start->adapter_file, error) ||
        !ht_process_spawn(&host->process, program, title, error)) {
        host->process = HT_PROCESS_NONE;
        return false;
    }
    size_t place = ht_frame_begin(&host->outbox.gather, HT_FRAME_START, 0);
    ht_start_pack(start, &host->outbox.gather);
    ht_frame_end(&host->outbox.gather, place);
    return true;
}

/* Gives its wait status. */
static int close_host(Host *host, unsigned grace_ms)
{
    ht_outbox_clear(&host->outbox);
    ht_buffer_clear(&host->input);
    if (host->process.fd >= 0) {
        shutdown(host->process.fd, SHUT_WR);
    }
    return ht_process_end(&host->process, grace_ms);
}

/* Sends everything; false when the host has gone or does not read. */
static bool send_all(Host *host)
{
    int64_t until_us = ht_clock_monotonic() + LOOK_US;
    HtOutboxState state;
    while ((state = ht_outbox_send(&host->outbox, host->process.fd)) == HT_OUTBOX_FULL) {
        struct pollfd wait = {.fd = host->process.fd, .events = POLLOUT};
        if (ht_clock_monotonic() > until_us) {
            return false;
        }
        poll(&wait, 1, 100);
    }
    return state == HT_OUTBOX_SENT;
}

/* Reads until a whole frame is there (it stays in `input`): 1; or the process ends (0), talks nonsense (-1) or takes too
 * long (-2). */
static int read_frame(Host *host, HtFrame *frame)
{
    HtBuffer *bytes = &host->input;
    int64_t until_us = ht_clock_monotonic() + LOOK_US;
    for (;;) {
        int found = bytes->size > 0 ? ht_frame_peek(bytes->data, bytes->size, host->most_bytes, frame) : 0;
        int64_t left_us = until_us - ht_clock_monotonic();
        struct pollfd wait = {.fd = host->process.fd, .events = POLLIN};
        if (found != 0 || left_us <= 0) {
            return found != 0 ? found : -2;
        }
        poll(&wait, 1, (int)(left_us / 1000) + 1);
        ssize_t size = recv(host->process.fd, ht_buffer_reserve(bytes, 65536), 65536, MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            return 0;
        }
        bytes->size += size > 0 ? (size_t)size : 0;
    }
}

static void drop_frame(Host *host, const HtFrame *frame)
{
    size_t size = HT_FRAME_HEAD + (size_t)frame->size;
    memmove(host->input.data, host->input.data + size, host->input.size - size);
    host->input.size -= size;
}

/* The next frame that is no line for the log, and not about the box: as read_frame(). */
static int read_answer(Host *host, HtFrame *frame)
{
    int found;
    while ((found = read_frame(host, frame)) == 1 &&
           (frame->type == HT_FRAME_LOG || frame->type == HT_FRAME_BOX)) {
        HtText body = {host->input.data + HT_FRAME_HEAD, frame->size};
        if (frame->type == HT_FRAME_BOX && (host->boxed || !ht_box_unpack(body, &host->box))) {
            return -1;
        }
        host->boxed = host->boxed || frame->type == HT_FRAME_BOX;
        drop_frame(host, frame);
    }
    return found;
}

/* What the adapter does wrong when there is no answer (0, -1, -2) while it is `doing` something. */
static bool fail_without_answer(GError **error, const Host *host, int found, const char *doing)
{
    g_autofree char *text = g_strdup_printf("%s %s", doing,
                                            found == 0    ? "ends the process"
                                            : found == -1 ? "writes to the bus what is no frame"
                                                          : "takes longer than 10 s");
    g_set_error(error, HT_LOADER_ERROR, found == -2 ? HT_KIT_LATE : 0, "%s: %s", host->file, text);
    return false;
}

/* ---- Looking ---- */

/* The answer to START. */
static bool take_ready(const Host *host, const HtFrame *frame, HtReady *ready, GError **error)
{
    HtText body = {host->input.data + HT_FRAME_HEAD, frame->size};
    if (frame->type == HT_FRAME_READY) {
        return ht_ready_unpack(body, ready) ||
               fail(error, host->file, "it describes itself in bytes that are no text");
    }
    HtText text = frame->type == HT_FRAME_FAILED ? ht_field_find(body, HT_FIELD_TEXT) : HT_TEXT_NONE;
    g_autofree char *reason = ht_scrub(text, LOOK_MOST_BYTES);
    g_set_error_literal(error, HT_LOADER_ERROR, 0,
                        text.data ? reason : "it answered something else than was asked");
    return false;
}

static bool await_ready(Host *host, HtReady *ready, const char *doing, GError **error)
{
    HtFrame frame;
    int found = send_all(host) ? read_answer(host, &frame) : 0;
    if (found != 1) {
        return fail_without_answer(error, host, found, doing);
    }
    bool good = take_ready(host, &frame, ready, error);
    drop_frame(host, &frame);
    return good;
}

bool ht_kit_look(const char *file, HtReady *ready, HtBox *box, GError **error)
{
    HtStart start = {.source = "inspect", .adapter_file = file, .inspect = true, .need = HT_BOX_CALLS};
    Host host;
    *ready = (HtReady){0};
    bool good = open_host(&host, &start, "inspect", error) && await_ready(&host, ready, "loading it", error);
    *box = host.box;
    close_host(&host, good ? GRACE_MS : 0);
    return good;
}

/* ---- Ending ---- */

static bool decode(Host *host, const HtKitMessage *message, uint64_t number, GError **error)
{
    HtBuffer *out = &host->outbox.gather;
    HtFrame frame;
    size_t place = ht_frame_begin(out, HT_FRAME_MESSAGE, number);
    size_t size;
    const void *bytes = g_bytes_get_data(message->body, &size);
    ht_message_head_pack(&message->head, out);
    ht_pack_bytes(out, HT_MESSAGE_BODY, bytes, size);
    ht_frame_end(out, place);
    int found = send_all(host) ? read_answer(host, &frame) : 0;
    if (found != 1) {
        return fail_without_answer(error, host, found, "decoding");
    }
    drop_frame(host, &frame);
    return true;
}

static bool decode_all(Host *host, const GArray *messages, GError **error)
{
    host->most_bytes = ANSWER_MOST_BYTES;
    for (unsigned i = 0; i < messages->len; i++) {
        if (!decode(host, &g_array_index(messages, HtKitMessage, i), i + 1, error)) {
            return false;
        }
    }
    return true;
}

static bool judge_end(const Host *host, int status, int64_t took_us, GError **error)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    g_autofree char *how = ht_process_describe(status);
    bool late = took_us >= CLOSE_MS * 1000;
    bool leaks = WIFEXITED(status) && WEXITSTATUS(status) == LEAK_STATUS;
    g_autofree char *text = late    ? g_strdup(_("close() does not return"))
                            : leaks ? g_strdup(_("it leaves memory behind (HUTONG_HOST_STDERR=1 shows what)"))
                                    : g_strdup_printf("told to stop, its host %s", how);
    g_set_error(error, HT_LOADER_ERROR, late ? HT_KIT_LATE : 0, "%s: %s", host->file, text);
    return false;
}

bool ht_kit_close(const HtStart *start, const GArray *messages, GError **error)
{
    Host host;
    HtReady ready = {0};
    bool good = open_host(&host, start, "check", error) && await_ready(&host, &ready, "starting it", error) &&
                decode_all(&host, messages, error);
    ht_ready_clear(&ready);
    if (good) {
        HtBuffer *out = &host.outbox.gather;
        ht_frame_add(out, HT_FRAME_STOP, 0, HT_TEXT_NONE);
        good = send_all(&host) || fail(error, start->adapter_file, "it does not take what the bus says");
    }
    int64_t told_us = ht_clock_monotonic();
    int status = close_host(&host, good ? CLOSE_MS : 0);
    return good && judge_end(&host, status, ht_clock_monotonic() - told_us, error);
}
