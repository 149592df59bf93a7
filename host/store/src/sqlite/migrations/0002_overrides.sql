-- Who is on call for a while instead of what the schedules say, as people asked for it at run time.
CREATE TABLE overrides (
    row INTEGER PRIMARY KEY,
    team TEXT NOT NULL,
    id TEXT NOT NULL,
    -- JSON
    body TEXT NOT NULL,
    UNIQUE (team, id)
) STRICT;
