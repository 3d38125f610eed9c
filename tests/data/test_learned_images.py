"""A run that starts from another one is not tested on images which that one has learned from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data.collection import Collection, open_collection
from kerasae.data.learned_images import Learned, check_unseen, facts_of, keep_learned, learned_before
from kerasae.data.summary import is_tested_unseen, lines, warnings, with_start
from kerasae.files.writing import write_json
from kerasae.recipe import Recipe
from kerasae.recipe.loading import parse
from kerasae.runs.data_facts import DataFacts, LearnedBefore, SplitCounts
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError
from kerasae.workflows.train import train

NOISE = np.random.default_rng(0).integers(0, 256, (50, 8, 8), np.uint8)


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """50 images of noise, 8x8, with labels that say nothing."""
    return saved(tmp_path / "noise", NOISE)


def saved(root: Path, images: np.ndarray) -> Path:
    for index, image in enumerate(images):
        path = root / "ab"[index % 2] / f"{index:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return root


def recipe_of(source: Path, *runs: RunFolder, **data: object) -> Recipe:
    parts = ("encoder", "decoder", "classifier")
    start = {part: str(run.path) for part, run in zip(parts, runs, strict=False)}
    return parse({"data": {"source": str(source), **data}, "phases": [{"start_from": start}]})


def opened(recipe: Recipe) -> Collection:
    return open_collection(recipe.data, classifies=True)


def finished(path: Path, recipe: Recipe) -> RunFolder:
    """Make what other runs read of a finished run."""
    run = RunFolder.create(path, "run")
    write_json(run.recipe_file, recipe.model_dump(mode="json"))
    run.model.write_bytes(b"")
    keep_learned(run, recipe, opened(recipe))
    return run


def test_the_same_split_of_the_same_images_is_unseen(noise: Path, tmp_path: Path) -> None:
    run = finished(tmp_path / "a", recipe_of(noise))
    recipe = recipe_of(noise, run)
    collection = opened(recipe)
    check_unseen(recipe, collection, facts_of(recipe, collection))
    facts = facts_of(recipe, collection)
    assert facts.start_from == LearnedBefore(0, 0, ())
    assert warnings(facts) == []
    assert is_tested_unseen(facts)


def test_another_split_is_refused_with_how_many_or_allowed_and_said(noise: Path, tmp_path: Path) -> None:
    first = recipe_of(noise)
    run = finished(tmp_path / "a", first)
    recipe = recipe_of(noise, run, seed=1)
    before, now = opened(first), opened(recipe)
    expected = len(set(now.image_ids["test"]) & set(before.image_ids["train"]))
    assert expected > 0
    message = (
        rf"Received: {run.path}, which learned from {expected} of 10 \({expected * 10}%\) of them; .*learned_test=allow"
    )
    with pytest.raises(RequestError, match=message):
        check_unseen(recipe, now, facts_of(recipe, now))
    allowed = recipe_of(noise, run, seed=1, learned_test="allow")
    check_unseen(allowed, now, facts_of(allowed, now))
    facts = facts_of(allowed, now)
    assert facts.start_from.test == expected
    assert any(
        f"warning: {expected} of 10 ({expected * 10}%) test images are among those" in one for one in lines(facts)
    )
    assert not is_tested_unseen(facts)


def test_a_few_images_that_a_large_set_holds_twice_are_said_and_not_refused(noise: Path, tmp_path: Path) -> None:
    run = finished(tmp_path / "a", recipe_of(noise))
    recipe = recipe_of(noise, run)
    collection = opened(recipe)
    learned = learned_before(recipe).ids
    others = np.arange(1, 1000, dtype=np.uint64)
    for count, refused in ((5, False), (6, True)):
        test = np.concatenate([learned[:count], others[: 1000 - count]])
        ids = {"train": others[:1], "validation": others[:0], "test": test}
        counts = {**collection.facts.counts, "test": SplitCounts(1000)}
        many = replace(collection, image_ids=ids, facts=replace(collection.facts, counts=counts))
        if refused:
            with pytest.raises(RequestError, match="learned from 6 of 1,000"):
                check_unseen(recipe, many, facts_of(recipe, many))
        else:
            check_unseen(recipe, many, facts_of(recipe, many))
            assert "5 of 1,000 (0%) test images are among those" in " ".join(warnings(facts_of(recipe, many)))


def test_chains_of_runs_and_grown_data_are_seen(noise: Path, tmp_path: Path) -> None:
    first = finished(tmp_path / "a", recipe_of(noise))
    fresh = saved(tmp_path / "fresh", 255 - NOISE)
    second = finished(tmp_path / "b", recipe_of(fresh, first))
    grown = saved(tmp_path / "grown", np.concatenate([NOISE[::-1], 255 - NOISE]))
    recipe = recipe_of(grown, second)
    collection = opened(recipe)
    learned = {*opened(recipe_of(noise)).image_ids["train"], *opened(recipe_of(fresh)).image_ids["train"]}
    facts = facts_of(recipe, collection)
    assert facts.start_from.test == len(learned & set(collection.image_ids["test"]))
    assert facts.start_from.validation == len(learned & set(collection.image_ids["validation"]))
    from_both = recipe_of(grown, second, first)
    assert learned_before(from_both).ids.tolist() == learned_before(recipe).ids.tolist()
    with pytest.raises(RequestError, match="did not learn from the test images"):
        check_unseen(recipe, collection, facts_of(recipe, collection))


def test_a_test_folder_that_stays_is_unseen_and_validation_is_said(tmp_path: Path) -> None:
    """What the README shows: new images in a copy of the folder, beside a test/ that stays."""
    random = np.random.default_rng(2)

    def write(root: Path, names: range) -> None:
        for split, chosen in (("train", names), ("test", range(100, 110))):
            for number in chosen:
                path = root / split / "ab"[number % 2] / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)

    root = tmp_path / "images"
    write(root, range(30))
    run = finished(tmp_path / "a", recipe_of(root))
    write(root, range(80))
    recipe = recipe_of(root, run, seed=3)
    collection = opened(recipe)
    check_unseen(recipe, collection, facts_of(recipe, collection))
    facts = facts_of(recipe, collection)
    assert facts.start_from.test == 0
    assert facts.start_from.validation > 0
    assert "the best epoch and the rejection threshold are chosen on them" in warnings(facts)[0]
    assert is_tested_unseen(facts)
    fold = recipe_of(root, run, fold=[0, 3])
    with pytest.raises(RequestError, match="did not learn from the validation images"):
        check_unseen(fold, opened(fold), facts_of(fold, opened(fold)))


def test_a_run_of_an_earlier_version_is_not_known(noise: Path, tmp_path: Path) -> None:
    run = finished(tmp_path / "a", recipe_of(noise))
    run.learned.unlink()
    recipe = recipe_of(noise, run, seed=1)
    collection = opened(recipe)
    check_unseen(recipe, collection, facts_of(recipe, collection))
    facts = facts_of(recipe, collection)
    assert "cannot be checked" in warnings(facts)[0]
    assert str(run.path) in warnings(facts)[0]
    assert not is_tested_unseen(facts)
    later = finished(tmp_path / "b", recipe)  # what is not known of a run is not known of those after it
    assert learned_before(recipe_of(noise, later)).unknown == (str(run.path),)
    older = with_start(DataFacts(), recipe.model_dump(mode="json"))
    assert older == DataFacts(start_from=LearnedBefore(unknown=(str(run.path),)))
    assert with_start(facts, recipe.model_dump(mode="json")) == facts


def test_a_damaged_file_takes_one_line(noise: Path, tmp_path: Path) -> None:
    run = finished(tmp_path / "a", recipe_of(noise))
    for content in (b"", b"PK\x03\x04", b"nothing"):
        run.learned.write_bytes(content)
        with pytest.raises(RequestError, match=r"learned\.npz as .* a damaged file"):
            learned_before(recipe_of(noise, run))


def test_files_and_arrays_of_the_same_pixels_have_the_same_marks(tmp_path: Path) -> None:
    images = np.random.default_rng(3).integers(0, 256, (40, 8, 8, 3), np.uint8)
    saved(tmp_path / "files", images)
    labels = np.arange(40) % 2
    parts = {"x_train": images[:30], "y_train": labels[:30], "x_test": images[30:], "y_test": labels[30:]}
    np.savez(tmp_path / "arrays.npz", **parts)

    def marks(name: str) -> set[int]:
        collection = opened(recipe_of(tmp_path / name))
        return {int(mark) for split in collection.image_ids.values() for mark in split}

    assert marks("files") == marks("arrays.npz")
    assert len(marks("files")) == 40


def test_what_is_kept_takes_8_bytes_an_image(noise: Path, tmp_path: Path) -> None:
    run = finished(tmp_path / "a", recipe_of(noise))
    count = len(opened(recipe_of(noise)).train)
    assert run.learned.stat().st_size < 8 * count + 1000
    assert isinstance(learned_before(recipe_of(noise, run)), Learned)


def link(target: Path, path: Path) -> None:
    path.hardlink_to(target)


def symbolic_link(target: Path, path: Path) -> None:
    path.symlink_to(target)


@pytest.mark.parametrize("how", ["table", link, symbolic_link])
def test_images_in_train_and_test_are_said(how: str | Callable[[Path, Path], None], tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    (tmp_path / "images").mkdir()
    rows = ["path,label,split"]
    for number in range(30):
        path = tmp_path / "images" / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path)
        rows.append(f"images/{number}.png,{'ab'[number % 2]},{'test' if number >= 20 else 'train'}")
    for number in range(3):
        name = f"images/{number}.png"
        if not isinstance(how, str):
            how(tmp_path / name, tmp_path / "images" / f"again-{number}.png")
            name = f"images/again-{number}.png"
        rows.append(f"{name},{'ab'[number % 2]},test")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(rows) + "\n")
    facts = opened(recipe_of(table)).facts
    said = warnings(facts)
    # A training image may have gone to the validation set; then the pair stands in validation and test.
    assert facts.in_train["test"] in (2, 3)
    assert said[0].startswith(f"warning: {facts.in_train['test']} of 13 ")
    assert "test images are among the training images too" in said[0]
    assert "train: " in said[0]
    assert said[0] in lines(facts)
    assert not is_tested_unseen(facts)


def test_noise_does_not_score_without_a_word(noise: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels are random: whatever lies above chance was learned by heart from these very images."""
    tiny = ["model.encoder.filters=[4, 4]", "phases.0.epochs=1", "phases.0.schedule=constant"]
    first = train("joint", data=str(noise), run=tmp_path / "first", overrides=tiny)
    assert "that it never trained on" in first.report.read_text()
    again = [*tiny, "data.seed=1", f'phases.0.start_from={{encoder="{first.path}", classifier="{first.path}"}}']
    with pytest.raises(RequestError, match=r"first, which learned from \d of 10 \(\d0%\) of them"):
        train("joint", data=str(noise), run=tmp_path / "second", overrides=again)
    assert not (tmp_path / "second").exists()
    capsys.readouterr()
    second = train("joint", data=str(noise), run=tmp_path / "second", overrides=[*again, "data.learned_test=allow"])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert any("test images are among those that the runs in start_from learned from" in line for line in said)
    page = second.report.read_text()
    assert "that it never trained on" not in page
    assert "test images are among those that the runs in start_from learned from" in page
