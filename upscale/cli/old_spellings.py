"""Spellings that users of Real-ESRGAN and its relatives have in their fingers; they work, and no help shows them.

-s, -o, -f, -t, -x and -v are among the options themselves.
"""

from typing import Annotated, Literal

import typer

Input = Annotated[list[str] | None, typer.Option("-i", "--input", hidden=True)]
ModelName = Annotated[str | None, typer.Option("-n", "--model-name", "--model_name", hidden=True)]
Outscale = Annotated[float | None, typer.Option("--outscale", hidden=True)]
TilePad = Annotated[str | None, typer.Option("--tile_pad", "--tile-pad", hidden=True)]
ColourMatrix = Annotated[
    Literal["auto", "bt601", "bt709", "bt2020"] | None, typer.Option("--colour-matrix", hidden=True)
]
# FFmpeg's.
Start = Annotated[str | None, typer.Option("-ss", hidden=True)]
End = Annotated[str | None, typer.Option("-to", hidden=True)]
Codec = Annotated[str | None, typer.Option("-c:v", "--vcodec", hidden=True)]
Fp32 = Annotated[bool, typer.Option("--fp32", hidden=True)]
