/* Telling systemd (sd_notify's protocol: a datagram to $NOTIFY_SOCKET). Does nothing when not started by it. */
#pragma once

/* "READY=1", "STOPPING=1", "WATCHDOG=1". */
void ht_notify(const char *state);
