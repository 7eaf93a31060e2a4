"""The JAX side: jit, vmap over replicas, lax.scan over time, optax for clipping and Adam."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from experiments.benchmark.shapes import CLIP_NORM, LEARNING_RATE, Problem
from experiments.benchmark.sides import Side
from linrnn.models.model import unflatten


def elman(activation: Any) -> Any:
    """The step of an Elman network: from parameters, state and U x_t + b to the next state."""
    return lambda p, state, drive: (activation(state[0] @ p["W"].T + drive),)


def gru(p: Any, state: Any, drive: Any) -> Any:
    """The step of a GRU, as torch.nn.GRU."""
    (h,) = state
    (r_x, z_x, n_x), (r_h, z_h, n_h) = (jnp.split(part, 3, axis=-1) for part in (drive, h @ p["W"].T))
    r, z = jax.nn.sigmoid(r_x + r_h), jax.nn.sigmoid(z_x + z_h)
    n = jnp.tanh(n_x + r * (n_h + p["d"]))
    return ((1 - z) * n + z * h,)


def lstm(p: Any, state: Any, drive: Any) -> Any:
    """The step of an LSTM."""
    h, c = state
    i, f, g, o = jnp.split(drive + h @ p["W"].T, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


CELLS = {  # number of states, and the step
    "linear": (1, elman(lambda z: z)),
    "tanh": (1, elman(jnp.tanh)),
    "relu": (1, elman(jax.nn.relu)),
    "gru": (1, gru),
    "lstm": (2, lstm),
}


class SideCompilation(NamedTuple):
    """A side and the duration of its tracing and compilation, in seconds."""

    side: Side
    seconds: float


def call_by_step(instance: Problem) -> SideCompilation:
    """Return a compiled step of all replicas, called once per step."""
    step, present = training_step(instance)
    program, seconds = compile_function(jax.jit(step, donate_argnums=0), present)

    def side(count: int) -> Any:
        nonlocal present
        for _ in range(count):
            present, losses = program(present)
        return np.asarray(losses, dtype=np.float64)

    return SideCompilation(side, seconds)


def call_once(instance: Problem) -> SideCompilation:
    """Return a compiled loop over steps of all replicas, called once for all steps."""
    step, present = training_step(instance)

    def loop(carry: Any, count: Any) -> Any:
        return jax.lax.fori_loop(0, count, lambda _, pair: step(pair[0]), (carry, jnp.zeros(len(instance.weights))))

    program, seconds = compile_function(jax.jit(loop, donate_argnums=0), present, 1)

    def side(count: int) -> Any:
        nonlocal present
        present, losses = program(present, count)
        return np.asarray(losses, dtype=np.float64)

    return SideCompilation(side, seconds)


def training_step(instance: Problem) -> tuple[Any, Any]:
    """Return the step of all replicas, `carry -> (carry, losses (S,))`, and the initial carry."""
    x, y = (jnp.asarray(part, dtype=jnp.float32) for part in instance.data[:2])
    arrays = unflatten(torch.from_numpy(instance.weights), instance.shapes)
    parameters = {name: jnp.asarray(value.numpy()) for name, value in arrays.items()}
    start, cell = CELLS[instance.config.model.name]
    optimizer = optax.chain(optax.clip_by_global_norm(CLIP_NORM), optax.adam(LEARNING_RATE))

    def loss_of(p: Any) -> Any:
        def advance(state: Any, drive: Any) -> Any:
            state = cell(p, state, drive)
            return state, state[0]

        zeros = jnp.zeros((x.shape[1], p["C"].shape[1]))
        _, states = jax.lax.scan(advance, (zeros,) * start, x @ p["U"].T + p["b"])
        return jnp.square(states @ p["C"].T + p["c"] - y).mean() / instance.data.scale

    def step(carry: Any) -> Any:
        p, state = carry
        loss, gradient = jax.value_and_grad(loss_of)(p)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(p, updates), state), loss

    return jax.vmap(step), (parameters, jax.vmap(optimizer.init)(parameters))


def compile_function(function: Any, *arguments: Any) -> tuple[Any, float]:
    """Compile a function for these arguments; return it and the duration in seconds."""
    start = time.perf_counter()
    program = function.lower(*arguments).compile()
    return program, time.perf_counter() - start
