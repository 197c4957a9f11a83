"""The limits of a server: what one client may send, hold and cost, whatever the settings say.

SECURITY.md says what each of them promises, and the module that keeps a limit says why it is needed.
"""

from __future__ import annotations

from ...models import MAX_REASON, MAX_REPORT
from ..world.tasks import ALL_TIERS

# Settings
MOST_SESSIONS, MOST_WORKERS, HIGHEST_RATE = 100_000, 256, 1_000_000
LONGEST_TIMEOUT_S = 31_536_000
"""Seconds of --session-timeout: a year."""
SHORTEST_TOKEN = 16
"""Characters. A shorter token can be guessed at the rate at which a server answers."""

# JSON (strict_json.py)
LONGEST_MESSAGE = 2 * 1024 * 1024
"""Characters of a text, or bytes. Far more than any message needs; reading one of 16 MiB would stall everyone."""
MOST_VALUES = 25_000
"""Lists, objects and commas, those in texts among them. A report of nothing but commas is still read. Making the
million values that a long message can hold would keep everybody else waiting."""

# Bodies of HTTP requests (guard.py)
BODY_WITHIN_S = 30.0
SMALL_BODY = 64 * 1024
"""Bytes of a body that is always read. All bodies of well-meaning clients are smaller."""
LARGE_BODIES = 32 * 1024 * 1024
"""Bytes of all larger bodies that are still coming, together. Another one is refused with 503."""

# WebSocket frames (websocket_protocol.py)
LARGEST_FRAME = 2 * LONGEST_MESSAGE
"""Bytes of a WebSocket message. A longer one ends the connection with 1009; up to here it is answered, or refused in a
sentence. Also the most memory that a session can hold with an unfinished message."""
MOST_FRAMES = 1_000
"""Of one message. A client's library sends one in a single frame, or in pieces of some kilobytes."""

# What a connection may cost (intake.py)
SLICE_BYTES = 1_024
"""Handed on at once: 170 of the smallest pieces, of 5 to 20 µs each."""
TURN, PAUSE_S = 64, 0.01
"""Slices, or pieces, after which a turn is over; and the seconds of pause, for everybody else, after so many pieces."""
BYTES_A_SECOND = 32 * 1024 * 1024
PIECES_A_SECOND, PIECES_AT_ONCE = 1_000, 4_000
"""Pieces that a connection may send for long, and after a pause: 2 MiB in chunks of half a kilobyte are within."""

# How long a connection is waited for (http_protocol.py, websocket_protocol.py)
HEAD_WITHIN_S = 30.0
"""Seconds from the connection, or from the last answer, to the end of a request's head."""
REST_WITHIN_S = 2.0
"""Seconds from an answer to the end of a body that it did not wait for. A client that reads has the answer by then."""
DROPPED_AFTER_S = 10.0
"""Seconds that a close frame has to arrive, which any peer that reads does in a moment."""
STOP_WAITS_S = 0.5
"""Seconds that a stop waits for an answer that is being made, which a language model may take minutes for."""
RETRY_AFTER_S = 5
"""When a full server says to ask again. An episode takes a trainer minutes, and a slot is free at any moment."""

# Refusals (refusals.py): characters of a sentence, which may quote a megabyte, and of a name; findings of pydantic
LONGEST_SENTENCE, LONGEST_NAME, MOST_FINDINGS = 1_000, 64, 5

# The log (logs.py)
LONGEST_RECORD = 10_000
"""Characters of a message or a traceback. An exception may quote a megabyte of what a client sent."""

# The episode log (episode_log.py)
LARGEST_LOG_FILE = 64 * 1024 * 1024
"""Bytes. A file that has so many gets no further line."""
EPISODES_WAITING = 256
"""Finished episodes that may wait for the writer, each a quarter of a megabyte in the hard tier, and up to one and a
half in the frontier. A server of more sessions takes more, since all of them may end an episode at the same moment."""
EPISODE_TEXT = max(tier.steps for tier in ALL_TIERS.values()) * MAX_REASON + MAX_REPORT
"""Characters of reasons and reports that an episode may have: the longest reason in every step, and a report. Only who
sends texts that the referee refuses has more: such an episode is lost rather than kept to its end."""
