"""What the papers of WGAN and its kin train their critics with, where neither recipe nor flag says otherwise.

The one optimiser here is Adam. Arjovsky et al. take RMSprop for `wgan`, since a momentum made their training
unstable: with its first beta 0 Adam has none, and is RMSprop whose mean of squares is corrected for its start at 0.
Its second beta is then RMSprop's own decay. These are the critic's settings; the network, which content losses hold
in place, keeps those of its recipe.
"""

from collections.abc import Mapping
from typing import Any

PAPERS: Mapping[str, Mapping[str, Any]] = {
    # Arjovsky et al. 2017, algorithm 1: RMSprop at 5e-5, whose decay is 0.99 in their code, and 5 steps for one.
    "wgan": {"learning_rate": 5e-5, "betas": (0.0, 0.99), "d_steps": 5},
    # Gulrajani et al. 2017, algorithm 1.
    "wgan-gp": {"learning_rate": 1e-4, "betas": (0.0, 0.9), "d_steps": 5},
    # Liu et al. 2019, their code; the critic is fitted to an exact solution, and needs no steps ahead.
    "wgan-qc": {"learning_rate": 1e-4, "betas": (0.5, 0.999), "d_steps": 1},
}

# What a recipe says of these it says of its own objective.
_OF_OBJECTIVE = ("learning_rate", "betas", "d_steps", "clip", "penalty")


def with_papers_settings(recipe: Mapping[str, Any], flags: Mapping[str, Any], default: str) -> dict[str, Any]:
    """The settings of a discriminator, each checked: flags, then those of the recipe, then its objective's in `PAPERS`.

    Where a flag turns the recipe's objective, `default` if it names none, into a WGAN or away from one, the recipe's
    optimiser was chosen for another game, and goes.
    """
    meant = recipe.get("objective", default)
    objective = flags.get("objective", meant)
    if objective != meant and {objective, meant} & PAPERS.keys():
        recipe = {key: value for key, value in recipe.items() if key not in _OF_OBJECTIVE}
    return {**PAPERS.get(objective, {}), **recipe, **flags}
