#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch --strict, sparse, kernel-doc, dt-schema and shellcheck; silent is clean.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

kernel=$(scripts/kernels/test-kernel.sh debug)
read -r _ kdir <<<"$kernel"
failed=0

# lint NAME COMMAND...: report "clean" if the command prints nothing and succeeds.
lint() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1) && [ -z "$out" ]; then
		echo "$name: clean"
	else
		printf '%s\n%s: not clean\n' "$out" "$name"
		failed=1
	fi
}

# Left out: the tracepoints' headers, which have the layout of the kernel's own, and the
# stand-ins for user space, which define macros that only the kernel's headers may define.
mapfile -t sources < <(git ls-files '*.c' '*.h' ':!*/trace.h' ':!kunit/*/shim/*')
mapfile -t public < <(git ls-files 'buddy/*.[ch]' 'pool/*.[ch]')
mapfile -t shell < <(git ls-files '*.sh' 'scripts/guest/jobs/*' .ci/run)

lint checkpatch perl "$kdir/source/scripts/checkpatch.pl" --no-tree --strict --terse \
	--quiet --no-summary --show-types -f "${sources[@]}"
lint sparse scripts/kernels/modules.sh sparse "$kdir" C=2
lint kernel-doc perl "$kdir/source/scripts/kernel-doc" -none "${public[@]}"
lint bindings scripts/bindings.sh
lint shellcheck shellcheck -x "${shell[@]}"
exit $failed
