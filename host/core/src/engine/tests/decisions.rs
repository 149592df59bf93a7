//! Policies: decisions that come late, outdated, wrong or not at all.
