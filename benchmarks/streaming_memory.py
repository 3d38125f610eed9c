"""Measure the memory that streaming takes: `python benchmarks/streaming_memory.py --pictures 8000 --side 512`.

Makes a folder of JPEG photographs, opens it with nothing allowed in memory, reads every training image through a
`tf.data` map as training does, and prints the peak of resident memory that this added against the decoded size. To
see that the one does not follow the other, it does so for a fourth of the images first, each in its own process.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MB = 2**20
SHAPE = [64, 64, 3]


def make(folder: Path, sample_images: int, side: int) -> None:
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(sample_images):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        place = folder / f"class{number % 4}"
        place.mkdir(exist_ok=True)
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=85)


def peak() -> float:
    """Return the peak of this process's resident memory in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def stream(folder: Path) -> None:
    import tensorflow as tf

    from kerasae.data.collection import open_collection
    from kerasae.data.file_images import FileImages
    from kerasae.recipe import DataRecipe

    tf.zeros(1).numpy()
    before = peak()
    started = time.perf_counter()
    recipe = DataRecipe(source=str(folder), image_shape=SHAPE, memory_limit_mb=0)
    sample_images = open_collection(recipe, classifies=True).train
    scanned = time.perf_counter()
    assert isinstance(sample_images, FileImages)
    batches = tf.data.Dataset.from_tensor_slices(list(sample_images.paths))
    batches = batches.map(sample_images.decode_in_graph, num_parallel_calls=os.cpu_count()).batch(128).prefetch(2)
    for _ in range(2):
        count = sum(len(batch) for batch in batches)
    finished = time.perf_counter()
    print(
        f"{len(sample_images)} training images streamed twice: peak +{(peak() - before) / MB:.0f} MB over the "
        f"{before / MB:.0f} MB of TensorFlow itself; opened in {scanned - started:.1f} s, "
        f"{2 * count / (finished - scanned):.0f} pictures/s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--stream", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        stream(options.stream)
        return
    with tempfile.TemporaryDirectory() as temporary:
        for sample_images in (options.sample_images // 4, options.sample_images):
            folder = Path(temporary) / str(sample_images)
            folder.mkdir()
            make(folder, sample_images, options.side)
            decoded, resized = (sample_images * area * 3 / MB for area in (options.side**2, SHAPE[0] * SHAPE[1]))
            print(f"{sample_images} images, {decoded:.0f} MB decoded, {resized:.0f} MB resized to {SHAPE}", flush=True)
            environment = {**os.environ, "XDG_CACHE_HOME": temporary, "TF_CPP_MIN_LOG_LEVEL": "3"}
            subprocess.run([sys.executable, __file__, "--stream", str(folder)], check=True, env=environment)


if __name__ == "__main__":
    main()
