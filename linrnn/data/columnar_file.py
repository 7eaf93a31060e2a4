"""Tables in Parquet and Feather (Arrow) files, read by pyarrow and pandas."""

from __future__ import annotations

import io
from typing import Any

from linrnn.data.frame_columns import date_index, to_cells
from linrnn.data.table_limits import require_bytes, require_size
from linrnn.data.text_table import TextTable, parse_header
from linrnn.errors import DataError

NAMES = {"parquet": "Parquet", "feather": "Feather"}


def read_columnar_file(content: bytes, name: str, form: str) -> TextTable:
    """Return the table in a Parquet or a Feather file."""
    if form == "parquet" and not content.endswith(b"PAR1"):
        raise DataError(f"{name} is a Parquet file that ends too early: copy or download it again")
    try:
        frame = read_parquet(content, name) if form == "parquet" else read_feather(content, name)
    except DataError:
        raise
    except Exception as error:  # whatever pyarrow raises over bytes that anybody may have written
        reason = str(error).partition("\n")[0][:100]
        raise DataError(f"{name} is no {NAMES[form]} file that can be read ({reason}): save it again") from None
    return frame_table(frame, name)


def read_parquet(content: bytes, name: str) -> Any:
    """Return the data frame of a Parquet file of a size that is read."""
    from pyarrow import parquet

    file = parquet.ParquetFile(io.BytesIO(content))
    meta = file.metadata
    require_size(meta.num_columns, meta.num_rows * meta.num_columns, name)
    size = sum(meta.row_group(k).total_byte_size for k in range(meta.num_row_groups))
    require_bytes(size, name)
    return file.read().to_pandas()


def read_feather(content: bytes, name: str) -> Any:
    """Return the data frame of a Feather file of a size that is read."""
    import pyarrow

    if content.startswith(b"FEA1"):
        from pyarrow import feather

        return feather.read_table(io.BytesIO(content)).to_pandas()
    reader, batches, rows = pyarrow.ipc.open_file(io.BytesIO(content)), [], 0
    for k in range(reader.num_record_batches):
        batch = reader.get_batch(k)
        rows += batch.num_rows
        require_size(batch.num_columns, rows * batch.num_columns, name)
        batches.append(batch)
    return pyarrow.Table.from_batches(batches, reader.schema).to_pandas()


def frame_table(frame: Any, name: str) -> TextTable:
    """Return the table of a pandas data frame, whose index is a column where it holds dates."""
    require_size(frame.shape[1], frame.size, name)
    index = date_index(frame)
    dates = [] if index is None else [(str(index.name or "date"), to_cells(index))]
    columns = [*dates, *((str(title), to_cells(frame.iloc[:, k])) for k, title in enumerate(frame.columns))]
    if not columns or not len(frame):
        raise DataError(f"{name} is empty: it needs a row for each time step")
    header = parse_header((0, [title for title, _ in columns]), name)
    rows = [list(cells) for cells in zip(*(cells for _, cells in columns), strict=True)]
    return TextTable(name, header, rows, list(range(1, len(rows) + 1)), commas=False, has_titles=True)
