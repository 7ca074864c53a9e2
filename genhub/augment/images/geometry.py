"""Where each pixel goes: matrices (3, 3) from places of an image, in pixels, to places of the new one. They multiply, so that a chain of geometric
operations reads every pixel once, and blurs once."""

import math

import cv2
import numpy as np

BORDERS = {"reflect": cv2.BORDER_REFLECT_101, "constant": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE}


def around(matrix: np.ndarray, width: int, height: int) -> np.ndarray:
    """The same around the middle of an image."""
    x, y = (width - 1) / 2, (height - 1) / 2
    return moved(x, y) @ matrix @ moved(-x, -y)


def moved(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def turned(degrees: float) -> np.ndarray:
    """Against the clock, as one sees it."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])


def scaled(x: float, y: float) -> np.ndarray:
    return np.diag([x, y, 1.0])


def slanted(degrees: float) -> np.ndarray:
    return np.array([[1, math.tan(math.radians(degrees)), 0], [0, 1, 0], [0, 0, 1]])


def cropped(left: float, top: float, kept: float, width: int, height: int) -> np.ndarray:
    """The part that begins at the shares `left` and `top` of the sides and has `kept` of each, as large as the whole. Places are those of the
    pixels' middles: half a pixel from the edge."""
    return moved(-0.5, -0.5) @ scaled(1 / kept, 1 / kept) @ moved(0.5 - left * width, 0.5 - top * height)


def seen_from_aside(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """The corners (4, 2), shares of the sides by which they move in: left top, right top, right bottom, left bottom."""
    right, bottom = width - 1, height - 1
    whole = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32) * np.array([right, bottom], np.float32)
    return cv2.getPerspectiveTransform(whole, whole + corners.astype(np.float32) * inwards)


def warped(image: np.ndarray, matrix: np.ndarray, fill: str) -> np.ndarray:
    """(H, W[, 3]) uint8 of the same size."""
    size, options = image.shape[1::-1], {"flags": cv2.INTER_LINEAR, "borderMode": BORDERS[fill]}
    if np.allclose(matrix[2], [0, 0, 1]):
        return cv2.warpAffine(image, matrix[:2] / matrix[2, 2], size, **options)
    return cv2.warpPerspective(image, matrix, size, **options)
