"""Decoding of JPEG and PNG bytes inside a SavedModel, bit-equal to `kerasae.data.decoding`."""

from __future__ import annotations

import tensorflow as tf

from kerasae.data.decoding import MAX_PIXELS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FIRST_CHUNK = 33  # where the chunk after IHDR begins: 8 bytes of signature, then 12 around its 13
_GREY, _COLOUR = 0, 2  # the colour types of PNG in which tRNS names one transparent colour


def decode(content: tf.Tensor) -> tf.Tensor:
    """Decode the bytes of a JPEG or PNG file, after a check of its header.

    Args:
        content: string scalar.

    Returns:
        uint8 (height, width, channels), channels 1 to 4; of 2 and 4 channels the last is alpha.

    Raises:
        InvalidArgumentError: the file is neither JPEG nor PNG, is damaged, has more than `MAX_PIXELS` pixels, is a CMYK
            JPEG, whose colours TensorFlow rounds differently from Pillow, or is a PNG with 16-bit colours of which one
            is transparent, which training refuses too.
    """
    is_jpeg = tf.io.is_jpeg(content)
    is_png = tf.equal(tf.strings.substr(content, 0, len(_SIGNATURE)), _SIGNATURE)
    content = _checked(content, is_jpeg | is_png, "encoded: expected the bytes of a JPEG or PNG file. Received: others")
    image = tf.cond(is_jpeg, lambda: _decode_jpeg(content), lambda: _decode_png(content))
    return tf.ensure_shape(image, [None, None, None])


def _checked(content: tf.Tensor, condition: tf.Tensor, message: str, *values: tf.Tensor) -> tf.Tensor:
    """Return `content`; the graph raises an error if the condition does not hold."""
    with tf.control_dependencies([tf.debugging.Assert(condition, [message, *values])]):
        return tf.identity(content)


def _check_size(content: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    height, width = tf.cast(height, tf.int64), tf.cast(width, tf.int64)
    message = f"encoded: expected an image of 1 to {MAX_PIXELS:,} pixels. Received, height and width:"
    return _checked(content, (height * width > 0) & (height * width <= MAX_PIXELS), message, height, width)


def _decode_jpeg(content: tf.Tensor) -> tf.Tensor:
    shape = tf.image.extract_jpeg_shape(content)
    content = _check_size(content, shape[0], shape[1])
    message = "encoded: expected a JPEG of 1 or 3 components, grey or colour; convert it first. Received, components:"
    content = _checked(content, (shape[2] == 1) | (shape[2] == 3), message, shape[2])
    # The exact inverse transform; TensorFlow's default is faster and differs from Pillow by a few grey levels.
    return tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE")


def _decode_png(content: tf.Tensor) -> tf.Tensor:
    """Decode a PNG file with the channels that it has; a palette image has those of its colours.

    With `channels=4`, TensorFlow's decoder fills alpha with 1, 3 or 15 in files of 1, 2 or 4 bits. By default it
    returns alpha if a file has it for each pixel or palette entry, and ignores a single transparent colour in tRNS.
    """
    message = "encoded: expected a whole PNG file. Received: one that ends within its header, bytes:"
    length = tf.strings.length(content)
    content = _checked(content, length > _FIRST_CHUNK, message, length)
    width, height = _number(content, 16, 4), _number(content, 20, 4)
    content = _check_size(content, height, width)
    depth, colour = _number(content, 24, 1), _number(content, 25, 1)
    transparency = _transparency(content)
    key_size = 2 * (colour + 1)  # two bytes for grey, six for colours
    is_keyed = (tf.strings.length(transparency) > 0) & ((colour == _GREY) | (colour == _COLOUR))
    message = "encoded: expected a tRNS chunk with 16 bits for each channel. Received: a shorter one, bytes:"
    length = tf.strings.length(transparency)
    transparency = _checked(transparency, ~is_keyed | (length >= key_size), message, length)
    message = "encoded: expected a PNG without a transparent colour among its 16-bit colours. Received: one with it"
    content = _checked(content, ~(is_keyed & (colour == _COLOUR) & (depth == 16)), message)
    return tf.cond(
        is_keyed,
        lambda: _decode_keyed(content, depth, tf.strings.substr(transparency, 0, key_size)),
        lambda: tf.io.decode_png(content),
    )


def _decode_keyed(content: tf.Tensor, depth: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Decode a grey or RGB PNG file and make the pixels of its transparent colour white.

    Args:
        content: the file.
        depth: its bits per value.
        key: the transparent colour, 16 bits for each channel.
    """
    key = tf.cast(tf.io.decode_raw(key, tf.uint16, little_endian=False), tf.int32)

    def whitened(image: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
        transparent = tf.reduce_all(image == tf.cast(level, image.dtype), axis=-1, keepdims=True)
        return tf.where(transparent, tf.constant(image.dtype.max, image.dtype), image)

    def in_16_bits() -> tf.Tensor:
        image = whitened(tf.io.decode_png(content, dtype=tf.uint16), key)
        return tf.cast(image // 256, tf.uint8)

    def in_8_bits() -> tf.Tensor:
        levels = tf.bitwise.left_shift(1, depth) - 1  # the decoder scales values of 1, 2 and 4 bits to 0 to 255
        return whitened(tf.io.decode_png(content), key * (255 // levels))

    return tf.cond(depth == 16, in_16_bits, in_8_bits)


def _transparency(content: tf.Tensor) -> tf.Tensor:
    """Return the data of the tRNS chunk of a PNG file; empty if there is none before the pixels."""
    end = tf.strings.length(content)

    def kind(start: tf.Tensor) -> tf.Tensor:
        return tf.strings.substr(content, start + 4, 4)

    def is_before(start: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            start + 8 <= end, lambda: (kind(start) != b"IDAT") & (kind(start) != b"tRNS"), lambda: tf.constant(False)
        )

    def next_chunk(start: tf.Tensor) -> tuple[tf.Tensor]:
        return (start + tf.cast(tf.minimum(_number(content, start, 4), tf.cast(end, tf.int64)), tf.int32) + 12,)

    (start,) = tf.while_loop(is_before, next_chunk, (tf.constant(_FIRST_CHUNK),))

    def data() -> tf.Tensor:
        return tf.cond(
            kind(start) == b"tRNS",
            lambda: tf.strings.substr(content, start + 8, tf.cast(_number(content, start, 4), tf.int32)),
            lambda: tf.constant(b""),
        )

    return tf.cond(start + 8 <= end, data, lambda: tf.constant(b""))


def _number(content: tf.Tensor, start: int | tf.Tensor, size: int) -> tf.Tensor:
    """Return the big-endian number of 1 or 4 bytes at `start`: int32 or int64."""
    digits = tf.ensure_shape(tf.io.decode_raw(tf.strings.substr(content, start, size), tf.uint8), [size])
    if size == 1:
        return tf.cast(digits[0], tf.int32)
    return tf.reduce_sum(tf.cast(digits, tf.int64) * tf.constant([1 << 24, 1 << 16, 1 << 8, 1], tf.int64))
