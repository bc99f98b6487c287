"""The classifier on pooled features: one dense layer, a softmax and a temperature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trainer.arrays import Float32Array, FloatArray, softmax


@dataclass(frozen=True)
class Head:
    """kernel (1280, classes), bias (classes,), temperature."""

    kernel: Float32Array
    bias: Float32Array
    temperature: float = 1.0

    def logits(self, features: ArrayLike) -> Float32Array:
        """Logits (n, classes) of features (n, 1280), not divided by the temperature."""
        return np.asarray(features, np.float32) @ self.kernel + self.bias

    def probabilities(self, features: ArrayLike) -> FloatArray:
        """Calibrated probabilities (n, classes) of features (n, 1280)."""
        return softmax(self.logits(features) / self.temperature)

    def as_dict(self) -> dict[str, Any]:
        """The head as JSON values, for `Run.head`."""
        return {
            "kernel": self.kernel.tolist(),
            "bias": self.bias.tolist(),
            "temperature": self.temperature,
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Head":
        """The head that `as_dict` saved."""
        kernel, bias = (np.asarray(saved[name], np.float32) for name in ("kernel", "bias"))
        return cls(kernel, bias, float(saved["temperature"]))
