#!/bin/sh
# make-deb.sh SRCDIR BUILDDIR VERSION: builds the packages hutong, hutong-dev and hutong-doc into BUILDDIR/deb, from the source tree as it is.
# Called by `make deb`; needs debhelper (./configure --install-deps=deb).
set -eu
srcdir=$1 version=$3
out=$2/deb
command -v dh >/dev/null || { echo "make deb: debhelper is missing: ./configure --install-deps=deb" >&2; exit 1; }
tree=$out/hutong-$version
rm -rf "$out"
mkdir -p "$tree"
cd "$srcdir"
if [ -e .git ] && command -v git >/dev/null; then
    git ls-files -co --exclude-standard | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
else
    find . -path "./${out#"$PWD"/}" -prune -o -type f ! -name '*.o' ! -name '*.so' -print
fi | tar -cf - -T - | tar -xf - -C "$tree"
date=$(git log -1 --format=%cd --date=rfc2822 2>/dev/null || date -R -r VERSION)
cp -r packaging/debian "$tree/debian"
printf 'hutong (%s-1) bookworm; urgency=medium\n\n  * What is new: docs/admin.md.\n\n -- Hutong Maintainers <maintainers@users.noreply.github.com>  %s\n' \
    "$version" "$date" >"$tree/debian/changelog"
cd "$tree"
unset MAKEFLAGS MFLAGS MAKELEVEL
dpkg-buildpackage -b -us -uc -j"$(nproc)" >"$out/build.log" 2>&1 || { tail -n 40 "$out/build.log"; echo "make deb: see $out/build.log" >&2; exit 1; }
rm -rf "$tree"
ls "$out"/*.deb
