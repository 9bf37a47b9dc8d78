#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# matrix.sh: run `make check` in each KERNEL with each CONFIG, by default in all of them, those
# for arm64 too, and go on after a failure; then print a table.  A guest uses little more than one CPU, so
# as many run at once as there are CPUs.  The output of each is in
# build/matrix-ARCH-CONFIG-KERNEL.out.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

read -ra kernels <<<"${KERNEL:-${all_kernels[*]}}"
read -ra configs <<<"${CONFIG:-${all_configs[*]}}"
# A row is an architecture and a configuration.
rows=("${configs[@]/#/$arch }")
if [ "$arch" = x86 ] && [ -z "${ARCH-}${CONFIG-}" ]; then
	ARCH=arm64 scripts/setup.sh build guest kernel
	rows+=("arm64 debug" "arm64 16k" "arm64 64k")
fi

# cell ARCH CONFIG KERNEL: run the suites there, and show the progress.
cell() {
	say "$*"
	ARCH=$1 CONFIG=$2 KERNEL=$3 scripts/check.sh 2>&1 | tee "build/matrix-$1-$2-$3.out" |
		sed -un "/^== \|^suite \|FAILED\|CRASHED\|ERROR/s/^/$*: /p" || true
	say "$*: $(tail -n 1 "build/matrix-$1-$2-$3.out")"
}

# has_cell ARCH CONFIG KERNEL: whether there is such a kernel.
has_cell() {
	[ "$1" != "$arch" ] || ! no_such_kernel "$2" "$3" >/dev/null
}

# sum_up ARCH CONFIG KERNEL: set $result to the figures in the last lines of the output.
sum_up() {
	local out=build/matrix-$1-$2-$3.out skipped

	if [[ $(tail -n 1 "$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		skipped=$(grep -oP '^Testing complete.*skipped: \K[0-9]+' "$out" || echo 0)
		result="${BASH_REMATCH[1]} / ${BASH_REMATCH[2]} / $skipped"
		failed=$((failed + BASH_REMATCH[2]))
	else
		say "$*: broken"
		tail -n 5 "$out" || true
		result=broken
		failed=$((failed + 1))
	fi
}

failed=0 running=0
declare -A results versions
mkdir -p build
for kernel in "${kernels[@]}"; do
	for row in "${rows[@]}"; do
		read -ra cell <<<"$row $kernel"
		has_cell "${cell[@]}" || continue
		[ $running -lt "$(nproc)" ] || wait -n || true
		cell "${cell[@]}" &
		running=$((running + 1))
	done
done
wait
for kernel in "${kernels[@]}"; do
	for row in "${rows[@]}"; do
		read -ra cell <<<"$row $kernel"
		result=-
		! has_cell "${cell[@]}" || sum_up "${cell[@]}"
		results[$row $kernel]=$result
	done
	versions[$kernel]=$(kernel_source "$kernel" && echo "$version") || versions[$kernel]=$kernel
done

{
	echo "Tests passed / failed / skipped, $(date +%F)"
	printf '\n%-16s' ''
	for kernel in "${kernels[@]}"; do
		printf '%20s' "${versions[$kernel]}"
	done
	for row in "${rows[@]}"; do
		printf '\n%-16s' "$row"
		for kernel in "${kernels[@]}"; do
			printf '%20s' "${results[$row $kernel]}"
		done
	done
	printf '\n'
} | tee build/matrix.txt

# The documentation shows the whole, not a part.
if [ -z "${KERNEL-}${CONFIG-}${SUITE-}${ARCH-}" ]; then
	cp build/matrix.txt Documentation/
fi
[ $failed -eq 0 ]
