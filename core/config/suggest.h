/* "Did you mean": how far apart two words are. */
#pragma once

/* Edits (insert, delete, change, swap of neighbours) that turn `a` into `b`; words longer than 63 bytes count as far. */
unsigned ht_suggest_distance(const char *a, const char *b);
