"""Networks for network flows: rows of numbers (B, D), 8 in the code."""

from torch import nn

from course_utils.models.images import LOG_VAR, reparameterize


def dense_layers(*sizes):
    """Dense layers of these sizes, with SiLU between them."""
    if len(sizes) < 2 or not all(
        isinstance(size, int) and size > 0 for size in sizes
    ):
        raise ValueError(
            f"at least two sizes, whole numbers above 0, are needed; got "
            f"{sizes}"
        )
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    parts = [part for pair in pairs for part in (nn.Linear(*pair), nn.SiLU())]
    return nn.Sequential(*parts[:-1])


def flow_autoencoder(size):
    """Flows (B, size) -> copies; size, 64, 32, 8, 32, 64, size numbers."""
    encoder = dense_layers(size, 64, 32, 8)
    return nn.Sequential(encoder, dense_layers(8, 32, 64, size))


class FlowVAE(nn.Module):
    """Flows (B, size) -> x_hat, mu, log_var, with 8 latents."""

    def __init__(self, size):
        super().__init__()
        self.encoder = dense_layers(size, 64, 32, 16)
        self.decoder = dense_layers(8, 32, 64, size)

    def forward(self, x):
        """Encode, draw while training (the mean otherwise), decode."""
        mu, log_var = self.encoder(x).chunk(2, dim=1)
        log_var = log_var.clamp(*LOG_VAR)
        z = reparameterize(mu, log_var) if self.training else mu
        return self.decoder(z), mu, log_var
