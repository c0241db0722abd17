/* The way out by files: events as lines of JSON in a directory, for who fetches them by SFTP. What the files are is batchfile.h's. A
 * thread of its own writes; an event is taken when its line is on disk. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/delivery/transport.h"

/* Opens the directory, and puts right what a crash left: what is above `cursor` and in a file already is not written again. With `replay`
 * (its id; else 0) it has files of its own beside the live delivery's. NULL with the reason in `errors`. */
HtTransport *ht_file_new(const HtConsumerConfig *config, const HtTransportOwner *owner, uint64_t cursor,
                         int64_t replay, GString *errors);
