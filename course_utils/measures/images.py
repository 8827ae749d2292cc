"""How alike two images are."""

import torch


def mse(x_hat, x) -> float:
    """Mean squared error of a number (of images: of a pixel), any shape.

    Raises ValueError when the shapes differ (they would be broadcast) or
    nothing is there.
    """
    _check_alike(x_hat, x)
    if not x.numel():
        raise ValueError("there is nothing to compare")
    return (x_hat - x).square().mean().item()


def psnr(x_hat, x):
    """Peak signal-to-noise ratio in dB, higher is better: -> (B,).

    Raises ValueError when the shapes differ.
    """
    _check_alike(x_hat, x)
    error = (x_hat.clamp(0, 1) - x).square().flatten(1).mean(dim=1)
    return -10 * error.clamp_min(1e-10).log10()


def ssim(x_hat, x):
    """Structural similarity (Wang et al., 2004), at most 1: -> (B,).

    x_hat, x: (B, 1, H, W). Raises ValueError when the shapes differ.
    """
    _check_alike(x_hat, x)
    from skimage.metrics import structural_similarity  # slow to import

    pairs = zip(_arrays(x_hat.clamp(0, 1)), _arrays(x), strict=True)
    return torch.tensor(
        [structural_similarity(a, b, data_range=1.0) for a, b in pairs]
    )


def _check_alike(x_hat, x):
    if not (torch.is_tensor(x_hat) and torch.is_tensor(x)):
        got = type(x_hat).__name__, type(x).__name__
        raise ValueError(f"two tensors are compared; got {' and '.join(got)}")
    if x_hat.shape != x.shape:
        raise ValueError(
            f"both must have one shape; got {tuple(x_hat.shape)} and "
            f"{tuple(x.shape)}"
        )


def _arrays(x):
    return x[:, 0].numpy()
