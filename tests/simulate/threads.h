/* The threads of the bus, one at a time and in an order that the seed chooses. The linker gives this file GLib's threads, mutexes and
 * conditions of everything that is linked into the program (--wrap, in files.mk): the product runs as it is. A thread goes on until it
 * waits, or yields at a call to the disk; then chance picks among those that can go on. When none can, time passes to the first that
 * waits for a time; when there is none either, it is a deadlock. */
#pragma once

/* Begins with the calling thread as the only one. */
void threads_begin(void);

/* Lets chance pick who goes on. */
void threads_yield(void);

/* Lets all others go on until they wait. Time does not pass. */
void threads_rest(void);
