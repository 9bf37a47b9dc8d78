#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# matrix.sh: run `make check` in each KERNEL with each CONFIG, by default in all of them,
# and go on after a failure; then print a table.  A guest uses little more than one CPU, so
# as many run at once as there are CPUs.  The output of each is in
# build/matrix-CONFIG-KERNEL.out.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

read -ra kernels <<<"${KERNEL:-${all_kernels[*]}}"
read -ra configs <<<"${CONFIG:-${all_configs[*]}}"

# cell CONFIG KERNEL: run the suites there, and show the progress.
cell() {
	say "$1 $2"
	CONFIG=$1 KERNEL=$2 scripts/check.sh 2>&1 | tee "build/matrix-$1-$2.out" |
		sed -un "/^== \|^suite \|FAILED\|CRASHED\|ERROR/s/^/$1 $2: /p" || true
	say "$1 $2: $(tail -n 1 "build/matrix-$1-$2.out")"
}

# sum_up CONFIG KERNEL: set $result to the figures in the last lines of the output.
sum_up() {
	local out=build/matrix-$1-$2.out skipped

	if [[ $(tail -n 1 "$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		skipped=$(grep -oP '^Testing complete.*skipped: \K[0-9]+' "$out" || echo 0)
		result="${BASH_REMATCH[1]} / ${BASH_REMATCH[2]} / $skipped"
		failed=$((failed + BASH_REMATCH[2]))
	else
		say "$1 $2: broken"
		tail -n 5 "$out" || true
		result=broken
		failed=$((failed + 1))
	fi
}

failed=0 running=0
declare -A results versions
mkdir -p build
for kernel in "${kernels[@]}"; do
	for config in "${configs[@]}"; do
		no_such_kernel "$config" "$kernel" >/dev/null && continue
		[ $running -lt "$(nproc)" ] || wait -n || true
		cell "$config" "$kernel" &
		running=$((running + 1))
	done
done
wait
for kernel in "${kernels[@]}"; do
	for config in "${configs[@]}"; do
		result=-
		no_such_kernel "$config" "$kernel" >/dev/null || sum_up "$config" "$kernel"
		results[$config $kernel]=$result
	done
	versions[$kernel]=$(kernel_source "$kernel" && echo "$version") || versions[$kernel]=$kernel
done

{
	echo "Tests passed / failed / skipped, $(date +%F)"
	printf '\n%-10s' ''
	for kernel in "${kernels[@]}"; do
		printf '%20s' "${versions[$kernel]}"
	done
	for config in "${configs[@]}"; do
		printf '\n%-10s' "$config"
		for kernel in "${kernels[@]}"; do
			printf '%20s' "${results[$config $kernel]}"
		done
	done
	printf '\n'
} | tee build/matrix.txt

# The documentation shows the whole, not a part.
if [ -z "${KERNEL-}${CONFIG-}${SUITE-}" ]; then
	cp build/matrix.txt Documentation/
fi
[ $failed -eq 0 ]
