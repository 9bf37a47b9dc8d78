# SPDX-License-Identifier: GPL-2.0
# From a lane's lines WORK SUBJECT VALUE UNIT to those of build/bench.tsv.  Several
# runs become their median, and rows of unit "... min" and "... max".
# -v lane= -v unit= what the lane's clock counts
BEGIN { FS = OFS = "\t" }
NF == 4 {
	key = $1 FS $2
	if (!(key in runs)) {
		keys[++nr] = key
		units[key] = $4 == "time" ? unit : $4
	}
	# Sorted in.
	for (i = ++runs[key]; i > 1 && value[key, i - 1] > $3; i--)
		value[key, i] = value[key, i - 1]
	value[key, i] = $3 + 0
}
END {
	for (k = 1; k <= nr; k++) {
		key = keys[k]
		n = runs[key]
		print lane, key, value[key, int((n + 1) / 2)], units[key]
		if (n == 1)
			continue
		print lane, key, value[key, 1], units[key] " min"
		print lane, key, value[key, n], units[key] " max"
	}
}
