/* Namespaces and an empty root directory, each as far as the kernel gives it; and at the end no capability. Host, one thread yet. */
#pragma once

#include "plugins/layer.h"

/* Moves this process into them and notes in `box` which stand. Nothing of it may be asked for by a path afterwards. */
void ht_namespaces_enter(HtBox *box);
