#!/bin/bash
# The standard library for wasm32-wasip1, beside the private Rust of rust-wasm-from-debian.sh and with the libc of Debian's
# wasi-libc: for machines where rustup has neither the target nor a way to download it. Nothing is installed.
#
# usage: rust-wasip1-from-debian.sh FOLDER RUST
#   FOLDER    holds a sysroot afterwards, FOLDER/sysroot, and FOLDER/.ok once it is complete
#   RUST      the folder that rust-wasm-from-debian.sh made
#
# Called by `cargo xtask plugins --languages json`; takes a minute, and does nothing if FOLDER/.ok is there.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }
say() { echo "    $*"; }

[ $# -eq 2 ] || fail "usage: $0 FOLDER RUST"
target=wasm32-wasip1
mkdir -p "$1"
folder=$(cd "$1" && pwd)
rust=$(cd "$2" && pwd)
usr=$rust/root/usr

# Two runs at once would unpack over each other.
exec 9>"$folder/lock"
flock 9
[ -e "$folder/.ok" ] && exit 0

libraries=$(echo "$usr"/lib/*-linux-gnu)
[ -x "$usr/bin/rustc" ] && [ -d "$libraries" ] || fail "there is no private Rust in $2"
source=$(readlink -f "$usr/lib/rustlib/src/rust") && [ -d "$source/library" ] || fail "the private Rust has no library/"

work=$folder/work
rm -rf "$work" "$folder/sysroot"
mkdir -p "$work/packages"
trap 'rm -rf "$work"' EXIT
cd "$work/packages"

say "apt: wasi-libc"
apt-get download -qq wasi-libc 2>download.log || { cat download.log >&2; fail "apt-get download failed"; }
dpkg -x wasi-libc_*.deb "$work/root" || fail "cannot unpack wasi-libc"
libc=$work/root/usr/lib/wasm32-wasi
[ -f "$libc/crt1-command.o" ] || fail "Debian's wasi-libc has no crt1-command.o"

say "building the standard library for $target"
(
    # Not the caller's toolchain nor its flags: Debian's compiler, and what it takes to build std with it.
    unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER CARGO_ENCODED_RUSTFLAGS
    export RUSTC=$usr/bin/rustc LD_LIBRARY_PATH=$libraries RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work/build
    export RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes -Cpanic=abort -Zunstable-options -L$libc --remap-path-prefix=$source=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    cd "$source/library"
    cargo build --quiet --release --package sysroot --target $target
) || fail "the standard library does not build"

lib=$folder/sysroot/lib/rustlib/$target/lib
mkdir -p "$lib/self-contained"
cp "$work/build/$target/release/deps/"*.rlib "$lib/" || fail "the build left no libraries"
ls "$lib/"libstd*.rlib >/dev/null || fail "the build left no libstd"
cp "$libc/crt1-command.o" "$libc/crt1-reactor.o" "$libc/libc.a" "$lib/self-contained/"
touch "$folder/.ok"
