"""Two coordinates for every image: principal components, t-SNE and UMAP, of latents or of raw pixels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "plane": "the latent itself"}
OF = {"latent": "latents", "pixels": "raw pixels"}
COMPONENTS = 50  # that t-SNE and UMAP are given of anything wider: the rest is mostly noise, and slow
FEW = 2_000


@dataclass(frozen=True)
class Map:
    """An image of a space.

    Attributes:
        method: a key of `TITLES`.
        of: "latent" or "pixels".
        xy: float32 (n, 2).
    """

    method: str
    of: str
    xy: np.ndarray

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{TITLES[self.method]} of {OF[self.of]}" if self.method != "plane" else "The latent itself"


def principal(values: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first principal components, float32 (n, up to 50), and each one's share of the variance."""
    flat = values.reshape(len(values), -1).astype(np.float32)
    count = min(COMPONENTS, *flat.shape)
    # A latent that is the same for all images has no variance to take shares of.
    with np.errstate(invalid="ignore"):
        fitted = PCA(count, svd_solver="auto", random_state=seed).fit(flat)
    return fitted.transform(flat), np.nan_to_num(fitted.explained_variance_ratio_)


def reduce(method: str, components: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """Return two coordinates an image: float32 (n, 2).

    Args:
        method: "pca", "tsne" (van der Maaten and Hinton 2008, JMLR 9) or "umap" (McInnes, Healy and Melville 2018,
            arXiv 1802.03426).
        components: float32 (n, k), from `principal`.
        perplexity: of t-SNE; UMAP keeps to its own 15 neighbours.
        seed: of everything random.
    """
    if float(np.ptp(components)) < 1e-9:
        return np.zeros((len(components), 2), np.float32)  # all in one place, which t-SNE would crash on
    components = np.pad(components, ((0, 0), (0, max(0, 2 - components.shape[1]))))
    if method == "pca":
        return components[:, :2].astype(np.float32)
    if method == "tsne":
        # With few points, threads spend their time waiting for each other.
        jobs = None if len(components) > FEW else 1
        made = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=jobs)
        return made.fit_transform(components).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own dependencies, and that a fixed seed means one thread
        from umap import UMAP

        made = UMAP(n_neighbors=min(15, len(components) - 1), random_state=seed, n_jobs=1, init="pca")
        return np.nan_to_num(made.fit_transform(components)).astype(np.float32)
