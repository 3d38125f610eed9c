"""The range of stored values that is mapped to 0 to 255, black to white."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from kerasae.runs.data_facts import ValueFacts
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

Range = tuple[float, float]
FULL_8: Range = (0.0, 255.0)
FULL_16: Range = (0.0, 65535.0)
# Images that all stay below this share of their range have lost their upper two bits, or hold numbers of another range,
# such as 12 bits in files of 16 bits, or classes 0 and 1.
DIM = 0.25
UNKNOWN = "whose range cannot be known"


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of the stored numbers of one image, before they are converted to 8 bits.

    Attributes:
        kind: "8 bits"; "wide" for one channel of more than 8 bits or of floating point; "wide colour" for colours of 16
            bits, of which only the upper 8 can be read; "colours" for palettes and black and white, which are no
            measurements.
        lowest, highest: of the stored numbers.
        container: the range of the stored type, None where it tells nothing.
        tagged: the range in the file's tags, if any.
    """

    kind: Literal["8 bits", "wide", "wide colour", "colours"] = "8 bits"
    lowest: float = 0.0
    highest: float = 255.0
    container: Range | None = FULL_8
    tagged: Range | None = None

    @property
    def is_wide(self) -> bool:
        """Whether the stored numbers do not fit into 8 bits."""
        return self.kind.startswith("wide")

    @property
    def is_known(self) -> bool:
        """Whether the file gives a range that holds all of its numbers."""
        return self.within(declared([self]))

    def within(self, limits: Range | None) -> bool:
        """Return whether all numbers lie in a range."""
        return limits is not None and limits[0] <= self.lowest and self.highest <= limits[1]

    def unusable(self, limits: Range | None) -> str:
        """Return why the image cannot be mapped from `limits` (None if that is not set) to 8 bits; empty if it can."""
        numbers = f"values {self.lowest:g} to {self.highest:g}"
        if limits is not None and self._contradicts(limits):
            return f"{numbers}, but data.range = {_listed(limits)}; convert it to the kind of numbers of the others"
        if not self.is_wide:
            return ""
        if self.kind == "wide colour" and limits not in (None, FULL_16):
            return (
                "colours of 16 bits, of which only the upper 8 are read, so that data.range cannot be applied; "
                "convert it to 8 bits"
            )
        if limits is None:
            if not self.is_known:
                return f"{numbers}, {UNKNOWN}; set data.range = [low, high]"
            if is_dim(self.highest, declared([self])):
                return f"{numbers} in more than 8 bits, {UNKNOWN}; set data.range = {_listed(likely(self.highest))}"
        return ""

    def _contradicts(self, limits: Range) -> bool:
        """Return whether the numbers are around 1, as in floats, and the range is one of integers, or vice versa."""
        if self.kind not in ("8 bits", "wide"):
            return False
        if self.container is not None:
            return _is_around_1(limits) and self.highest > 1
        return _is_around_1((self.lowest, self.highest)) and limits[1] >= FULL_8[1]


def declared(images: Sequence[Values]) -> Range | None:
    """Return the common range of images, by their tags if these hold all numbers, or else by container."""
    tagged = {image.tagged for image in images}
    if len(tagged) == 1 and (common := tagged.pop()) is not None and all(image.within(common) for image in images):
        return common
    ranges = {image.container for image in images}
    return ranges.pop() if len(ranges) == 1 else None


def is_dim(highest: float, limits: Range | None) -> bool:
    """Return whether numbers up to `highest` leave the upper three quarters of a range empty."""
    return limits is not None and limits[0] < highest < limits[0] + DIM * (limits[1] + 1 - limits[0])


def _is_around_1(limits: Range) -> bool:
    return limits[0] >= -1 and limits[0] < limits[1] <= 1


def likely(highest: float) -> Range:
    """Return the probable range of integers up to `highest`."""
    return 0.0, float(2 ** int(highest).bit_length() - 1) if highest > 127 else highest


def scale(values: np.ndarray, limits: Range) -> np.ndarray:
    """Map numbers from `limits` to 0 to 255; numbers outside are clipped.

    Integers are put into 256 equal bins, which for 16 bits gives their upper byte, as PNG decoders do. Integers of
    fewer than 256 steps, and floating-point numbers, are scaled linearly and rounded.

    Returns:
        uint8, of the shape of `values`.
    """
    low, high = limits
    if values.dtype == np.uint16 and limits == FULL_16:
        return (values >> 8).astype(np.uint8)
    is_integer = values.dtype.kind in "biu" and float(low).is_integer() and float(high).is_integer()
    if is_integer and high - low >= 255:
        steps = np.clip(values.astype(np.int64), int(low), int(high)) - int(low)
        return (steps * 256 // (int(high - low) + 1)).astype(np.uint8)
    share = (np.clip(values.astype(np.float64), low, high) - low) / (high - low)
    return np.rint(255.0 * share).astype(np.uint8)


def scales_8_bits(limits: Range | None) -> bool:
    """Return whether a range is one of 8-bit numbers, such as [0, 1]; others do not change images of 8 bits."""
    return limits is not None and limits[1] <= FULL_8[1] and limits != FULL_8


def setting(value: Literal["auto"] | Sequence[float]) -> Range | None:
    """Return `data.range` as a pair, None for "auto"."""
    return None if isinstance(value, str) else (float(value[0]), float(value[1]))


def resolve_range(images: Sequence[Values], requested: Range | None) -> tuple[Range | None, ValueFacts]:
    """Find the range that images of more than 8 bits are mapped from.

    Args:
        images: what is known of each image; those of unknown range are left to `Values.unusable`.
        requested: `data.range`, None for "auto".

    Returns:
        The range, None if every image is of 8 bits and no range is requested; and the facts for data.json.

    Raises:
        RequestError: the files contradict each other or their numbers; the message says how to set `data.range`.
    """
    wide = [image for image in images if image.is_wide]
    narrow = [image for image in images if image.kind == "8 bits"]
    if requested is None:
        known = [image for image in wide if image.is_known]
        limits = declared(known)
        if known and limits is None:
            ranges = sorted({common for image in known if (common := declared([image])) is not None})
            raise RequestError(
                "data.range",
                expected="one range for all images of more than 8 bits",
                received=f"{len(ranges)}, {', '.join(map(_listed, ranges))}",
                fix="set data.range to the one that is meant",
            )
        # Unusable images are left out; the others need not mean the same numbers.
        guessed = [image for image in wide if not image.is_known and not image.unusable(limits)] if known else []
        if guessed:
            raise RequestError(
                "data.range",
                expected="one range for all images of more than 8 bits",
                received=(
                    f"{_listed(limits)} of {len(known):,} images, and values {guessed[0].lowest:g} to "
                    f"{guessed[0].highest:g} of another one, {UNKNOWN}"
                ),
                fix="set data.range to the one that is meant",
            )
        _check_bright(known, limits)
        if not known:
            return None, _facts(narrow, limits)
        by_tags = limits != known[0].container
        rule = f"range {_listed(limits)} of {'their tags' if by_tags else 'how they are stored'}"
        return limits, _facts(known, limits, rule)
    scaled = narrow if scales_8_bits(requested) else []
    changed = (
        f"{len(wide) + len(scaled):,} of {len(images):,} images" if wide or scaled else "no image, all are of 8 bits"
    )
    rule = f"range {_listed(requested)} set by data.range, for {changed}"
    facts = _facts(wide + scaled or narrow, requested, rule)
    if (wide or scaled) and (facts.highest <= requested[0] or facts.lowest >= requested[1]):
        raise RequestError(
            "data.range",
            expected=f"a range that holds some of the values, {facts.lowest:g} to {facts.highest:g}",
            received=f"{_listed(requested)}, which makes every image black or white",
        )
    return requested, facts


def check_8_bits(facts: ValueFacts) -> None:
    """Refuse images of 8 bits that are all nearly black, such as arrays of 0 and 1.

    Raises:
        RequestError: the message says how to set `data.range`.
    """
    if facts.range is None and is_dim(facts.highest, FULL_8):
        raise RequestError(
            "data.range",
            expected="8-bit values that use their range, 0 to 255",
            received=f"{facts.lowest:g} to {facts.highest:g} over all images",
            fix=f"set data.range = {_listed((0.0, facts.highest))} to scale them, or [0, 255] to keep them as dark",
        )


def _check_bright(wide: Sequence[Values], limits: Range | None) -> None:
    highest = max((image.highest for image in wide), default=0.0)
    if limits is None or not is_dim(highest, limits):
        return
    colour = any(image.kind == "wide colour" for image in wide)
    way = (
        "convert them to 8 bits, since of colours only the upper 8 are read"
        if colour
        else f"set data.range = {_listed(likely(highest))}"
    )
    raise RequestError(
        "data.range",
        expected=f"images of more than 8 bits to use their range, {_listed(limits)}",
        received=f"values up to {highest:g} in {len(wide):,} images",
        fix=f"{way}, or set {_listed(limits)} to keep them as dark",
    )


def _facts(images: Sequence[Values], limits: Range | None, rule: str = "") -> ValueFacts:
    return ValueFacts(
        lowest=min((image.lowest for image in images), default=0.0),
        highest=max((image.highest for image in images), default=0.0),
        range=limits,
        rule=rule,
    )


def _listed(limits: Range | None) -> str:
    return "" if limits is None else f"[{limits[0]:.10g}, {limits[1]:.10g}]"
