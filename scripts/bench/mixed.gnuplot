# SPDX-License-Identifier: GPL-2.0
# gnuplot -c mixed.gnuplot DATA SVG: two allocators at the same mixed work, from
# kunit/native.  For each, the free blocks over time, and a map of the memory at the end.
set terminal svg size 960,900 noenhanced font "sans-serif,15" background "white"
set output ARG2
set multiplot
set lmargin at screen 0.07
set rmargin at screen 0.81
set tics out nomirror
set border 3
orders = "#08306b #08519c #2171b5 #4292c6 #6baed6 #9ecae1 #c6dbef #fdd0a2 #fd8d3c #d94801"
set palette defined (0 "#eef3f8", 0.125 "#a8cbe6", 0.5 "#3f7fc0", 1 "#08306b")
unset colorbox
unset key

do for [i = 0:1] {
	top = 0.965 - 0.5 * i
	stats ARG1 index 2 * i every ::0::0 using (name = stringcolumn(1), 0) nooutput
	set title name.": free blocks by order, in percent of the free pages" offset 0,-0.5
	set tmargin at screen top
	set bmargin at screen top - 0.25
	set xrange [0:2]
	set yrange [50:100]
	set xlabel "million operations" offset 0,0.5
	set format x "%.1f"
	set xtics 0.5
	set ytics 10
	# One for both, which the first plot would set in two columns.
	if (i == 1) { set key at screen 0.99, screen 0.62 right top Left reverse samplen 1.5 }
	# Order 9 is lowest; an area is drawn over those that reach higher.
	plot for [k = 0:9] ARG1 index 2 * i every ::1 \
		using ($1 / 1e6):(sum [c = k + 2:11] column(c)) with filledcurves y1=50 \
		linecolor rgb word(orders, 10 - k) title k == 9 ? "9 and above" : "order ".k

	set title name.": the memory at the end, by MiB; dark is in use" offset 0,-0.5
	set tmargin at screen top - 0.36
	set bmargin at screen top - 0.4
	set xrange [0:128]
	set yrange [-0.5:1.5]
	unset xlabel
	set format x "%.0f"
	set xtics 16
	unset ytics
	unset key
	plot ARG1 index 2 * i + 1 using (($1 + 0.5) / 4):2:3 with image
}
unset multiplot
