"""Where the stand-ins for the image's own packages lie; on the path of containers only."""

from __future__ import annotations

from pathlib import Path

STAND_INS = Path(__file__).with_name("inside") / "stand_ins"
