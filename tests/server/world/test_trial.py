"""A trial knows by number all that its protocol has."""


def test_listed_is_what_the_protocol_has_and_not_what_the_actor_reads_into_it(trial):
    assert trial.listed.issuperset(("5", "5.3", "6.1", "8.1", "9.1", "Amendment 3", "11"))
    assert trial.listed.isdisjoint(("2", "5.5", "9.2", "Amendment 2", "outside", ""))
