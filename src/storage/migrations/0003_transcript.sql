-- What was said in the web chat. Numbers only grow, also over deletions, so that a browser can ask
-- for what came after the last it has seen.
CREATE TABLE transcript (
  number @serial,
  visitor TEXT NOT NULL,
  conversation TEXT NOT NULL,
  id TEXT NOT NULL,
  by_bot @integer NOT NULL CHECK (by_bot IN (0, 1)),
  said TEXT NOT NULL,
  at @integer NOT NULL,
  outcome TEXT NOT NULL DEFAULT ''
) @strict;
CREATE UNIQUE INDEX transcript_message ON transcript (visitor, id) WHERE by_bot = 0;
CREATE INDEX transcript_visitor ON transcript (visitor, number);
