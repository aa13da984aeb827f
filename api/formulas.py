"""Cells of files that people open in spreadsheets, where a text may be taken for a formula."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """Return the cell as a spreadsheet shows it as text, whatever it begins with: with a quote in front if need be."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell
