#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deb.sh: build the package buddypool-dkms out of what git tracks, and check it by lintian.
# The version is that of MODULE_VERSION, the date that of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

version=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' pool/module.c)
work=build/deb/buddypool-$version
log=build/deb.log

# The manual page and the page of Documentation/ have the parameters of the sources.
parameters=$(sed -n 's/^module_param\(_named\)\?(\([a-z_]*\),.*/\2/p' buddy/*.c pool/*.c | sort)
for page in Documentation/parameters.rst Documentation/buddypool.4; do
	has=$(sed -n 's/^\([a-z_]*\)=$/\1/p; s/^\.It Cm \([a-z_]*\) .*/\1/p' $page | sort)
	[ "$has" = "$parameters" ] ||
		die "$page lacks a parameter or has one too many: $(diff <(echo "$parameters") <(echo "$has"))"
done

rm -rf build/deb build/buddypool*
mkdir -p "$work"
git ls-files -z | xargs -0 cp --parents -t "$work"
cat >"$work/debian/changelog" <<EOF
buddypool ($version) unstable; urgency=medium

  * CHANGELOG.md has the changes.

 -- $(sed -n 's/^Maintainer: //p' debian/control)  $(git log -1 --format=%cD)
EOF
(cd "$work" && SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) dpkg-buildpackage -us -uc) \
	>$log 2>&1 || { tail -n 30 $log >&2; die "the package does not build"; }
mv build/deb/buddypool_* build/deb/buddypool-dkms_* build/
rm -rf build/deb
lintian --fail-on error,warning "build/buddypool_${version}"_*.changes
ls build/buddypool-dkms_*.deb
