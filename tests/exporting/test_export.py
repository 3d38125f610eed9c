"""The SavedModel of a finished run: its signatures, and its verification."""

import functools
import importlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasae.data import decoding
from kerasae.data.collection import Collection, open_collection
from kerasae.data.resizing import resize
from kerasae.data.value_range import FULL_16
from kerasae.exporting import ExportError, export, samples, saved_model, verification
from kerasae.exporting.decoding import decode
from kerasae.exporting.saved_model import of_range
from kerasae.files.replacing import FILES
from kerasae.models import JointAutoencoder, TrainedModel, load_trained, model_with_ood_score
from kerasae.runs.folder import RunFolder
from kerasae.workflows.predict import predict


@pytest.fixture(scope="module")
def served(digits_run: Path) -> dict[str, object]:
    loaded = tf.saved_model.load(digits_run / "export")
    return {"loaded": loaded, **loaded.signatures}


@pytest.fixture(scope="module")
def trained(digits_run: Path) -> JointAutoencoder:
    return keras.saving.load_model(digits_run / "model.keras", compile=False)


@pytest.fixture(scope="module")
def collection(digits_run: Path) -> Collection:
    return open_collection(RunFolder(digits_run).recipe.data, classifies=True)


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_any_batch_size(count: int, served: dict, trained: JointAutoencoder, collection: Collection) -> None:
    images = collection.test.load(np.arange(count))
    outputs = served["serving_default"](images=tf.constant(images, tf.uint8, (count, 8, 8, 1)))
    assert outputs["label"].shape == (count, 10)
    assert outputs["reconstruction"].shape == (count, 8, 8, 1)
    assert outputs["class_name"].shape == outputs["reconstruction_error"].shape == (count,)
    if count:
        expected = trained.predict(images, verbose=0)
        np.testing.assert_allclose(outputs["label"], expected["label"], atol=verification.TOLERANCE)
        np.testing.assert_allclose(outputs["reconstruction"], expected["reconstruction"], atol=verification.TOLERANCE)
        errors = np.square(expected["reconstruction"] - images / 255).mean(axis=(1, 2, 3))
        np.testing.assert_allclose(outputs["reconstruction_error"], errors, atol=1e-6)
        names = [name.decode() for name in outputs["class_name"].numpy()]
        assert names == [collection.class_names[index] for index in expected["label"].argmax(1)]


def test_two_calls_give_the_same_bytes(served: dict, collection: Collection) -> None:
    images = tf.constant(collection.test.load(np.arange(5)))
    first, second = served["serving_default"](images=images), served["serving_default"](images=images)
    assert all(first[name].numpy().tobytes() == second[name].numpy().tobytes() for name in first)


def test_class_names_travel_inside(served: dict, collection: Collection) -> None:
    assert tuple(name.decode() for name in served["classes"]()["class_names"].numpy()) == collection.class_names


def test_latents_equal_the_encoders(served: dict, trained: JointAutoencoder, collection: Collection) -> None:
    images = collection.test.load(np.arange(9))
    expected = trained.encoder(images.astype(np.float32) / 255)
    np.testing.assert_allclose(served["encode"](images=tf.constant(images))["latent"], expected, atol=1e-5)


def encoded(image: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image.squeeze()).save(buffer, kind)
    return buffer.getvalue()


def test_encoded_images_answer_as_their_pixels_do(served: dict, collection: Collection) -> None:
    images = collection.test.load(np.arange(4))
    contents = tf.constant([encoded(image, "PNG") for image in images])
    answers, expected = served["encoded"](encoded=contents), served["serving_default"](images=tf.constant(images))
    np.testing.assert_allclose(answers["label"], expected["label"], atol=1e-6)
    assert served["encoded"](encoded=tf.zeros((0,), tf.string))["label"].shape == (0, 10)
    assert served["encode"](images=tf.zeros((0, 8, 8, 1), tf.uint8))["latent"].shape == (0, 2, 2, 16)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("L", "JPEG", {}),
        ("RGB", "JPEG", {}),
        ("L", "PNG", {}),
        ("LA", "PNG", {}),
        ("RGB", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("P", "PNG", {}),
        ("P", "PNG", {"transparency": 3}),
        ("L", "PNG", {"transparency": 3}),
        ("RGB", "PNG", {"transparency": (1, 2, 3)}),
        ("I;16", "PNG", {}),
    ],
)
def test_encoded_images_are_decoded_as_in_training(mode: str, kind: str, options: dict, channels: int) -> None:
    depth, dtype = (len(mode), np.uint8) if mode.isalpha() else (1, np.uint16)
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (33, 50, depth), dtype, endpoint=True)
    values[:9] = [1, 2, 3, 128][:depth] if depth > 1 else 3
    file = io.BytesIO()
    Image.fromarray(values.squeeze(-1) if depth == 1 else values).convert(mode).save(file, kind, **options)
    in_training = resize(decoding.decode(file), (33, 50, channels), "fill")
    np.testing.assert_array_equal(resize(decode(file.getvalue()), (33, 50, channels), "fill"), in_training)


def test_encoded_values_of_another_range_are_refused() -> None:
    wide, narrow = encoded(np.full((4, 4), 4095, np.uint16), "PNG"), encoded(np.full((4, 4), 9, np.uint8), "PNG")
    jpeg = encoded(np.full((4, 4), 9, np.uint8), "JPEG")
    assert of_range(tf.constant(wide), (0.0, 65535.0)).numpy() == wide
    for content in (narrow, jpeg):
        for limits in (None, (0.0, 4095.0)):
            assert of_range(tf.constant(content), limits).numpy() == content
    for content, limits in ((wide, None), (wide, (0.0, 4095.0)), (narrow, (0.0, 1.0)), (jpeg, (0.0, 1.0))):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"this model was trained on .*; map the values"):
            of_range(tf.constant(content), limits)


def test_verification_finds_no_difference_without_keras(
    digits_run: Path, trained: JointAutoencoder, collection: Collection
) -> None:
    assert (
        verification.check_agreement(digits_run / "export", TrainedModel(trained), collection.test, "fill")
        <= verification.TOLERANCE
    )
    assert 'sys.modules["keras"] = None' in verification.CHECKER.read_text()


def test_the_checker_can_be_imported_without_hiding_a_package() -> None:
    importlib.import_module("kerasae.exporting.checker")
    assert sys.modules["keras"] is keras
    assert sys.modules["kerasae"] is not None


def test_an_export_that_disagrees_is_removed(
    digits_run: Path, tmp_path: Path, trained: JointAutoencoder, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = saved_model.save

    def shifted(*arguments: object) -> None:
        bias = trained.trainable_variables[-1]
        kept = bias.numpy()
        bias.assign(kept + np.eye(len(kept))[0] * 1e-2)
        save(*arguments)
        bias.assign(kept)

    monkeypatch.setattr("kerasae.exporting.saved_model.save", shifted)
    with pytest.raises(ExportError, match=r"within 1e-05 and repeat itself\. Received: a difference of 0\.00"):
        export(RunFolder(digits_run), TrainedModel(trained), collection, tmp_path / "export")
    assert not list(tmp_path.iterdir())


def test_an_export_that_decodes_otherwise_is_removed(
    digits_run: Path, tmp_path: Path, trained: JointAutoencoder, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_alpha(content: tf.Tensor) -> tf.Tensor:
        # Asked for alpha, TensorFlow's decoder makes all of a PNG of less than 8 bits nearly transparent.
        exact = functools.partial(tf.io.decode_jpeg, dct_method="INTEGER_ACCURATE")
        image = tf.cond(tf.io.is_jpeg(content), lambda: exact(content), lambda: tf.io.decode_png(content, channels=4))
        return tf.ensure_shape(image, [None, None, None])

    monkeypatch.setattr("kerasae.exporting.saved_model.decode", with_alpha)
    with pytest.raises(ExportError, match="agree with the trained model"):
        export(RunFolder(digits_run), TrainedModel(trained), collection, tmp_path / "export")
    assert not list(tmp_path.iterdir())


def test_the_files_of_the_verification_are_of_every_kind_that_pillow_writes(collection: Collection) -> None:
    files = samples.encoded(collection.test.load(np.arange(samples.NUM_SAMPLES)), FULL_16)
    pngs = [file for file in files if file.startswith(b"\x89PNG")]
    assert {(file[25], file[24]) for file in pngs} == {  # colour type and depth
        (0, 1), (0, 8), (0, 16), (2, 8), (3, 2), (3, 4), (3, 8), (4, 8), (6, 8)
    }  # fmt: skip
    assert sum(b"tRNS" in file for file in pngs) >= 6
    assert len(files) - len(pngs) >= 6
    assert not any(file.endswith(b"\0") for file in files)


def test_what_is_served_is_rejected_as_offline(digits_run: Path, served: dict, collection: Collection) -> None:
    trained = load_trained(RunFolder(digits_run))
    images = collection.test.load(np.arange(len(collection.test)))
    images = np.concatenate([images, 255 - images])  # negatives, nearly all of which are too unlike the known
    outputs = served["serving_default"](images=tf.constant(images))
    expected = model_with_ood_score(trained).predict(images, verbose=0)
    far = np.abs(expected["anomaly_score"] - float(trained.rejection.threshold)) > 1e-5
    np.testing.assert_array_equal(outputs["accepted"].numpy()[far], expected["accepted"][far])
    assert {True, False} == set(expected["accepted"].tolist())


def test_an_export_that_decides_otherwise_is_removed(digits_run: Path, tmp_path: Path, collection: Collection) -> None:
    trained = load_trained(RunFolder(digits_run))
    rejection, threshold = trained.rejection, float(trained.rejection.threshold)
    scores = model_with_ood_score(trained).predict(collection.test.load(np.arange(50)), verbose=0)["anomaly_score"]
    saved_model.save(trained, collection.class_names, "fill", tmp_path / "export")
    rejection.threshold.assign(float(np.median(scores)))
    with pytest.raises(ExportError, match="decisions"):
        verification.check_agreement(tmp_path / "export", trained, collection.test, "fill")
    rejection.threshold.assign(threshold)
    verification.check_agreement(tmp_path / "export", trained, collection.test, "fill")


@pytest.mark.parametrize("name", ["mine [2,4]", "back\\slash"])
def test_an_export_may_lie_under_a_name_that_is_a_pattern(
    digits_run: Path, tmp_path: Path, trained: JointAutoencoder, collection: Collection, name: str
) -> None:
    export(RunFolder(digits_run), TrainedModel(trained), collection, tmp_path / name)
    Image.fromarray(collection.test.load(np.arange(1))[0, ..., 0]).save(tmp_path / "0.png")
    (there,), (usual,) = (predict(path, [tmp_path / "0.png"]) for path in (tmp_path / name, digits_run / "export"))
    assert there.probabilities == pytest.approx(usual.probabilities, abs=1e-5)
    assert there.reconstruction_error == pytest.approx(usual.reconstruction_error, abs=1e-6)


def test_what_is_no_saved_model_is_refused(tmp_path: Path, trained: JointAutoencoder, collection: Collection) -> None:
    with pytest.raises(ExportError, match="does not load on its own"):
        verification.check_agreement(tmp_path, TrainedModel(trained), collection.test, "fill")


def test_beside_the_saved_model_lies_what_predict_needs(digits_run: Path) -> None:
    about = json.loads((digits_run / "export" / "assets.extra" / "kerasae.json").read_text())
    assert about["image_shape"] == [8, 8, 1]
    assert about["class_names"] == [str(digit) for digit in range(10)]


def test_the_checking_process_ends_with_the_one_that_has_started_it() -> None:
    child = f"import runpy, sys; runpy.run_path({str(verification.CHECKER)!r})['end_with_parent'](int(sys.argv[1]))"
    start = (
        "import os, subprocess, sys, time\n"
        f"process = subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid())])\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        checking = int(parent.stdout.readline())
        assert _runs(checking)
        parent.kill()
        parent.stdout.read()  # which the child has open until it ends
    assert not _runs(checking)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_reading_an_export_needs_no_permission_to_write(digits_run: Path, tmp_path: Path) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    before = sorted((tmp_path / "run").rglob("*"))
    for path in (tmp_path / "run", *before):
        path.chmod(path.stat().st_mode & ~0o222)
    for model in (tmp_path / "run", tmp_path / "run" / "export"):
        assert len(predict(model, [tmp_path / "black.png"])) == 1
    assert sorted((tmp_path / "run").rglob("*")) == before
    for path in (tmp_path / "run", *before):
        path.chmod(path.stat().st_mode | 0o200)


def test_an_export_of_an_earlier_version_is_read_and_kept_aside(
    digits_run: Path, tmp_path: Path, collection: Collection
) -> None:
    shutil.copytree(digits_run, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    (run.export / FILES).unlink()
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    expected = predict(run.export, [tmp_path / "black.png"])
    export(run, load_trained(run), collection)
    assert predict(run.export, [tmp_path / "black.png"]) == expected
    assert predict(run.path / "export.before-1", [tmp_path / "black.png"]) == expected
