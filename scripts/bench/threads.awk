# SPDX-License-Identifier: GPL-2.0
# From build/bench.tsv the data of Documentation/threads.svg: a line a work: position, name,
# and nanoseconds with one and with two threads for each subject, "-" if none.
BEGIN {
	FS = OFS = "\t"
	subjects = split("buddypool,buddypool by 64,gen_pool 7.2 first fit,gpu_buddy 7.2,floor", subject, ",")
}
$1 == "threads" && $5 == "ns" { value[$2, $3] = $4 }

# Of bulk and random work, the mean of an allocation and a free.
function cost(work, threads, subject,   a, b) {
	if (work ~ /^pair/)
		return value[work ", " threads, subject]
	split(work, part, ", ")
	a = value[part[1] " alloc, " part[2] ", " threads, subject]
	b = value[part[1] " free, " part[2] ", " threads, subject]
	return a && b ? (a + b) / 2 : ""
}

function dash(x) {
	return x == "" ? "-" : x
}

END {
	split("pair,bulk,random", kinds, ",")
	split("0,3,9", orders, ",")
	for (k = 1; k <= 3; k++) {
		for (o = 1; o <= 3; o++) {
			work = kinds[k] ", order " orders[o]
			line = --y OFS work
			for (s = 1; s <= subjects; s++)
				line = line OFS dash(cost(work, "1 thread", subject[s])) \
					OFS dash(cost(work, "2 threads", subject[s]))
			print line
		}
		y -= 0.5
	}
}
