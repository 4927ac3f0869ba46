"""The command line: one module for reading commands, one for those that write the store."""
