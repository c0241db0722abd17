/* Connections that were refused while their sender was still sending. Closing a socket with unread bytes makes the
 * kernel reset it, and the reset destroys the answer on its way: the sender sees "connection reset" instead of 413. So a
 * copy of the descriptor is kept and read empty for a moment. Main-loop thread. */
#pragma once

#include <glib.h>

typedef struct HtLingering HtLingering;

HtLingering *ht_lingering_new(void);
void ht_lingering_free(HtLingering *lingering);

/* Keeps `fd`'s connection, which the caller is about to close, until the sender has closed its side or two seconds have
 * passed. Does nothing when many linger already or no descriptor is left. */
void ht_lingering_add(HtLingering *lingering, int fd);
