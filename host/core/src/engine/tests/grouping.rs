//! Routes and groups: waits, intervals, nesting, several teams.
