#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# splats.sh LOG: fail if a kernel log holds a warning or worse.
#
# A test that provokes a warning, a KASAN report or a leak brackets it with "expect
# warning: TEXT" and "end of expected warning"; there, exactly one of these must
# stand, and that text.
set -euo pipefail

awk '
	/expect warning: / {
		expected = $0
		sub(/.*expect warning: /, "", expected)
		sub(/\r$/, "", expected)
		inside = 1
		warnings = 0
		seen = 0
		next
	}
	/end of expected warning/ {
		if (warnings != 1 || !seen) {
			printf "%s:%d: %d warnings where one should say \"%s\"\n",
				FILENAME, FNR, warnings, expected
			bad = 1
		}
		inside = 0
		next
	}
	inside {
		warnings += /WARNING: |\] BUG: KASAN: |kmemleak: [0-9]+ new /
		seen += index($0, expected) > 0
		if (/\] BUG: KASAN: / || !/BUG:|Oops|panic/)
			next
	}
	/WARNING:|BUG:|BUG |Oops|Kernel panic|UBSAN|KASAN|INFO: |kmemleak: [1-9]|unreferenced object|soft lockup|general protection/ {
		print FILENAME ":" FNR ": " $0
		bad = 1
	}
	END {
		if (inside)
			print FILENAME ": the log ends inside an expected warning"
		exit bad || inside
	}
' "$1" >&2
