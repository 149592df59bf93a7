//! The only clock, the loop, wiring, reload and shutdown.
