/* Folders of tests. Any thread. */
#pragma once

/* Removes a file, or a folder with all that is in it; what a symbolic link names stays. Nothing there: nothing happens. */
void tree_remove(const char *path);
