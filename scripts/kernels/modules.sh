#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# modules.sh NAME KDIR [MAKEARG...]: build all modules, tests too, for a kernel of its own in
# build/NAME, which links to the sources: kbuild writes beside what it reads.
# TESTS=GROUP: of the tests only these, see kunit/Kbuild.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

out=$top/build/$1
log=$out/build.log
mkdir -p "$out"
# A module whose source is gone, or has moved, goes too.
find "$out" -name '*.ko' -delete
for dir in buddy pool kunit kunit/{lib,buddy,pool,torture,replay,bench} Documentation/examples; do
	mkdir -p "$out/$dir"
	find "$out/$dir" -maxdepth 1 -type l -delete
	find "$top/$dir" -maxdepth 1 \( -name '*.[ch]' -o -name Kbuild \) \
		-exec ln -s -t "$out/$dir" {} +
done
ln -sf "$top/Kbuild" "$out/"
# Types for BPF take a tool more, and nobody here reads them.
if ! make -s -C "$2" M="$out" W=1 CONFIG_DEBUG_INFO_BTF_MODULES= TESTS=1 "${@:3}" \
	-j "$(nproc)" modules >"$log" 2>&1 ||
   grep -q 'warning:\|error:' "$log"; then
	cat "$log" >&2
	die "the modules do not build without a warning against $2"
fi
