#!/usr/bin/env python3
"""Compares the results of a conformance harness (--json) with its list of known failures.

    ratchet.py RESULTS.json KNOWN.txt

A failure that isn't on the list is a regression: exit 1. A listed test that passes is an improvement: it is named, so
that somebody takes the line out, but it fails nothing, since some of these tests depend on when the collector runs.
"""
import json
import sys


def main():
    results, list_file = sys.argv[1:]
    with open(list_file, encoding="utf-8") as f:
        lines = (line.split("#")[0].strip() for line in f)
        known = {line for line in lines if line}
    with open(results, encoding="utf-8") as f:
        tests = json.load(f)["tests"]
    status = {name: t.get("status") or t.get("result") for name, t in tests.items()}
    failed = {name for name, s in status.items() if s == "fail"}
    passed = {name for name, s in status.items() if s == "pass"}
    new = sorted(failed - known)
    for name in new:
        print(f"regression: {name}: {tests[name].get('reason')}: {str(tests[name].get('detail'))[:300]}")
    for name in sorted(passed & known):
        print(f"passes now, take it off {list_file}: {name}")
    print(f"{len(passed)} passed, {len(new)} failed, {len(failed & known)} known failures")
    return 1 if new or not passed else 0


sys.exit(main())
