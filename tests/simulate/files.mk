simulate_PROGRAMS := simulate
simulate-parts_SRC := tests/simulate/world.c tests/simulate/plan.c tests/simulate/threads.c tests/simulate/machine.c tests/simulate/settings.c tests/simulate/facts.c tests/simulate/sources.c tests/simulate/hosts.c \
	tests/simulate/consumers.c tests/simulate/account.c tests/simulate/life.c
test_MODULES += simulate-parts
simulate_LIBS := simulate-parts delivery message source page guard kit http refusal config supervisor spool frame engine base
# What the simulation has instead: time, chance, threads, and what becomes of files beside SQLite's.
simulate_WRAPS := ht_clock_now ht_clock_monotonic g_get_monotonic_time g_source_get_time g_main_context_iteration getrandom fsync fdatasync \
	g_thread_new g_thread_join g_mutex_lock g_mutex_trylock g_mutex_unlock g_cond_wait g_cond_wait_until g_cond_signal g_cond_broadcast
simulate_WRAPS += ht_sender_new ht_sender_free ht_sender_body ht_sender_post
simulate_WRAPS += ht_process_spawn ht_process_kill ht_process_end ht_process_cpu g_child_watch_source_new
