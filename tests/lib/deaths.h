/* Messages of the household register in any number: deaths of synthetic persons. */
#pragma once

#include <glib.h>

/* One message: the events number `first` to `first + count - 1` (business numbers and record numbers are these), of so many persons in
 * turn; 0: each of a person of its own. The caller frees. */
char *deaths_payload(unsigned first, unsigned count, unsigned persons);
