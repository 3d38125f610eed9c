"""The check of a SavedModel's graph: a SavedModel is a program, and an untrusted one may do more than compute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorflow.core.protobuf import saved_model_pb2

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

# Operations on tensors, of kerasae's exports and of the layers of Keras. None reads or writes a file, runs Python or
# uses the network.
_COMPUTING = """
    Abs Acos Acosh Add AddN AddV2 All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh Ceil ClipByValue Cos Cosh Cumprod
    Cumsum Digamma Div DivNoNan Erf Erfc Erfinv Exp Expm1 Floor FloorDiv FloorMod Inv IsFinite IsInf IsNan L2Loss Lgamma
    Log Log1p Max Maximum Mean Min Minimum Mod Mul MulNoNan Neg Pow Prod RealDiv Reciprocal Rint Round Rsqrt Sign Sin
    Sinh Sqrt Square SquaredDifference Sub Sum Tan Tanh Xdivy Xlog1py Xlogy
    Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot LogicalOr NotEqual Select SelectV2 Where
    BitwiseAnd BitwiseOr BitwiseXor Invert LeftShift PopulationCount RightShift
    BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky Einsum MatMul MatrixBandPart MatrixDiagPartV3 MatrixDiagV3
    MatrixInverse MatrixTriangularSolve Qr Svd
    AvgPool AvgPool3D BiasAdd Conv2D Conv2DBackpropInput Conv3D Conv3DBackpropInputV2 DepthwiseConv2dNative Elu
    FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN LeakyRelu LogSoftmax MaxPool MaxPool3D MaxPoolV2 Relu Relu6
    Selu Sigmoid Softmax Softplus Softsign TopKV2
    BatchToSpaceND Bitcast BroadcastArgs BroadcastTo Bucketize Cast ConcatV2 Const DepthToSpace Diag DiagPart Empty
    EnsureShape ExpandDims ExtractImagePatches Fill Gather GatherNd GatherV2 Identity IdentityN InvertPermutation
    LinSpace LowerBound MirrorPad OneHot OnesLike Pack Pad PadV2 Range Rank Reshape ReverseV2 Roll ScatterNd SegmentSum
    Shape ShapeN Size Slice Snapshot SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice TensorScatterUpdate
    Tile Transpose UniqueV2 Unpack UnsortedSegmentSum UpperBound ZerosLike
    CropAndResize DecodeJpeg DecodePng DecodeRaw ExtractJpegShape ResizeArea ResizeBicubic ResizeBilinear
    ResizeNearestNeighbor ScaleAndTranslate StringJoin StringLength Substr
    StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
    StatelessRandomNormalV2 StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2
    StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessTruncatedNormal
    StatelessTruncatedNormalV2
    TensorListElementShape TensorListFromTensor TensorListGetItem TensorListLength TensorListReserve TensorListSetItem
    TensorListStack
    Assert Case CheckNumerics If NoOp PartitionedCall Placeholder PlaceholderWithDefault PreventGradient ReadVariableOp
    StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile StopGradient While
"""
COMPUTING = frozenset(_COMPUTING.split())
# Operations that save and restore the variables; no function that serves may call them.
_STORING = """
    AssignVariableOp DisableCopyOnRead MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch
    VarHandleOp VarIsInitializedOp
"""
STORING = frozenset(_STORING.split())
# Kinds of objects that loading a SavedModel may create; assets and other resources are not among them.
_OBJECTS = {"user_object", "function", "bare_concrete_function", "variable", "constant", "captured_tensor"}
_CLASSES = {"_generic_user_object", "signature_map"} | {
    f"trackable_{kind}_wrapper" for kind in ("list", "dict", "tuple")
}
_REGISTERED = {"", "tf.TrackableConstant"}
_FUNCTION = re.compile(r".+_\d+")  # how TensorFlow names functions; no operation has such a name
_FUNCTION_ATTRIBUTES = {"_construction_context", "_input_shapes"}  # others may replace one function with another


def check_operations(path: Path) -> None:
    """Refuse a SavedModel that could do more than compute. Its file is read, but nothing in it runs.

    Args:
        path: the folder of the SavedModel.

    Raises:
        RequestError: the file is damaged, or names an operation or an object that no export of kerasae has.
    """
    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString((path / "saved_model.pb").read_bytes())
    except (OSError, DecodeError):
        raise RequestError(
            "predict",
            expected="the graph of a SavedModel",
            received=f"{path / 'saved_model.pb'}, which is damaged",
            fix="export the run again",
        ) from None
    if len(model.meta_graphs) != 1 or not model.meta_graphs[0].HasField("object_graph_def"):
        raise _refusal(path, "a SavedModel of another form")
    graph = model.meta_graphs[0]
    if graph.asset_file_def:
        raise _refusal(path, "a SavedModel with assets")
    _check_objects(path, graph.object_graph_def)
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    for name, function in functions.items():
        if not _FUNCTION.fullmatch(name) or set(function.attr) - _FUNCTION_ATTRIBUTES:
            raise _refusal(path, f"a function {name!r}")
    serving = _reachable(_entries(graph.object_graph_def), functions)
    for name, function in functions.items():
        _check_nodes(path, function.node_def, COMPUTING if name in serving else COMPUTING | STORING, functions)
    _check_nodes(path, graph.graph_def.node, COMPUTING | STORING, functions)


def _refusal(path: Path, received: str) -> RequestError:
    return RequestError(
        "predict",
        expected="an export that only computes, since a SavedModel is a program that may also write files",
        received=f"{path}, {received}",
        fix="get an export from someone you trust, or predict from the run",
    )


def _check_objects(path: Path, graph: Any) -> None:
    for node in graph.nodes:
        kind = node.WhichOneof("kind")
        if (
            kind not in _OBJECTS
            or (kind == "user_object" and node.user_object.identifier not in _CLASSES)
            or node.registered_name not in _REGISTERED
            or node.registered_saver
        ):
            name = node.registered_saver or node.registered_name or node.user_object.identifier or kind
            raise _refusal(path, f"with an object {name!r}")


def _check_nodes(path: Path, nodes: Iterable[Any], allowed: frozenset[str], functions: Mapping[str, Any]) -> None:
    for node in nodes:
        if node.op not in allowed and node.op not in functions:
            raise _refusal(path, f"with the operation {node.op!r}")
        for name in _called(node):
            if name not in functions and name != node.op:
                raise _refusal(path, f"with the operation {node.op!r} of {name!r}")


def _entries(graph: Any) -> set[str]:
    """Return the functions that can be called after a SavedModel is loaded, or that loading calls."""
    names = set(graph.concrete_functions)
    for node in graph.nodes:
        names |= set(node.function.concrete_functions) | {node.bare_concrete_function.concrete_function_name}
        names |= {node.captured_tensor.concrete_function}
    return names


def _reachable(names: Iterable[str], functions: Mapping[str, Any]) -> set[str]:
    """Return the given functions and all that they call, directly or through others."""
    reached: set[str] = set()
    waiting = [name for name in names if name in functions]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [other for node in functions[name].node_def for other in _called(node) if other in functions]
    return reached


def _called(node: Any) -> Iterator[str]:
    """Yield the names of the functions that a node calls: as its operation, or in its attributes."""
    yield node.op
    waiting = list(node.attr.values())
    while waiting:
        attribute = waiting.pop()
        for function in ([attribute.func] if attribute.HasField("func") else []) + list(attribute.list.func):
            yield function.name
            waiting += function.attr.values()
