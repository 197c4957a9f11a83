"""Claims "invariances" and "replay": what must stay the same when a world is changed or played again."""
