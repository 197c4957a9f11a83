"""How the server speaks: sessions, their sockets, openenv's /ws messages, MCP, settings, refusals. No audit in here."""
