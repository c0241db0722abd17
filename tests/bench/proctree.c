/* Reading /proc for a process and its descendants. Used by bench-bus; no state. */
#include "tests/bench/proctree.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    pid_t pid, parent;
    double used_s, reaped_s; /* by itself; by children that it has waited for */
    bool inside;             /* belongs to the tree */
} Process;

static bool read_process(const char *name, Process *process)
{
    unsigned long user, system;
    long reaped_user, reaped_system;
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", name), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return false;
    }
    /* The name in parentheses may hold anything: fields are counted from the last one that closes. */
    const char *fields = strrchr(text, ')');
    if (!fields || sscanf(fields, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
                          &process->parent, &user, &system, &reaped_user, &reaped_system) != 5) {
        return false;
    }
    double ticks = (double)sysconf(_SC_CLK_TCK);
    process->pid = atoi(name);
    process->used_s = (double)(user + system) / ticks;
    process->reaped_s = (double)(reaped_user + reaped_system) / ticks;
    process->inside = false;
    return true;
}

static GArray *read_processes(void)
{
    GArray *processes = g_array_new(FALSE, FALSE, sizeof(Process));
    GDir *directory = g_dir_open("/proc", 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        Process process;
        if (g_ascii_isdigit(*name) && read_process(name, &process)) {
            g_array_append_val(processes, process);
        }
    }
    g_clear_pointer(&directory, g_dir_close);
    return processes;
}

static bool is_inside(const GArray *processes, pid_t pid)
{
    for (unsigned i = 0; i < processes->len; i++) {
        const Process *process = &g_array_index(processes, Process, i);
        if (process->pid == pid) {
            return process->inside;
        }
    }
    return false;
}

/* Again until nothing is added: a child may stand before its parent. */
static void mark_tree(GArray *processes, pid_t root)
{
    bool added = true;
    while (added) {
        added = false;
        for (unsigned i = 0; i < processes->len; i++) {
            Process *process = &g_array_index(processes, Process, i);
            if (!process->inside && (process->pid == root || is_inside(processes, process->parent))) {
                process->inside = added = true;
            }
        }
    }
}

/* The number behind `label` in a file of /proc/PID, in kB; 0 when it is not there. */
static size_t read_kb(pid_t pid, const char *file, const char *label)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, file), *text = NULL;
    const char *line = g_file_get_contents(path, &text, NULL, NULL) ? strstr(text, label) : NULL;
    return line ? strtoul(line + strlen(label), NULL, 10) : 0;
}

void process_tree_measure(pid_t root, ProcessTree *tree)
{
    g_autoptr(GArray) processes = read_processes();
    *tree = (ProcessTree){0};
    mark_tree(processes, root);
    for (unsigned i = 0; i < processes->len; i++) {
        const Process *process = &g_array_index(processes, Process, i);
        if (process->inside) {
            bool own = process->pid == root;
            *(own ? &tree->own_s : &tree->children_s) += process->used_s;
            *(own ? &tree->own_peak_kb : &tree->children_peak_kb) +=
                read_kb(process->pid, "status", "VmHWM:");
            *(own ? &tree->own_now_kb : &tree->children_now_kb) += read_kb(process->pid, "status", "VmRSS:");
            tree->children_s += process->reaped_s;
            tree->pss_kb += read_kb(process->pid, "smaps_rollup", "\nPss:");
            tree->processes++;
        }
    }
}
