-- What nobody is to hear of for a while, as people asked for it at run time.
CREATE TABLE silences (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    -- JSON
    body TEXT NOT NULL
) STRICT;
