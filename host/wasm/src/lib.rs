//! Runs policies: load, limits, bindings, pool.
