"""The facts that an export keeps beside its SavedModel: how its inputs are made, and what its classes are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.images import ImageShape
    from kerasae.data.resizing import Resize

# In the folder that TensorFlow Serving leaves to others.
EXPORT_FACTS = Path("assets.extra") / "kerasae.json"


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What assets.extra/kerasae.json holds.

    Attributes:
        image_shape: (H, W, C) of the inputs, or of a generator's outputs.
        class_names: in the order of the softmax head, or of a generator's labels; empty without.
        resize: how images are brought to `image_shape`; None for a generator.
        value_range: the run's `data.range`.
        generates: whether the model generates images.
    """

    image_shape: ImageShape
    class_names: tuple[str, ...]
    resize: Resize | None = None
    value_range: Literal["auto"] | Sequence[float] = "auto"
    generates: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the content of the file."""
        shared = {"image_shape": self.image_shape, "class_names": self.class_names}
        if self.generates:
            return {"generates": True, **shared}
        return {**shared, "resize": self.resize, "range": self.value_range}

    def write(self, saved_model: Path) -> None:
        """Write the file into the folder of a SavedModel."""
        write_json(saved_model / EXPORT_FACTS, self.to_json())

    @classmethod
    def read(cls, saved_model: Path, fix: str) -> ExportFacts:
        """Read the file of an export.

        Args:
            saved_model: the folder of the SavedModel.
            fix: ends the error for a damaged file.

        Raises:
            RequestError: the file is missing, changed or damaged.
        """
        path = saved_model / EXPORT_FACTS
        if not path.is_file():
            raise RequestError(
                "predict",
                expected="a SavedModel that kerasae exported",
                received=f"{saved_model}, without {EXPORT_FACTS}",
            )
        generates = bool(read_json(path, {}, fix).get("generates"))
        keys = {"image_shape": list, "class_names": list} | ({} if generates else {"resize": str})
        content = read_json(path, keys, fix)
        return cls(
            tuple(content["image_shape"]),
            tuple(content["class_names"]),
            content.get("resize"),
            content.get("range", "auto"),
            generates,
        )
