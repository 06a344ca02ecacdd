"""How far two colours are from each other for an eye: CIEDE2000 over the sight of the red-blind and the green-blind."""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Colour = tuple[float, float, float]

# Linear red, green and blue as such an eye sees them (Machado, Oliveira, Fernandes 2009, severity 1).
EYES = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "red-blind": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "green-blind": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
# Linear sRGB to CIE XYZ over the white of D65.
TO_XYZ = ((0.4339, 0.3762, 0.1899), (0.2127, 0.7152, 0.0722), (0.0178, 0.1095, 0.8729))


def lab(colour: Colour, eye: str = "all") -> Colour:
    """CIE L*a*b* of an sRGB colour of 0 to 1 as that eye sees it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    seen = [min(1, max(0, _dot(row, linear))) for row in EYES[eye]]
    x, y, z = (_root(_dot(row, seen)) for row in TO_XYZ)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _dot(row: tuple[float, ...], values: list[float]) -> float:
    return sum(m * c for m, c in zip(row, values, strict=True))


def _root(value: float) -> float:
    return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116


def ciede2000(one: Colour, other: Colour) -> float:
    """The CIE's distance of two L*a*b* colours, in the steps of Sharma, Wu and Dalal 2005."""
    mean = (hypot(*one[1:]) + hypot(*other[1:])) / 2
    stretch = 1.5 - 0.5 * sqrt(mean**7 / (mean**7 + 25**7))
    (l1, c1, h1), (l2, c2, h2) = (_polar(colour, stretch) for colour in (one, other))
    turn = ((h2 - h1 + 180) % 360 - 180) if c1 * c2 else 0
    hue = 2 * sqrt(c1 * c2) * sin(radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    middle = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    by_hue = 1 + sum(
        weight * cos(radians(times * middle + off))
        for weight, times, off in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    )
    lightness = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    colourful = (c2 - c1) / (1 + 0.045 * chroma)
    hued = hue / (1 + 0.015 * chroma * by_hue)
    blue = sin(radians(60 * exp(-(((middle - 275) / 25) ** 2))))
    turned = -blue * 2 * sqrt(chroma**7 / (chroma**7 + 25**7))
    return sqrt(lightness**2 + colourful**2 + hued**2 + turned * colourful * hued)


def _polar(colour: Colour, stretch: float) -> Colour:
    """Lightness, chroma and hue in degrees, the red-green axis stretched."""
    a = colour[1] * stretch
    return colour[0], hypot(a, colour[2]), degrees(atan2(colour[2], a)) % 360
