"""The rivals: against slow definitions, and on points far off."""

import pytest
import torch

from course_utils.rivals import detectors

RIVALS = {
    detectors.pca_error: 2,
    detectors.mahalanobis: 0.01,
    detectors.isolation_forest: 256,
    detectors.one_class_svm: 0.1,
    detectors.nearest: 200,
}


@pytest.fixture
def known():
    draws = torch.Generator().manual_seed(0)
    return torch.randn(500, 5, generator=draws) * torch.arange(1, 6) + 3


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.__name__)
def test_strange_points_score_higher(rival, known):
    strange = known[:50] + torch.tensor([9.0, -9, 9, 0, 0])
    score = rival(torch.cat([known[50:100], strange]), known, RIVALS[rival])
    assert score.shape == (100,) and score.isfinite().all()
    assert score[50:].median() > score[:50].quantile(0.9)


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.__name__)
def test_a_seed_gives_one_answer(rival, known):
    one, two = (rival(known, known, RIVALS[rival], 1) for _ in range(2))
    assert one.equal(two)


def test_pca_error_is_scikit_learns(known):
    from sklearn.decomposition import PCA

    pca = PCA(2).fit(known.numpy())
    copy = torch.tensor(pca.inverse_transform(pca.transform(known.numpy())))
    mine = detectors.pca_error(known, known, 2)
    assert mine.allclose((copy - known).square().sum(1), atol=1e-3)


def test_mahalanobis_is_scipys(known):
    from scipy.spatial.distance import mahalanobis

    inverse = torch.linalg.inv(known.T.cov()).numpy()
    slow = [mahalanobis(x, known.mean(0), inverse) ** 2 for x in known[:9]]
    mine = detectors.mahalanobis(known[:9], known, 0.0)
    assert mine.tolist() == pytest.approx(slow, rel=1e-3)


def test_nearest_is_zero_for_what_is_known(known):
    assert detectors.nearest(known, known, 500).abs().max() < 0.01
