"""The Markdown table: medians, spreads and ratios."""

from statistics import median

from .rows import MORE_IS_BETTER, ROWS


def digits(value):
    size = abs(value)
    return f"{value:.2f}" if size < 10 else f"{value:.1f}" if size < 100 else f"{value:,.0f}"


def cell(values, unit):
    """The median, and how far the lowest and the highest lie from it."""
    if not values:
        return "–"
    middle = median(values)
    text = f"{digits(middle)} {unit}"
    if len(values) > 1 and middle > 0:
        low = 100 * (1 - min(values) / middle)
        high = 100 * (max(values) / middle - 1)
        text += f" (−{low:.0f} +{high:.0f} %)"
    return text


def ratio(ours, theirs, figure):
    if not ours or not theirs or median(ours) <= 0 or median(theirs) <= 0:
        return None
    value = median(ours) / median(theirs)
    return 1 / value if figure in MORE_IS_BETTER else value


def rows_of(samples):
    """Each row that has samples of offset, with its procs: (row, procs, unit)."""
    for row in ROWS:
        cells = {procs: unit for (figure, procs, side), (unit, _) in samples.items()
                 if figure == row.figure and side == "offset"}
        for procs in sorted(cells):
            yield row, procs, cells[procs]


def values_of(samples, figure, procs, side):
    return samples.get((figure, procs, side), (None, []))[1]


def table(samples, peers):
    """`samples`: (figure, procs, title of the side) → (unit, values). `peers`: titles."""
    lines = ["| workload | procs | offset | " + " | ".join(f"{p} | ÷" for p in peers) + " |"
             if peers else "| workload | procs | offset |",
             "|---|--:|--:|" + "--:|--:|" * len(peers)]
    for row, procs, unit in rows_of(samples):
        ours = values_of(samples, row.figure, procs, "offset")
        line = f"| {row.title} | {procs} | {cell(ours, unit)}"
        for peer in peers:
            theirs = values_of(samples, row.figure, procs, peer)
            value = ratio(ours, theirs, row.figure)
            line += f" | {cell(theirs, unit)} | {'–' if value is None else f'{value:.2f}'}"
        lines.append(line + " |")
    return "\n".join(lines)
