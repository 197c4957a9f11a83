"""The ReAct agent: a language model that audits with the eight tools, one conversation an episode."""
