# SPDX-License-Identifier: GPL-2.0
# The table of one lane: table.awk -v lane= -v kernel= OUT TSV.  A line a work, grouped by
# what is inside the timed stretch; beside each peer's figure, how many times ours it is.
# The peers are those of that kernel.
BEGIN {
	FS = "\t"
	all = split("buddypool by 64,alloc_pages,alloc_pages 7.2,alloc_pages_bulk,page_frag,kmalloc," \
		"kmem_cache,gen_pool,drm_buddy,gpu_buddy,gpu_buddy 7.2,gen_pool 7.2 best fit,gen_pool 7.2 first fit,dma_pool,system heap,CMA heap," \
		"fixed buffer,nginx,none,floor,side by side,lock alone", name, ",")
	wide = 38
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
	has[$3] = 1
	sub(/^(instructions|ns)$/, "", unit[$2])
	if (length(label($2)) > wide)
		wide = length(label($2))
}
$1 == lane && $3 == "buddypool" && $5 ~ / min$/ { low[$2] = $4 }
$1 == lane && $3 == "buddypool" && $5 ~ / max$/ { high[$2] = $4 }

function figure(x) {
	return sprintf(x == int(x) || x >= 100 ? "%.0f" : x < 10 ? "%.2f" : "%.1f", x)
}

function heading(family) {
	sub(/,$/, "", family)
	return family
}

function label(w) {
	return w (unit[w] == "" ? "" : ", " unit[w])
}

function row(w,   p, v, cell) {
	cell = figure(value[w, "buddypool"])
	if (w in low)
		cell = cell " (" figure(low[w]) "-" figure(high[w]) ")"
	printf "%-*s %20s", wide, label(w), (w, "buddypool") in value ? cell : "-"
	for (p = 1; p <= peers; p++) {
		cell = "-"
		if ((w, peer[p]) in value) {
			v = value[w, peer[p]]
			cell = figure(v)
			if (value[w, "buddypool"] > 0 && unit[w] != "percent")
				cell = cell sprintf(" x%.1f", v / value[w, "buddypool"])
		}
		printf "  %*s", width[p], cell
	}
	print ""
}

END {
	printf "%-*s %20s", wide, lane ", Linux " kernel, "buddypool"
	for (p = 1; p <= all; p++) {
		if (!(name[p] in has))
			continue
		peer[++peers] = name[p]
		width[peers] = length(name[p]) > 16 ? length(name[p]) : 16
		printf "  %*s", width[peers], name[p]
	}
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
