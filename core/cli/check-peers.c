/* Trying peers; see check-peers.h. */
#include "core/cli/check-peers.h"

#include "core/base/clock.h"
#include "core/base/uuid.h"
#include "core/cli/ask.h"
#include "core/delivery/sender.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

/* What came of one. */
typedef struct {
    const HtConsumerConfig *consumer;
    const char *key; /* at which line it is told */
    char *words;
    bool reached, tried;
    long status;
    uint64_t took_us;
    /* a webhook, on its way */
    unsigned *open; /* how many have not answered */
    HtPostTls tls;
} Peer;

static void tell_json(const char *place, const Peer *peer)
{
    g_autoptr(JsonObject) object = json_object_new();
    json_object_set_string_member(object, "consumer", peer->consumer->name);
    json_object_set_string_member(object, "type", peer->consumer->type);
    json_object_set_string_member(object, "place", place);
    json_object_set_boolean_member(object, "tried", peer->tried);
    json_object_set_boolean_member(object, "reached", peer->reached);
    if (peer->status > 0) {
        json_object_set_int_member(object, "status", peer->status);
    }
    if (peer->took_us > 0) {
        json_object_set_int_member(object, "tookUs", (gint64)peer->took_us);
    }
    json_object_set_string_member(object, "text", peer->words);
    ht_cli_print(object);
}

static void tell(const Peer *peer, bool json)
{
    g_autofree char *place = ht_consumer_place(peer->consumer, peer->key);
    if (json) {
        tell_json(place, peer);
    } else {
        fprintf(stderr,
                peer->tried && !peer->reached ? _("%s: error: [consumer %s] %s: %s\n")
                                              : _("%s: note: [consumer %s] %s: %s\n"),
                place, peer->consumer->name, peer->key, peer->words);
    }
}

/* ---- Webhooks ---- */

/* Whatever it answers, somebody is there; how it answers events only an event shows. */
static void on_answer(const HtPosted *posted, void *user)
{
    Peer *peer = user;
    peer->status = posted->status;
    peer->took_us = posted->took_us;
    peer->reached = posted->status > 0;
    peer->words = peer->reached ? g_strdup_printf(_("answers, HTTP %ld to OPTIONS after %.1f ms"),
                                                  posted->status, (double)posted->took_us / 1000)
                                : g_strdup_printf(_("cannot be reached: %s"),
                                                  posted->error ? posted->error : _("no answer"));
    (*peer->open)--;
}

static void try_webhook(HtSender *sender, uint64_t timeout_ms, unsigned *open, Peer *peer)
{
    const HtConsumerConfig *consumer = peer->consumer;
    bool has_tls = consumer->tls_ca || consumer->tls_certificate || consumer->tls_pin;
    peer->key = "url";
    peer->tried = true;
    peer->open = open;
    peer->tls =
        (HtPostTls){consumer->tls_ca, consumer->tls_certificate, consumer->tls_key, consumer->tls_pin};
    HtPost post = {.url = consumer->url,
                   .tls = has_tls ? &peer->tls : NULL,
                   .method = "OPTIONS",
                   .timeout_ms = MIN(timeout_ms, consumer->timeout_ms),
                   .connect_timeout_ms = MIN(timeout_ms, consumer->connect_timeout_ms)};
    (*open)++;
    ht_sender_post(sender, &post, on_answer, peer);
}

/* ---- Files ---- */

static bool write_once(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    int failure = errno;
    close(fd);
    unlink(path);
    errno = failure;
    return good;
}

static void try_files(Peer *peer)
{
    const HtConsumerConfig *consumer = peer->consumer;
    char id[HT_UUID_TEXT];
    HtUuid name = ht_uuid_new();
    ht_uuid_format(&name, id);
    g_autofree char *path = g_strdup_printf("%s/%s.check-%s.part", consumer->directory, consumer->name, id);
    peer->key = "directory";
    if (access(consumer->directory, F_OK) != 0) {
        peer->words = g_strdup(_("is not there yet; the bus makes it"));
        return;
    }
    int64_t began_us = ht_clock_monotonic();
    peer->tried = true;
    peer->reached = write_once(path);
    peer->words = peer->reached ? g_strdup(_("a file was written there, and removed"))
                                : g_strdup_printf(_("nothing can be written to %s: %s"), consumer->directory,
                                                  g_strerror(errno));
    peer->took_us = (uint64_t)(ht_clock_monotonic() - began_us);
}

/* ---- All of them ---- */

unsigned ht_cli_check_peers(const HtConfig *config, uint64_t timeout_ms, bool json)
{
    unsigned count = config->consumers->len, open = 0, failed = 0;
    curl_global_init(CURL_GLOBAL_ALL);
    HtSender *sender = ht_sender_new();
    g_autofree Peer *peers = g_new0(Peer, MAX(count, 1));
    for (unsigned i = 0; i < count; i++) {
        Peer *peer = &peers[i];
        peer->consumer = config->consumers->pdata[i];
        if (g_str_equal(peer->consumer->type, "webhook")) {
            try_webhook(sender, timeout_ms, &open, peer);
        } else if (g_str_equal(peer->consumer->type, "file")) {
            try_files(peer);
        } else {
            peer->key = "type";
            peer->words = g_strdup(_("it fetches its events itself, so there is nobody to try"));
        }
    }
    while (open > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_sender_free(sender);
    for (unsigned i = 0; i < count; i++) {
        failed += peers[i].tried && !peers[i].reached;
        tell(&peers[i], json);
        g_free(peers[i].words);
    }
    if (failed > 0 && !json) {
        fprintf(stderr, _("%u of %u consumers cannot be reached\n"), failed, count);
    }
    return failed;
}
