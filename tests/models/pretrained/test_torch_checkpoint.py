import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from torch_file import Storage, Tensor, contiguous, write

from kerasae.models.pretrained.torch_checkpoint import read_torch_checkpoint
from kerasae.utils.errors import RequestError


class Evil:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("owned",)


def test_tensors_come_back_by_name_type_and_shape(tmp_path: Path) -> None:
    kernel, count = np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.array(7)
    write(
        tmp_path / "a.pth", {"kernel": contiguous("1", kernel), "count": Tensor(Storage("0", count[None]), 0, (), ())}
    )
    tensors = read_torch_checkpoint(tmp_path / "a.pth")
    assert list(tensors) == ["kernel", "count"]
    np.testing.assert_array_equal(tensors["kernel"], kernel)
    assert (tensors["kernel"].dtype, tensors["count"].shape, int(tensors["count"])) == (np.float32, (), 7)


def test_strides_and_offsets_are_obeyed_and_storages_may_be_shared(tmp_path: Path) -> None:
    storage = Storage("0", np.arange(10, dtype=np.float32))
    write(tmp_path / "a.pth", {"turned": Tensor(storage, 1, (3, 2), (1, 3)), "row": Tensor(storage, 8, (2,), (1,))})
    tensors = read_torch_checkpoint(tmp_path / "a.pth")
    np.testing.assert_array_equal(tensors["turned"], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(tensors["row"], [8, 9])


@pytest.mark.parametrize(
    "arguments",
    [(0, (11,), (1,)), (9, (2,), (1,)), (0, (2,), (10,)), (-1, (2,), (1,)), (5, (2,), (-1,)), (0, (99,), (0,))],
)
def test_a_tensor_beyond_its_storage_is_refused(arguments: tuple, tmp_path: Path) -> None:
    write(tmp_path / "a.pth", {"x": Tensor(Storage("0", np.arange(10, dtype=np.float32)), *arguments)})
    with pytest.raises(
        RequestError, match=r"a\.pth, which is damaged or of another form \(a tensor beyond its storage"
    ):
        read_torch_checkpoint(tmp_path / "a.pth")


def test_what_is_no_tensor_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("a.pth"), {"x": contiguous("0", np.ones(3, np.float32)), "y": Evil()})
    with pytest.raises(RequestError, match=r"tensors alone\. Received: a\.pth, which holds posix\.mkdir; give another"):
        read_torch_checkpoint(Path("a.pth"))
    assert not Path("owned").exists()
    write(Path("b.pth"), {"x": contiguous("0", np.ones(3, np.float32)), "y": 3})
    with pytest.raises(RequestError, match=r"which holds values that are not tensors"):
        read_torch_checkpoint(Path("b.pth"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps(5), pickle.dumps([1])])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(RequestError, match=r"weights: expected a PyTorch checkpoint .*Received: .*a\.pth"):
        read_torch_checkpoint(tmp_path / "a.pth")


def test_a_file_that_was_cut_short_or_is_missing_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.pth", {"x": contiguous("0", np.ones(30, np.float32))}, cut=4)
    with pytest.raises(RequestError, match="storage 0 has another length"):
        read_torch_checkpoint(tmp_path / "a.pth")
    with pytest.raises(RequestError, match="No such file"):
        read_torch_checkpoint(tmp_path / "b.pth")
