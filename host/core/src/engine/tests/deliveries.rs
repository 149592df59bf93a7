//! Notices: fallbacks, updates, order, and receivers that are gone.
