# SPDX-License-Identifier: GPL-2.0
# gnuplot -c chart.gnuplot DATA SVG KERNEL: bars from chart.awk; peers of that kernel.
set terminal svg size 900,960 noenhanced font "sans-serif,16" background "white"
set output ARG2
set datafile separator "\t"
set datafile missing "-"
set title "times cheaper than the peer named, of Linux ".ARG3.", at the same work" offset -6
set xlabel "logarithmic axis: each line is ten times the one to its left" offset -6
set lmargin 43
set logscale x
set xrange [0.5:3000]
set xtics ("1: the same" 1, "10" 10, "100" 100, "1000" 1000)
set grid xtics linetype 1 linecolor "#cccccc"
set border 1
set tics nomirror scale 0
set key above center horizontal
stats ARG1 using 1 nooutput name "Y"
set yrange [Y_min - 1:0]
set style fill solid noborder
bar = 0.4
set arrow from 1, graph 0 to 1, graph 1 nohead linecolor "black"
plot ARG1 using 3:1:(1):3:($1):($1 + bar):ytic(2) with boxxyerror \
		linecolor "#1f5fa8" title "instructions (QEMU)", \
	"" using 4:1:(1):4:($1 - bar):($1) with boxxyerror \
		linecolor "#e08b27" title "time (User Mode Linux)", \
	"" using ($3 > 1 ? $3 : 1):($1 + bar / 2):(sprintf(" %.3g", $3)) with labels \
		left font ",13" notitle, \
	"" using ($4 > 1 ? $4 : 1):($1 - bar / 2):(sprintf(" %.3g", $4)) with labels \
		left font ",13" notitle
