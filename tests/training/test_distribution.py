import pytest

from kerasae.training import distribution
from kerasae.utils.errors import RequestError


def test_auto_precision_is_bfloat16_only_where_the_cpu_multiplies_it_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for flags, expected in (
        (frozenset({"avx2", "amx_bf16"}), "mixed_bfloat16"),
        (frozenset({"avx512f", "avx512_bf16"}), "mixed_bfloat16"),
        (frozenset({"avx2", "avx512f"}), "float32"),
    ):
        monkeypatch.setattr(distribution, "cpu_flags", lambda flags=flags: flags)
        assert distribution.precision("auto") == expected
    assert distribution.precision("mixed_float16") == "mixed_float16"


def test_xla_is_left_off_on_a_cpu() -> None:
    assert distribution.jit_compile("auto") is False
    assert distribution.jit_compile(True) is True


def test_devices_that_do_not_exist_are_refused() -> None:
    with pytest.raises(
        RequestError, match=r"distribution\.devices: expected different ones of CPU:0.* Received: \['GPU:7'\]"
    ):
        distribution.strategy(("GPU:7",))
    with pytest.raises(RequestError, match="expected different ones"):
        distribution.strategy(("CPU:0", "CPU:0"))
