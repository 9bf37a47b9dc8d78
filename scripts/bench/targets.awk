# SPDX-License-Identifier: GPL-2.0
# What build/bench.tsv says of the project's targets: target, measured, met or missed:
# targets.awk -v lanes= -v kernel= TSV.  Of lanes that were measured, these; peers are those
# of that kernel.
BEGIN {
	FS = "\t"
	for (i = split(lanes, part, " "); i; i--)
		asked[part[i]] = 1
	printf "%-68s %12s %10s\n", "target; peers without a version are of Linux " kernel,
		"measured", ""
}
!($1 in asked) { next }
$1 == "mixed" && $3 == "buddypool" { mixed_work[++mixed_works] = $2 }
$2 ~ /^fit, / && $3 == "buddypool" { fits_work[$1, ++fits_nr[$1]] = $2 }
$2 ~ /^hold, / {
	size = $2
	sub(/.*, /, "", size)
	if ($4 > longest_hold[$1, size])
		longest_hold[$1, size] = $4
}
$5 !~ / (min|max)$/ {
	value[$1, $2, $3] = $4
	lane[$1] = 1
	if (!($1 SUBSEP $2 in seen) && $5 ~ /^(instructions|ns)$/)
		works[$1, ++nr[$1]] = $2
	seen[$1, $2] = 1
}

function check(text, measured, sign, limit,   met) {
	if (measured == "") {
		printf "%-68s %12s %10s\n", text, "-", "not measured"
		missing++
		return
	}
	met = sign == ">=" ? measured >= limit : measured <= limit
	printf "%-68s %12.2f %10s\n", text " " sign " " limit, measured, met ? "met" : "missed"
	met ? good++ : bad++
}

function ratio(l, w, subject,   ours) {
	ours = value[l, w, "buddypool"]
	if (!((l, w, subject) in value) || ours == "" || ours == 0)
		return ""
	return value[l, w, subject] / ours
}

# Allocation and free together.
function bulk(l, order, subject,   ours, peer) {
	ours = value[l, "bulk alloc, order " order, "buddypool"] + \
		value[l, "bulk free, order " order, "buddypool"]
	peer = value[l, "bulk alloc, order " order, subject] + \
		value[l, "bulk free, order " order, subject]
	return ours && peer ? peer / ours : ""
}

# The worst row for us beside a peer; its name in "row".
function least(l, subject,   i, r, low) {
	low = row = ""
	for (i = 1; i <= nr[l]; i++) {
		r = ratio(l, works[l, i], subject)
		if (r != "" && (low == "" || r < low)) {
			low = r
			row = works[l, i]
		}
	}
	return low
}

function times(l,   n, i, o, orders, drm, peers, p, low) {
	n = split("0 1 3 5 9", orders, " ")
	for (i = 1; i <= n && l == "native"; i++)
		floors(l, "hot pair, order " orders[i])
	# In time, a pair of order 0 to 3 is little more than its atomic operations.
	for (i = l == "native" ? 4 : 1; i <= n; i++)
		check(l ": alloc_pages / ours, hot pair, order " orders[i],
			ratio(l, "hot pair, order " orders[i], "alloc_pages"), ">=", i == 1 ? 12 : 5)
	check(l ": alloc_pages / ours, bulk, order 0", bulk(l, 0, "alloc_pages"), ">=", 8)
	# Its name in later kernels, and in stable ones.
	drm = (l, "hot pair, order 0", "gpu_buddy") in value ? "gpu_buddy" : "drm_buddy"
	split("gen_pool " drm, peers, " ")
	for (p = 1; p <= 2; p++) {
		for (i = 1; i <= n; i++) {
			# gen_pool keeps no length of a block, so it has half of the instructions.
			if (p == 2 || l == "native" || orders[i] % 9 == 0)
				check(l ": " peers[p] " / ours, hot pair, order " orders[i],
					ratio(l, "hot pair, order " orders[i], peers[p]), ">=", 5)
			check(l ": " peers[p] " / ours, bulk, order " orders[i],
				bulk(l, orders[i], peers[p]), ">=", 5)
		}
		low = least(l, peers[p])
		check(l ": " peers[p] " / ours, worst row (" row ")", low, ">=", 1)
	}
	o = l == "native" ? "1024 MiB" : "256 MiB"
	check(l ": " drm " / ours, fragmented, " o, ratio(l, "fragmented, " o, drm), ">=", 10)
	check(l ": " drm " / ours, reversed, " o, ratio(l, "reversed, " o, drm), ">=", 10)
	check(l ": kmalloc / ours, pool life", ratio(l, "pool life, per object", "kmalloc"), ">=", 8)
	check(l ": kmalloc / ours, nginx trace", ratio(l, "trace nginx-pools", "kmalloc"), ">=", 4)
	floors(l, "reversed, " o)
	floors(l, "fragmented, " o)
	floors(l, "pool life, per object")
}

function floors(l, w) {
	check(l ": " w ", ours / the floor", over(l, w, w, "floor"), "<=", 1.5)
}

# Ours in one work over ours, or a peer's, in another.
function over(l, w, of, subject) {
	if (!((l, w, "buddypool") in value) || !value[l, of, subject])
		return ""
	return value[l, w, "buddypool"] / value[l, of, subject]
}

# What is left of large blocks beside gpu_buddy's, and with two CPUs beside one.
function mixed(   i, w, name, one) {
	for (i = 1; i <= mixed_works; i++) {
		w = mixed_work[i]
		name = substr(w, index(w, ", ") + 2)
		if (w ~ /^order 9 left, /)
			check("mixed, " name ": order 9 - gpu_buddy's",
				value["mixed", w, "buddypool"] - value["mixed", w, "gpu_buddy 7.2"], ">=", -1)
		one = w
		if (w ~ /^order 9 left, / && sub(/, 2 CPUs$/, "", one))
			check("mixed, " substr(one, index(one, ", ") + 2) ": order 9, 2 CPUs - 1 CPU",
				value["mixed", w, "buddypool"] - value["mixed", one, "buddypool"], ">=", -3)
		if (w ~ /^time, /)
			check("mixed, " name ": time, gpu_buddy's / ours",
				ratio("mixed", w, "gpu_buddy 7.2"), ">=", 1)
	}
}

# What two threads cost beside one, and both beside the floor: a loop with the atomic
# operations of an allocator that keeps a free bit for each page and the length of each block.
function threads(l,   n, orders, i, k, kinds, kind, w) {
	n = split("0 1 3 5 9", orders, " ")
	for (i = 1; i <= n; i++) {
		w = "pair, order " orders[i]
		check(l ": " w ", 2 threads / 1", over(l, w ", 2 threads", w ", 1 thread", "buddypool"),
			"<=", 1.3)
		floors(l, w ", 1 thread")
		floors(l, w ", 2 threads")
	}
	split("bulk alloc,bulk free,random alloc,random free", kinds, ",")
	for (k = 1; k <= 4; k++) {
		for (i = 1; i <= n; i++) {
			w = kinds[k] ", order " orders[i]
			check(l ": " w ", 2 threads / 1",
				over(l, w ", 2 threads", w ", 1 thread", "buddypool"), "<=",
				kinds[k] ~ /^bulk/ ? 1.3 : 1.5)
		}
	}
}

# As many blocks of any length as a bitmap has room for, and no long hold of the lock.
function runs(l, first_fit,   i, w, n, sizes) {
	for (i = 1; i <= fits_nr[l]; i++) {
		w = fits_work[l, i]
		check(l ": " w ": ours - " first_fit "\047s",
			value[l, w, "buddypool"] - value[l, w, first_fit], ">=", 0)
	}
	n = split("64 MiB,1 GiB,16 GiB,1 TiB", sizes, ",")
	for (i = 1; i <= n; i++)
		if ((l, sizes[i]) in longest_hold)
			check(l ": longest hold of the lock, " sizes[i], longest_hold[l, sizes[i]], "<=", 1500)
}

END {
	o = "instructions"
	if (o in lane) {
		times(o)
		check(o ": single operation, 64 MiB", value[o, "single operation, 64 MiB", "buddypool"], "<=", 1500)
		check(o ": single operation, 1 TiB", value[o, "single operation, 1 TiB", "buddypool"], "<=", 1500)
		n = split("16 GiB,1 TiB", sizes, ",")
		for (i = 1; i <= n; i++)
			check("metadata, bytes a frame, " sizes[i] ", to a tenth",
				int(10 * value[o, "metadata per frame, " sizes[i], "buddypool"] + 0.5) / 10, "<=", 0.5)
		check("nginx trace, peak memory / nginx's own",
			over(o, "trace nginx-pools, peak memory", "trace nginx-pools, peak memory", "nginx"), "<=", 1.5)
	}
	o = "native"
	if (o in lane) {
		times(o)
		# The metadata of 1 TiB fits into no CPU cache: one line of it is read for each block.
		floors(o, "random, order 0, 1 TiB")
	}
	if ("threads" in lane)
		threads("threads")
	if ("mixed" in lane)
		mixed()
	runs("instructions", "gen_pool")
	if ("runs" in lane) {
		runs("runs", "gen_pool 7.2 first fit")
		low = least("runs", "gpu_buddy 7.2")
		check("runs: gpu_buddy 7.2 / ours, worst row (" row ")", low, ">=", 1)
	}
	printf "%d met, %d missed%s\n", good, bad, missing ? ", " missing " not measured" : ""
}
