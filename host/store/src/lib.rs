//! State, outbox and journal on disk, one transaction a turn.
