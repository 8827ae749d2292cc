"""Models and losses that lessons have written, for later lessons."""

from course_utils.models.images import (
    VAE,
    Autoencoder,
    ConvEncoder,
    DenseDecoder,
    DenseEncoder,
    conv_autoencoder,
    conv_decoder,
    conv_encoder,
    count_parameters,
    dense_autoencoder,
    dense_decoder,
    dense_encoder,
    dense_vae,
    reparameterize,
)
from course_utils.models.losses import (
    bernoulli_nll,
    denoising_loss,
    kl_divergence,
    kl_sparsity,
    negative_elbo,
    reconstruction_loss,
)

__all__ = [
    "Autoencoder",
    "ConvEncoder",
    "DenseDecoder",
    "DenseEncoder",
    "VAE",
    "bernoulli_nll",
    "conv_autoencoder",
    "conv_decoder",
    "conv_encoder",
    "count_parameters",
    "dense_autoencoder",
    "dense_decoder",
    "dense_encoder",
    "dense_vae",
    "denoising_loss",
    "kl_divergence",
    "kl_sparsity",
    "negative_elbo",
    "reconstruction_loss",
    "reparameterize",
]
