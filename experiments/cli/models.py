"""`linrnn models`."""

from __future__ import annotations

from typing import Any

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json

READOUT = ", y_t = C h_t + c"  # of most model types, which the table names once
HEADER = ("type", "formula", "parameters", "nonlinear in", "form")


@command(
    "models",
    """
    linrnn models
    linrnn models --hidden-size 32 --inputs 3 --outputs 2
    linrnn models --json
    """,
)
@click.option("--hidden-size", type=click.IntRange(1, 4096), default=10, show_default=True, metavar="H", help="Units.")
@click.option("--inputs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Input features.")
@click.option("--outputs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Output features.")
def models(options: GlobalOptions, hidden_size: int, inputs: int, outputs: int) -> None:
    """List the model types and where each is nonlinear.

    Parameters are those of one layer of H units. The form is the code that trains a type: kernels (compiled, the same
    bits on every processor) or torch. `linrnn settings --model TYPE` lists the settings of one, and
    `linrnn sweep TASK --models all` compares them.
    """
    items = list_model_types(hidden_size, inputs, outputs)
    if options.json:
        sizes = {"hidden_size": hidden_size, "inputs": inputs, "outputs": outputs}
        print_json({**sizes, "models": items})
        return
    from experiments.cli.terminal_table import print_table

    title = f"Model types (H = {hidden_size}, inputs {inputs}, outputs {outputs}); the readout is y_t = C h_t + c."
    rows = [
        (
            item["model"],
            item["formula"].removesuffix(READOUT),
            str(item["parameters"]),
            item["nonlinearity"],
            item["form"],
        )
        for item in items
    ]
    print_table(title, HEADER, rows)


def list_model_types(hidden_size: int, inputs: int, outputs: int) -> list[dict[str, Any]]:
    """Return name, formula, number of parameters, place of the nonlinearity and form of each model type."""
    from linrnn.models import MODELS
    from linrnn.models.model import count_parameters

    items = []
    for name, kind in MODELS.items():
        model: Any = kind
        network = model(hidden_size=hidden_size)
        items.append(
            {
                "model": name,
                "formula": kind.formula(),
                "parameters": count_parameters(network.shapes(inputs, outputs)),
                "nonlinearity": str(kind.place),
                "form": "kernels" if network.architecture else "torch",
            }
        )
    return items
