/* Initials of Chinese words in pinyin, as departments call their columns: 公民身份号码 is GMSFHM. No state; any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Upper case; letters and digits stay, other signs are left out. What stands in brackets counts only with `brackets`. NULL when a character's
 * sound is not known (GB 2312 tells only that of its first level, in whose order it stands). Free it. */
char *ht_pinyin_initials(const char *words, bool brackets);
