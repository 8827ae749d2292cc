"""Classical cures for noise in images (B, 1, H, W): the denoiser's rivals.

Cures bring pixels back to [0, 1]. They raise ValueError for images of another
form or not finite, and for a setting or a sigma that is not above 0.
"""

import numpy as np
import torch

from course_utils.measures.images import psnr


def gaussian_blur(x, width, sigma=None):
    """Average each pixel with its neighbours, weighted by nearness."""
    from scipy.ndimage import gaussian_filter  # slow to import

    _check(x, width)
    smooth = gaussian_filter(x.numpy(), (0, 0, width, width))
    return torch.from_numpy(smooth).clamp(0, 1)


def median(x, side, sigma=None):
    """Replace each pixel by the median of the square around it."""
    from scipy.ndimage import median_filter  # slow to import

    _check(x, side)
    middle = median_filter(x.numpy(), (1, 1, side, side))
    return torch.from_numpy(middle).clamp(0, 1)


def total_variation(x, weight, sigma):
    """Find a nearby image with few jumps (Rudin, Osher and Fatemi, 1992)."""
    from skimage.restoration import denoise_tv_chambolle

    _check(x, weight, sigma)
    return _each(x, lambda a: denoise_tv_chambolle(a, weight=weight * sigma))


def non_local_means(x, h, sigma):
    """Average over look-alike patches (Buades, Coll and Morel, 2005)."""
    from skimage.restoration import denoise_nl_means

    _check(x, h, sigma)
    options = {"patch_size": 5, "patch_distance": 8, "sigma": sigma}
    return _each(x, lambda a: denoise_nl_means(a, h=h * sigma, **options))


def pca_filters(train):
    """Return {filter: settings} of two cures that know images like `train`.

    train: (N, 1, H, W), at least two. *pca_projection* keeps k components.
    *wiener* multiplies each by variance / (variance + sigma²), the best
    linear cure on average over data with this covariance (Wiener, 1949); its
    setting scales sigma.
    """
    _check(train)
    if len(train) < 2:
        raise ValueError(f"a covariance needs two images; got {len(train)}")
    mean = train.flatten(1).mean(dim=0)
    variance, axes = torch.linalg.eigh(torch.cov(train.flatten(1).T))
    variance = variance.clamp_min(0)  # smallest first

    def shrunk(x, gain):
        z = (x.flatten(1) - mean) @ axes
        return ((z * gain) @ axes.T + mean).clamp(0, 1).view_as(x)

    def pca_projection(x, k, sigma=None):
        _check(x, k)
        return shrunk(x, (torch.arange(len(variance)) >= len(variance) - k))

    def wiener(x, strength, sigma):
        _check(x, strength, sigma)
        return shrunk(x, variance / (variance + (strength * sigma) ** 2))

    return {
        pca_projection: (16, 32, 64, 128, 256),
        wiener: (0.8, 1.0, 1.2),
    }


# filter: the settings worth trying. Each filter is told the noise level.
FILTERS = {
    gaussian_blur: (0.5, 0.6, 0.8, 1.0, 1.2, 1.5),
    median: (2, 3, 4, 5),
    total_variation: (0.4, 0.6, 0.8, 1.0),
    non_local_means: (0.3, 0.5, 0.7),
}


def tuned(rivals, noisy, clean, sigma):
    """Return {name: cure}, each filter at its best setting on these images.

    rivals: {filter: settings to try}, like `FILTERS`; best is by PSNR. A
    name is the filter's own, with spaces. Raises ValueError when noisy and
    clean differ in shape.
    """
    if noisy.shape != clean.shape:
        raise ValueError(
            f"noisy and clean must have one shape; got {tuple(noisy.shape)} "
            f"and {tuple(clean.shape)}"
        )
    if not all(rivals.values()):
        raise ValueError("each filter needs one or more settings to try")
    cures = {}
    for rival, settings in rivals.items():
        scores = [psnr(rival(noisy, s, sigma), clean).mean() for s in settings]
        setting = settings[int(torch.stack(scores).argmax())]
        name = rival.__name__.replace("_", " ")
        cures[name] = lambda x, r=rival, s=setting: r(x, s, sigma)
    return cures


def _check(x, setting=1, sigma=1):
    form = tuple(x.shape) if torch.is_tensor(x) else type(x).__name__
    if not torch.is_tensor(x) or x.ndim != 4 or x.shape[1] != 1 or not len(x):
        raise ValueError(f"images (B, 1, H, W) are wanted; got {form}")
    if not x.isfinite().all():
        raise ValueError("the images hold values that are not finite")
    if not (setting > 0 and sigma > 0):
        raise ValueError(
            f"setting and sigma must be above 0; got {setting} and {sigma}"
        )


def _arrays(x):
    return x[:, 0].numpy()


def _each(x, cure):
    cured = np.stack([cure(a) for a in _arrays(x)])
    return torch.from_numpy(cured).float()[:, None].clamp(0, 1)
