#!/bin/sh
# ugly-reality.sh TABLE LOGS: prints the catalogue of ugly reality (TABLE: tests/data/ugly-reality.tsv) with the tests that
# cover each case and what became of them in the run whose TAP files are in LOGS/*/PROGRAM.tap. Exit status 1 when a case
# is missing or has no test, or when a test that it names failed, was skipped or did not run. check-all.sh calls it.
set -u
table=$1
logs=$2
cases=80

results() {
    for tap in "$logs"/*/*.tap; do
        [ -f "$tap" ] || continue
        program=${tap##*/}
        awk -v program="${program%.tap}" '
            /^(not )?ok [0-9]/ {
                result = /^not/ ? "FAILED" : "ok"
                if (/# *(SKIP|TO[D]O|skip|todo)/) result = "SKIPPED"
                sub(/^(not )?ok [0-9]+ (- )?/, "")
                sub(/ *#.*/, "")
                print program "\t" $0 "\t" result
            }' "$tap"
    done
}

results | awk -F '\t' -v cases="$cases" '
    function show(left, words, result, test) { printf "%-4s %-62s %-8s %s\n", left, words, result, test }
    function finish() {
        if (name == "") return
        if (tests == 0) {
            show(name, words, "NO TEST", "")
            bad[name] = 1
        }
        name = ""
    }
    FILENAME == "-" { became[$1 " " $2] = $3; next }
    /^#/ || NF == 0 { next }
    $1 != "" {
        finish()
        name = $1
        words = $2
        tests = 0
        seen[name]++
        if (seen[name] > 1) bad[name] = 1
        next
    }
    {
        test = $2 " " $3
        result = test in became ? became[test] : "NOT RUN"
        if (result != "ok") bad[name] = 1
        show(tests ? "" : name, tests ? "" : words, result, test)
        tests++
    }
    END {
        finish()
        for (i = 1; i <= cases; i++) {
            if (!(("U" i) in seen)) {
                show("U" i, "", "NO ROW", "")
                bad["U" i] = 1
            }
            if (("U" i) in bad) missing = missing " U" i
            else good++
        }
        printf "ugly reality: %d of %d cases covered\n", good, cases
        if (missing != "") {
            print "not covered:" missing
            exit 1
        }
    }' - "$table"
