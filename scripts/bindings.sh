#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bindings.sh: check the binding documents, and the example of each against all of them; silent
# is clean.
set -euo pipefail
cd "$(dirname "$0")/../Documentation/devicetree"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dt-doc-validate -u . ./*.yaml
dt-mk-schema -j . >"$work/schema.json"
for file in *.yaml; do
	dt-extract-example "$file" | dtc -q -I dts -O dtb -o "$work/${file%.yaml}.dtb"
	dt-validate -s "$work/schema.json" "$work/${file%.yaml}.dtb"
done
