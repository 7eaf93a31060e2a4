"""For notebooks and scripts: a sweep as a function call, and its result as values, tables and figures."""
