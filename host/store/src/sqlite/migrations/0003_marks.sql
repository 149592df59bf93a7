-- Up to when something is done that is done again and again, such as a report that is sent each week.
CREATE TABLE marks (
    name TEXT NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;
