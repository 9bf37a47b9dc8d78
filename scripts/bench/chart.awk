# SPDX-License-Identifier: GPL-2.0
# From build/bench.tsv the bars of Documentation/bench.svg: how many times ours is
# cheaper: position, the work as the table names it, ratio in instructions, ratio in
# native time, "-" if none.
BEGIN {
	FS = "\t"
	OFS = "\t"
}
$5 !~ / (min|max)$/ { value[$1, $2, $3] += $4 }

function ratio(lane, work, subject,   n, part, i, ours, peer) {
	n = split(work, part, "+")
	for (i = 1; i <= n; i++) {
		if (!((lane, part[i], subject) in value))
			return "-"
		ours += value[lane, part[i], "buddypool"]
		peer += value[lane, part[i], subject]
	}
	return ours ? peer / ours : "-"
}

# One bar for each of @peers; @native is the work's name in that lane, if another.
function bars(work, peers, native,   n, peer, label, i) {
	n = split(peers, peer, " ")
	label = work
	sub(/alloc.*free/, "alloc and free", label)
	if (native)
		label = label " (time: " substr(native, index(native, ", ") + 2) ")"
	for (i = 1; i <= n; i++)
		print --y, label ": " peer[i], ratio("instructions", work, peer[i]),
			ratio("native", native ? native : work, peer[i])
	y -= 0.6
}

END {
	# Its name in later kernels, and in stable ones.
	drm = ("instructions", "hot pair, order 0", "gpu_buddy") in value ? "gpu_buddy" : "drm_buddy"
	most = "alloc_pages gen_pool " drm
	bars("hot pair, order 0", most)
	bars("bulk alloc, order 0+bulk free, order 0", most)
	bars("hot pair, order 9", most)
	bars("random, order 0, 64 MiB", most)
	bars("random, order 0, 1 GiB", "gen_pool")
	bars("trace pages-shell", most)
	bars("reversed, 256 MiB", drm, "reversed, 1024 MiB")
	bars("pool life, per object", "kmalloc kmem_cache")
	bars("trace nginx-pools", "kmalloc")
}
