"""The curve fitted to the runs so far, and the advice that follows from it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from trainer.label_efficiency.learning_curve import (
    GO_ON,
    LEVELS_OFF,
    TOO_FEW,
    VAGUE_YET,
    Forecast,
    Measured,
    advice,
    forecast,
)

SIZES = [20, 30, 45, 60, 90, 120, 160, 200, 250, 300]


def of(accuracies: list[float], people: int = 500, faces: int = 40) -> Measured:
    """Models of these accuracies on the same faces, the same share of every person's."""
    number = np.arange(people * faces)
    order = (number % faces) / faces + (number // faces) / people / faces  # exact to 1 in people * faces
    right = np.array([order < accuracy for accuracy in accuracies])
    return Measured(right, (number // faces) % 2, number // faces)


def on_curve(a: float, b: float, c: float) -> list[float]:
    n = np.array(SIZES, float)
    return (1 - c - a * n**-b).tolist()


def gain_of(low: float, value: float, high: float) -> Forecast:
    """A forecast whose gain from 100 to 200 labels is this: error is a/n, so it is a·(1/100 - 1/200)."""
    each = np.repeat([value, low, high], [1, 10, 10]) * 200
    return Forecast(100, 60, each, np.ones(21), np.zeros(21))


def test_a_power_law_without_noise_is_recovered() -> None:
    found = forecast(SIZES, of(on_curve(0.8, 0.5, 0.02)))
    assert found is not None
    assert found.accuracy(1200)["value"] == pytest.approx(1 - 0.02 - 0.8 * 1200**-0.5, abs=2e-3)
    assert found.gain(100)["value"] == pytest.approx(0.8 * (300**-0.5 - 400**-0.5), abs=1e-3)


def test_a_forecast_is_kept_as_json() -> None:
    found = forecast(SIZES, of(on_curve(0.8, 0.5, 0.02)))
    assert found is not None
    kept = Forecast.from_dict(json.loads(json.dumps(found.as_dict())))
    assert kept.gain(40) == pytest.approx(found.gain(40), abs=1e-4)


def test_the_order_of_the_runs_does_not_matter() -> None:
    measured = of(on_curve(0.8, 0.5, 0.02))
    one = forecast(SIZES, measured)
    other = forecast(SIZES[::-1], replace(measured, right=measured.right[::-1]))
    assert one is not None
    assert other is not None
    assert one.gain(40) == other.gain(40)


def test_falling_accuracy_gives_no_gain() -> None:
    found = forecast(SIZES, of([0.9 - 0.0001 * n for n in SIZES]))
    assert found is not None
    assert found.gain(40)["value"] == 0
    assert found.accuracy(340)["value"] <= 0.9


def test_there_is_no_forecast_from_few_runs_or_from_runs_of_one_size() -> None:
    assert forecast(SIZES[:4], of(on_curve(0.8, 0.5, 0.02)[:4])) is None
    assert forecast([100, 110, 120, 130, 140], of([0.9] * 5)) is None
    assert forecast([100] * 4 + [300], of([0.9] * 5)) is None


@pytest.mark.slow
def test_the_interval_contains_the_true_gain() -> None:
    """Thirty people of six faces; faces are hard in the same way for all models, and people differ."""
    held, true = 0, 0.8 * (300**-0.5 - 400**-0.5)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.arange(180) // 6
        easy = ndtr(np.sqrt(0.2) * rng.normal(size=30)[groups] + np.sqrt(0.8) * rng.normal(size=180))
        right = np.array([easy < accuracy + 0.01 * rng.normal() for accuracy in on_curve(0.8, 0.5, 0.03)])
        found = forecast(SIZES, Measured(right, groups % 2, groups), seed)
        assert found is not None
        gain = found.gain(100)
        held += gain["low"] <= true <= gain["high"]
    assert held / 60 >= 0.85


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (gain_of(0.004, 0.01, 0.02), GO_ON),
        (gain_of(0.0, 0.004, 0.015), GO_ON),
        (gain_of(0.001, 0.004, 0.009), LEVELS_OFF),
        (gain_of(0.0, 0.02, 0.06), VAGUE_YET),
        (None, TOO_FEW),
    ],
)
def test_advice(found: Forecast | None, text: str) -> None:
    assert advice(found, 100)[0] is text


def test_advice_names_its_figures() -> None:
    text, values = advice(gain_of(0.004, 0.0123, 0.02), 100)
    assert values == {"more": "100", "points": "+1.2", "low": "0.4", "high": "2.0", "n": "60"}
    assert "about +1.2 points of balanced accuracy (0.4 to 2.0, n = 60 locked faces)" in text % values
    assert "100 more answers are worth can be said after 5 runs" in TOO_FEW % advice(None, 100)[1]
