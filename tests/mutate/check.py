#!/usr/bin/python3
"""check.py: what faults.py finds in a small file, and what it leaves alone. Run before each `make mutate`; exit 1 if it differs."""

import os
import sys
import tempfile

from faults import apply_fault, changed_lines, find_faults

SOURCE = """
#include <stdbool.h>
#define LIMIT(n) ((n) + 7)
int other(int a, int b);
void thing_free(int *thing);
bool check(int *p, int n, bool deep)
{
    if (!p || n < 2) {
        return false;
    }
    n = other(n, 40 + n);
    thing_free(p);
    while (n > 9) {
        n -= LIMIT(3);
    }
    return n == 3 ? deep : n > 0;
}
"""

# The kinds, with the line after the fault.
EXPECTED = {
    ("check", "if (0) {"),
    ("check", "if (!!p || n < 2) {"),
    ("check", "if (0 || n < 2) {"),
    ("check", "if (!p || 0) {"),
    ("comparison", "if (!p || n <= 2) {"),
    ("comparison", "if (!p || n >= 2) {"),
    ("error path", "if (!p || n < 2) {}"),
    ("constant", "return true;"),
    ("statement", "(void)0;"),
    ("argument", "n = other(40 + n, n);"),
    ("constant", "n = other(n, (40 * 2) + n);"),
    ("off by one", "n = other(n, 40 - n);"),
    ("off by one", "n += LIMIT(3);"),
    ("comparison", "return n != 3 ? deep : n > 0;"),
    ("choice", "return n == 3 ? n > 0 : deep;"),
    ("comparison", "return n == 3 ? deep : n >= 0;"),
    ("comparison", "return n == 3 ? deep : n <= 0;"),
    ("constant", "return !(n == 3 ? deep : n > 0);"),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "small.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SOURCE)
        source, faults = find_faults(path, ["-std=gnu11"])
    found = {(fault.kind, changed_lines(source, fault)[1]) for fault in faults}
    for kind, line in sorted(EXPECTED ^ found):
        print(f"check.py: {'not found' if (kind, line) in EXPECTED else 'too much'}: {kind}: {line}")
    moved = [f for f in faults if apply_fault(source, f).count(b"\n") != source.count(b"\n")]
    for fault in moved:
        print(f"check.py: adds or takes a line: {fault}")
    sys.exit(1 if moved or EXPECTED != found else 0)


if __name__ == "__main__":
    main()
