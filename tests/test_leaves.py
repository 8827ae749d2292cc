"""The drawn leaves: an example of a folder of one's own."""

import pytest

from course_utils.datasets import draw_leaves, folder


def test_leaves_are_drawn_alike_and_read_as_planned(tmp_path):
    causes = draw_leaves(tmp_path / "a.zip", 30, bitten=3)
    assert len(causes) == 30 and causes.bitten.sum() == 3
    data = folder(tmp_path / "a.zip", color=True, quiet=True)
    assert sorted(causes.index) == list(data.paths)
    assert data.classes == ("beech", "maple", "willow")
    named = [data.classes[label] for label in data.labels]
    assert named == list(causes.kind[list(data.paths)])
    assert data.report.files["turned upright"] == 1
    assert list(data.skipped.index) == ["beech/half.jpg", "notes.txt"]
    draw_leaves(tmp_path / "b.zip", 30, bitten=3)
    draw_leaves(tmp_path / "c.zip", 30, bitten=3, seed=1)
    b, c = (
        folder(tmp_path / f"{k}.zip", color=True, quiet=True) for k in "bc"
    )
    assert b.stored.equal(data.stored)
    assert not c.stored.equal(data.stored)


def test_the_causes_are_in_the_images(tmp_path):
    causes = draw_leaves(tmp_path / "a.zip", 90, bitten=0)
    data = folder(tmp_path / "a.zip", color=True, quiet=True)
    causes = causes.loc[list(data.paths)]
    dark = (data.x.mean(1) < 0.7).float().flatten(1).mean(1).numpy()
    for _, rows in causes.assign(dark=dark).groupby("kind"):
        assert rows[["length", "dark"]].corr().iloc[0, 1] > 0.8
    # a red leaf has more red than green, a green one less
    excess = data.x[:, 0] - data.x[:, 1]
    red = excess.flatten(1).abs().amax(1) * excess.flatten(1).sum(1).sign()
    assert causes.assign(red=red.numpy())[["autumn", "red"]].corr(
        "spearman"
    ).iloc[0, 1] > 0.7  # fmt: skip


@pytest.mark.parametrize("options", [{"n": 0}, {"n": 1.0}, {"bitten": 700}])
def test_unusable_arguments(tmp_path, options):
    with pytest.raises(ValueError, match="whole numbers, bitten from 0"):
        draw_leaves(tmp_path / "a.zip", **options)
