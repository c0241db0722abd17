/* See hosts.h. */
#include "tests/simulate/hosts.h"

#include "core/base/limits.h"
#include "core/base/message-head.h"
#include "plugins/frame.h"
#include "plugins/hutong-plugin.h"
#include "plugins/layer.h"
#include "plugins/process.h"
#include "plugins/start.h"
#include "tests/simulate/facts.h"
#include "tests/simulate/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 16
#define OWED_MAX 256
#define TICKETS_MAX 4096
#define FIRST_PID 100000

/* What a host does with what it is given, now and then; the last one always, with some payloads. */
typedef enum { WORKS, DIES, HANGS, SHUFFLES, BABBLES, FAILS, KILLED_BY_SOME, MOODS } Mood;

typedef struct {
    uint64_t ticket;
    unsigned key, version;
} Owed;

typedef struct {
    int pid, fd, status; /* pid 0: free */
    unsigned source;
    bool started, stops, dead;
    uint64_t page[HT_PAGE_WORDS];
    GSource *child;
    HtBuffer input;
    unsigned owed_count;
    Owed owed[OWED_MAX];
} Host;

static Host hosts[PROCESSES];
static int last_pid = FIRST_PID;
static bool misbehaved;
static uint8_t deaths[SOURCES][TICKETS_MAX]; /* of which message, in this life */

static const char *const names[SOURCES] = {"hukou", "marriage", "health"};

bool hosts_misbehaved(void)
{
    return misbehaved;
}

/* ---- A process, as the bus has it ---- */

bool __wrap_ht_process_spawn(HtProcess *process, const char *program, const char *title, GError **error);
void __wrap_ht_process_kill(const HtProcess *process);
int __wrap_ht_process_end(HtProcess *process, unsigned grace_ms);
int64_t __wrap_ht_process_cpu(const HtProcess *process);
GSource *__wrap_g_child_watch_source_new(GPid pid);

static Host *find_host(int pid)
{
    for (unsigned i = 0; pid > 0 && i < PROCESSES; i++) {
        if (hosts[i].pid == pid) {
            return &hosts[i];
        }
    }
    return NULL;
}

static unsigned source_named(const char *name)
{
    unsigned i = 0;
    while (!g_str_equal(names[i], name)) {
        i++;
    }
    return i;
}

bool __wrap_ht_process_spawn(HtProcess *process, const char *program, const char *title, GError **error)
{
    (void)program, (void)error;
    int pair[2];
    unsigned i = 0;
    while (i < PROCESSES && hosts[i].pid > 0) {
        i++;
    }
    if (i == PROCESSES || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        world_fail("more hosts than can be simulated");
    }
    hosts[i] = (Host){.pid = ++last_pid, .fd = pair[1], .source = source_named(title)};
    *process = (HtProcess){hosts[i].pid, pair[0], hosts[i].page};
    return true;
}

static void die(Host *host, int status)
{
    if (!host->dead) {
        host->dead = true;
        host->status = status;
        close(host->fd);
        if (host->child) {
            g_source_set_ready_time(host->child, 0);
        }
    }
}

void __wrap_ht_process_kill(const HtProcess *process)
{
    Host *host = find_host(process->pid);
    if (host) {
        die(host, SIGKILL);
    }
}

static void forget(Host *host)
{
    ht_buffer_clear(&host->input);
    *host = (Host){.pid = 0};
}

/* The page lives as long as the bus may look at it: a host whose exit was told has no pid any more. */
int __wrap_ht_process_end(HtProcess *process, unsigned grace_ms)
{
    (void)grace_ms;
    int status = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (hosts[i].pid > 0 && hosts[i].page == process->page) {
            die(&hosts[i], SIGKILL);
            status = hosts[i].status;
            forget(&hosts[i]);
        }
    }
    if (process->fd >= 0) {
        close(process->fd);
    }
    *process = HT_PROCESS_NONE;
    return status;
}

int64_t __wrap_ht_process_cpu(const HtProcess *process)
{
    (void)process;
    return 0;
}

typedef struct {
    GSource source;
    int pid;
} ChildWatch;

static gboolean tell_exit(GSource *source, GSourceFunc callback, gpointer user)
{
    const ChildWatch *watch = (const ChildWatch *)source;
    Host *host = find_host(watch->pid);
    host->child = NULL;
    ((GChildWatchFunc)(void (*)(void))callback)(watch->pid, host->status, user);
    return G_SOURCE_REMOVE;
}

static void end_watch(GSource *source)
{
    Host *host = find_host(((ChildWatch *)source)->pid);
    if (host) {
        host->child = NULL;
    }
}

GSource *__wrap_g_child_watch_source_new(GPid pid)
{
    static GSourceFuncs functions = {.dispatch = tell_exit, .finalize = end_watch};
    GSource *source = g_source_new(&functions, sizeof(ChildWatch));
    ((ChildWatch *)source)->pid = pid;
    find_host(pid)->child = source;
    return source;
}

/* ---- What it does ---- */

static void say(Host *host, const HtBuffer *frames)
{
    if (write(host->fd, frames->data, frames->size) != (ssize_t)frames->size) {
        die(host, SIGPIPE);
    }
}

static void get_ready(Host *host)
{
    static const hutong_adapter adapter = {
        .struct_size = sizeof adapter, .name = "xml", .version = "1", .summary = "simulated"};
    HtBuffer frames = {0};
    HtBox box = {0};
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        ht_layer_stands(&box, (HtLayer)layer);
    }
    size_t place = ht_frame_begin(&frames, HT_FRAME_BOX, 0);
    ht_box_pack(&box, &frames);
    ht_frame_end(&frames, place);
    place = ht_frame_begin(&frames, HT_FRAME_READY, 0);
    ht_ready_pack(&adapter, NULL, &frames);
    ht_frame_end(&frames, place);
    say(host, &frames);
    ht_buffer_clear(&frames);
    host->started = true;
}

static void fail_to_start(Host *host)
{
    HtBuffer frames = {0};
    ht_frame_add(&frames, HT_FRAME_FAILED, 0, HT_TEXT_LITERAL("the mapping is not there"));
    say(host, &frames);
    ht_buffer_clear(&frames);
    die(host, 1 << 8);
}

static void take_message(Host *host, uint64_t ticket, HtText fields)
{
    HtMessageHead head;
    HtText body;
    g_assert_true(ht_message_unpack(fields, &head, &body));
    g_assert_cmpuint(host->owed_count, <, OWED_MAX);
    Owed *owed = &host->owed[host->owed_count++];
    owed->ticket = ticket;
    g_assert_true(fact_read(body, &owed->key, &owed->version));
}

static void take_frame(Host *host, const HtFrame *frame, HtText body)
{
    if (frame->type == HT_FRAME_START && world->host_mood[host->source] == FAILS) {
        misbehaved = true;
        fail_to_start(host);
    } else if (frame->type == HT_FRAME_START) {
        get_ready(host);
    } else if (frame->type == HT_FRAME_MESSAGE) {
        take_message(host, frame->ticket, body);
    } else if (frame->type == HT_FRAME_STOP) {
        host->stops = true;
    } else {
        world_fail("a host was sent a frame of type %d", (int)frame->type);
    }
}

/* Whether there was something. */
static bool read_frames(Host *host)
{
    HtFrame frame;
    char *to = ht_buffer_reserve(&host->input, 1 << 16);
    ssize_t size = read(host->fd, to, 1 << 16);
    size_t done = 0;
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        die(host, 0);
        return true;
    }
    host->input.size += (size_t)MAX(size, 0);
    while (!host->dead &&
           ht_frame_peek(host->input.data + done, host->input.size - done, UINT32_MAX, &frame) == 1) {
        take_frame(host, &frame, (HtText){host->input.data + done + HT_FRAME_HEAD, frame.size});
        done += HT_FRAME_HEAD + (size_t)frame.size;
    }
    memmove(host->input.data, host->input.data + done, host->input.size - done);
    host->input.size -= done;
    return size > 0;
}

static void answer(Host *host, unsigned which, bool twice)
{
    HtBuffer frames = {0};
    Owed owed = host->owed[which];
    for (int i = 0; i <= twice; i++) {
        size_t place = ht_frame_begin(&frames, HT_FRAME_RESULT, owed.ticket);
        fact_pack(owed.key, owed.version, &frames);
        ht_frame_end(&frames, place);
    }
    memmove(host->owed + which, host->owed + which + 1, (host->owed_count - which - 1) * sizeof *host->owed);
    host->owed_count--;
    say(host, &frames);
    host->page[HT_PAGE_CURRENT] = 0;
    ht_buffer_clear(&frames);
}

static void babble(Host *host, uint64_t *seed)
{
    HtBuffer frames = {0};
    unsigned size = 1 + (unsigned)chance_below(seed, 40);
    if (chance_in(seed, 2)) { /* a frame of the right head, and not of the right body */
        size_t place = ht_frame_begin(&frames, HT_FRAME_RESULT, host->owed[0].ticket);
        ht_buffer_add(&frames, "\377\377\377\377\377\377\377\377\377", 9);
        ht_frame_end(&frames, place);
    }
    for (unsigned i = 0; frames.size == 0 && i < size; i++) {
        ht_buffer_add_char(&frames, (char)(0x80 | chance_next(seed)));
    }
    say(host, &frames);
    ht_buffer_clear(&frames);
}

static bool kills(const Owed *owed)
{
    return owed->key % 5 == 2;
}

/* After `strikes` of them a message is given to none any more; but a death is not charged to it when at that moment the host was being
 * killed for its slow start. */
static void count_death(const Host *host)
{
    uint64_t ticket = host->owed[0].ticket;
    uint64_t strikes = ht_limits_default().strikes;
    if (ticket < TICKETS_MAX && ++deaths[host->source][ticket] > 2 * strikes) {
        world_fail("k%u v%u has killed %u hosts", host->owed[0].key, host->owed[0].version,
                   deaths[host->source][ticket]);
    }
}

/* With what it was given first. */
static void work(Host *host, uint64_t *seed)
{
    Mood mood = (Mood)world->host_mood[host->source];
    bool is_bad = mood == KILLED_BY_SOME ? kills(&host->owed[0]) : mood != WORKS && chance_in(seed, 2);
    misbehaved = misbehaved || is_bad;
    host->page[HT_PAGE_CURRENT] = host->owed[0].ticket;
    if (!is_bad) {
        answer(host, 0, false);
    } else if (mood == SHUFFLES) {
        answer(host, host->owed_count - 1, chance_in(seed, 2));
    } else if (mood == BABBLES) {
        babble(host, seed);
    } else if (mood != HANGS) {
        count_death(host);
        die(host, SIGSEGV);
    }
}

/* Whether it did anything. */
static bool act(Host *host, uint64_t *seed)
{
    bool read = read_frames(host);
    bool hangs = host->page[HT_PAGE_CURRENT] != 0;
    if (host->dead || hangs || (host->owed_count == 0 && !host->stops)) {
        return read;
    }
    if (host->owed_count > 0) {
        work(host, seed);
    } else {
        die(host, 0);
    }
    return true;
}

void hosts_act(uint64_t seed)
{
    Host *host = &hosts[chance_below(&seed, PROCESSES)];
    for (unsigned i = 0; i < PROCESSES && (host->pid == 0 || host->dead); i++) {
        host = &hosts[i];
    }
    if (host->pid > 0 && !host->dead) {
        act(host, &seed);
    }
}

void hosts_work(void)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        while (hosts[i].pid > 0 && !hosts[i].dead && act(&hosts[i], &world->random)) {
        }
    }
}

void hosts_change_mood(uint64_t seed)
{
    world->host_mood[chance_below(&seed, SOURCES)] =
        chance_in(&seed, 3) ? WORKS : (uint8_t)chance_below(&seed, MOODS);
}

/* Those that hang go on hanging: the bus has to notice. */
void hosts_be_good(void)
{
    memset(world->host_mood, WORKS, sizeof world->host_mood);
}
