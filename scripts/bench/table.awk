# SPDX-License-Identifier: GPL-2.0
# The table of one lane: bench-table.awk -v lane= OUT TSV.  A line a work, grouped by
# what is inside the timed stretch; beside each peer's figure, how many times ours it is.
BEGIN {
	FS = "\t"
	peers = split("alloc_pages alloc_pages_bulk page_frag kmalloc kmem_cache gen_pool drm_buddy dma_pool nginx none", peer, " ")
}
$2 == "timed" {
	if (!($1 in timed))
		family[++families] = $1
	timed[$1] = $3
}
$1 == lane && $5 !~ / (min|max)$/ {
	if (!($2 in seen))
		work[++works] = $2
	seen[$2] = 1
	value[$2, $3] = $4
	unit[$2] = $5
	busy += $3 == "none"
	sub(/^(instructions|ns)$/, "", unit[$2])
}
$1 == lane && $3 == "buddypool" && $5 ~ / min$/ { low[$2] = $4 }
$1 == lane && $3 == "buddypool" && $5 ~ / max$/ { high[$2] = $4 }

function figure(x) {
	return sprintf(x == int(x) || x >= 100 ? "%.0f" : x < 10 ? "%.2f" : "%.1f", x)
}

function heading(name) {
	sub(/,$/, "", name)
	return name
}

function row(w,   p, v, cell) {
	cell = figure(value[w, "buddypool"])
	if (w in low)
		cell = cell " (" figure(low[w]) "-" figure(high[w]) ")"
	printf "%-38s %20s", w (unit[w] == "" ? "" : ", " unit[w]), (w, "buddypool") in value ? cell : "-"
	for (p = 1; p <= peers; p++) {
		cell = "-"
		if ((w, peer[p]) in value) {
			v = value[w, peer[p]]
			cell = figure(v)
			if (value[w, "buddypool"] > 0)
				cell = cell sprintf(" x%.1f", v / value[w, "buddypool"])
		}
		printf " %16s", cell
	}
	print ""
}

END {
	if (!busy)
		peers--
	printf "%-38s %20s", lane, "buddypool"
	for (p = 1; p <= peers; p++)
		printf " %16s", peer[p]
	print ""
	for (f = 1; f <= families; f++) {
		first = 1
		for (w = 1; w <= works; w++) {
			if (index(work[w], family[f]) != 1)
				continue
			if (first)
				printf "\n[%s: %s]\n", heading(family[f]), timed[family[f]]
			first = 0
			row(work[w])
		}
	}
}
