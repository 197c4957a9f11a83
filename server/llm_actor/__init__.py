"""The Actor in a language model's words: the scripted notes rewritten, checked against the script, and kept on disk."""
