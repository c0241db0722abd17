/* One consumer in another's place; see succession.h. Main-loop thread. */
#include "core/delivery/succession.h"

#include "core/base/digest.h"
#include "core/base/private.h"
#include "core/config/compare.h"
#include "core/delivery/judge.h"

#define SECRET_MAX 65536

static void add_secret(GString *text, const char *file)
{
    char hex[HT_SHA256_HEX] = "";
    size_t size = 0;
    char *secret = ht_private_read(file, HT_PRIVATE_SECRET, SECRET_MAX, &size, NULL);
    if (secret) {
        ht_sha256_hex((HtText){secret, size}, hex);
        explicit_bzero(secret, size);
        g_free(secret);
    }
    g_string_append_printf(text, "%s\n", hex);
}

/* All that a consumer of this section runs by, but for who may come to the door for it: its keys, and what its secrets' files hold now, as a
 * digest. The caller frees. */
static char *write_settings(const HtConsumerConfig *config, const HtBusConfig *bus)
{
    static const char *const who[] = {"token-file",         "peers", "users", "client-subject",
                                      "client-fingerprint", NULL};
    g_autofree char *keys = ht_config_section_text(HT_SECTION_CONSUMER, config, who);
    GString *text = g_string_new(keys);
    if (g_str_equal(config->validate, "yes")) { /* it is asked in that name */
        g_string_append_printf(text, "%s\n", bus->public_url ? bus->public_url : "");
    }
    for (char **file = config->secret_files; file && *file; file++) {
        add_secret(text, *file);
    }
    return g_string_free(text, FALSE);
}

void ht_consumer_hold(HtConsumer *consumer, const HtConfig *all)
{
    consumer->all = ht_config_hold(all);
    consumer->dictionary = ht_dictionary_hold(consumer->options->dictionary);
    consumer->settings = write_settings(consumer->config, &consumer->options->config->bus);
}

void ht_consumer_let_go(HtConsumer *consumer)
{
    g_clear_pointer(&consumer->settings, g_free);
    g_clear_pointer(&consumer->dictionary, ht_dictionary_free);
    g_clear_pointer(&consumer->all, ht_config_free);
}

bool ht_consumer_is_as(const HtConsumer *consumer, const HtConsumerConfig *config,
                       const HtDictionary *dictionary)
{
    g_autofree char *settings = write_settings(config, &consumer->options->config->bus);
    return consumer->dictionary == dictionary && g_str_equal(consumer->settings, settings);
}

void ht_consumer_reroute(HtConsumer *consumer)
{
    const HtDeliveryOptions *options = consumer->options;
    ht_routes_free(consumer->routes);
    consumer->routes = ht_routes_new(options->config, consumer->config->name, options->dictionary);
    consumer->pause_turn = 0;
    ht_consumer_share_nothing(consumer);
}

void ht_consumer_send_away(HtConsumer *consumer)
{
    if (consumer->transport->send_away) {
        consumer->transport->send_away(consumer->transport);
    }
}

void ht_consumer_retire(HtConsumer *consumer)
{
    consumer->stopped = true;
    if (consumer->transport->retire) {
        consumer->transport->retire(consumer->transport);
    }
}

/* What a webhook was sent is answered or timed out by itself; a file that cannot be closed is at the next start. */
bool ht_consumer_is_over(HtConsumer *consumer, bool late)
{
    HtTransport *transport = consumer->transport;
    if (consumer->sending > 0 && !(late && transport->serve)) {
        return false;
    }
    bool is_file = transport->room && !transport->serve;
    bool finished = !transport->finish || transport->finish(transport) || (late && is_file);
    return finished && consumer->sending == 0 && ht_settling_is_idle(consumer->settling);
}

void ht_consumer_go_on(HtConsumer *consumer, const HtConsumerStatus *before)
{
    consumer->delivered = before->delivered;
    consumer->skipped = before->skipped;
    consumer->dead = before->dead;
    consumer->attempts = before->attempts;
    consumer->failures = before->failures;
}

void ht_consumer_share_nothing(HtConsumer *consumer)
{
    consumer->class = (HtRenderedClass){.number = 0};
}

bool ht_consumer_is_replay(const HtConsumer *consumer)
{
    return consumer->replay != NULL;
}

bool ht_consumer_is_live(const HtConsumer *replay, const HtConsumer *live)
{
    return replay->live == live;
}
