#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# modules.sh NAME KDIR [MAKEARG...]: build all modules, tests too, against KDIR in build/NAME.
# That directory has links to the sources, because kbuild writes beside what it reads.
# TESTS=GROUP: of the tests only these, see kunit/Kbuild.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

out=$top/build/$1
log=$out/build.log
mkdir -p "$out"
# Remove modules whose source has moved or does not exist any more.
find "$out" -name '*.ko' -delete
for dir in buddy{,/uapi} pool kunit kunit/{lib,buddy,pool,torture,replay,bench,devices,devicetree} \
	Documentation/examples; do
	mkdir -p "$out/$dir"
	find "$out/$dir" -maxdepth 1 -type l -delete
	find "$top/$dir" -maxdepth 1 \( -name '*.[ch]' -o -name Kbuild \) \
		-exec ln -s -t "$out/$dir" {} +
done
ln -sf "$top/Kbuild" "$out/"
# Type information for BPF needs one more tool, and no test reads it.
if ! make -s -C "$2" M="$out" ARCH="$arch" CROSS_COMPILE="$cross" W=1 CONFIG_DEBUG_INFO_BTF_MODULES= TESTS=1 "${@:3}" \
	-j "$(nproc)" modules >"$log" 2>&1 ||
   grep -q 'warning:\|error:' "$log"; then
	cat "$log" >&2
	die "the modules do not build without a warning against $2"
fi
