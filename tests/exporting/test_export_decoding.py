"""The decoder inside an export gives the very pixels that training saw, or refuses."""

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import png_files
import pytest
import tensorflow as tf
from PIL import Image
from png_files import COLOUR, GREY, Kind, chunk, kinds, random_file

from kerasae.data import decoding
from kerasae.data.resizing import resize
from kerasae.exporting.decoding import decode

in_a_graph = tf.function(decode, input_signature=[tf.TensorSpec((), tf.string)])
RANDOM = np.random.default_rng(0)
# Blocks of colour under noise: a JPEG of noise alone would have no smooth parts, one of blocks no fine ones.
PIXELS = np.kron(RANDOM.integers(0, 230, (10, 8, 3)), np.ones((6, 6, 1))) + RANDOM.integers(0, 25, (60, 48, 3))
# 16-bit colours of which one is transparent: Pillow has dropped the lower bits before it compares.
REFUSED = {Kind(COLOUR, 16, True, interlaced) for interlaced in (False, True)}


def assert_same(content: bytes) -> None:
    """Compare what is served with what training reads, for grey and for colour models."""
    trained = decoding.decode(io.BytesIO(content))
    served = in_a_graph(content)
    for channels in (1, 3):
        shape = (*trained.shape[:2], channels)
        np.testing.assert_array_equal(resize(served, shape, "fill"), resize(trained, shape, "fill"))


@pytest.mark.parametrize("kind", sorted(set(kinds()) - REFUSED), ids=str)
def test_every_kind_of_png_is_decoded_as_in_training(kind: Kind) -> None:
    assert_same(random_file(kind))
    assert_same(random_file(kind, 1, 1))


def test_alpha_is_decoded_only_where_a_file_has_it() -> None:
    alpha = {kind: in_a_graph(random_file(kind)).shape[-1] in (2, 4) for kind in set(kinds()) - REFUSED}
    assert {kind for kind, has in alpha.items() if has} == {
        kind for kind in alpha if kind.colour in (4, 6) or (kind.colour == png_files.PALETTE and kind.transparent)
    }


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_one_grey_is_transparent_and_its_neighbours_are_not(depth: int) -> None:
    levels = 2**depth
    values = np.array([[[0], [1], [levels - 1]]])
    content = png_files.file(values, Kind(GREY, depth, True, False), transparency=struct.pack(">H", 0))
    white = 255 * 1 // (levels - 1) if depth < 16 else 0
    np.testing.assert_array_equal(decoding.decode(io.BytesIO(content)).ravel(), [255, white, 255])
    assert_same(content)


@pytest.mark.parametrize("kind", sorted(REFUSED), ids=str)
def test_a_transparent_16_bit_colour_is_refused_on_both_sides(kind: Kind) -> None:
    with pytest.raises(ValueError, match="a transparent colour among 16-bit ones"):
        decoding.decode(io.BytesIO(random_file(kind)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="without a transparent colour among its 16-bit colours"):
        in_a_graph(random_file(kind))


def test_names_of_chunks_inside_other_chunks_are_no_chunks() -> None:
    text = chunk(b"tEXt", b"note\0 tRNS IDAT " + chunk(b"tRNS", b"\0\0"))
    for kind in (Kind(GREY, 4, False, False), Kind(GREY, 4, True, False), Kind(png_files.PALETTE, 2, True, False)):
        assert_same(random_file(kind, before=text * 3))


JPEGS = [
    {"mode": mode, "progressive": progressive, "restart_marker_blocks": restart, **sampling}
    for mode, samplings in {
        "L": [{}],
        "RGB": [{"subsampling": name} for name in ("4:4:4", "4:2:2", "4:2:0")] + [{"keep_rgb": True}],
    }.items()
    for sampling in samplings
    for progressive in (False, True)
    for restart in (0, 2)
]


def jpeg(pixels: np.ndarray, mode: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("options", JPEGS, ids=str)
def test_every_kind_of_jpeg_is_decoded_as_in_training(options: dict) -> None:
    for height, width in ((60, 48), (53, 41), (17, 3), (1, 1)):
        assert_same(jpeg(PIXELS[:height, :width], quality=70, **options))
    for quality in (1, 100):
        assert_same(jpeg(PIXELS, quality=quality, optimize=True, **options))


@pytest.mark.parametrize(
    ("written", "factors"), [("4:2:2", 0x12), ("4:2:0", 0x41), ("4:2:0", 0x14)], ids=["4:4:0", "4:1:1", "1x4"]
)
@pytest.mark.parametrize("progressive", [False, True])
def test_rare_samplings_are_decoded_as_in_training(written: str, factors: int, progressive: bool) -> None:
    # As many blocks of each component in a unit, and of 32x32 pixels as many units: another image, and a valid file.
    content = bytearray(jpeg(PIXELS[:32, :32], "RGB", subsampling=written, progressive=progressive))
    start = content.index(bytes([1, {"4:2:2": 0x21, "4:2:0": 0x22}[written], 0, 2, 0x11, 1]))
    content[start + 1] = factors
    assert_same(bytes(content))


@pytest.mark.parametrize("transform", [0, 2], ids=["CMYK", "YCCK"])
def test_jpegs_of_four_components_are_refused(transform: int) -> None:
    content = bytearray(jpeg(PIXELS, "CMYK"))
    content[content.index(b"Adobe") + 11] = transform
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a JPEG of 1 or 3 components.*\[4\]"):
        in_a_graph(bytes(content))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_refused(kind: str) -> None:
    file = io.BytesIO()
    Image.fromarray(PIXELS.astype(np.uint8)).save(file, kind)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the bytes of a JPEG or PNG file"):
        in_a_graph(file.getvalue())


def test_what_is_cut_short_is_refused() -> None:
    for content in (random_file(Kind(GREY, 8, True, False)), jpeg(PIXELS, "RGB")):
        for size in (0, 2, 8, 20, 33, 40, len(content) // 2):
            with pytest.raises(tf.errors.InvalidArgumentError):
                in_a_graph(content[:size])


@pytest.mark.parametrize(("colour", "size"), [(GREY, 1), (COLOUR, 2), (COLOUR, 4)])
def test_a_transparent_colour_that_is_cut_short_is_refused_on_both_sides(colour: int, size: int) -> None:
    values = np.zeros((2, 2, png_files.TYPES[colour][0]), int)
    content = png_files.file(values, Kind(colour, 8, True, False), transparency=bytes(size))
    with pytest.raises(ValueError, match="Truncated tRNS chunk"):
        decoding.decode(io.BytesIO(content))
    with pytest.raises(tf.errors.InvalidArgumentError, match="16 bits for each channel"):
        in_a_graph(content)


def bomb(side: int) -> bytes:
    kind = Kind(GREY, 8, False, False)
    header = struct.pack(">IIBBBBB", side, side, kind.depth, kind.colour, 0, 0, 0)
    return png_files.SIGNATURE + chunk(b"IHDR", header) + png_files.file(np.zeros((1, 1, 1), int), kind)[33:]


@pytest.mark.parametrize("side", [0, 9487, 2**31 - 1])
def test_a_png_of_too_many_pixels_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 to 90,000,000 pixels"):
        in_a_graph(bomb(side))


def test_a_jpeg_of_too_many_pixels_is_refused_by_its_header() -> None:
    content = bytearray(jpeg(PIXELS, "RGB"))
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"1 to 90,000,000 pixels.*\[60000\]"):
        in_a_graph(bytes(content))


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    # 12000x12000 grey pixels in 140 KB, which would take 144 MB as they are.
    (tmp_path / "bomb.png").write_bytes(
        png_files.file(np.zeros((12_000, 12_000, 1), np.uint8), Kind(GREY, 8, False, False))
    )
    program = f"""
import resource, tensorflow as tf
from kerasae.exporting.decoding import decode
graph = tf.function(decode, input_signature=[tf.TensorSpec((), tf.string)])
graph({random_file(Kind(GREY, 8, False, False))!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    graph(open({str(tmp_path / "bomb.png")!r}, "rb").read())
except tf.errors.InvalidArgumentError as error:
    assert "90,000,000" in str(error)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert int(done.stdout) < 100_000  # KiB
