"""Runs tests that are written in Python, one after the other, and says in TAP what came of each. Not a program of its own."""
import functools
import traceback


def named(tests, *arguments):
    """Functions as run() takes them: under their own names, called with these arguments."""
    return [(test.__name__.replace("_", "-"), functools.partial(test, *arguments)) for test in tests]


def run(area, tests):
    """`tests`: pairs of a name and a function that fails by an exception, and gives the reason when it was left out. How many failed."""
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        name = f"{number} /{area}/{name}"
        try:
            skipped = test()
            print(f"ok {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        except Exception:
            failed += 1
            print(f"not ok {name}")
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
    return failed
