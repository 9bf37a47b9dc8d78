#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""coverage.py DIR: which lines of buddy/ and pool/ were reached, as gcov has it from
the .gcno and .gcda files in DIR.  A line of a header is reached if it is in any of
the objects that have it."""
import collections
import json
import os
import pathlib
import subprocess
import sys

top = pathlib.Path(sys.argv[1]).resolve()
counts = collections.defaultdict(lambda: collections.defaultdict(int))
for data in sorted(top.rglob("*.gcda")):
    output = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], check=True,
                            stdout=subprocess.PIPE, cwd=data.parent).stdout
    for source in json.loads(output)["files"]:
        name = os.path.relpath(os.path.normpath(top / source["file"]), top)
        if name.startswith(("buddy/", "pool/")):
            for line in source["lines"]:
                counts[name][line["line_number"]] += line["count"]


def row(name, lines, reached):
    print(f"{name:20} {lines:6} {reached:8} {100 * reached / lines:8.1f}")


print(f"{'file':20} {'lines':>6} {'reached':>8} {'percent':>8}")
for name, lines in sorted(counts.items()):
    row(name, len(lines), sum(count > 0 for count in lines.values()))
every = [count for lines in counts.values() for count in lines.values()]
row("all", len(every), sum(count > 0 for count in every))

print("\nnot reached:")
for name, lines in sorted(counts.items()):
    text = (top / name).read_text().splitlines()
    for number, count in sorted(lines.items()):
        if not count:
            print(f"{name}:{number}: {text[number - 1].strip()}")
