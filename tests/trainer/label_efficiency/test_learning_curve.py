"""The curve fitted to the runs so far, and the advice that follows from it."""

import numpy as np
import pytest

from trainer.label_efficiency.learning_curve import (
    GO_ON,
    LEVELS_OFF,
    TOO_FEW,
    VAGUE_YET,
    Forecast,
    advice,
    forecast,
)

SIZES = [20, 30, 45, 60, 90, 120, 160, 200, 250, 300]


def on_curve(a: float, b: float, c: float, noise: float = 0.0, seed: int = 0) -> list[float]:
    n = np.array(SIZES, float)
    return (1 - c - a * n**-b + noise * np.random.default_rng(seed).normal(size=len(n))).tolist()


def gain_of(low: float, value: float, high: float) -> Forecast:
    """A forecast whose gain from 100 to 200 labels is this: error is a/n, so it is a·(1/100 - 1/200)."""
    each = np.repeat([value, low, high], [1, 10, 10]) * 200
    return Forecast(100, each, np.ones(21), np.zeros(21))


def test_a_power_law_without_noise_is_recovered() -> None:
    found = forecast(SIZES, on_curve(0.8, 0.5, 0.02))
    assert found is not None
    assert found.accuracy(1200)["value"] == pytest.approx(1 - 0.02 - 0.8 * 1200**-0.5, abs=1e-6)
    assert found.gain(100)["value"] == pytest.approx(0.8 * (300**-0.5 - 400**-0.5), abs=1e-6)


def test_the_order_of_the_runs_does_not_matter() -> None:
    accuracies = on_curve(0.8, 0.5, 0.02, 0.01)
    one, other = forecast(SIZES, accuracies), forecast(SIZES[::-1], accuracies[::-1])
    assert one is not None
    assert other is not None
    assert one.gain(40) == other.gain(40)


def test_falling_accuracy_gives_no_gain() -> None:
    found = forecast(SIZES, [0.9 - 0.0001 * n for n in SIZES])
    assert found is not None
    assert found.gain(40)["value"] == 0
    assert found.accuracy(340)["value"] <= 0.9


def test_there_is_no_forecast_from_few_runs_or_from_runs_of_one_size() -> None:
    assert forecast(SIZES[:4], on_curve(0.8, 0.5, 0.02)[:4]) is None
    assert forecast([100, 110, 120, 130, 140], [0.9] * 5) is None
    assert forecast([100] * 4 + [300], [0.9] * 5) is None


def test_the_interval_contains_the_true_gain() -> None:
    held = 0
    for seed in range(60):
        found = forecast(SIZES, on_curve(0.8, 0.5, 0.03, 0.01, seed), seed)
        assert found is not None
        gain = found.gain(100)
        held += gain["low"] <= 0.8 * (300**-0.5 - 400**-0.5) <= gain["high"]
    assert held / 60 >= 0.8


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
    assert values == {"more": "100", "points": "+1.2", "low": "0.4", "high": "2.0"}
    assert "about +1.2 points of balanced accuracy (0.4 to 2.0)" in text % values
    assert "100 more answers are worth can be said after 5 runs" in TOO_FEW % advice(None, 100)[1]
