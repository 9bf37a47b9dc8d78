#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutate.sh: make one change of scripts/mutants.txt at a time, and see whether the suites
# that are named there fail in the debug kernel.  While one mutant is built, the last two
# run.  The suites explore and fuzz_pool need no kernel; devices and devicetree run on arm64.  FILE
# selects the mutants of a file, SUITE those of a suite.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

# The lines of a mutant are joined, so that an old text can span several.
files=() suites=() olds=() news=()
while IFS= read -r line; do
	case $line in
	'' | '#'*)	;;
	-*)	olds[-1]+=${olds[-1]:+$'\n'}${line#-} ;;
	+*)	news[-1]+=${news[-1]:+$'\n'}${line#+} ;;
	*)	files+=("${line%% *}") suites+=("${line#* }") olds+=('') news+=('') ;;
	esac
done <scripts/mutants.txt
for i in "${!files[@]}"; do
	[[ (-z ${FILE-} || ${files[i]} = "$FILE") &&
		(-z ${SUITE-} || " ${suites[i]} " = *" $SUITE "*) ]] ||
		unset "files[$i]" "suites[$i]"
done
[ ${#files[@]} -gt 0 ] || die "no mutant of ${FILE-any file} for ${SUITE-any suite}"

# mutated I: the text of the I-th mutant's file.
mutated() {
	local text old=${olds[$1]} before after

	text=$(<"${files[$1]}")
	before=${text%%"$old"*} after=${text#*"$old"}
	[[ $old && $text = *"$old"* && $after != *"$old"* ]] ||
		die "${files[$1]} does not have exactly once: $old"
	printf '%s\n' "$before${news[$1]}$after"
}

# keep DIR SUITE...: put the modules that these need there.
keep() {
	local suite

	mkdir -p "$1"
	cp -t "$1" $out/buddypool.ko $out/kunit/buddypool_kunit.ko $out/kunit/buddy/watch_load.ko \
		$out/Documentation/examples/*.ko
	for suite in "${@:2}"; do
		find $out/kunit -name "${suite}_test.ko" -exec cp -t "$1" {} +
	done
}

# boot DIR SUITES: run them; set $by to what noticed, or to nothing.
boot() {
	local log=$1.log tries

	# A guest that does not come to its first suite, as on a machine that is too
	# busy, says nothing of the mutant.
	for ((tries = 0; tries < 3; tries++)); do
		by=
		ENVIRONMENT="SUITES='$2' SEED=1 ROUNDS=20 NOISE=2000 $layout" LOG=$log \
		APPEND="printk.devkmsg=on $append" \
			scripts/guest/guest.sh check "$image" "$1"/*.ko kunit/*/*_test.sh kunit/lib/ktap.sh "$user"/* \
			>"$1.out" 2>"$1.err" ||
			by=$(sed -n "s,^$log:[0-9]*: \(\[[ 0-9.]*\] \)\?,,p" "$1.err")
		! grep -q '^suite ' "$1.out" || break
	done
	[ "$tries" -lt 3 ] || die "the guest does not start, see $log"
	# A failed test says more than a splat, and its name more than a parameter's.
	by=$(grep -aoP '\] +not ok \d+ (- )?\K\w+_test_\w+' "$log" ||
		grep -aoP '\] +not ok \d+ (- )?\K\w+' "$log" ||
		grep -ao 'no end within.*' "$log" ||
		echo "${by:-$(tail -n 1 "$1.err")}")
	by=${by%%[$'\r\n']*}
}

# Suites that do not run in the debug kernel.
tree_suites=(devices devicetree)
elsewhere=("${host_suites[@]}" "${tree_suites[@]}")
is_elsewhere() {
	[[ " ${elsewhere[*]} " = *" $1 "* ]]
}

# on_host SUITE DIR [I]: run the suite with the I-th mutant, or with none, until it
# notices; set $by as boot does.
on_host() {
	local dir=$2 output command

	mkdir -p "$dir"
	cp -rt "$dir" buddy pool
	[ $# = 2 ] || mutated "$3" >"$dir/${files[$3]}"
	case $1 in
	explore)
		make -s -C kunit/explore OUT="$top/$dir" BUDDY="$top/$dir/buddy" \
			>"$dir/build.log" 2>&1 ||
			die "the explorer does not build: $(tail -n 5 "$dir/build.log")"
		command=("$dir/explore")
		;;
	fuzz_pool)
		command=(env TREE="$top/$dir" OUT="$top/$dir" scripts/fuzz.sh)
		"${command[@]}" build
		command+=(suite)
		;;
	esac
	# grep ends at the first failure, and the program ends with its next line.
	output=$( (timeout "$TIMEOUT" "${command[@]}" || echo "ends with $?") 2>/dev/null |
		grep -aom1 'not ok.*\|ends with.*' || true)
	by=${output##* }
	case $output in
	'ends with 124') by="no end within $TIMEOUT s" ;;
	'ends with'*) by="a crash, $by" ;;
	esac
}

# in_tree SUITE DIR [I]: the same by `make check ARCH=arm64`, in a copy of the tree.
in_tree() {
	local result

	mkdir -p "$2"
	git ls-files -z | xargs -0 cp -t "$2" --parents
	[ $# = 2 ] || mutated "$3" >"$2/${files[$3]}"
	# What is set for the debug kernel's guest is not for this one.
	result=$(env -u TIMEOUT -u MEM -u RESERVE make -s -C "$2" check ARCH=arm64 \
		KERNEL="$own_kernel" SUITE="$1" 2>"$2.err" | tee "$2.out" | tail -n 1) || true
	by=$(grep -aom1 '\[\(FAILED\|CRASHED\)\] .*' "$2.out" || true)
	by=${by#*] }
	case $result in
	[1-9]*' passed, 0 failed')	;;
	[1-9]*' passed, '*)	by=${by:-the log has a warning} ;;
	*)	[ "$by" ] || die "$1 does not run, see $2.out" ;;
	esac
}

# run_elsewhere SUITE DIR [I]
run_elsewhere() {
	if [[ " ${tree_suites[*]} " = *" $1 "* ]]; then
		in_tree "$@"
	else
		on_host "$@"
	fi
}

# try I: run the I-th mutant and print what came of it.
try() {
	if is_elsewhere "${suites[$1]}"; then
		run_elsewhere "${suites[$1]}" "$out/$1" "$1"
	else
		boot "$out/$1" "${suites[$1]}"
	fi
	rm -r "${out:?}/$1"
	printf '%-18s %-9s %-40s %s\n' "${files[$1]}" "${by:+killed}" \
		"${by:-SURVIVED}" "${olds[$1]//[$'\n\t']/ }" | tee -a $results
}

suites_guest debug
out=build/mutate results=build/mutate.out
export TIMEOUT=${TIMEOUT:-180}
for i in "${!files[@]}"; do
	mutated "$i" >/dev/null
done
say "without a mutant: all must pass"
rm -rf $out
read -ra all < <(printf '%s\n' "${suites[@]}" | tr ' ' '\n' | sort -u |
	grep -vxF "$(printf '%s\n' "${elsewhere[@]}")" | xargs)
for suite in "${elsewhere[@]}"; do
	[[ " ${suites[*]} " = *" $suite "* ]] || continue
	run_elsewhere "$suite" "$out/host-$suite"
	[ -z "$by" ] || die "there is no mutant, yet $suite finds something: $by"
done
if [ ${#all[@]} -gt 0 ]; then
	paths=$(scripts/kernels/test-kernel.sh debug)
	read -r image kdir <<<"$paths"
	scripts/kernels/modules.sh mutate "$kdir"
	user_programs
	keep $out/none "${all[@]}"
	boot $out/none "${all[*]}"
	[ -z "$by" ] || die "there is no mutant, yet something fails: $by"
fi

say "${#files[@]} mutants"
: >$results
for i in "${!files[@]}"; do
	if ! is_elsewhere "${suites[i]}"; then
		# A file in place of the link: kbuild sees that it is new, and compiles it.
		rm "$out/${files[i]}"
		mutated "$i" >"$out/${files[i]}"
		make -s -C "$kdir" M="$PWD/$out" W=1 TESTS=1 -j "$(nproc)" modules \
			>$out/build.log 2>&1 ||
			die "${files[i]}, ${olds[i]}: does not build, see $out/build.log"
		read -ra all <<<"${suites[i]}"
		keep "$out/$i" "${all[@]}"
		cp --remove-destination "${files[i]}" "$out/${files[i]}"
	fi
	while [ "$(jobs -pr | wc -l)" -ge 2 ]; do
		wait -n
	done
	try "$i" &
done
wait
[ "$(wc -l <$results)" = ${#files[@]} ] || die "not all mutants ran"

# The documentation shows the whole, not a part.
table=build/mutate.txt
[ -n "${FILE-}${SUITE-}" ] || table=Documentation/mutate.txt
awk '
	{ all[$1]++; killed[$1] += $2 == "killed" }
	$2 != "killed" { survivors = survivors "\n  " $0 }
	END {
		printf "%-20s %8s %8s\n", "file", "mutants", "killed"
		for (file in all) {
			printf "%-20s %8d %8d\n", file, all[file], killed[file] | "sort"
			n += all[file]
			k += killed[file]
		}
		close("sort")
		printf "%-20s %8d %8d\n", "all", n, k
		print survivors ? "\nsurvived:" survivors : "\nnone survived"
		exit n != k
	}' $results | tee $table
