/* Slots: the numbers by which a mapping's rules name values. */
#pragma once

#include <stdint.h>

/* Where a value is kept while a record is read. Two bits of a slot say whose it is: the record's, the payload's (absolute
 * paths), or one column of the repeated group at hand. */
typedef uint16_t HtSlot;

#define HT_SLOT_NONE UINT16_MAX
#define HT_SLOT_ABSOLUTE 0x4000
#define HT_SLOT_COLUMN 0x8000
#define HT_SLOT_NUMBER 0x3fff
#define HT_SLOTS_MAX 0x3ff0
