from __future__ import annotations

import base64
import io
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kerasae.data import decoding
from kerasae.data.decoding import decode, read_stored
from kerasae.data.resizing import compiled_resize, resize

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (6, 4, 3), np.uint8)
GREY = COLOUR[..., 0]
# 32x16, the left half red, the right half blue, with the orientation "turn by 90 degrees to the right".
HEIC = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005UZDn*}000000000XXk=`10000000000aA{+700000000000000000000G-+&a"
    "V*mgE07O6l0ssL300001>i_`&00000006lF0ssI200N`{0RR9100000Bme*aIB98aW&i*H00062000$fZf0cy000000RRAKc4ILB"
    "0000LX>Mj^0ssI300IC2MR;ju000004sdC7Z2$lO00031009PRaB^?}008A_aAR)(004Dpc4I>U18@KU0FVFx0000U@BsY%`1k+-"
    "4+CHT0RR|40Sp2E{{wIU00RJ!0009300RIXx&lC90096gLID8-Z~y=U0FVFx0{{R603M(qfd!W8uA1iHA)vs3000bt00093gkk^z"
    "00u+>!E?ch0000JV{dG7ZewhC0096E00w{n000zeb8uw<00000002M$002M$001asY+-N!001BW00031000mG00061|Nr0s00092"
    "|Nqbc00062000nhX?SS>000032nYxO000STa&L440000PX>e^}0000000001009Pp0s{qvh5!Hn8fkK6W&i*H000004r63<V*mmG"
    "0RRC2008A}WMOmw006Zp0j~+jXR)?9BUgX_&ubt5C}*Mj#cnHq_uWhH;5Xm@s>J?Nuk`NPMC0AZSamZsop+&e5Jg$s?=~!cva$~4"
    "YzCl(CTaR2gqN5zU#FV6os9eH823Lw!##^DnBz7T@nG#&=dNktY;dr$bC)?BA)<XX3qVKu0L?h)P|pl*WB`lcW6+{c)lW148*LxV"
    "dwf(8O&Xjno@Ha4xya!S6X~U{pBwRiA|_NNA~i9{)`X3C00006MR;ju002!*04e|g00;m90TKWM0000100sa600000"
)


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def test_colour_and_grey_keep_their_pixels() -> None:
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(COLOUR))), COLOUR)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(GREY))), GREY[..., np.newaxis])


def test_heic_is_read_upright() -> None:
    sample_image = decode(io.BytesIO(HEIC))
    assert sample_image.shape == (32, 16, 3)
    np.testing.assert_allclose(sample_image[:16], np.broadcast_to([200, 40, 40], (16, 16, 3)), atol=8)
    np.testing.assert_allclose(sample_image[16:], np.broadcast_to([40, 40, 200], (16, 16, 3)), atol=8)


def test_a_palette_becomes_its_colours() -> None:
    palette = Image.fromarray(COLOUR).quantize(5)
    np.testing.assert_array_equal(decode(encoded(palette)), np.asarray(palette.convert("RGB")))


def test_transparency_is_laid_over_white() -> None:
    alpha = np.array([[0, 255], [128, 51]], np.uint8)
    image = np.dstack([np.full((2, 2, 3), 100, np.uint8), alpha])
    expected = np.rint(100 * (alpha / 255) + 255 * (1 - alpha / 255))
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(image))), np.dstack([expected] * 3))


def test_transparent_grey_stays_grey() -> None:
    image = np.dstack([np.full((2, 3), 7, np.uint8), np.array([[0, 255, 0], [255, 0, 255]], np.uint8)])
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(image)))[..., 0], [[255, 7, 255], [7, 255, 7]])


def test_a_transparent_palette_colour_becomes_white() -> None:
    palette = Image.fromarray(np.array([[0, 1]], np.uint8))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    np.testing.assert_array_equal(decode(encoded(palette, transparency=0)), [[[255, 255, 255], [40, 50, 60]]])


@pytest.mark.parametrize(
    ("format", "dtype"), [("PNG", np.uint16), ("TIFF", np.uint16), ("TIFF", ">u2"), ("PPM", np.uint16)]
)
def test_16_bits_keep_their_upper_8(format: str, dtype: str) -> None:
    values = np.array([[0, 255, 256, 65535]], np.uint16)
    file = encoded(Image.fromarray(values.astype(dtype)), format)
    np.testing.assert_array_equal(decode(file), [[[0], [0], [1], [255]]])


def test_1_bit_becomes_black_and_white() -> None:
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(np.array([[True, False]])))), [[[255], [0]]])


def test_cmyk_becomes_colour() -> None:
    image = Image.fromarray(np.full((4, 4, 3), 200, np.uint8)).convert("CMYK")
    found = decode(encoded(image, "JPEG"))
    assert found.shape == (4, 4, 3)
    np.testing.assert_allclose(found, 200, atol=3)  # JPEG is lossy


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright(orientation: int) -> None:
    # What a viewer must do for each EXIF orientation (CIPA DC-008, tag 274), by NumPy.
    upright = {
        1: GREY, 2: GREY[:, ::-1], 3: GREY[::-1, ::-1], 4: GREY[::-1], 5: GREY.T, 6: np.rot90(GREY, -1),
        7: np.rot90(GREY, 2).T, 8: np.rot90(GREY),
    }  # fmt: skip
    exif = Image.Exif()
    exif[274] = orientation
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(GREY), exif=exif))[..., 0], upright[orientation])


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.fromarray(np.full((3, 3), value, np.uint8)) for value in (10, 200)]
    assert (decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])) == 10).all()


def test_the_mode_is_as_stored() -> None:
    assert read_stored(encoded(Image.fromarray(COLOUR).convert("CMYK"), "JPEG")).mode == "CMYK"


@pytest.mark.parametrize(
    "values", [np.ones((2, 2), np.float32), np.full((2, 2), 70000, np.int32), np.full((2, 2), 255, np.int32)]
)
def test_pixels_of_unknown_range_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="range cannot be known"):
        decode(encoded(Image.fromarray(values), "TIFF"))


def test_huge_images_are_refused_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 20)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    file = encoded(Image.fromarray(COLOUR))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="4x6 pixels, more than the maximum of 20"):
            decode(file)


def test_programs_of_other_formats_are_never_started(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\nshowpage\n%%EOF\n")
    with pytest.raises(Image.UnidentifiedImageError, match="cannot identify"):
        decode(tmp_path / "x.jpg")


@pytest.mark.parametrize("mode", ["fit", "fill", "stretch"])
@settings(deadline=None, max_examples=50)
@given(height=st.integers(1, 40), width=st.integers(1, 40), given=st.integers(1, 4), wanted=st.sampled_from([1, 3]))
def test_any_size_becomes_the_wanted_one_and_graph_equals_eager(
    mode: decoding.Resize, height: int, width: int, given: int, wanted: int
) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, given), np.uint8)
    eager = resize(image, (8, 12, wanted), mode).numpy()
    assert eager.shape == (8, 12, wanted)
    assert eager.dtype == np.uint8
    np.testing.assert_array_equal(compiled_resize((8, 12, wanted), mode)(image), eager)
    np.testing.assert_array_equal(resize(image[np.newaxis], (8, 12, wanted), mode)[0], eager)


def test_the_right_size_changes_nothing() -> None:
    for mode in ("fit", "fill", "stretch"):
        np.testing.assert_array_equal(resize(COLOUR, COLOUR.shape, mode), COLOUR)
        np.testing.assert_array_equal(compiled_resize(COLOUR.shape, mode)(COLOUR), COLOUR)


def test_fit_keeps_everything_between_black_bars() -> None:
    fitted = resize(np.full((10, 20, 1), 200, np.uint8), (8, 8, 1), "fit").numpy()[..., 0]
    np.testing.assert_array_equal(fitted[2:6], 200)
    np.testing.assert_array_equal(fitted[[0, 1, 6, 7]], 0)


def test_fill_keeps_the_centre() -> None:
    image = np.zeros((4, 12, 1), np.uint8)
    image[:, 4:8] = 90
    np.testing.assert_array_equal(resize(image, (2, 2, 1), "fill"), np.full((2, 2, 1), 90))


def test_a_sliver_is_filled_without_growing() -> None:
    assert resize(np.zeros((1, 100_000, 1), np.uint8), (64, 64, 1), "fill").shape == (64, 64, 1)


def test_small_images_are_antialiased() -> None:
    stripes = np.tile(np.array([[0], [255]], np.uint8), (12, 24))[..., np.newaxis]
    # At a third of the height plain interpolation takes every third row as it is, 0 or 255.
    assert abs(resize(stripes, (8, 8, 1), "stretch").numpy()[1:-1].astype(int) - 127).max() < 40


def test_grey_is_that_of_pillow_to_the_bit() -> None:
    image = RANDOM.integers(0, 256, (50, 60, 3), np.uint8)
    np.testing.assert_array_equal(
        resize(image, (50, 60, 1), "fill")[..., 0], np.asarray(Image.fromarray(image).convert("L"))
    )


def test_alpha_is_laid_over_white_as_when_decoded() -> None:
    file = encoded(Image.fromarray(RANDOM.integers(0, 256, (30, 30, 4), np.uint8)))
    served = resize(tf.io.decode_png(file.getvalue(), channels=0), (30, 30, 3), "fill")
    np.testing.assert_array_equal(served, decode(file))


@pytest.mark.parametrize(("given", "channels"), [(2, 1), (2, 3), (4, 3)])
def test_alpha_is_laid_over_white_exactly_in_16_bits(given: int, channels: int) -> None:
    value, alpha = np.meshgrid(np.arange(256), np.arange(256))
    image = np.stack([value] * (given - 1) + [alpha], axis=-1).astype(np.uint8)
    expected = (value * alpha + 255 * (255 - alpha) + 127) // 255
    laid = resize(image, (256, 256, channels), "fill").numpy()
    np.testing.assert_array_equal(laid, np.stack([expected] * channels, axis=-1))


def turned(image: np.ndarray) -> list[np.ndarray]:
    """All that an orientation can make of an image."""
    return [side for upright in (image, image.swapaxes(0, 1)) for side in (
        upright, upright[:, ::-1], upright[::-1], upright[::-1, ::-1]
    )]  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_tiffs_are_turned_upright_once(orientation: int, compression: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    expected = decode(encoded(Image.fromarray(COLOUR), exif=exif))
    tiff = encoded(Image.fromarray(COLOUR), "TIFF", tiffinfo={274: orientation}, compression=compression)
    np.testing.assert_array_equal(decode(tiff), expected)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
@settings(deadline=None, max_examples=100)
@given(damage=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_exif_leaves_the_pixels(format: str, damage: list[tuple[int, int]]) -> None:
    exif = Image.Exif()
    exif[274], exif[282], exif[296], exif[305], exif[531] = 6, 72, 2, "a program", 1
    exif.get_ifd(0x8769)[36867] = "2020:01:01 00:00:00"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    content = bytearray(encoded(Image.fromarray(COLOUR), format, exif=exif).getvalue())
    start = content.find(b"MM\0*") if content.find(b"MM\0*") >= 0 else content.find(b"II*\0")
    for at, value in damage:
        content[start + at % min(len(block), 100)] = value
    if format == "PNG":
        chunk = content.find(b"eXIf")
        end = chunk + 4 + int.from_bytes(content[chunk - 4 : chunk])
        content[end : end + 4] = zlib.crc32(content[chunk:end]).to_bytes(4)
    plain = decode(encoded(Image.fromarray(COLOUR), format))
    read = decode(io.BytesIO(bytes(content)))
    assert any(np.array_equal(read, side) for side in turned(plain))


def with_chunk(kind: bytes, body: bytes, checksum: int | None = None) -> io.BytesIO:
    content = encoded(Image.fromarray(COLOUR)).getvalue()
    number = zlib.crc32(kind + body) if checksum is None else checksum
    return io.BytesIO(content[:33] + len(body).to_bytes(4) + kind + body + number.to_bytes(4) + content[33:])


@pytest.mark.parametrize(
    "file",
    [
        with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(3_000_000))),
        with_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"x" * 2_000_000)),
        with_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"x" * 2_000_000)),
        with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
        with_chunk(b"tEXt", b"Comment\0odd", checksum=0),
        with_chunk(b"eXIf", b"MM\0*\0\0\0\x08", checksum=0),
        with_chunk(b"acTL", b"\0"),
        with_chunk(b"tIME", b""),
    ],
)
def test_chunks_that_no_pixel_depends_on_are_not_read(file: io.BytesIO) -> None:
    np.testing.assert_array_equal(decode(file), COLOUR)


def test_a_png_that_is_cut_off_is_broken() -> None:
    content = encoded(Image.fromarray(RANDOM.integers(0, 256, (64, 64, 3), np.uint8))).getvalue()
    with pytest.raises(OSError, match="truncated"):
        decode(io.BytesIO(content[: len(content) // 2]))


def test_one_transparent_grey_of_16_bits_is_white() -> None:
    file = encoded(Image.fromarray(np.array([[0, 7, 65535]], np.uint16)), transparency=7)
    np.testing.assert_array_equal(decode(file)[..., 0], [[0, 255, 255]])
