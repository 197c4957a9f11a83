"""Supervised fine-tuning learns what the assistant says, and nothing else; also from a file of transcripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.comparison import export_sft
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.comparison.real_run import records
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.audit_env import NOT_CORE
from synth_audit_env.training.demonstrations import DONE, Weakness, demonstrate
from synth_audit_env.training.sft import FILED, WarmStart, _seen_through, ended, exported, fine_tune, tokenized
from synth_audit_env.training.tiny_model import build_model, build_tokenizer

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


@pytest.fixture(scope="module")
def shown() -> list[list[dict[str, Any]]]:
    environment = SynthAuditEnvironment()
    tasks = [{"seed": seed, "task_id": task} for seed in (8, 9) for task in ("oversight_easy", "oversight_medium")]
    return [demonstrate(environment, task, Weakness(), Random(0)) for task in tasks]


@pytest.fixture(scope="module")
def tokenizer(shown: list[list[dict[str, Any]]]) -> Any:
    return build_tokenizer(shown)


def spoken(messages: list[dict[str, Any]]) -> list[str]:
    """What the assistant says, turn by turn, as Qwen2.5's template and the small model's write it."""
    said = []
    for message in messages:
        if message["role"] != "assistant":
            continue
        calls = [
            f'<tool_call>\n{{"name": "{name}", "arguments": {json.dumps(given, ensure_ascii=False)}}}\n</tool_call>'
            for name, given in (call["function"].values() for call in message.get("tool_calls", ()))
        ]
        said.append("\n".join([*([message["content"]] if message["content"] else []), *calls]) + "<|im_end|>\n")
    return said


def learnt(tokenizer: Any, row: dict[str, Any]) -> list[str]:
    """Stretches of tokens that count, decoded."""
    stretches: list[list[int]] = []
    before = 0
    for token, own in zip(row["input_ids"], row["assistant_masks"], strict=True):
        if own and not before:
            stretches.append([])
        if own:
            stretches[-1].append(token)
        before = own
    return [tokenizer.decode(stretch) for stretch in stretches]


def test_exactly_the_assistants_tokens_count(tokenizer: Any, shown: list[list[dict[str, Any]]]) -> None:
    rows = tokenized(tokenizer, ((messages, None) for messages in shown))
    for row, messages in zip(rows, shown, strict=True):
        assert learnt(tokenizer, row) == spoken(messages)
        assert tokenizer.decode(row["input_ids"]).count("<tool_response>") == sum(
            message["role"] == "tool" for message in messages
        )


def test_a_template_of_qwens_is_marked_by_trl(tokenizer: Any, tmp_path: Path) -> None:
    """From the file that `evaluation.py --export sft` writes, with the schemas of the tools in the prompt."""
    from trl.chat_template_utils import qwen2_5_chat_template

    path = tmp_path / "sft.jsonl"
    export_sft.write(records(), path, 0.75)
    conversations = list(exported(path))
    tokenizer.chat_template, kept = qwen2_5_chat_template, tokenizer.chat_template
    try:
        rows = tokenized(tokenizer, conversations)
    finally:
        tokenizer.chat_template = kept
    assert len(rows) == len(conversations) > 0
    for row, (messages, tools) in zip(rows, conversations, strict=True):
        assert tools == json.loads(json.dumps(tool_schemas()))
        # Whether the line break before and after a turn is learnt is TRL's to say.
        assert [turn.strip("\n") for turn in learnt(tokenizer, row)] == [turn.strip("\n") for turn in spoken(messages)]
        assert "flag_error" in tokenizer.decode(row["input_ids"]).split("<|im_end|>")[0]


def test_exported_audits_end_with_a_word_after_the_report(tmp_path: Path) -> None:
    """A trainer asks on after it: who has only seen audits that end with a call makes calls without end."""
    path = tmp_path / "sft.jsonl"
    export_sft.write(records(), path, 0.0)
    written = [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
    for before, (messages, _) in zip(written, exported(path), strict=True):
        assert before[-1]["tool_calls"][0]["function"]["name"] == "submit_audit_report"
        *_, answer, last = messages
        calls = [call for message in messages for call in message.get("tool_calls", ())]
        assert (answer["role"], answer["name"], answer["content"]) == ("tool", "submit_audit_report", FILED)
        assert answer["tool_call_id"] == calls[-1]["id"]
        assert last == {"role": "assistant", "content": DONE}
        assert sum(message["role"] == "tool" for message in messages) == len(calls)
        assert len([one for one in messages if one["role"] == "assistant"]) <= len(before) // 2


def test_audits_for_the_core_tools_have_no_others(tmp_path: Path) -> None:
    path = tmp_path / "sft.jsonl"
    export_sft.write(records(), path, 0.0)
    everything, core = list(exported(path)), list(exported(path, NOT_CORE))
    tiers = [json.loads(line)["task"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(core) == sum(tier != "oversight_expert" for tier in tiers) > 0
    called = {call["function"]["name"] for messages, _ in everything for one in messages for call in calls_of(one)}
    assert called & set(NOT_CORE), "else nothing is left out here"
    for messages, tools in core:
        names = [call["function"]["name"] for one in messages for call in calls_of(one)]
        answers = [one["name"] for one in messages if one["role"] == "tool"]
        assert sorted(names) == sorted(answers)
        assert set(NOT_CORE).isdisjoint(names)
        assert {tool["function"]["name"] for tool in tools} == {tool["function"]["name"] for tool in tool_schemas()} - {
            *NOT_CORE
        }


def calls_of(message: Mapping[str, Any]) -> list[Any]:
    return message.get("tool_calls") or []


def test_the_report_is_answered_as_the_environment_does() -> None:
    (told,) = {conversation(record)[-1]["content"].splitlines()[0] for record in records()}
    assert told == FILED


def test_an_audit_that_ends_as_it_should_stays_as_it_is(shown: list[list[dict[str, Any]]]) -> None:
    for messages in shown:
        assert ended(messages) == messages
        assert ended(messages[:4]) == messages[:4], "nothing is filed, so nothing is done"
    assert ended(shown[0][:-1]) == shown[0]


def test_what_is_too_long_is_left_out(tokenizer: Any, shown: list[list[dict[str, Any]]]) -> None:
    lengths = [len(row["input_ids"]) for row in tokenized(tokenizer, ((messages, None) for messages in shown))]
    rows = tokenized(tokenizer, ((messages, None) for messages in shown), longest=sorted(lengths)[1])
    assert [len(row["input_ids"]) for row in rows] == [length for length in lengths if length <= sorted(lengths)[1]]
    with pytest.raises(
        ValueError, match="No conversation is within 9 tokens, and inf after its prompt: raise the limit"
    ):
        tokenized(tokenizer, ((messages, None) for messages in shown), longest=9)


def test_what_comes_after_the_prompt_may_be_too_long_by_itself(
    tokenizer: Any, shown: list[list[dict[str, Any]]]
) -> None:
    prompts = [
        len(tokenizer.apply_chat_template(messages[:2], add_generation_prompt=True)["input_ids"]) for messages in shown
    ]
    rows = tokenized(tokenizer, ((messages, None) for messages in shown))
    after = [len(row["input_ids"]) - prompt for row, prompt in zip(rows, prompts, strict=True)]
    limit = sorted(after)[1]
    kept = tokenized(tokenizer, ((messages, None) for messages in shown), after=limit)
    expected = [row["input_ids"] for row, tokens in zip(rows, after, strict=True) if tokens <= limit]
    assert [row["input_ids"] for row in kept] == expected
    assert len(expected) < len(shown)


def test_padding_that_is_not_masked_changes_nothing(tokenizer: Any, shown: list[list[dict[str, Any]]]) -> None:
    rows = tokenized(tokenizer, ((messages[:5], None) for messages in shown[:2]))
    longest = max(len(row["input_ids"]) for row in rows)
    padded = [row["input_ids"] + [tokenizer.pad_token_id] * (longest - len(row["input_ids"])) for row in rows]
    mask = [[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]
    assert sum(map(sum, mask)) < 2 * longest
    batch = {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask)}
    model = build_model(len(tokenizer), context=4096, seed=0).eval()
    with torch.no_grad():
        masked, seen = model(**batch).logits, model(**_seen_through(batch)).logits
    real = batch["attention_mask"].bool()
    assert torch.allclose(masked[real], seen[real], atol=1e-4)


def test_fine_tuning_saves_a_model_that_has_learnt(
    tokenizer: Any, shown: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    # The openings are left out: what is learnt is in the turns after them.
    examples = tokenized(tokenizer, ((messages[2:6], None) for messages in shown))
    model = build_model(len(tokenizer), context=4096, seed=0)
    how = WarmStart(epochs=10, learning_rate=5e-3, batch=4)
    trainer = fine_tune(model, tokenizer, examples, how, tmp_path, use_cpu=True, bf16=False)
    assert trainer.state.global_step == 10
    ids = torch.tensor([examples[0]["input_ids"]])
    labels = torch.where(torch.tensor([examples[0]["assistant_masks"]]).bool(), ids, -100)
    saved = AutoModelForCausalLM.from_pretrained(tmp_path)
    untrained = build_model(len(tokenizer), context=4096, seed=0)
    with torch.no_grad():
        assert saved(ids, labels=labels).loss < untrained(ids, labels=labels).loss - 0.5
