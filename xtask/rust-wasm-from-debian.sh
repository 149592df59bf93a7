#!/bin/bash
# A private Rust with the standard library for wasm32-unknown-unknown, out of Debian's packages: for machines where rustup
# has neither the target nor a way to download it. Nothing is installed; everything lies in one folder.
#
# usage: rust-wasm-from-debian.sh FOLDER LINKERS
#   FOLDER    holds the toolchain afterwards: FOLDER/root, FOLDER/env for a shell, and FOLDER/.ok once it is complete
#   LINKERS   the folder with wasm-component-ld and gcc-ld/wasm-ld, which come with the toolchain of rustup
#
# Called by `cargo xtask plugins`; takes a minute, and does nothing if FOLDER/.ok is there.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }
say() { echo "    $*"; }

[ $# -eq 2 ] || fail "usage: $0 FOLDER LINKERS"
target=wasm32-unknown-unknown
linkers=$2
mkdir -p "$1"
folder=$(cd "$1" && pwd)

for tool in apt-get apt-cache dpkg cargo flock; do
    command -v "$tool" >/dev/null || fail "$tool is missing: this works on Debian and what descends from it"
done

# Two runs at once would unpack over each other.
exec 9>"$folder/lock"
flock 9
[ -e "$folder/.ok" ] && exit 0

work=$folder/work
rm -rf "$work" "$folder/root"
mkdir -p "$work/packages"
trap 'rm -rf "$work"' EXIT
cd "$work/packages"

say "apt: the list of packages"
if [ "$(id -u)" -eq 0 ]; then
    apt-get update -qq || say "apt-get update failed; going on with the list that is there"
fi
# The libraries carry versions in their names, so the packages themselves say which ones they need.
dependency() { apt-cache depends "$1" | sed -n "s/.*Depends: \($2[0-9.]*\)\$/\1/p" | head -1; }
library=$(dependency libstd-rust-web-dev libstd-rust-web-)
[ -n "$library" ] || fail "apt knows no package libstd-rust-web-dev: this needs Debian's rustc-web"
llvm=$(dependency "$library" libllvm)
[ -n "$llvm" ] || fail "apt does not say which libllvm $library needs"

packages=(rustc-web rust-web-src libstd-rust-web-dev "$library" "$llvm")
say "apt: ${packages[*]}"
apt-get download -qq "${packages[@]}" 2>download.log || { cat download.log >&2; fail "apt-get download failed"; }
for package in *.deb; do
    dpkg -x "$package" "$folder/root" || fail "cannot unpack $package"
done

usr=$folder/root/usr
libraries=$(echo "$usr"/lib/*-linux-gnu)
[ -x "$usr/bin/rustc" ] || fail "there is no bin/rustc in Debian's rustc-web"
[ -d "$libraries" ] || fail "there is no lib/*-linux-gnu in Debian's packages"
source=$(readlink -f "$usr/lib/rustlib/src/rust") && [ -d "$source/library" ] || fail "rust-web-src has no library/"

say "building the standard library for $target"
(
    # Not the caller's toolchain nor its flags: Debian's compiler, and what it takes to build std with it.
    unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER CARGO_ENCODED_RUSTFLAGS
    export RUSTC=$usr/bin/rustc LD_LIBRARY_PATH=$libraries RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work/build
    export RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes -Cpanic=abort -Zunstable-options --remap-path-prefix=$source=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    cd "$source/library"
    cargo build --quiet --release --package sysroot --target $target
) || fail "the standard library does not build"

mkdir -p "$usr/lib/rustlib/$target/lib"
cp "$work/build/$target/release/deps/"*.rlib "$usr/lib/rustlib/$target/lib/" || fail "the build left no libraries"
ls "$usr/lib/rustlib/$target/lib/"libstd*.rlib >/dev/null || fail "the build left no libstd"

cat >"$folder/env" <<END
export RUSTC=$usr/bin/rustc LD_LIBRARY_PATH=$libraries
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linkers/wasm-component-ld
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=-Clink-arg=--wasm-ld-path=$linkers/gcc-ld/wasm-ld
END
rm -rf "$source/compiler" "$source/src"
touch "$folder/.ok"
