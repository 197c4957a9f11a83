"""A chat model of 1.1 million parameters that the project builds itself: for a CPU, tests, and CI, without a hub.

    tokenizer = build_tokenizer(conversations)
    model = build_model(len(tokenizer), context=4096, seed=0)

It is a small Qwen2, so the trainer's code is the same as for a large one. Its tokenizer is a byte-level BPE of its own.
Digits go in pairs, so an age is one token, which is copied and compared as a whole. Other merges cross spaces and
punctuation: the sentences of this environment recur, and phrases of one token make an episode a third as long.

Its chat template is Qwen2.5's without the schemas of the tools, which would be most of the prompt: a model that has met
no other tools learns them from its warm start.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

VOCABULARY = 2304
SPECIAL = {"pad": "<|endoftext|>", "start": "<|im_start|>", "end": "<|im_end|>"}
LONGEST_TOKEN = 48
"""Characters. Longer ones would be whole sentences, seen too seldom to learn."""

CHAT_TEMPLATE = Path(__file__).with_name("tiny.jinja").read_text(encoding="utf-8")


def build_tokenizer(conversations: Iterable[Sequence[Mapping[str, Any]]]) -> Any:
    """Train the tokenizer, on what the model is to read and write, as the chat template writes it.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with the chat template.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast
    from transformers.utils.chat_template_utils import render_jinja_template

    written, _ = render_jinja_template(conversations=list(conversations), chat_template=CHAT_TEMPLATE)
    # The special tokens are no text: merges must not make them a second time.
    special = re.compile("|".join(map(re.escape, SPECIAL.values())))
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"PROP-[0-9]{3} ?|P[0-9]{4}|[0-9]{1,2}|\n"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=LONGEST_TOKEN,
        show_progress=False,
    )
    core.train_from_iterator((piece for text in written for piece in special.split(text)), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=SPECIAL["end"], pad_token=SPECIAL["pad"], padding_side="left"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def build_model(vocabulary: int, context: int, seed: int) -> Any:
    """Make the model, untrained: a `transformers.Qwen2ForCausalLM` in float32, for up to `context` tokens of chat."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        # Qwen's own 0.02 is for wide models: at this width no lookup was learnt in a thousand steps with it.
        initializer_range=0.08,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Qwen2ForCausalLM(config)
