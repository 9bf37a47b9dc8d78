#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# coverage.sh: run all suites in a kernel that counts which lines of the modules run; then
# print a table by file of buddy/ and pool/, and the lines that no suite reaches.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

export ARCH=x86
kernel_source "$own_kernel"
kernel_build "kernel-$version-gcov" "the gcov test kernel, $version" bzImage \
	scripts/kernels/{kernel,x86,gcov}.config "${newer[@]}"

all_suites
user_programs
say "building the modules"
out=build/gcov
# A function that is inlined early would be inlined before its lines are counted.
scripts/kernels/modules.sh gcov "$build" GCOV_PROFILE=y KCFLAGS=-fno-early-inlining
say "booting"
suites_guest gcov
ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}' ROUNDS=50 NOISE=34000 $layout" \
APPEND="printk.devkmsg=on $append" LOG=$out.log TIMEOUT=1800 \
	scripts/guest/guest.sh coverage "$build/arch/x86/boot/bzImage" $out/buddypool.ko \
	$out/{kunit,kunit/*,Documentation/examples}/*.ko kunit/*/*_test.sh kunit/lib/ktap.sh "$user"/* \
	scripts/guest/jobs/check |
	tee $out.data | sed '/^gcov: begin/,/^gcov: end/d'
# If a test failed, the counts are of the failure, too: stop.
! grep -a '\] *not ok ' $out.log || die "tests failed, see $out.log"

find $out -name '*.gcda' -delete
rm -rf $out/data
mkdir $out/data
sed '1,/^gcov: begin/d; /^gcov: end/,$d' $out.data | base64 -d | tar -x -z -C $out/data
# Beside each file of counts, the kernel has a link to the notes; the notes are here.
find $out/data -type l -delete
cp -r "$out/data$PWD/$out/." $out/
rm -r $out/data
scripts/coverage.py $out | tee Documentation/coverage.txt
