-- The tables are the truth, the journal is the history. Every `body` is the JSON of the type in bellwire-core that the
-- table is named after; a column beside it is there to be searched by, and says the same as the body.
-- Instants are milliseconds since 1970; 64-bit numbers without a sign are stored with the same bits.

-- Rows lie in the order they came. A table by fingerprint, which is random, would write a page for nearly every alert;
-- the writer knows each alert's row by heart instead.
CREATE TABLE alerts (
    row         INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    incidents   TEXT NOT NULL, -- ids, with a space between
    body        TEXT NOT NULL
) STRICT;
-- In the order of the rows, for the same reason: the alerts of an incident are found by reading all of this index, some
-- 20 bytes an alert, and never by reading the table.
CREATE INDEX alerts_in_order ON alerts (row, incidents);

CREATE TABLE incidents (
    team       TEXT NOT NULL,
    number     INTEGER NOT NULL,
    state      TEXT NOT NULL,
    closed     INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    priority   TEXT,
    body       TEXT NOT NULL,
    PRIMARY KEY (team, number)
) STRICT;
-- What a list filters by is all in its index, so that rows are fetched only to be shown.
CREATE INDEX incidents_newest_first ON incidents (opened_at DESC, team DESC, number DESC, state);
CREATE INDEX incidents_in_memory ON incidents (team, number) WHERE closed = 0;

-- The outbox, in the order the notices were made.
CREATE TABLE notices (
    row    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    team   TEXT NOT NULL,
    number INTEGER NOT NULL,
    state  TEXT NOT NULL,
    body   TEXT NOT NULL
) STRICT;
CREATE INDEX notices_of_incident ON notices (team, number);

CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    team   TEXT,
    number INTEGER,
    body   TEXT NOT NULL
) STRICT;
CREATE INDEX journal_of_incident ON journal (team, number) WHERE team IS NOT NULL;
