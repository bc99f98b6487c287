"""Files with which a browser finds and classifies faces: smaller, and for pictures of any size."""

import functools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from db.wheel_files import YUNET, read_wheel_file

LEAST_VALUES = 9000
"""Arrays with fewer values stay float32: normalisations and depthwise kernels are a thirteenth of the file.
Rounding them too moves a probability of 48 faces by up to 0.0098 instead of 0.0014."""


def half_precision(model: bytes) -> bytes:
    """The ONNX model with its weights stored as float16, which a runtime casts back when it loads the file.

    Half as large; it computes in float32, so no probability moves by more than the rounding of the weights.
    """
    parsed = onnx.load_from_string(model)
    kept, casts = [], []
    for tensor in parsed.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST_VALUES:
            kept.append(tensor)
            continue
        stored = f"{tensor.name}/half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(
            helper.make_node(
                "Cast", [stored], [tensor.name], name=f"{tensor.name}/cast", to=TensorProto.FLOAT
            )
        )
    nodes = [*casts, *parsed.graph.node]
    del parsed.graph.initializer[:], parsed.graph.node[:]
    parsed.graph.initializer.extend(kept)
    parsed.graph.node.extend(nodes)
    onnx.checker.check_model(parsed)
    return bytes(parsed.SerializeToString(deterministic=True))


@functools.cache
def detector() -> bytes:
    """YuNet for pictures of any size whose sides are multiples of 32; the file in the wheel is for 640 x 640.

    Raises WrongFile.
    """
    model = onnx.load_from_string(read_wheel_file(*YUNET))
    for axis, name in ((2, "height"), (3, "width")):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"{output.name}_cells"
    del model.graph.value_info[:]
    return bytes(model.SerializeToString(deterministic=True))
