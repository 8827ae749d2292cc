"""Models and losses that lessons have written, for later lessons."""

from course_utils.models.code_prior import CodePrior, prior_loss
from course_utils.models.discrete import (
    FiniteQuantizer,
    Quantizer,
    VQAutoencoder,
    commitment,
    nearest_code,
    straight_through,
    vq_autoencoder,
    vq_loss,
)
from course_utils.models.flows import FlowVAE, flow_autoencoder
from course_utils.models.generation import (
    VelocityNet,
    flow_along,
    flow_matching_loss,
    guided,
)
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
    "CodePrior",
    "ConditionalVAE",
    "FiniteQuantizer",
    "FlowVAE",
    "ManyVAEs",
    "PeekingVAE",
    "Quantizer",
    "VAE",
    "VQAutoencoder",
    "VelocityNet",
    "bernoulli_nll",
    "commitment",
    "conv_autoencoder",
    "conv_decoder",
    "conv_encoder",
    "count_parameters",
    "dense_autoencoder",
    "dense_decoder",
    "dense_encoder",
    "dense_vae",
    "denoising_loss",
    "flow_along",
    "flow_autoencoder",
    "flow_matching_loss",
    "guided",
    "halved",
    "kl_divergence",
    "kl_sparsity",
    "nearest_code",
    "negative_elbo",
    "prior_loss",
    "reconstruction_loss",
    "reparameterize",
    "straight_through",
    "unit_kl",
    "vq_autoencoder",
    "vq_loss",
]
