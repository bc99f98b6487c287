"""Conversion of a Keras classifier to ONNX, layer by layer.

MobileNetV2 has nine kinds of layer; tf2onnx, the only converter, is hardly maintained any more
(docs/adr/0012-the-trainer.md).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def convert(keras_model: Any) -> bytes:
    """The model as an ONNX file with the input `image` (n, 160, 160, 3) and the output `probabilities`.

    Raises ValueError for a kind of layer that is not in MobileNetV2.
    """
    graph = _Graph(keras_model)
    for layer in keras_model.layers:
        graph.add(layer)
    return bytes(graph.model().SerializeToString())


class _Graph:
    """An ONNX graph under construction; `_names` has the name of each Keras tensor, by its id."""

    def __init__(self, keras_model: Any) -> None:
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []
        self._names: dict[int, str] = {}
        shape = keras_model.inputs[0].shape
        self._input = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", *shape[1:]])
        classes = keras_model.output.shape[-1]
        self._output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes])

    def add(self, layer: Any) -> None:
        """Add the layer's nodes. Raises ValueError for an unknown kind of layer."""
        kind = type(layer).__name__
        if kind not in LAYERS:
            raise ValueError(f"no ONNX form for a {kind} layer")
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        names = [self._names[id(tensor)] for tensor in inputs if id(tensor) in self._names]
        self._names[id(layer.output)] = LAYERS[kind](self, layer, names)

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Add a node with one output, and return its name, which is `name`."""
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def tensor(self, values: Any, name: str, kind: Any = np.float32) -> str:
        """Add a constant, and return its name, which is `name`."""
        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    def model(self) -> Any:
        """The finished model, validated by ONNX' own checker."""
        self.node("Identity", [self._nodes[-1].output[0]], "probabilities")
        graph = helper.make_graph(self._nodes, "second_look", [self._input], [self._output], self._tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def _input(graph: _Graph, layer: Any, names: list[str]) -> str:
    return graph.node("Transpose", ["image"], layer.name, perm=[0, 3, 1, 2])  # ONNX has channels first


def _rescaling(graph: _Graph, layer: Any, names: list[str]) -> str:
    scaled = graph.node(
        "Mul", [names[0], graph.tensor(layer.scale, f"{layer.name}/scale")], f"{layer.name}/mul"
    )
    return graph.node("Add", [scaled, graph.tensor(layer.offset, f"{layer.name}/offset")], layer.name)


def _convolution(graph: _Graph, layer: Any, names: list[str]) -> str:
    kernel, *bias = layer.get_weights()
    depthwise = type(layer).__name__ == "DepthwiseConv2D"
    # Keras: (h, w, in, out), depthwise (h, w, channels, 1). ONNX: (out, in / groups, h, w).
    weights = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
    inputs = [names[0], graph.tensor(weights, f"{layer.name}/kernel")]
    inputs += [graph.tensor(values, f"{layer.name}/bias") for values in bias]
    padding = "SAME_UPPER" if layer.padding == "same" else "VALID"
    return graph.node(
        "Conv", inputs, layer.name, strides=list(layer.strides), auto_pad=padding,
        group=kernel.shape[2] if depthwise else 1,
    )  # fmt: skip


def _normalisation(graph: _Graph, layer: Any, names: list[str]) -> str:
    parts = ("gamma", "beta", "mean", "variance")
    weights = zip(layer.get_weights(), parts, strict=True)
    tensors = [graph.tensor(values, f"{layer.name}/{part}") for values, part in weights]
    return graph.node("BatchNormalization", [names[0], *tensors], layer.name, epsilon=layer.epsilon)


def _relu(graph: _Graph, layer: Any, names: list[str]) -> str:
    if layer.max_value is None:
        return graph.node("Relu", names, layer.name)
    bounds = [graph.tensor(value, f"{layer.name}/{value:g}") for value in (0.0, layer.max_value)]
    return graph.node("Clip", [names[0], *bounds], layer.name)


def _padding(graph: _Graph, layer: Any, names: list[str]) -> str:
    (top, bottom), (left, right) = layer.padding
    pads = graph.tensor([0, 0, top, left, 0, 0, bottom, right], f"{layer.name}/pads", np.int64)
    return graph.node("Pad", [names[0], pads], layer.name)


def _pooling(graph: _Graph, layer: Any, names: list[str]) -> str:
    pooled = graph.node("GlobalAveragePool", names, f"{layer.name}/mean")
    return graph.node("Flatten", [pooled], layer.name)


def _dense(graph: _Graph, layer: Any, names: list[str]) -> str:
    kernel, bias = layer.get_weights()
    tensors = [graph.tensor(kernel, f"{layer.name}/kernel"), graph.tensor(bias, f"{layer.name}/bias")]
    logits = graph.node("Gemm", [names[0], *tensors], f"{layer.name}/logits")
    return graph.node("Softmax", [logits], f"{layer.name}/softmax", axis=1)


LAYERS: dict[str, Callable[[_Graph, Any, list[str]], str]] = {
    "InputLayer": _input,
    "Rescaling": _rescaling,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _convolution,
    "BatchNormalization": _normalisation,
    "ReLU": _relu,
    "ZeroPadding2D": _padding,
    "Add": lambda graph, layer, names: graph.node("Add", names, layer.name),
    "GlobalAveragePooling2D": _pooling,
    "Dense": _dense,
}
