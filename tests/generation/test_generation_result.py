"""generated.json is read as it was written."""

import json

from kerasae.generation.result import (
    REAL_IMAGES,
    Agreement,
    ClassBalance,
    ClassShare,
    FrechetDistances,
    GenerationResult,
    NearestDistances,
    SampleMetrics,
)

AGREEMENT = Agreement(overall=0.75, worst=0.5, per_class={"cat": 1.0, "dog": 0.5})
FRECHET = FrechetDistances(distance=1.5, real=0.25, num_images=20)
NEAREST = NearestDistances(median=0.1, copies=0.0)
RESULT = GenerationResult(
    classes=("cat", "dog"),
    count=10,
    noise=1.0,
    seed=0,
    between=("cat", "dog"),
    judge="run/generated/judge",
    real=SampleMetrics(30, {"pixels": None, "features": None}, NearestDistances(None, None)),
    samplers={
        "mixtures": SampleMetrics(20, {"pixels": 0.2, "features": 0.3}, NEAREST, "somewhere", AGREEMENT, None, FRECHET),
        "prior": SampleMetrics(
            20, {"pixels": 0.2}, NEAREST, "elsewhere", None, ClassBalance(0.5, {"cat": ClassShare(1.0, 0.5)}), FRECHET
        ),
    },
)


def test_a_result_is_read_as_it_was_written() -> None:
    tree = json.loads(json.dumps(RESULT.to_json()))
    assert GenerationResult.from_json(tree) == RESULT
    assert list(tree["methods"]["mixtures"]) == [
        *("words", "num_pictures", "diversity", "nearest"),
        *("agreement", "frechet"),
    ]
    assert tree["methods"]["prior"]["balance"] == {
        "distance": 0.5,
        "per_class": {"cat": {"share": 1.0, "training": 0.5}},
    }
    assert "words" not in tree["real"]


def test_real_images_are_the_last_row() -> None:
    mixtures, prior, real = RESULT.summary_rows()
    assert (mixtures.worst_class, mixtures.worst, mixtures.frechet) == ("dog", 0.5, 1.5)
    assert (prior.agreement, prior.balance, prior.feature_diversity) == (None, 0.5, None)
    assert (real.name, real.frechet, real.nearest) == (REAL_IMAGES, 0.25, None)
