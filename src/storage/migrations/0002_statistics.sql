CREATE TABLE statistics (
  name TEXT NOT NULL PRIMARY KEY,
  value @integer NOT NULL
) @keyed;
