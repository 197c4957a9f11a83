"""A visitor of the page is a session like any other: it takes a slot, is counted, and frees it."""

import asyncio
from functools import partial

import pytest

from synth_audit_env.server.serving.rates import Rate
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web import visitors as module
from synth_audit_env.server.web.desk import DeskError
from synth_audit_env.server.web.visitors import Visitors
from synth_audit_env.tests.patience import PATIENCE_S

EASY = ("", "oversight_easy", None, 900_000)
LOOK = {"action_type": "review_proposal", "proposal_id": "PROP-001"}


class Told:
    """A listener that keeps what it hears."""

    def __init__(self):
        self.news = []

    def opened(self, session):
        self.news.append("opened")

    def closed(self, session):
        self.news.append("closed")

    def began(self, session, options, seconds):
        self.news.append(("began", options["task_id"], options["settlement"]))

    def acted(self, session, acted):
        self.news.append(acted.action.action_type)

    def refused(self, code):
        self.news.append(code)


def sessions(**limits):
    limits = {"limit": 2, "idle_timeout_s": None, **limits}
    return Sessions(SynthAuditEnvironment, **limits)


async def test_a_visitor_takes_one_slot_for_all_audits_and_the_listeners_hear_of_it():
    told = Told()
    table = sessions(listeners=[told])
    visitors = Visitors(table)
    await visitors.start("a", *EASY)
    visitors.act("a", LOOK)
    desk = await visitors.start("a", "", "oversight_hard", "validation", None)
    assert (len(table), len(visitors)) == (1, 1)
    assert desk.task_id == "oversight_hard"
    assert visitors.desk("a") is desk
    began = [("began", task, "terminal") for task in ("oversight_easy", "oversight_hard")]
    assert told.news == ["opened", began[0], "review_proposal", began[1]]


async def test_two_visitors_see_only_their_own_audit():
    visitors = Visitors(sessions())
    one, other = await visitors.start("a", *EASY), await visitors.start("b", "", "oversight_easy", None, 900_001)
    visitors.act("a", LOOK)
    assert (len(one.trail), len(other.trail)) == (1, 0)
    assert one.seed != other.seed
    assert visitors.desk("c") is None


async def test_a_full_server_says_so_in_one_sentence():
    visitors = Visitors(sessions(limit=1))
    await visitors.start("a", *EASY)
    with pytest.raises(DeskError, match="The server is full: 1 of 1 sessions are in use"):
        await visitors.start("b", *EASY)
    assert visitors.desk("b") is None
    visitors.forget("a")
    await visitors.start("b", *EASY)


async def test_an_address_may_not_take_more_than_its_slots():
    visitors = Visitors(sessions(per_address=1))
    await visitors.start("a", "192.0.2.1", *EASY[1:])
    with pytest.raises(DeskError, match="Your address is full"):
        await visitors.start("b", "192.0.2.1", *EASY[1:])
    await visitors.start("b", "192.0.2.2", *EASY[1:])


async def test_a_refused_start_leaves_the_audit_before_and_takes_no_slot_where_there_was_none():
    table = sessions()
    visitors = Visitors(table)
    with pytest.raises(DeskError, match="no task 'oversight_none'"):
        await visitors.start("a", "", "oversight_none", None, 1)
    assert (len(table), len(visitors)) == (0, 0)
    desk = await visitors.start("a", *EASY)
    visitors.act("a", LOOK)
    with pytest.raises(DeskError):
        await visitors.start("a", "", "oversight_none", None, 1)
    assert len(table) == 1
    assert visitors.desk("a") is desk
    assert len(desk.trail) == 1


async def test_an_action_without_an_audit_costs_nothing_and_says_what_to_do():
    with pytest.raises(DeskError, match=module.GONE):
        Visitors(sessions()).act("a", LOOK)


async def test_an_idle_session_ends_but_what_was_learnt_stays():
    table = sessions(idle_timeout_s=0.5)
    visitors = Visitors(table)
    desk = await visitors.start("a", *EASY)
    visitors.act("a", LOOK)
    while len(table):
        await asyncio.sleep(0.01)
    with pytest.raises(DeskError, match="has ended after 0.5 s.*start another"):
        visitors.act("a", LOOK)
    assert visitors.desk("a").known.reviews == desk.known.reviews
    await visitors.start("a", *EASY)
    assert visitors.act("a", LOOK).error is None


async def test_every_action_keeps_a_session_from_being_idle():
    table = sessions(idle_timeout_s=2.0)
    visitors = Visitors(table)
    await visitors.start("a", *EASY)
    for number in range(8):
        await asyncio.sleep(0.3)
        visitors.act("a", {"action_type": "investigate_patient", "patient_id": f"P{number + 1:04d}"})
    assert len(table) == 1


async def test_a_closed_tab_frees_its_slot_after_a_while_and_not_if_it_comes_back():
    table = sessions()
    visitors = Visitors(table, grace_s=0.05)
    await visitors.start("a", *EASY)
    await visitors.start("b", *EASY)
    visitors.left("a")
    visitors.left("b")
    visitors.act("b", LOOK)
    while len(table) > 1:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert len(table) == 1
    assert visitors.ended("a") == "The session has ended, since its page was closed or out of reach for 0.05 s."
    assert visitors.ended("b") is None


async def test_a_tab_in_which_nothing_was_done_is_not_waited_for_so_long(monkeypatch):
    monkeypatch.setattr(module, "UNUSED_GRACE_S", 0.05)
    table = sessions()
    visitors = Visitors(table, grace_s=PATIENCE_S)
    await visitors.start("a", *EASY)
    await visitors.start("b", *EASY)
    visitors.act("b", LOOK)
    visitors.left("a")
    visitors.left("b")
    while len(table) > 1:
        await asyncio.sleep(0.01)
    assert visitors.ended("a") == "The session has ended, since its page was closed or out of reach for 0.05 s."
    assert visitors.ended("b") is None


async def test_somebody_who_only_looks_is_there():
    """A broken connection does not end the audit of somebody who reads on, nor does reading make a session idle."""
    table = sessions(idle_timeout_s=2.0)
    visitors = Visitors(table, grace_s=1.5)
    await visitors.start("a", *EASY)
    for _ in range(7):
        visitors.left("a")
        await asyncio.sleep(0.3)
        visitors.here("a")
    assert visitors.ended("a") is None
    while len(table):
        await asyncio.sleep(0.01)
    assert "after 2 s without a message" in visitors.ended("a")
    visitors.here("a")
    visitors.here("nobody")
    assert len(table) == 0


def test_a_tab_may_be_away_for_longer_than_it_takes_to_read_and_not_for_longer_than_it_may_be_idle():
    assert 300 <= module.GRACE_S < Settings().session_timeout


async def test_somebody_too_fast_is_told_to_wait_and_pays_nothing(monkeypatch):
    monkeypatch.setattr("synth_audit_env.server.serving.sessions.Rate", partial(Rate, clock=lambda: 0.0))
    visitors = Visitors(sessions(messages_per_second=1))
    desk = await visitors.start("a", *EASY)
    visitors.act("a", LOOK)
    with pytest.raises(DeskError, match="Too fast"):
        visitors.act("a", LOOK)
    assert len(desk.trail) == 1


async def test_desks_whose_session_is_over_are_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    table = sessions()
    visitors = Visitors(table, grace_s=0)
    for number in range(5):
        await visitors.start(str(number), *EASY)
        table.close(table.get(visitors._by_key[str(number)].seat.session.id))
    assert len(visitors) == 2
    assert visitors.desk("4") is not None
    assert visitors.desk("0") is None


async def test_a_second_start_waits_its_turn_while_the_first_is_being_made():
    gate = asyncio.Event()

    class Slow(SynthAuditEnvironment):
        async def reset_async(self, **options):
            await gate.wait()
            return self.reset(**options)

    visitors = Visitors(Sessions(Slow, limit=1, idle_timeout_s=None))
    first = asyncio.create_task(visitors.start("a", *EASY))
    await asyncio.sleep(0)
    with pytest.raises(DeskError, match="still being made"):
        await asyncio.wait_for(visitors.start("a", *EASY), PATIENCE_S)
    gate.set()
    assert (await first).started


async def test_a_page_may_be_forgotten_while_its_audit_is_being_made():
    gate = asyncio.Event()

    class Slow(SynthAuditEnvironment):
        async def reset_async(self, **options):
            await gate.wait()
            return self.reset(**options)

    table = Sessions(Slow, limit=1, idle_timeout_s=None)
    visitors = Visitors(table)
    first = asyncio.create_task(visitors.start("a", *EASY))
    await asyncio.sleep(0)
    visitors.forget("a")
    gate.set()
    with pytest.raises(DeskError, match="has ended"):
        await first
    assert (len(table), len(visitors)) == (0, 0)


async def test_a_desk_goes_to_the_page_that_is_opened_next_in_its_tab_and_keeps_its_slot():
    table = sessions(limit=1)
    visitors = Visitors(table, grace_s=0.05)
    visitors.arrive("a", "tab")
    desk = await visitors.start("a", *EASY)
    visitors.left("a")  # the old page is heard to close, before the new one or after it
    assert visitors.arrive("b", "tab") is desk
    visitors.take_over("b")
    visitors.left("a")
    await asyncio.sleep(0.1)
    assert (len(table), len(visitors)) == (1, 1)
    assert visitors.act("b", LOOK).error is None
    assert visitors.desk("a") is None


async def test_the_page_that_lost_its_desk_is_told_where_it_is_and_may_have_it_back():
    visitors = Visitors(sessions())
    visitors.arrive("a", "tab")
    desk = await visitors.start("a", *EASY)
    visitors.arrive("duplicate", "tab")
    visitors.take_over("duplicate")
    with pytest.raises(DeskError, match="goes on in another tab"):
        visitors.act("a", LOOK)
    visitors.arrive("a again", "tab")
    visitors.take_over("a again")
    assert visitors.desk("a again") is desk


async def test_tabs_without_a_name_and_pages_that_are_closed_are_not_remembered(monkeypatch):
    monkeypatch.setattr(module, "MOST_TABS", 3)
    visitors = Visitors(sessions())
    for number in range(9):
        assert visitors.arrive(f"page {number}", f"tab {number}") is None
    visitors.arrive("nameless", "")
    visitors.left("page 8")
    assert list(visitors._tabs) == ["page 6", "page 7"]
    await visitors.start("nameless", *EASY)
    assert visitors.arrive("also nameless", "") is None
