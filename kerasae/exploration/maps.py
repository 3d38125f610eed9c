"""Two-dimensional maps of latents or raw pixels by PCA, t-SNE and UMAP."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

METHOD_TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "plane": "the latent itself"}
SPACE_TITLES = {"latent": "latents", "pixels": "raw pixels"}
MAX_COMPONENTS = 50  # inputs of t-SNE and UMAP: further components are mostly noise, and slow them down
MIN_POINTS_FOR_THREADS = 2_000  # with fewer points, the threads of t-SNE mostly wait for each other
UMAP_NEIGHBOURS = 15


@dataclass(frozen=True)
class Map:
    """Two-dimensional coordinates of images.

    Attributes:
        method: a key of `METHOD_TITLES`; "plane" is a two-dimensional latent, unchanged.
        space: a key of `SPACE_TITLES`.
        xy: float32 (n, 2).
    """

    method: str
    space: str
    xy: np.ndarray

    @property
    def title(self) -> str:
        """The heading of the map."""
        if self.method == "plane":
            return "The latent itself"
        return f"{METHOD_TITLES[self.method]} of {SPACE_TITLES[self.space]}"


def principal_components(values: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Project values to their first principal components.

    Args:
        values: (n, ...), flattened to vectors.
        seed: of the randomized solver.

    Returns:
        The components, float32 (n, k), k up to `MAX_COMPONENTS`; and the share of the variance that each explains,
        float32 (k,), 0 if the values do not vary.
    """
    flat = values.reshape(len(values), -1).astype(np.float32)
    count = min(MAX_COMPONENTS, *flat.shape)
    # Latents that are the same for all images have no variance: their shares are 0 / 0.
    with np.errstate(invalid="ignore"):
        pca = PCA(count, svd_solver="auto", random_state=seed).fit(flat)
    return pca.transform(flat), np.nan_to_num(pca.explained_variance_ratio_)


def reduce(method: str, components: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """Reduce principal components to two dimensions: float32 (n, 2).

    Args:
        method: "pca", "tsne" (van der Maaten and Hinton 2008, JMLR 9) or "umap" (McInnes, Healy and Melville 2018,
            arXiv 1802.03426).
        components: float32 (n, k), of `principal_components`.
        perplexity: of t-SNE; UMAP uses 15 neighbours.
        seed: of all random numbers.
    """
    if float(np.ptp(components)) < 1e-9:
        return np.zeros((len(components), 2), np.float32)  # t-SNE fails on identical points
    components = np.pad(components, ((0, 0), (0, max(0, 2 - components.shape[1]))))
    if method == "pca":
        return components[:, :2].astype(np.float32)
    if method == "tsne":
        num_jobs = None if len(components) > MIN_POINTS_FOR_THREADS else 1
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=num_jobs)
        return tsne.fit_transform(components).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, and that a fixed seed allows only one thread
        from umap import UMAP

        neighbours = min(UMAP_NEIGHBOURS, len(components) - 1)
        umap = UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1, init="pca")
        return np.nan_to_num(umap.fit_transform(components)).astype(np.float32)
