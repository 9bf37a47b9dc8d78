# SPDX-License-Identifier: GPL-2.0
# From build/bench.tsv the bars of Documentation/bench.svg: how many times ours is
# cheaper; position, label, ratio in instructions, ratio in native time, "-" if none.
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
function bars(text, work, peers, native,   n, peer, i) {
	n = split(peers, peer, " ")
	for (i = 1; i <= n; i++)
		print --y, text ": " peer[i], ratio("instructions", work, peer[i]),
			ratio("native", native ? native : work, peer[i])
	y -= 0.6
}

END {
	most = "alloc_pages gen_pool drm_buddy"
	bars("a page and back", "hot pair, order 0", most)
	bars("many pages and back", "bulk alloc, order 0+bulk free, order 0", most)
	bars("2 MiB and back", "hot pair, order 9", most)
	bars("random pages of 64 MiB", "random, order 0, 64 MiB", most)
	bars("random pages of 1 GiB", "random, order 0, 1 GiB", "gen_pool")
	bars("a kernel's page trace", "trace pages-shell", most)
	bars("freed from the top down", "reversed, 256 MiB", "drm_buddy", "reversed, 1024 MiB")
	bars("a request's objects", "pool life, per object", "kmalloc kmem_cache")
	bars("nginx's pool trace", "trace nginx-pools", "kmalloc")
}
