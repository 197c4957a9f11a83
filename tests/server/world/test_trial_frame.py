"""What a trial fixes before its first patient."""

from datetime import date

from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial_frame import COMPARATORS, DRUGS, SITES, draw_frame


def test_frames_are_within_their_bounds_and_vary():
    frames = [draw_frame(Stream("frames", number)) for number in range(300)]
    for frame in frames:
        assert date(2021, 1, 1) <= frame.first_enrolment <= date(2022, 6, 30)
        assert 500 <= frame.enrolment_days <= 700
        assert frame.arms == ("experimental", "control")
        assert 4 <= len({site.name for site in frame.sites}) == len(frame.sites) <= 6
        assert {(site.name, site.country) for site in frame.sites} <= set(SITES)
    assert {frame.drug for frame in frames} == set(DRUGS)
    assert {frame.comparator for frame in frames} == set(COMPARATORS)
    assert {len(frame.sites) for frame in frames} == {4, 5, 6}
    assert len({frame.first_enrolment for frame in frames}) > 150
