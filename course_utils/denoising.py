"""Damage to images, classical cures, and how well a cure works.

Images are (B, 1, H, W). Clean ones lie in [0, 1]; Gaussian noise may leave
that range, and cures bring pixels back to it.
"""

import numpy as np
import torch


def add_gaussian(x, sigma):
    """Add noise of standard deviation sigma (a number, or (B, 1, 1, 1))."""
    return x + sigma * torch.randn_like(x)


def salt_and_pepper(x, share=0.2):
    """Replace a share of the pixels, each by 0 or 1 with equal chance."""
    hit = torch.rand_like(x) < share
    return torch.where(hit, torch.rand_like(x).round(), x)


def erase_patch(x, side=10):
    """Set one square of side x side pixels to 0, elsewhere in each image."""
    rows, columns = (_window(len(x), size, side, x) for size in x.shape[2:])
    return x.masked_fill(rows[:, None, :, None] & columns[:, None, None], 0)


def _window(count, size, side, x):
    """Mark `side` neighbours out of `size`, drawn anew: (count, size)."""
    start = torch.randint(size - side + 1, (count, 1), device=x.device)
    place = torch.arange(size, device=x.device)
    return (place >= start) & (place < start + side)


def psnr(x_hat, x):
    """Peak signal-to-noise ratio in dB, higher is better: -> (B,)."""
    error = (x_hat.clamp(0, 1) - x).square().flatten(1).mean(dim=1)
    return -10 * error.clamp_min(1e-10).log10()


def ssim(x_hat, x):
    """Structural similarity (Wang et al., 2004), at most 1: -> (B,)."""
    from skimage.metrics import structural_similarity  # slow to import

    pairs = zip(_arrays(x_hat.clamp(0, 1)), _arrays(x), strict=True)
    return torch.tensor(
        [structural_similarity(a, b, data_range=1.0) for a, b in pairs]
    )


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
