"""A figure as files, drawn already, perhaps by another process; and the parts of a sweep's figures."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report.table import Table

CONFIRMATION, SEARCH, TRAINING, SYSTEMS = "confirmation", "search", "training", "systems"
PARTS = (CONFIRMATION, SEARCH, TRAINING, SYSTEMS)  # in the order of a report
SYSTEM_FIGURES = ("poles", "responses", "memory", "linearity")  # names of the figures of the last part


@dataclass(frozen=True)
class PictureFiles:
    """A figure as files, in the place of the `Picture` that they were drawn from.

    Parameters
    ----------
    name, title, caption : str
        As those of the picture.
    table : Table
        The numbers of the figure.
    image : bytes
        The figure as PNG.
    markup : str
        The figure as SVG.
    """

    name: str
    title: str
    caption: str
    table: Table
    image: bytes
    markup: str

    def png(self) -> bytes:
        """Return the figure as PNG, on white."""
        return self.image

    def svg(self) -> str:
        """Return the figure as SVG, for a page."""
        return self.markup
