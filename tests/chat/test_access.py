"""Where a model is: flags before variables, and a hub's token for the hub and for whom it was set."""

import pytest

from synth_audit_env.chat.access import find_endpoint
from synth_audit_env.chat.endpoint import EndpointError

KEY = "hf_secret"
SET = {"API_BASE_URL": "http://127.0.0.1:1/v1", "MODEL_NAME": "small", "HF_TOKEN": KEY, "OTHER_KEY": "other"}


def found(*given):
    endpoint = find_endpoint(*given, SET)
    return endpoint.address, endpoint.name, endpoint._key


@pytest.mark.parametrize(
    ("url", "model", "variable", "endpoint"),
    [
        (None, None, None, ("http://127.0.0.1:1/v1", "small", KEY)),
        ("https://models.test/v1", "large", "OTHER_KEY", ("https://models.test/v1", "large", "other")),
        # The hub's token goes to no stranger.
        ("https://router.huggingface.co/v1", None, None, ("https://router.huggingface.co/v1", "small", KEY)),
        ("https://models.test/v1", None, None, ("https://models.test/v1", "small", None)),
        ("https://nothuggingface.co/v1", None, None, ("https://nothuggingface.co/v1", "small", None)),
    ],
)
def test_flags_come_before_variables(url, model, variable, endpoint):
    assert found(url, model, variable) == endpoint


@pytest.mark.parametrize(
    ("without", "given", "sentence"),
    [
        ({"API_BASE_URL"}, (None, None, None), "There is no endpoint: give --model-url or set API_BASE_URL."),
        ({"MODEL_NAME"}, (None, None, None), "No model is named: give --model or set MODEL_NAME."),
        (set(), (None, None, "MY_KEY"), "There is no key: the variable MY_KEY is not set."),
        (set(), ("localhost:8080", None, None), "The endpoint's URL must start with http"),
        (set(), ("http://", None, None), "The endpoint's URL must start with http"),
        (set(), ("http://[::1/v1", None, None), "The endpoint's URL must start with http"),
        (set(), ("http://me:sk-pass@h:abc/v1", None, None), "The endpoint's URL must start with http"),
        (set(), ("http://h:99999/v1", None, None), "The endpoint's URL must start with http"),
        (set(), ("http://exa mple/v1", None, None), "The endpoint's URL must start with http"),
    ],
)
def test_what_is_missing_is_said(without, given, sentence):
    environment = {name: value for name, value in SET.items() if name not in without}
    with pytest.raises(EndpointError, match=sentence) as refused:
        find_endpoint(*given, environment)
    assert "sk-" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("slip", ["sk-proj-abcdef", "abcdef"])
def test_a_key_given_in_place_of_its_variables_name_is_not_shown(slip):
    with pytest.raises(EndpointError, match="There is no key: .* a name such as MY_KEY, not the key itself") as refused:
        find_endpoint(None, None, slip, SET)
    assert "abcdef" not in str(refused.value)


def test_a_key_with_odd_characters_is_told_without_it():
    with pytest.raises(EndpointError, match="The key in HF_TOKEN is none") as refused:
        find_endpoint(None, None, None, {**SET, "HF_TOKEN": "hf_sécret"})
    assert "cret" not in str(refused.value)
