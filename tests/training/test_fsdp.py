"""The configuration that splits weights over cards is one that accelerate takes, and one that the program lets pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.training import train_grpo
from synth_audit_env.training.plan import CARDS, check, is_sharded
from synth_audit_env.training.settings import PRESETS

CONFIG = Path(train_grpo.__file__).with_name("fsdp.yaml")
pytest.importorskip("torch")
launch = pytest.importorskip("accelerate.commands.launch")


def test_accelerate_reads_all_of_it() -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(CONFIG))
    assert (config.distributed_type.value, config.mixed_precision) == ("FSDP", PRESETS["multi-gpu"].precision)
    known = {action.dest for action in launch.launch_command_parser()._actions}
    assert config.fsdp_config.keys() <= known


def test_what_it_launches_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import FullyShardedDataParallelPlugin
    from accelerate.utils.launch import prepare_multi_gpu_env

    asked = ["--config_file", str(CONFIG), "--num_processes", "4", train_grpo.__file__, "--preset", "multi-gpu"]
    arguments, *_ = launch._validate_launch_command(launch.launch_command_parser().parse_args(asked))
    launched = prepare_multi_gpu_env(arguments)
    assert arguments.num_processes == 4
    assert is_sharded(launched)
    check(PRESETS["multi-gpu"], CARDS["a100"], 4, sharded=True)
    for name, value in launched.items():
        monkeypatch.setenv(name, str(value))
    plugin = FullyShardedDataParallelPlugin()
    assert (plugin.fsdp_version, plugin.reshard_after_forward) == (2, True)
    assert plugin.state_dict_type.name == "FULL_STATE_DICT"
