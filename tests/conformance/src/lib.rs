//! The tests are in `tests/`: what `cargo xtask plugins --languages` made is put through the real runtime.
