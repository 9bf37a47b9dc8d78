# SPDX-License-Identifier: GPL-2.0
# The most memory that a pool trace needs: in nginx's own pools on malloc, and object
# by object in kmalloc.  bench-peak.awk -v name= TRACE; lines as the modules print them.
#
# nginx: src/core/ngx_palloc.c on 64 bits, followed step by step.  A malloc of n bytes
# holds what glibc takes for it: 8 bytes more, a multiple of 16, at least 32; from
# 128 KiB on, whole pages.  kmalloc: the size of the cache that serves it, or pages.
BEGIN {
	POOL = 80	# sizeof(ngx_pool_t)
	DATA = 32	# sizeof(ngx_pool_data_t)
	LARGE = 16	# sizeof(ngx_pool_large_t)
}

function round(n, to) {
	return int((n + to - 1) / to) * to
}

function malloced(n) {
	if (n >= 131072)
		return round(n + 16, 4096)
	n = round(n + 8, 16)
	return n < 32 ? 32 : n
}

function kmalloced(n,   size) {
	if (n == 0)
		return 0
	if (n > 64 && n <= 96 || n > 128 && n <= 192)
		return n <= 96 ? 96 : 192
	for (size = 8; size < n; size *= 2)
		;
	return size
}

function hold(n) {
	held += n
	if (held > peak)
		peak = held
}

function small(p, size, align,   b, at) {
	for (b = current[p]; b <= blocks[p]; b++) {
		at = align ? round(last[p, b], 8) : last[p, b]
		if (pool[p] - at >= size) {
			last[p, b] = at + size
			return
		}
	}
	hold(malloced(pool[p]))
	for (b = current[p]; b < blocks[p]; b++)
		if (failed[p, b]++ > 4)
			current[p] = b + 1
	blocks[p]++
	last[p, blocks[p]] = DATA + size
	failed[p, blocks[p]] = 0
}

function large(p, size, slot,   l, n) {
	hold(malloced(size))
	for (l = larges[p]; l >= 1 && bytes[p, l]; l--)
		if (n++ > 3) {
			l = 0
			break
		}
	if (l < 1) {
		small(p, LARGE, 1)
		l = ++larges[p]
	}
	bytes[p, l] = malloced(size)
	owner[p, l] = slot
}

# The larges of @p, or that of @slot alone.
function free_large(p, slot,   l) {
	for (l = 1; l <= larges[p]; l++) {
		if (slot != "" && owner[p, l] != slot)
			continue
		held -= bytes[p, l]
		bytes[p, l] = 0
		owner[p, l] = ""
	}
}

function kfree(slot) {
	kheld -= object[slot]
	object[slot] = 0
}

function kfree_all(p,   i) {
	for (i = 1; i <= given[p]; i++)
		if (of[to[p, i]] == p)
			kfree(to[p, i])
	given[p] = 0
}

/^#/ { next }
$1 == "C" {
	pool[$2] = $3
	max[$2] = $3 - POOL < 4095 ? $3 - POOL : 4095
	blocks[$2] = current[$2] = 1
	last[$2, 1] = POOL
	failed[$2, 1] = larges[$2] = given[$2] = 0
	hold(malloced($3))
	seen = 1
}
!seen { exit }
$1 ~ /^[anz]$/ {
	if ($3 <= max[$2])
		small($2, $3, $1 != "n")
	else
		large($2, $3, $4)
	of[$4] = $2
	to[$2, ++given[$2]] = $4
	object[$4] = kmalloced($3)
	kheld += object[$4]
	if (kheld > kpeak)
		kpeak = kheld
}
$1 == "f" {
	free_large($2, $3)
	kfree($3)
}
$1 ~ /^[RD]$/ {
	free_large($2, "")
	kfree_all($2)
	larges[$2] = 0
	for (b = 1; b <= blocks[$2]; b++) {
		last[$2, b] = POOL
		failed[$2, b] = 0
	}
	current[$2] = 1
}
$1 == "D" { held -= blocks[$2] * malloced(pool[$2]) }
END {
	if (!seen)
		exit
	printf "trace %s, peak memory\tnginx\t%.2f\tKiB\n", name, peak / 1024
	printf "trace %s, peak memory\tkmalloc\t%.2f\tKiB\n", name, kpeak / 1024
}
