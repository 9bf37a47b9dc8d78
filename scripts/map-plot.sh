#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# map-plot.sh [-o SVG] [-t TITLE] [-x LABEL] [-e END] MAP...: a picture of how a region
# filled, from its debugfs file `map`, saved again and again.  MAPs are in the order of
# time, from left to right; addresses go from bottom to top.  LABEL is of the
# time axis, which goes from 0 to END (the number of MAPs).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

svg=map.svg title='' label='saved maps' end=
while getopts o:t:x:e: option; do
	case $option in
	o)	svg=$OPTARG ;;
	t)	title=$OPTARG ;;
	x)	label=$OPTARG ;;
	e)	end=$OPTARG ;;
	*)	die "usage: $0 [-o SVG] [-t TITLE] [-x LABEL] [-e END] MAP..." ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "which MAPs?"
command -v gnuplot >/dev/null || "$top/scripts/setup.sh" run
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A row of numbers for each MAP: how full each cell is, in eighths.  A cell is one
# character of the map, or several, where there are more than 1024.  The first MAP is
# read twice: the first time, for the number of characters and their addresses.
LC_ALL=C awk -v tics="$work/tics" '
	function number(hex,   i, n) {
		for (i = 3; i <= length(hex); i++)
			n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	function add(text,   i, c) {
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			full[int(at / size)] += c == "." ? 0 : c ~ /[1-8]/ ? c : 8
			at++
		}
	}
	# An address can be longer than what %x takes.
	function tic(address, y) {
		printf "%s\"0x%x%06x\" %d", places++ ? ", " : "set ytics (",
			address / 2 ^ 24, address % 2 ^ 24, y >tics
	}
	# All MAPs must be of the same region.
	function row(   i) {
		if (at != all) {
			print name ": it has " at " characters, the first map " all >"/dev/stderr"
			exit 1
		}
		for (i = 0; i * size < all; i++)
			printf "%.2f ", full[i] / (i * size + size > all ? all - i * size : size)
		print ""
		split("", full)
	}
	# How large a cell is, and tics at the start of each range; of a single one, at
	# each eighth.
	function geometry(   i) {
		if (!(all = at)) {
			print name ": this is no map" >"/dev/stderr"
			exit 1
		}
		for (size = 1; all / size > 1024; size *= 2)
			;
		for (i = 1; i <= ranges; i++)
			tic(first[i], start[i] / size)
		for (i = 1; ranges == 1 && i < 8; i++)
			tic(first[1] + int(all * i / 8) * unit, all * i / 8 / size)
		print ")" >tics
		split("", full)
	}
	BEGIN { size = 1 }
	FNR == 1 {
		if (++files == 2)
			geometry()
		else if (files > 2)
			row()
		at = again = next_address = 0
		name = FILENAME
	}
	/^# [0-9]+ KiB/ { unit = $2 * 1024 }
	$0 == "*" { again = 1 }
	/^0x/ && NF == 2 {
		address = number($1)
		for (; again && next_address < address; next_address += 64 * unit)
			add(above)
		again = 0
		if (files == 1 && address != next_address) {
			first[++ranges] = address
			start[ranges] = at
		}
		add(above = $2)
		next_address = address + length($2) * unit
	}
	END {
		if (files > 1 && all)
			row()
	}' "$1" "$@" >"$work/rows"

gnuplot - >"$work/svg" <<END
set terminal svg size 960,540 noenhanced font "sans-serif,15" background "white"
set title "$title"
set xlabel "$label"
set ylabel "physical address"
set format x "%.0f"
load "$work/tics"
set tics out nomirror
set palette defined (0 "#eef3f8", 1 "#a8cbe6", 4 "#3f7fc0", 8 "#08306b")
set cbrange [0:8]
set cbtics ("free" 0, "half" 4, "full" 8)
stats "$work/rows" matrix nooutput name "S"
step = 1.0 * ${end:-S_size_y} / S_size_y
set xrange [0:S_size_y * step]
set yrange [0:S_size_x]
plot "$work/rows" matrix using ((\$2 + 0.5) * step):(\$1 + 0.5):3 with image notitle
END
# The edges of a cell stay sharp.
sed 's/<image /&style="image-rendering: pixelated" /' "$work/svg" >"$svg"
