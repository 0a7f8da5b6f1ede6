"""Super-resolution of pictures and video: networks, an exact streaming engine, a command line.

Importing this package loads neither torch nor OpenCV nor PyAV; take what you need from its modules.
"""

from pathlib import Path as _Path

__version__ = "0.1.0"

# In a plain checkout `train/` and `weights/` lie beside this folder, where an installation maps them to
# `upscale.train` and `upscale.weights`. The guard (our own pyproject beside us) keeps a stranger's folders out.
_checkout = _Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").is_file() and (_checkout / "weights" / "__init__.py").is_file():
    __path__.append(str(_checkout))
