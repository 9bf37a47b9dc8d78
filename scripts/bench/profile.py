#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""profile.py SYMBOLS EXEC <DISASSEMBLY: instructions by function, as profile.sh says."""
import bisect
import collections
import re
import sys

ENTRIES = ("mp_create_pool", "mp_create_pool_named", "mp_alloc_slow",
           "mp_destroy_pool", "buddy_alloc_pfn_slow", "buddy_alloc_pfn_aligned",
           "buddy_free_pfn_slow")


def read_functions(lines):
    """Name -> its instructions as (offset in the function, text)."""
    functions, code, start = {}, None, 0
    for line in lines:
        if head := re.match(r"([0-9a-f]+) <(\S+)>:", line):
            start = int(head[1], 16)
            code = functions.setdefault(head[2], [])
        elif insn := re.match(r"\s+([0-9a-f]+):\s+(.*)", line):
            code.append((int(insn[1], 16) - start, insn[2]))
    return functions


def stretch(code, offset):
    """How many instructions run from here to the next jump or rep, that one included."""
    count = 0
    for where, text in code:
        if where < offset:
            continue
        count += 1
        # The call of __fentry__ at the start has become a nop.
        if re.match(r"j|call|ret|rep", text) and not (text.startswith("call") and not where):
            break
    return count


def main():
    """Count, then print a table for each entry."""
    functions = read_functions(sys.stdin)
    with open(sys.argv[1], encoding="ascii") as file:
        symbols = sorted((int(line.split()[0], 16), line.split()[2]) for line in file)
    starts = [address for address, _ in symbols]
    calls = collections.Counter()
    counts = collections.defaultdict(collections.Counter)
    entry = None
    with open(sys.argv[2], encoding="ascii") as file:
        for line in file:
            if not line.startswith("Trace"):
                continue
            pc = int(line.split("/")[1], 16)
            index = bisect.bisect(starts, pc) - 1
            if index < 0:
                entry = None
                continue
            start, name = symbols[index]
            code = functions.get(name, [])
            if name in ENTRIES and pc == start and not entry:
                entry = name
                calls[entry] += 1
            elif not code or pc - start > code[-1][0]:
                entry = None    # back in the caller, another module
            if entry:
                counts[entry][name] += stretch(code, pc - start)
    for entry in ENTRIES:
        if not calls[entry]:
            continue
        total = sum(counts[entry].values()) / calls[entry]
        print(f"{entry}: {calls[entry]} calls, {total:.0f} instructions each")
        for name, count in counts[entry].most_common():
            print(f"    {count / calls[entry]:7.1f}  {name}")


main()
