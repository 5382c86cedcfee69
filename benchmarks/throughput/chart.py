"""CPU and memory against the number of jobs as an SVG, both axes in powers of ten. Drawn here: a chart needs no package."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 820, 380
PANEL = (300, 250)  # of the inner rectangle of a panel
LEFT, TOP, GAP = 60, 50, 110
COLOURS = ("#8a8f98", "#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b")


def chart(panels: Mapping[str, Mapping[str, Points]]) -> str:
    """A panel per title, a line per name; the same name has the same colour everywhere."""
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for place, (title, lines) in enumerate(panels.items()):
        parts += _panel(LEFT + place * (PANEL[0] + GAP), title, lines, names)
    x = LEFT
    for name, colour in zip(names, COLOURS, strict=False):
        parts.append(f'<rect x="{x}" y="{HEIGHT - 20}" width="14" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 20}" y="{HEIGHT - 14}">{name}</text>')
        x += 50 + 6 * len(name)
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: float, title: str, lines: Mapping[str, Points], names: Sequence[str]) -> list[str]:
    points = [point for line in lines.values() for point in line]
    across, up = _Axis([x for x, _ in points]), _Axis([y for _, y in points])
    width, height = PANEL
    parts = [f'<text x="{left}" y="{TOP - 18}" font-size="14" font-weight="bold">{title}</text>']
    for value in across.ticks:
        x = left + across.share(value) * width
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + height}" stroke="#e3e5e8"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP + height + 18}" text-anchor="middle">{_short(value)}</text>')
    for value in up.ticks:
        y = TOP + height - up.share(value) * height
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}</text>')
    for name, line in lines.items():
        colour = COLOURS[names.index(name)]
        drawn = [(left + across.share(x) * width, TOP + height - up.share(y) * height) for x, y in line]
        for (x1, y1), (x2, y2) in pairwise(drawn):
            parts.append(
                f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="2"/>'
            )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in drawn]
    return parts


class _Axis:
    """From the power of ten below the smallest value to the one above the largest."""

    def __init__(self, values: Sequence[float]) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self._low, self._high + 1)]

    def share(self, value: float) -> float:
        return (math.log10(value) - self._low) / (self._high - self._low)


def _short(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1_000:g}k" if value >= 1_000 else f"{value:g}"
