DROP TABLE prefixes;
