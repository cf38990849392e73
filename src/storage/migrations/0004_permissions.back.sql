DROP TABLE permission_exceptions;
DROP TABLE permission_commands;
DROP TABLE permission_roles;
DROP TABLE permission_ranks;
