"""The chart: what each peer needs for what offset does in 1, drawn by gnuplot."""

import shutil
import subprocess

from .table import ratio, rows_of, values_of


def text(label):
    return label.replace('"', "'")


def chart(samples, peers, path):
    """Writes a PNG to `path`. Returns why not, or None."""
    if not shutil.which("gnuplot"):
        return "there is no gnuplot (gnuplot-nox)"
    rows = list(rows_of(samples))
    points = {peer: [] for peer in peers}
    labels = []
    for index, (row, procs, _) in enumerate(rows):
        place = len(rows) - index
        labels.append(f'"{text(row.title)} · {procs}" {place}')
        ours = values_of(samples, row.figure, procs, "offset")
        for peer in peers:
            value = ratio(ours, values_of(samples, row.figure, procs, peer), row.figure)
            if value:
                points[peer].append(f"{1 / value:.4f} {place}")
    drawn = [peer for peer in peers if points[peer]]
    if not drawn:
        return "there is nothing to compare"
    colours = ["#007d9c", "#d9822b", "#7a4fa3"]
    script = [
        f"set terminal pngcairo noenhanced size 1000,{160 + 17 * len(rows)} font 'sans,9'",
        f'set output "{path}"',
        "set logscale x",
        "set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)",
        'set xlabel "times what offset needs: right of 1, offset is better"',
        "set ytics (" + ", ".join(labels) + ")",
        f"set yrange [0:{len(rows) + 1}]",
        "set grid x y linecolor '#dddddd'",
        "set key outside top center horizontal",
        f"set arrow from 1,0 to 1,{len(rows) + 1} nohead linecolor '#444444' linewidth 2",
        "plot " + ", ".join(
            f"'-' using 1:2 with points pointtype {(7, 9, 5)[i % 3]} pointsize 1.1 "
            f'linecolor "{colours[i % 3]}" title "{text(peer)}"' for i, peer in enumerate(drawn)),
    ]
    for peer in drawn:
        script += points[peer] + ["e"]
    done = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, capture_output=True)
    return None if done.returncode == 0 else "gnuplot failed: " + done.stderr.strip()
