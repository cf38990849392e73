-- What is to be done later: a cron expression or one moment, in a time zone.
CREATE TABLE jobs (
  plugin TEXT NOT NULL,
  name TEXT NOT NULL,
  schedule TEXT NOT NULL,
  zone TEXT NOT NULL,
  misfire TEXT NOT NULL CHECK (misfire IN ('skip', 'once', 'all')),
  payload TEXT NOT NULL,
  next_at @integer,
  last_at @integer,
  outcome TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (plugin, name)
) @keyed;
CREATE INDEX jobs_next ON jobs (next_at);
