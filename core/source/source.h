/* A source at run time: its configuration, its host, who may send for it, whether its adapter may serve, and its figures.
 * Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/kit/gate.h"
#include "core/guard/guard.h"
#include "core/guard/usernames.h"
#include "core/source/host.h"
#include "core/source/share.h"
#include "plugins/supervisor.h"

typedef struct {
    uint64_t messages; /* requests that were POSTed */
    uint64_t accepted, resent, rejected, failed, busy;
    uint64_t events, duplicates, quarantined;
    uint64_t bytes;
    uint64_t under_way; /* messages that have begun and have no answer yet */
    int64_t last_us;    /* when the last message was accepted; 0 never */
    int64_t since_us;   /* since when there is the source: the start, or the reload that brought it */
    uint64_t answers, latency_us_sum,
        latency_us_max; /* request complete to answer, of all that reached the host */
} HtSourceFigures;

/* Counted: the sources hold it, and each message and request that has to do with it. A reload that changes it makes another in its place,
 * which goes on with figures and share; this one ends with what it has in hand. */
typedef struct {
    HtConfig *all; /* held: what `config` is of */
    const HtSourceConfig *config;
    char *adapter_file, *mapping_file; /* absolute */
    char *settings;                    /* all that it runs by: the same for the same; NULL: not asked for */
    HtHost *host;                      /* NULL: it was ended */
    bool replaced;                     /* another is in its place */
    HtGateState gate;                  /* what the gate says of it; passed when nothing is checked */
    HtGuard *guard;
    HtSourceFigures *figures; /* shared with its successor */
    HtShare *share;           /* of it waits for a commit; the same */
    unsigned holders;
    HtUsernames *usernames;  /* NULL: not asked for */
    HtSourceSigners signers; /* both NULL: not asked for */
} HtSource;

/* Who sends for it, by his name in the message; NULL without an error when that is not asked for. HT_GUARD_ERROR. */
HtUsernames *ht_source_usernames(const HtSourceConfig *source, GError **error);

/* Reads its token file, and makes its host (which starts at need). HT_GUARD_ERROR. With `former` it goes on with its figures. */
HtSource *ht_source_new(const HtConfig *config, const HtSourceConfig *source, const HtSource *former,
                        GError **error);
HtSource *ht_source_hold(HtSource *source);

/* Lets go of it: with the last one it ends, and is freed. */
void ht_source_free(HtSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSource, ht_source_free)

/* Ends its host: what was submitted is called back with an error first, and nothing is taken any more. */
void ht_source_end(HtSource *source);

/* All that a source of this section runs by, but for who may send: its keys, and what its files hold now. `data` is the digest of the data's files. The
 * caller frees. */
char *ht_source_settings(const HtConfig *config, const HtSourceConfig *source, const char *data);

/* Who may send for it. HT_GUARD_ERROR. */
HtGuard *ht_source_guard(const HtSourceConfig *source, GError **error);

/* Its adapter's file or its mapping is another now, and has passed: a process with an older one in it is not left to run beside it. Nothing was
 * given to it since the file changed; what it still has in hand is sent again by its sender. */
void ht_source_renew_host(HtSource *source);

/* Whether its adapter and its mapping may serve. Asked at the head, and again when the body goes to the host. False with a refusal. */
bool ht_source_admits(const HtSource *source, HtRefusal *refusal);
