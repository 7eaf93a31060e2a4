"""The operations that the benchmark's throughput counts are those that the formulas have."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from llvmlite import ir
from torch.utils.flop_counter import FlopCounterMode

from experiments.benchmark.shapes import Shape
from experiments.benchmark.throughput import CHAINS, COUNT, ROUNDS, TANH_OPERATIONS, core, count_operations
from linrnn.kernels.products import LANES
from linrnn.kernels.vectors import Vector


@pytest.mark.long
def test_the_operations_of_products_are_those_of_torch() -> None:
    shape = Shape("linear", 99, 2, 6, 1)
    U, W, C = (torch.randn(*size, requires_grad=True) for size in ((6, 1), (6, 6), (1, 6)))
    with FlopCounterMode(display=False) as counter:
        h, states = torch.zeros(2, 6), []
        for x in torch.randn(99, 2, 1):
            h = x @ U.T + h @ W.T
            states.append(h)
        (torch.stack(states) @ C.T).sum().backward()
    assert count_operations(shape) == pytest.approx(counter.get_total_flops(), rel=0.02)


def test_the_operations_of_an_activation_are_those_of_its_machine_code() -> None:
    kind = ir.VectorType(ir.FloatType(), LANES)
    function = ir.Function(ir.Module(), ir.FunctionType(kind, [kind]), "tanh")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(Vector(builder, function.args[0]).tanh().value)
    names = [instruction.opname for instruction in function.blocks[0].instructions]
    assert sum(name in ("fadd", "fsub", "fmul", "fdiv") for name in names) == TANH_OPERATIONS
    step = count_operations(Shape("tanh", 1, 1, 1, 1)) - count_operations(Shape("linear", 1, 1, 1, 1))
    assert step == TANH_OPERATIONS + 3


def test_the_cores_chains_are_computed() -> None:
    line = core()(1)
    assert ROUNDS > 50
    np.testing.assert_allclose(line, np.full(CHAINS * COUNT, 0.5), rtol=1e-6)
