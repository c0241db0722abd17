/* obedient: does to its host whatever the payload says, the first word of it being a command. For tests of
 * the supervisor: each command is something that a broken or hostile adapter does. */
#include "hutong-plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BUS_FD = 3 };

typedef struct {
    const hutong_host *host;
    char said[64]; /* what reply() gives back */
    char echo;     /* whether it does */
    size_t big;    /* bytes of a big reply */
} Obedient;

static Obedient the_adapter;
static volatile int endless = 1;

/* What the box lets a constructor do. */
static int socket_at_load, fork_at_load, open_at_load;

__attribute__((constructor)) static void try_at_load(void)
{
    socket_at_load = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    open_at_load = open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    fork_at_load = child > 0;
}

/* ---- Ways to die ---- */

static void crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void spin(void)
{
    while (endless) {
    }
}

static void wait_for_ever(void)
{
    while (endless) {
        struct timespec hour = {3600, 0};
        nanosleep(&hour, NULL);
    }
}

static void leak(void)
{
    while (endless) {
        char *memory = malloc(1 << 20);
        memset(memory, 1, 1 << 20); /* NULL when there is no more: as careless as adapters are */
    }
}

/* A careful one: it goes on without what it did not get. */
static void spend(void)
{
    enum { PIECES = 100000 };
    static void *kept[PIECES];
    size_t count = 0;
    while (count < PIECES && (kept[count] = malloc(1 << 20))) {
        count++;
    }
    while (count > 0) {
        free(kept[--count]);
    }
}

static int overflow(volatile char *before)
{
    volatile char room[4096];
    room[0] = before ? before[0] : 0;
    return endless ? overflow(room) + room[0] : room[0];
}

/* ---- Ways to annoy the bus ---- */

static void send_bytes(const void *bytes, size_t size)
{
    ssize_t ignored = write(BUS_FD, bytes, size);
    (void)ignored;
}

static void send_head(uint8_t type, uint32_t size, uint64_t ticket)
{
    uint8_t head[16] = {'H', 'T', 1, type};
    memcpy(head + 4, &size, sizeof size);
    memcpy(head + 8, &ticket, sizeof ticket);
    send_bytes(head, sizeof head);
}

static volatile int playing;

/* A thread that, once told to, says every millisecond that something else is in hand. */
static void *play_with_page(void *data)
{
    uint64_t *page = data;
    struct timespec moment = {0, 1000000};
    for (uint64_t i = 1; endless; i++) {
        nanosleep(&moment, NULL);
        if (playing) {
            __atomic_store_n(page, i, __ATOMIC_RELEASE);
        }
    }
    return NULL;
}

/* The page shared with the bus: of the words behind the host's table, which is the first thing of what the host keeps, the first one that
 * can be the address of a page. */
static uint64_t *find_page(const hutong_host *host)
{
    const uint64_t *words = (const uint64_t *)(const void *)((const char *)host + host->struct_size);
    for (unsigned i = 0; i < 256; i++) {
        if (words[i] >> 32 != 0 && words[i] % 4096 == 0) {
            return (uint64_t *)words[i];
        }
    }
    return NULL;
}

/* ---- What the box must refuse ---- */

static bool is_refused(const char *what)
{
    if (strcmp(what, "open") == 0) {
        return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
    }
    if (strcmp(what, "create") == 0) {
        return open("/tmp/hutong-obedient", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES;
    }
    if (strcmp(what, "socket") == 0) {
        return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM;
    }
    if (strcmp(what, "exec") == 0) {
        char *const arguments[] = {(char *)"true", NULL};
        return execve("/bin/true", arguments, NULL) < 0 && errno == EPERM;
    }
    if (strcmp(what, "fork") == 0) {
        return fork() < 0 && (errno == EPERM || errno == ENOSYS);
    }
    if (strcmp(what, "kill") == 0) {
        pid_t bus = (pid_t)syscall(SYS_getppid);
        return bus <= 0 || (kill(bus, 0) < 0 && syscall(SYS_tgkill, bus, bus, 0) < 0);
    }
    if (strcmp(what, "code") == 0) {
        return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
    }
    return strcmp(what, "load") == 0 && !socket_at_load && !fork_at_load && !open_at_load;
}

/* ---- Commands ---- */

typedef struct {
    const char *word;
    void (*act)(void);
} Command;

static void end_well(void)
{
    exit(0);
}

static void send_garbage(void)
{
    send_bytes("this is no frame, and long enough to be one", 43);
    wait_for_ever();
}

static void send_oversized(void)
{
    send_head(65, UINT32_MAX, 1);
    wait_for_ever();
}

static void send_foreign(void)
{
    send_head(65, 0, 999999999);
    wait_for_ever();
}

static void send_bus_frame(void)
{
    send_head(1, 0, 0);
    wait_for_ever();
}

static void send_half(void)
{
    send_bytes("HT\1", 3);
    _exit(0);
}

static void send_ready(void)
{
    send_head(64, 0, 0);
    wait_for_ever();
}

static void close_all(void)
{
    for (int fd = 0; fd < 64; fd++) {
        close(fd);
    }
    wait_for_ever();
}

static void hide(void)
{
    playing = 1;
    wait_for_ever();
}

static void flood(void)
{
    for (int i = 0; i < 60; i++) {
        the_adapter.host->log(the_adapter.host, HUTONG_INFO, "flood");
    }
}

static void tell(void)
{
    the_adapter.host->log(the_adapter.host, HUTONG_WARNING,
                          "seen: 990104198001019915\nand 99010419910315993X");
}

/* A person, in every form that a log could take. */
static const char *const gossip_texts[] = {
    "died: 测试丁",
    "990104195008179950",
    "99-01-04 1950.0817 9950",
    "9901--0419--5008--1799--50",
    "99 and 01 and 04 and 19 and 50 and 08 and 17 and 99 and 50",
    "九九〇一〇四一九五〇〇八一七九九五〇",
    "９９０１０４１９５００８１７９９５０",
    "5rWL6K+V5LiB",
    "bmFtZT3mtYvor5XkuIE=",
    "%E6%B5%8B%E8%AF%95%E4%B8%81",
    "\\u6d4b\\u8bd5\\u4e01",
    "e6b58be8af95e4b881",
    "&#27979;&#35797;&#19969;",
    "OTkwMTA0MTk1MDA4MTc5OTUw",
    "phone 138-0013-8000, 13800138000",
    "\xb2\xe2\xca\xd4\xb6\xa1",
};

static void gossip(void)
{
    for (size_t i = 0; i < sizeof gossip_texts / sizeof *gossip_texts; i++) {
        the_adapter.host->log(the_adapter.host, HUTONG_WARNING, gossip_texts[i]);
    }
}

static void overflow_stack(void)
{
    overflow(NULL);
}

static const Command commands[] = {
    {"crash", crash},
    {"abort", abort},
    {"hang", wait_for_ever},
    {"spin", spin},
    {"leak", leak},
    {"spend", spend},
    {"stack", overflow_stack},
    {"exit", end_well},
    {"garbage", send_garbage},
    {"oversized", send_oversized},
    {"foreign", send_foreign},
    {"bus-frame", send_bus_frame},
    {"half", send_half},
    {"ready", send_ready},
    {"close", close_all},
    {"hide", hide},
    {"flood", flood},
    {"tell", tell},
    {"gossip", gossip},
};

static void obey(const char *word)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].word, word) == 0) {
            commands[i].act();
        }
    }
}

static void *spin_on(void *data)
{
    (void)data;
    spin();
    return NULL;
}

/* Computes on beside what it answers. */
static hutong_verdict linger(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, spin_on, NULL) == 0 ? HUTONG_OK : HUTONG_REJECT;
}

static hutong_verdict decide(Obedient *state, const char *word, const char *rest,
                             const hutong_payload *payload, hutong_out *out)
{
    const hutong_host *host = state->host;
    if (strcmp(word, "echo") == 0) {
        state->echo = 1;
        snprintf(state->said, sizeof state->said, "%s", rest);
    } else if (strcmp(word, "size") == 0) {
        state->echo = 1;
        snprintf(state->said, sizeof state->said, "%zu", payload->body.size);
    } else if (strcmp(word, "option") == 0) {
        const char *value = host->option(host, rest);
        state->echo = 1;
        snprintf(state->said, sizeof state->said, "%s", value ? value : "none");
    } else if (strcmp(word, "big") == 0) {
        state->big = strtoul(rest, NULL, 10);
    } else if (strcmp(word, "refused") == 0) {
        return is_refused(rest) ? HUTONG_OK : HUTONG_REJECT;
    } else if (strcmp(word, "reject") == 0) {
        return HUTONG_REJECT;
    } else if (strcmp(word, "retry") == 0) {
        return HUTONG_RETRY;
    } else if (strcmp(word, "verdict") == 0) {
        return (hutong_verdict)77;
    } else if (strcmp(word, "linger") == 0) {
        state->echo = 1;
        snprintf(state->said, sizeof state->said, "still here");
        return linger();
    } else if (strcmp(word, "fault") == 0) {
        host->fault(out, HUTONG_RETRY, "later", "number 990104198001019915 is not ready");
    } else if (strcmp(word, "blame") == 0) {
        host->fault(out, HUTONG_REJECT, "测试丁", "a person as a code");
    } else if (strcmp(word, "number") == 0) {
        host->fault(out, HUTONG_REJECT, "died-9901-0419", "a number as a code");
    } else if (strcmp(word, "map") == 0) {
        return host->map(host, payload, out);
    } else if (strcmp(word, "misuse") == 0) {
        host->write(out, "x", 1);
        host->emit_end(out, "x");
        host->filter(host, "x", NULL, NULL);
    }
    return HUTONG_OK;
}

static hutong_verdict decode(void *data, const hutong_payload *payload, hutong_out *out)
{
    Obedient *state = data;
    char text[64];
    size_t size = payload->body.size < sizeof text - 1 ? payload->body.size : sizeof text - 1;
    memcpy(text, payload->body.data, size);
    text[size] = '\0';
    char *blank = strchr(text, ' ');
    if (blank) {
        *blank = '\0';
    }
    state->echo = 0;
    state->big = 0;
    obey(text);
    return decide(state, text, blank ? blank + 1 : "", payload, out);
}

static hutong_verdict reply(void *data, const hutong_outcome *outcome, hutong_out *out)
{
    Obedient *state = data;
    (void)outcome;
    for (size_t i = 0; i < state->big; i += 16) {
        state->host->write(out, "0123456789abcdef", 16);
    }
    if (!state->echo && !state->big) {
        return HUTONG_REJECT;
    }
    state->host->write_escaped(out, state->said, strlen(state->said));
    return HUTONG_OK;
}

static hutong_verdict wsdl(void *data, const char *url, hutong_out *out)
{
    Obedient *state = data;
    if (strstr(url, "crash")) {
        crash();
    }
    if (strstr(url, "none")) {
        return HUTONG_REJECT;
    }
    state->host->write(out, "<definitions location=\"", 23);
    state->host->write_escaped(out, url, strlen(url));
    state->host->write(out, "\"/>", 3);
    return HUTONG_OK;
}

static void *open_it(const hutong_host *host)
{
    pthread_t thread;
    the_adapter.host = host;
    uint64_t *page = host->option(host, "thread") ? find_page(host) : NULL;
    return !page || pthread_create(&thread, NULL, play_with_page, page) == 0 ? &the_adapter : NULL;
}

static void close_it(void *data)
{
    (void)data;
}

static const hutong_option options[] = {
    {"colour", "green", "what `option colour` answers"},
    {"shape", NULL, "the same for `option shape`"},
    {"thread", NULL, "given: a thread of its own, which `hide` lets loose"},
    {NULL, NULL, NULL},
};

static const char *const operations[] = {"Obey", NULL};

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "obedient",
    .version = "1.2",
    .summary = "Does what the payload says, for tests",
    .options = options,
    .operations = operations,
    .open = open_it,
    .decode = decode,
    .reply = reply,
    .wsdl = wsdl,
    .close = close_it,
    .threads = 1,
};
