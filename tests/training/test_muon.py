"""Each weight is trained by one of the two optimizers, and both go by the schedule."""

from __future__ import annotations

from typing import Any

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.tiny_model import build_model

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
from synth_audit_env.training.muon import MuonWithAdamW  # noqa: E402  # it needs torch

pytestmark = TRAINS


def stepped(model: Any, optimizer: Any) -> dict[str, Any]:
    """By how much each weight moved."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    ids = torch.arange(3, 43)[None]
    optimizer.zero_grad()
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    return {name: weight.detach() - before[name] for name, weight in model.named_parameters()}


def test_each_weight_steps_as_its_own_optimizer_would_take_it() -> None:
    model = build_model(300, 64, 0)
    moved = stepped(model, MuonWithAdamW(model, 1e-2, 1e-3))
    hidden = [name for name, by in moved.items() if by.ndim == 2 and "embed" not in name]
    assert len(hidden) == 4 * 7
    by_muon, by_adamw = build_model(300, 64, 0), build_model(300, 64, 0)
    matrices = [weight for name, weight in by_muon.named_parameters() if name in hidden]
    muon = torch.optim.Muon(matrices, lr=1e-2, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(by_adamw.parameters(), lr=1e-3, weight_decay=0.0)
    expected = stepped(by_adamw, adamw) | {name: by for name, by in stepped(by_muon, muon).items() if name in hidden}
    for name, by in moved.items():
        assert torch.equal(by, expected[name]), name
        # A bias that is added to all keys alike changes no attention.
        assert by.any() or "k_proj.bias" in name, name
