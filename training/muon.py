"""Muon for the matrices of the hidden layers, AdamW for all else, as one optimizer that a Trainer takes.

    SFTTrainer(model, ..., optimizers=(MuonWithAdamW(model, 4e-3, 2e-3), None))

Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/) steps along the orthogonal factor of a matrix's
momentum. Its authors leave embeddings, the output layer, gains and biases to AdamW. Both optimizers are torch's, whose
Muon takes matrices only.
"""

from collections.abc import Callable
from typing import Any

import torch


class MuonWithAdamW(torch.optim.Optimizer):  # type: ignore[misc]  # of a library without types
    """Two optimizers under one schedule. It has no state to be saved: a run that it is used for is not resumed."""

    def __init__(self, model: Any, matrices: float, rest: float) -> None:
        """Divide the weights of a model.

        Args:
            model: A transformer whose embeddings have "embed" in their names, and its output layer "lm_head".
            matrices: Learning rate of the hidden layers' matrices; scaled to the size that updates of AdamW have
                (Liu et al., 2025, "Muon is scalable for LLM training", arXiv 2502.16982, equation 4).
            rest: Learning rate of all else.
        """
        trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
        hidden = [weight for name, weight in trained if _is_hidden_matrix(name, weight)]
        others = [weight for name, weight in trained if not _is_hidden_matrix(name, weight)]
        self._parts = (
            torch.optim.Muon(hidden, lr=matrices, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=rest, weight_decay=0.0),
        )
        super().__init__([{"params": hidden, "lr": matrices}, {"params": others, "lr": rest}], {})

    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Take a step of both."""
        if closure is not None:
            raise ValueError("MuonWithAdamW takes no closure: work out the gradients before the step.")
        for part, group in zip(self._parts, self.param_groups, strict=True):
            # A schedule sets the rates of this optimizer, and accelerate makes its groups anew.
            part.param_groups[0]["lr"] = group["lr"]
            part.step()


def _is_hidden_matrix(name: str, weight: torch.Tensor) -> bool:
    return weight.ndim == 2 and "embed" not in name and "lm_head" not in name
