"""Models and losses that lessons have written, for later lessons."""

from course_utils.models.flows import FlowVAE, flow_autoencoder
from course_utils.models.images import (
    VAE,
    Autoencoder,
    ConditionalVAE,
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
    unit_kl,
)
from course_utils.models.many import ManyVAEs
from course_utils.models.peeking import PeekingVAE, halved

__all__ = [
    "Autoencoder",
    "ConditionalVAE",
    "FlowVAE",
    "ManyVAEs",
    "PeekingVAE",
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
    "flow_autoencoder",
    "halved",
    "kl_divergence",
    "kl_sparsity",
    "negative_elbo",
    "reconstruction_loss",
    "reparameterize",
    "unit_kl",
]
