# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the suites heap and heap_memory cannot try in the test kernels: sockets, calls of 32
# bits, O_DIRECT with a block device, and huge mappings, which Linux 6.12 has for memory
# without struct pages.  And what they do, because that release's kernel can differ.
# shellcheck disable=SC2034 # skip is for kunit/lib/ktap.sh
tests="$tests heap_socket heap_compat heap_not_direct heap_direct heap_huge heap_uncached_huge
	heap_all heap_all_pages"

heap_client() {
	ktap "# seed=$seed"
	text=$(/heap_client "$1" "$2" "$3" "$seed") || fail "$1: $text"
}
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')

# with PARAMETER...: load the module anew.
with() {
	rmmod buddypool
	insmod /buddypool.ko regions="$REGIONS" heap=reserved,kernel "$@" || fail "insmod: $*"
}

heap_socket() {
	heap_client reserved 64 shared
}

heap_compat() {
	heap_client reserved 64 compat
}

heap_not_direct() {
	heap_client reserved 64 not_direct
}

heap_direct() {
	has_zone_device || return
	with heap_pages=1
	heap_client reserved 64 direct
	heap_client reserved 64 held
	# The kernel's memory may be in several pieces, of which the client needs no large one.
	heap_client kernel 4 direct
}

has_huge() {
	case $(uname -r) in
	6.1.*)	skip="this kernel has no huge mappings of memory without struct pages"; false ;;
	esac
}

heap_huge() {
	has_huge || return
	heap_client reserved 64 huge
}

heap_uncached_huge() {
	has_huge || return
	with uncached=reserved
	heap_client reserved 64 huge
}

# heap_all_with TEST...: what the suites heap and heap_memory do in the test kernels; once.
heap_all_with() {
	case $SUITE in
	*iommu)	skip="the program sees no IOMMU"; return ;;
	esac
	for test; do
		heap_client reserved 64 "$test"
	done
}

heap_all() {
	heap_all_with sizes wrong_calls zeroed mappings read_only shared remapped borders physical \
		exhaust killed signalled together garbage not_held
}

heap_all_pages() {
	has_zone_device || return
	with heap_pages=1
	heap_all_with zeroed mappings read_only shared remapped borders exhaust killed signalled \
		together garbage held
}
