"""Bad input takes one line and leaves nothing behind."""

import re
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image


@pytest.fixture(autouse=True)
def in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def folder(**classes: int) -> Path:
    for name, count in classes.items():
        Path("pictures", name).mkdir(parents=True)
        for index in range(count):
            pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(Path("pictures", name, f"{index}.png"))
    return Path("pictures")


def arrays(**changes: object) -> Path:
    images, labels = np.zeros((20, 8, 8, 1), np.uint8), np.arange(20) % 2
    whole = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels, **changes}
    np.savez("data.npz", **{name: array for name, array in whole.items() if array is not None})
    return Path("data.npz")


WRONG = {
    "no such source": (lambda: ["--data", "nowhere"], r"nowhere"),
    "nearest source": (lambda: ["--data", "cifar"], r"Did you mean 'cifar10'\?"),
    "empty folder": (lambda: (Path("empty").mkdir(), ["--data", "empty"])[1], r"empty"),
    "one class": (lambda: ["--data", folder(cat=9)], r"cat"),
    "few images": (lambda: ["--data", folder(cat=9, dog=2)], r"dog"),
    "lengths": (lambda: ["--data", arrays(y_train=np.zeros(3, np.int64))], r"20.*3|3.*20"),
    "labels out of range": (lambda: ["--data", arrays(y_train=np.full(20, -4))], r"-4"),
    "floats": (lambda: ["--data", arrays(x_train=np.zeros((20, 8, 8, 1)))], r"float64"),
    "rank": (lambda: ["--data", arrays(x_train=np.zeros((20, 8), np.uint8))], r"\(20, 8\)"),
    "pickled": (lambda: ["--data", arrays(y_train=np.array([{}] * 20, object))], r"pickle|object"),
    "missing array": (lambda: ["--data", arrays(x_test=None)], r"x_test"),
    "csv without columns": (lambda: (Path("a.csv").write_text("a,b\n1,2\n"), ["--data", "a.csv"])[1], r"path"),
    "csv with missing files": (
        lambda: (Path("a.csv").write_text("path,label\nx.png,cat\n"), ["--data", "a.csv"])[1],
        r"x\.png",
    ),
    "recipe": (lambda: ["digits-jiont"], r"Did you mean 'digits-joint'\?"),
    "key": (lambda: ["--set", "phases.0.epoch=1"], r"Did you mean 'epochs'\?"),
    "transform": (lambda: ["--set", "phases.0.augment=['contrst']"], r"[Dd]id you mean 'contrast'\?"),
    "transform option": (lambda: ["--set", "phases.0.augment.0.factor=1"], r"factor_range"),
    "mixing": (lambda: ["--set", "phases.0.mix=mixup"], r"Did you mean 'mix_up'\?"),
    "no mixing": (lambda: ["--set", "phases.0.mix=contrast"], r"phases\.0\.mix: expected mix_up or cut_mix"),
    "encoder": (lambda: ["--set", "model.encoder=vg"], r"Did you mean 'vgg'\?"),
    "a phase without weights": (
        lambda: [
            *("--set", "model.encoder={name='strided', latent='softmax', latent_dim=10}"),
            *("--set", "model.classifier='latent'", "--set", "data.image_shape=[12, 12, 1]"),
            *("--set", "phases.0.learns=['classifier']"),
        ],
        r"phases\.0\.learns: expected a part with weights that can learn\. Received: \['classifier'\]",
    ),
    "optimizer": (lambda: ["--set", "phases.0.optimizer=adm"], r"Did you mean 'adam'\?"),
    "a field of another table": (
        lambda: ["--set", "epochs=3"],
        r"unknown key 'epochs'.*Did you mean 'phases\.0\.epochs'\?",
    ),
    "a field as an option": (
        lambda: ["--epochs", "3"],
        r"No such option: --epochs; .* by --set phases\.0\.epochs=VALUE",
    ),
    "another language": (
        lambda: ["foto"],
        r"that `kerasae recipes` lists .* Received: 'foto'\. Did you mean 'photos'\?",
    ),
    "5,000 digits": (
        lambda: ["--set", f"phases.0.epochs={'9' * 5000}"],
        r"phases\.0\.epochs: expected integers of 64 bits",
    ),
    "5,000 hexadecimal digits": (
        lambda: ["--set", f"phases.0.epochs=0x{'f' * 5000}"],
        r"phases\.0\.epochs: expected integers of 64 bits",
    ),
    "deep lists": (lambda: ["--set", f"model.tied={'[' * 3000}{']' * 3000}"], r"model\.tied: expected .* 32 deep"),
    "deep tables": (lambda: ["--set", f"{'a.' * 3000}a=1"], r"unknown key 'a'"),
    "a deep file": (
        lambda: (Path("a.toml").write_text(f"[{'.'.join('a' * 3000)}]\nb = 1\n"), ["a.toml"])[1],
        r"recipe a\.toml: .* 32 deep",
    ),
    "a huge file": (
        lambda: (Path("a.toml").write_text("# " + "x" * 2_000_000), ["a.toml"])[1],
        r"recipe a\.toml: .*expected at most 1,000,000 characters",
    ),
    "a long value": (lambda: ["--set", f"model.encoder={'x' * 9000}"], r"Received: 'x{199}\.\.\."),
    "many values": (lambda: ["--set", f"phases.0.epochs={list(range(9000))}"], r"Received: \[0, 1, .{180,}\.\.\.$"),
    "a long name": (lambda: ["--set", f"phases.0.name={'x' * 101}"], r"phases\.0\.name: expected text of at most 100"),
    "escape sequences": (lambda: ["--data", "no\x1b[31mwhere"], r"no\\x1b\[31mwhere"),
    "type": (
        lambda: ["--set", "phases.0.epochs=two"],
        r"phases\.0\.epochs: expected a valid integer\. Received: 'two'",
    ),
    "range": (lambda: ["--set", "data.test=1.5"], r"data\.test"),
    "unknown class": (lambda: ["--set", "data.keep.bird=0.5"], r"bird"),
    "half of no test": (
        lambda: ["--set", "data.validation=half-of-test", "--data", folder(cat=20, dog=20)],
        r"half-of-test",
    ),
    "sides": (lambda: ["--set", "data.image_shape=[9, 8, 1]"], r"multiples of 4\. Received: 9x8"),
    "schedule": (
        lambda: ["--set", "phases.0.schedule={name='step', at=[90]}"],
        r"recipe: phases\.0\.schedule\.at: expected rising epochs below the phase's last, 60",
    ),
    "schedule of one epoch more": (
        lambda: ["--set", "phases.0.epochs=2", "--set", "phases.0.schedule={name='step', at=[1, 2]}"],
        r"phases\.0\.schedule\.at: expected rising epochs below the phase's last, 2\. Received: \[1, 2\]",
    ),
    "plateau above its rate": (
        lambda: ["--set", "phases.0.schedule={name='plateau', min_learning_rate=0.5}"],
        r"phases\.0\.schedule\.min_learning_rate: expected less than the optimizer's rate, 0\.003\. Received: 0\.5",
    ),
    "batch sizes beyond the last epoch": (
        lambda: ["--set", "phases.0.batch_size={sizes=[32, 64], at=[60]}"],
        r"phases\.0: expected batch_size\.at to hold epochs below the phase's last, 60\. Received: \[60\]",
    ),
    "batch sizes that fall back": (
        lambda: ["--set", "phases.0.batch_size={sizes=[32, 64, 128], at=[20, 10]}"],
        r"phases\.0\.batch_size: expected rising epochs `at`, one fewer than `sizes`\. Received: at \[20, 10\]",
    ),
    "batch larger than the data": (
        lambda: ["--set", "phases.0.batch_size={sizes=[64, 2000], at=[10]}"],
        r"phases\.0\.batch_size\.sizes: expected no more than the 1,101 images.*Received: 2,000",
    ),
    "loss weight": (
        lambda: ["--set", "phases.0.loss_weights.label=-1.0"],
        r"phases\.0\.loss_weights\.label: expected greater than or equal to 0 or a name.* Received: -1\.0",
    ),
    "no loss": (
        lambda: ["--set", "phases.0.loss_weights={label=0.0, reconstruction=0.0}"],
        r"expected a head with a loss weight above zero.*this phase would train nothing",
    ),
    "a part without its loss": (
        lambda: ["--set", "phases.0.learns=['decoder']", "--set", "phases.0.loss_weights={reconstruction=0.0}"],
        r"Received: learns \['decoder'\], loss_weights \{'reconstruction': 0\.0\}; this phase would train nothing",
    ),
    "nothing learns": (
        lambda: ["--set", "phases.0.learns=[]"],
        r"phases\.0\.learns: expected a list of at least 1\.",
    ),
    "no such part": (
        lambda: ["--set", "phases.0.learns=['encoder', 'discriminator']"],
        r"phases\.0\.learns\.1: expected 'encoder', 'decoder' or 'classifier'\. Received: 'discriminator'",
    ),
    "start from no part": (
        lambda: ["--set", "phases.0.start_from.generator=runs/none"],
        r"phases\.0\.start_from\.generator: expected 'encoder', 'decoder' or 'classifier'\. Received: 'generator'",
    ),
    "no room for two convolutions": (
        lambda: ["--set", "model.encoder=lenet"],
        r"'lenet' convolves without padding: expected sides of at least 16\. Received: 8x8",
    ),
    "sides that do not come back": (
        lambda: ["--set", "model.encoder=strided"],
        r"expected sides of 12, 20, 28.*Received: 8x8; set data\.image_shape to \[12, 12, 1\]",
    ),
    "too many halvings": (
        lambda: ["--set", "model.encoder={name='vgg', filters=[4, 4, 4, 4]}"],
        r"'vgg' halves its image 4 times: expected sides in multiples of 16\. Received: 8x8",
    ),
    "no way back": (
        lambda: ["--set", "model.encoder=mlp", "--set", "model.decoder=vgg"],
        r"model\.decoder: expected a latent \(height, width, channels\).*Received: \(768,\)",
    ),
    "tied to no mirror": (
        lambda: ["--set", "model.tied=true", "--set", "model.encoder=strided", "--set", "data.image_shape=[12, 12, 1]"],
        r"model\.tied: expected an encoder that has a mirror: baseline, mlp, prototype or vgg\. Received: 'strided'",
    ),
    "tied and a decoder": (
        lambda: ["--set", "model.tied=true", "--set", "model.decoder=vgg"],
        r"model\.tied: expected no model\.decoder.*Received: \{'name': 'vgg'\}; leave out one of the two",
    ),
    "an option that the encoder's own decoder lacks": (
        lambda: ["--set", "model.encoder=prototype", "--set", "model.decoder.convolutions=1"],
        r"recipe: expected one of the keys filters, kernel_size.* Received: unknown key 'model\.decoder\.convolutions'",
    ),
    "scale": (
        lambda: ["--set", "model.output=standardized"],
        r"model: expected standardize 'mean', 'z-score' or 'whitening'",
    ),
    "corruption": (lambda: ["--set", "phases.0.corrupt=['msk']"], r"phases\.0\.corrupt: .*Did you mean 'mask'\?"),
    "corruption in pairs": (
        lambda: ["--set", "phases.0.corrupt=['mix_up']"],
        r"phases\.0\.corrupt: Expected transforms of one image.*Received: 'mix_up'",
    ),
    "corruption option": (
        lambda: ["--set", "phases.0.corrupt=[{name='mask', ratio=1.5}]"],
        r"phases\.0\.corrupt: Expected `ratio` of Mask to be a number in \[0, 1\]\. Received: 1\.5",
    ),
    "variant": (
        lambda: ["--set", "evaluation.variants.negative=['invrt']"],
        r"evaluation\.variants\.negative: .*Did you mean 'invert'\?",
    ),
    "variant of nothing": (
        lambda: ["--set", "evaluation.variants.plain=[]"],
        r"evaluation\.variants\.plain: expected a list of at least 1\.",
    ),
    "variant's name": (
        lambda: ["--set", "evaluation.variants={'a/b'=['invert']}"],
        r"evaluation: expected names of up to 40 letters.*Received: 'a/b'",
    ),
    "variant called test": (
        lambda: ["--set", "evaluation.variants.test=['invert']"],
        r"evaluation: expected names.*other than 'test' and 'train'.*Received: 'test'",
    ),
    "variant called train": (
        lambda: ["--set", "evaluation.variants.train=['invert']"],
        r"evaluation: expected names.*other than 'test' and 'train'.*Received: 'train'",
    ),
    "a shape of two": (lambda: ["--set", "data.image_shape=[8, 8]"], r"expected 'auto' or a list of at least 3\. Rec"),
    "stopping": (lambda: ["--set", "phases.0.early_stopping=5"], r"early_stopping: expected a table\. Received: 5"),
    "monitor": (lambda: ["--set", "phases.0.monitor=val_acc"], r"phases\.0\.monitor: expected one of val_loss"),
    "start from": (lambda: ["--set", "phases.0.start_from.encoder=runs/none"], r"runs/none"),
    "run name": (lambda: ["--run", "x" * 300], r"/?x{150,200}\.\.\. File name too long"),
    "option": (lambda: ["--recipe", "joint"], r"No such option: --recipe.*; see: kerasae train --help"),
    "odd index": (lambda: ["--set", "phases.².epochs=5"], r"expected an index from 0 to 0. Received: '²'"),
    "infinite rate": (
        lambda: ["--set", "phases.0.optimizer.learning_rate=inf"],
        r"phases\.0\.optimizer\.learning_rate: expected a finite number\. Received: inf",
    ),
    "infinite weight": (lambda: ["--set", "data.class_weights={0 = inf}"], r"class_weights\.0: expected a finite"),
    "seed": (lambda: ["--set", "seed=4294967296"], r"seed: expected less than 4294967296\. Received: 4294967296"),
    "warm-up": (
        lambda: ["--set", "phases.0.schedule.warmup=1.0"],
        r"phases\.0\.schedule\.warmup: expected less than 1",
    ),
    "nameless source": (lambda: ["--data", ""], r"data\.source: expected text that is not empty"),
    "device": (lambda: ["--set", "distribution.devices=['GPU:7']"], r"expected different ones of CPU:0"),
    "batch and devices": (
        lambda: ["--set", "distribution.devices=['CPU:0', 'CPU:1']", "--set", "phases.0.batch_size=7"],
        r"phases\.0\.batch_size: expected a multiple of the 2 devices\. Received: 7",
    ),
    "batch of one": (
        lambda: [
            *("--set", "data.labelled_share=0.5", "--set", "data.labelled_fraction=0.5"),
            *("--set", "phases.0.batch_size=1"),
        ],
        r"phases\.0\.batch_size: expected at least 2, since data\.labelled_share",
    ),
    "share of no unlabelled": (
        lambda: ["--set", "data.labelled_share=0.5"],
        r"data\.labelled_share: expected training images with and without label\. Received: 1,101 labelled .*=natural",
    ),
    "run exists": (
        lambda: (Path("here").mkdir(), ["--run", "here"])[1],
        r"--run: .* here, which exists already; give ",
    ),
    "resume and more": (lambda: ["--resume", "--run", "x", "--data", "digits"], r"--resume: expected"),
    "resume nothing": (lambda: ["--resume", "--run", "x"], r"which does not exist"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_takes_one_line_and_leaves_nothing(case: str, typed: Typed) -> None:
    words, message = WRONG[case]
    arguments = words()
    before = sorted(Path().rglob("*"))
    code, out, err = typed("train", *arguments)
    assert code == 2, err
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("kerasae: ")
    assert re.search(message, err.strip()), err
    assert len(err) < 2_500
    assert "\x1b" not in err
    assert out == ""
    assert sorted(Path().rglob("*")) == before
