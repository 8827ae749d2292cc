"""Classical cures for noise in images (B, 1, H, W): the denoiser's rivals.

Cures bring pixels back to [0, 1].
"""

import numpy as np
import torch

from course_utils.measures.images import psnr


def gaussian_blur(x, width, sigma=None):
    """Average each pixel with its neighbours, weighted by nearness."""
    from scipy.ndimage import gaussian_filter  # slow to import

    smooth = gaussian_filter(x.numpy(), (0, 0, width, width))
    return torch.from_numpy(smooth).clamp(0, 1)


def median(x, side, sigma=None):
    """Replace each pixel by the median of the square around it."""
    from scipy.ndimage import median_filter  # slow to import

    middle = median_filter(x.numpy(), (1, 1, side, side))
    return torch.from_numpy(middle).clamp(0, 1)


def total_variation(x, weight, sigma):
    """Find a nearby image with few jumps (Rudin, Osher and Fatemi, 1992)."""
    from skimage.restoration import denoise_tv_chambolle

    return _each(x, lambda a: denoise_tv_chambolle(a, weight=weight * sigma))


def non_local_means(x, h, sigma):
    """Average over look-alike patches (Buades, Coll and Morel, 2005)."""
    from skimage.restoration import denoise_nl_means

    options = {"patch_size": 5, "patch_distance": 8, "sigma": sigma}
    return _each(x, lambda a: denoise_nl_means(a, h=h * sigma, **options))


# filter: the settings worth trying. Each filter is told the noise level.
FILTERS = {
    gaussian_blur: (0.5, 0.6, 0.8, 1.0, 1.2, 1.5),
    median: (2, 3, 4, 5),
    total_variation: (0.4, 0.6, 0.8, 1.0),
    non_local_means: (0.3, 0.5, 0.7),
}


def tuned(rivals, noisy, clean, sigma):
    """Return {name: cure}, each filter at its best setting on these images.

    rivals: {filter: settings to try}, like `FILTERS`; best is by PSNR.
    """
    cures = {}
    for rival, settings in rivals.items():
        scores = [psnr(rival(noisy, s, sigma), clean).mean() for s in settings]
        setting = settings[int(torch.stack(scores).argmax())]
        cures[rival.__name__] = lambda x, r=rival, s=setting: r(x, s, sigma)
    return cures


def _arrays(x):
    return x[:, 0].numpy()


def _each(x, cure):
    cured = np.stack([cure(a) for a in _arrays(x)])
    return torch.from_numpy(cured).float()[:, None].clamp(0, 1)
