"""The endpoint of a model, by flags, by the name of a provider, or by variables: its address, name and key.

    endpoint = find_endpoint(url=None, model=None, key_variable=None, environment=os.environ)
    endpoint = find_endpoint(None, "qwen3:4b", None, os.environ, PROVIDERS["ollama"])         # --provider ollama

The variables are those that scripts on model hubs use: API_BASE_URL, MODEL_NAME and HF_TOKEN. There is no default, so
nothing is sent anywhere by accident.

A provider is who serves models by OpenAI's chat completions: where, which variable has the key, and what it does its
own way. What any endpoint may do, such as an error within a 200, is not here: `endpoint.py` goes by the answer. Prices
are not either: they change. Comments say where an entry is from, read in 2026.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from .completion import THOUGHTS
from .errors import EndpointError

if TYPE_CHECKING:
    from .endpoint import Endpoint

URL_VARIABLE, MODEL_VARIABLE, KEY_VARIABLE = "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"
_HUB = "huggingface.co"
_URL = TypeAdapter(AnyHttpUrl)


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them."""

    base_url: str
    key_variable: str
    key_needed: bool = True
    """Not by a server of one's own."""
    thoughts: Sequence[str] = THOUGHTS
    """Fields of a message in which thoughts come, and are wanted back with the next request."""
    note: str = ""
    """What to know of it before a run."""


ANY = Provider("", "")  # an endpoint of which no more is known than its address
PROVIDERS: Mapping[str, Provider] = {
    # Reasoning models take no temperature but 1; from gpt-5.4 on they take tools here only without
    # reasoning, but JSON in the text with it (github.com/openai/openai-openapi/issues/541).
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY"),
    # platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk: thoughts are not sent. Newer models refuse
    # any temperature (github.com/sipeed/picoclaw/issues/2939). A busy one answers 529.
    "anthropic": Provider("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    # ai.google.dev/gemini-api/docs/openai. An error is a list of one (github.com/n4ze3m/page-assist/issues/406), with
    # the wait of a 429 in it (github.com/dcdpr/jp/pull/1061). Signatures of thoughts come and go within the calls.
    "gemini": Provider("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    # openrouter.ai/docs/use-cases/usage-accounting.
    "openrouter": Provider("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "huggingface": Provider("https://router.huggingface.co/v1", "HF_TOKEN"),
    # `reasoning` was `reasoning_content` before 0.12 (docs.vllm.ai, "Reasoning Outputs"), which is not read any more
    # (github.com/vllm-project/vllm/issues/38488). Tools want --enable-auto-tool-choice and --tool-call-parser.
    "vllm": Provider("http://127.0.0.1:8000/v1", "VLLM_API_KEY", False, thoughts=("reasoning", "reasoning_content")),
    # Thoughts are read as `reasoning` only (github.com/ollama/ollama/issues/18534). Context: docs/context-length.mdx.
    "ollama": Provider(
        "http://127.0.0.1:11434/v1",
        "OLLAMA_API_KEY",
        key_needed=False,
        thoughts=("reasoning",),
        note="on small machines it gives a model 4096 tokens of context and leaves out the beginning of a longer chat, "
        "unless it was started with OLLAMA_CONTEXT_LENGTH.",
    ),
    # Some chats that are too long it refuses by a 500 (github.com/ggml-org/llama.cpp/issues/19774). It loads behind a
    # 503.
    "llamacpp": Provider("http://127.0.0.1:8080/v1", "LLAMA_API_KEY", False),
}


def find_endpoint(
    url: str | None,
    model: str | None,
    key_variable: str | None,
    environment: Mapping[str, str],
    provider: Provider = ANY,
    **options: Any,
) -> "Endpoint":
    """Find a model from what was given, else from the environment.

    Args:
        url: Of the API; None for the provider's, or API_BASE_URL.
        model: As the endpoint names it; None for MODEL_NAME.
        key_variable: Which variable holds the key. None for the provider's, or for HF_TOKEN, which is sent to
            API_BASE_URL and to the hub that issued it, but to no other URL.
        environment: The variables.
        provider: Who serves it.
        **options: Of the `Endpoint`.

    Raises:
        EndpointError: Something is missing; the sentence says what to give.
    """
    from .endpoint import Endpoint  # here, since importing `openai` takes a second

    url = url or provider.base_url or None
    if key_variable is None and (provider.key_needed or environment.get(provider.key_variable)):
        key_variable = provider.key_variable or None
    base_url = url or environment.get(URL_VARIABLE, "").strip()
    if not base_url:
        raise EndpointError(f"There is no endpoint: give --model-url or set {URL_VARIABLE}.")
    try:
        parsed = _URL.validate_python(base_url)
    except ValidationError:
        # Without the URL, which may hold a password.
        raise EndpointError(
            "The endpoint's URL must start with http:// or https://, then name a host and, where there is one, the "
            "number of a port, as in http://127.0.0.1:11434/v1."
        ) from None
    name = model or environment.get(MODEL_VARIABLE, "").strip()
    if not name:
        raise EndpointError(f"No model is named: give --model or set {MODEL_VARIABLE}.")
    if key_variable is not None:
        key = environment.get(key_variable, "").strip()
        if not key:
            named = f"the variable {key_variable}"
            if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", key_variable):  # it may be the key itself
                named = "the variable whose name is given (it takes a name such as MY_KEY, not the key itself)"
            raise EndpointError(f"There is no key: {named} is not set.")
    else:
        ours = url is None or f".{parsed.host}".endswith(f".{_HUB}")
        key = environment.get(KEY_VARIABLE, "").strip() if ours else ""
    if not (key.isascii() and key.isprintable()):
        raise EndpointError(f"The key in {key_variable or KEY_VARIABLE} is none: it holds characters that no key has.")
    return Endpoint(str(parsed), name, key or None, thoughts=provider.thoughts, **options)
