"""The model at an endpoint that audits, and how it is asked: settings that flags give, and the auditor they make.

add_flags(parser)
settings = read_flags(parser, parser.parse_args())
auditor = react_auditor(settings, os.environ)         # EndpointError when the model cannot be had
"""

import argparse
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args
from urllib.parse import urlsplit

from ...chat.access import KEY_VARIABLE, MODEL_VARIABLE, URL_VARIABLE, find_endpoint
from ...chat.errors import ToolsRefusedError
from ...tool_records import tool_schemas
from .agent import ReactAuditor
from .conversation import ToolFormat

ROUTER = "https://router.huggingface.co/v1"
"""Hugging Face's, which is asked if HF_TOKEN is set and no endpoint is named."""
ROUTER_MODEL = "Qwen/Qwen2.5-72B-Instruct"
"""The model that it is asked for if none is named either."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReactSettings:
    """Settings of a ReAct agent. There is no key in them, only the name of the variable that holds it."""

    url: str | None = None
    """Address of the model's API; None for API_BASE_URL, or for ROUTER where only HF_TOKEN is set."""
    model: str | None = None
    """None for MODEL_NAME, or for ROUTER_MODEL at the ROUTER."""
    key_variable: str | None = None
    """None for HF_TOKEN; see `find_endpoint`."""
    tool_format: Literal["auto"] | ToolFormat = "auto"
    """Tool calls, JSON in the text, or JSON where the endpoint takes no tools."""
    max_tokens: int = 4_096
    """Of one answer."""
    temperature: float | None = None
    """None for the endpoint's own."""
    timeout_s: float = 120.0
    """Seconds without a byte of an answer after which a try is given up."""


def react_auditor(settings: ReactSettings, environment: Mapping[str, str]) -> ReactAuditor:
    """The agent of a model at an endpoint, which is asked for one word first. Variables may name model and endpoint.

    Raises:
        EndpointError: The model does not answer; the sentence says why.
    """
    url, model = settings.url, settings.model
    named = url or settings.key_variable or environment.get(URL_VARIABLE, "").strip()
    if not named and environment.get(KEY_VARIABLE, "").strip():
        url, model = ROUTER, model or environment.get(MODEL_VARIABLE, "").strip() or ROUTER_MODEL
        _LOG.info("no endpoint is named, so %s is asked at %s with the key in %s.", model, url, KEY_VARIABLE)
    endpoint = find_endpoint(
        url, model, settings.key_variable, environment, temperature=settings.temperature, timeout_s=settings.timeout_s
    )
    tool_format: ToolFormat = "json" if settings.tool_format == "json" else "native"
    try:
        endpoint.check(() if tool_format == "json" else tool_schemas(), settings.max_tokens)
    except ToolsRefusedError as problem:
        if settings.tool_format == "native":
            raise
        tool_format = "json"
        endpoint.check((), settings.max_tokens)
        _LOG.warning("%s So it is here.", problem)
    # Without the port: a server of one's own may be at another when a run is resumed.
    address = urlsplit(endpoint.address)
    where = f"{address.hostname}{address.path}".rstrip("/")
    return ReactAuditor(
        endpoint, tool_format, settings.max_tokens, {"temperature": settings.temperature, "endpoint": where}
    )


def add_flags(
    parser: argparse.ArgumentParser,
    *,
    title: str = "a language model as the agent (--mode react)",
    model_help: str = "as the endpoint names it (default MODEL_NAME)",
) -> None:
    """Give a program the flags. The words of their help are those of inference.py where no others are given."""
    default = ReactSettings()
    flag = parser.add_argument_group(title).add_argument
    flag("--model", help=model_help)
    text = "an OpenAI-compatible API, such as http://127.0.0.1:11434/v1 (default API_BASE_URL; with HF_TOKEN alone, "
    flag("--model-url", dest="url", metavar="URL", help=f"{text}Hugging Face's router)")
    text = "the variable with the key (default HF_TOKEN, for API_BASE_URL and huggingface.co only)"
    flag("--api-key-env", dest="key_variable", metavar="NAME", help=text)
    text = "tool calls, JSON in the text, or JSON where the endpoint takes no tools (default %(default)s)"
    flag("--tool-format", choices=("auto", *get_args(ToolFormat)), default=default.tool_format, help=text)
    flag("--max-tokens", type=int, default=default.max_tokens, metavar="N", help="of one answer (default %(default)s)")
    flag("--temperature", type=float, help="of sampling (default the endpoint's own)")
    text = "without a byte of an answer, before it is asked for again (default %(default)s)"
    flag("--timeout", dest="timeout_s", type=float, default=default.timeout_s, metavar="SECONDS", help=text)


def read_flags(parser: argparse.ArgumentParser, given: argparse.Namespace) -> ReactSettings:
    """The settings that the flags give. Ends the program with status 2 where one is invalid."""
    if given.max_tokens < 1:
        parser.error(f"--max-tokens must be at least 1, but it is {given.max_tokens}.")
    if not 0 < given.timeout_s < math.inf:
        parser.error(f"--timeout must be more than 0 seconds, but it is {given.timeout_s}.")
    if given.temperature is not None and not 0 <= given.temperature <= 2:
        parser.error(f"--temperature must be from 0 to 2, but it is {given.temperature}.")
    return ReactSettings(**{field.name: getattr(given, field.name) for field in fields(ReactSettings)})
