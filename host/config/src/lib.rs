//! bellwire.toml and routes/*.toml become checked, immutable tables.
