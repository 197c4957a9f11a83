"""The ReAct agent with a checkpoint in this process as its model: what training produced, audited as any other model.

model, auditor = local_auditor(ReactSettings(model="outputs/grpo/checkpoint-200"))

Nothing is sent anywhere, so neither keys nor prices are known here.
"""

from __future__ import annotations

import logging
from pathlib import Path

from ..chat.local_model import LocalModel, LocalModelError
from .react.agent import ReactAuditor
from .react.settings import ReactSettings

_LOG = logging.getLogger(__name__)


def local_auditor(settings: ReactSettings) -> tuple[LocalModel, ReactAuditor]:
    """Load the model from the folder that the settings name; what concerns an endpoint is of no account here.

    The agent asks for one answer at a time; the model can give several at once.

    Raises:
        LocalModelError: It cannot be had, or not as the settings ask for it.
    """
    if settings.model is None:
        raise LocalModelError("No checkpoint is named: give its folder as --model.")
    model = LocalModel(Path(settings.model), settings.temperature, settings.chat_template)
    budget, length = settings.budget, model.context_length
    if length is not None and budget.max_context > length:
        raise LocalModelError(
            f"{settings.model} has a context of {length} tokens: give a --max-context of no more, "
            f"not {budget.max_context}."
        )
    native = model.calls_tools()
    if settings.tool_format == "native" and not native:
        raise LocalModelError(
            f"The chat template of {settings.model} has no tool calls that could be read: leave --tool-format out."
        )
    tool_format = settings.tool_format
    if tool_format == "auto" and not native:
        _LOG.info("The chat template has no tool calls that could be read: the model is told to write JSON")
        tool_format = "json"
    template = {} if settings.chat_template is None else {"chat_template": settings.chat_template.as_posix()}
    return model, ReactAuditor(model, tool_format, budget, {"temperature": settings.temperature, **template})
