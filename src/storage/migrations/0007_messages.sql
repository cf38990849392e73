-- What was said in channels, for as long as the retention says.
CREATE TABLE messages (
  number @serial,
  platform TEXT NOT NULL,
  guild TEXT NOT NULL,
  channel TEXT NOT NULL,
  id TEXT NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  by_bot @integer NOT NULL CHECK (by_bot IN (0, 1)),
  said TEXT NOT NULL,
  at @integer NOT NULL
) @strict;
CREATE INDEX messages_channel ON messages (platform, channel, number);
CREATE INDEX messages_at ON messages (at);
