"""Who serves models by OpenAI's chat completions: where, which variable has the key, and what each does its own way.

    provider = PROVIDERS["ollama"]          # --provider ollama
    Endpoint(provider.base_url, "qwen3:4b", None, provider=provider)

What any endpoint may do, such as an error within a 200, is not here: `endpoint.py` goes by the answer. Prices are not
either: they change. Comments say where an entry is from, read in 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them."""

    base_url: str
    key_variable: str
    key_needed: bool = True
    """Not by a server of one's own."""
    limit_name: str = "max_tokens"
    """Of the answer's tokens, as it is tried first."""
    thoughts: tuple[str, ...] = ("reasoning_content", "reasoning_details")
    """Fields of a message in which thoughts come, and are wanted back with the next request."""
    note: str = ""
    """What to know of it before a run."""


ANY = Provider("", "")  # an endpoint of which no more is known than its address
PROVIDERS: Mapping[str, Provider] = {
    # Reasoning models take no max_tokens, and no temperature but 1; from gpt-5.4 on they take tools here only without
    # reasoning, but JSON in the text with it (github.com/openai/openai-openapi/issues/541).
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY", limit_name="max_completion_tokens"),
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
    # Before --jinja was the default it refused tools without it, by a 500 (github.com/defilantech/LLMKube/issues/126),
    # as it does some chats that are too long (github.com/ggml-org/llama.cpp/issues/19774). It loads behind a 503.
    "llamacpp": Provider("http://127.0.0.1:8080/v1", "LLAMA_API_KEY", False),
}
