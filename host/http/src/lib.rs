//! axum: ingest, API, auth, metrics endpoint.
