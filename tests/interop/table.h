/* The table client × case: how many checks of each kind were right, counted by their names; and whether docs/wire.md says the
 * same. Of one thread. */
#pragma once

#include <stdbool.h>

/* Counts a check, CLIENT/SOURCE/soap-VERSION/[OPERATION/]CASE; any other name is passed over. */
void table_count(const char *name, bool good);

/* Prints the table as comments of TAP. */
void table_print(void);

/* Whether the page has each row as it is; what is missing is printed. */
bool table_stands_in(const char *page);
