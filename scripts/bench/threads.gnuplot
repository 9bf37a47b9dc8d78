# SPDX-License-Identifier: GPL-2.0
# gnuplot -c threads.gnuplot DATA SVG: what threads.awk printed; for each allocator a line
# from one thread (filled) to two threads (open).
set terminal svg size 900,560 noenhanced font "sans-serif,16" background "white"
set output ARG2
set datafile separator "\t"
set datafile missing "-"
set title "one operation: filled with one thread, open with two threads at the same time" offset -2
set xlabel "nanoseconds of each thread, logarithmic"
set lmargin 18
set logscale x
set xrange [4:12000]
set xtics (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
set grid xtics linetype 1 linecolor "#cccccc"
set border 1
set tics nomirror scale 0
set key above center horizontal
stats ARG1 using 1 nooutput name "Y"
set yrange [Y_min - 0.7:-0.3]
array name[5] = ["buddypool", "64 in a call", "gen_pool, Linux 7.2", "gpu_buddy, Linux 7.2", "floor"]
array colour[5] = ["#1f5fa8", "#4fa3d9", "#e08b27", "#7a3b8f", "#888888"]
at(i) = 0.3 - 0.15 * (i - 1)
plot ARG1 using (5):1:ytic(2) with dots linecolor "white" notitle, \
	for [i = 1:5] ARG1 using (column(2 * i + 1)):($1 + at(i)):(column(2 * i + 2) - column(2 * i + 1)):(0) \
		with vectors nohead linewidth 2 linecolor rgb colour[i] notitle, \
	for [i = 1:5] ARG1 using (column(2 * i + 1)):($1 + at(i)) \
		with points pointtype 7 pointsize 0.8 linecolor rgb colour[i] title name[i], \
	for [i = 1:5] ARG1 using (column(2 * i + 2)):($1 + at(i)) \
		with points pointtype 6 pointsize 0.8 linewidth 2 linecolor rgb colour[i] notitle
