"""The options of `upscale train`.

Their defaults stand in `TrainConfig` and in the recipes; what --help says of them is held to that by a test.
"""

from pathlib import Path
from typing import Annotated

import typer

# Groups of options in --help.
PICTURES = "Pictures"
NETWORK = "Network"
RUN = "Run"
LOSSES = "Losses"
ADVERSARY = "Discriminator"
RESULTS = "Results"

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of high-resolution pictures, searched recursively.", rich_help_panel=PICTURES),
]
Val = Annotated[
    Path | None,
    typer.Option(
        "--val", help="Folder to validate on. Default: some of the pictures, held out.", rich_help_panel=PICTURES
    ),
]
Lr = Annotated[
    Path | None,
    typer.Option(
        "--lr",
        metavar="FOLDER",
        help="Their low resolutions: babyx4.png or baby.png for baby.png. Default: made by --degrade.",
        rich_help_panel=PICTURES,
    ),
]
Degrade = Annotated[
    str | None,
    typer.Option(
        "--degrade",
        help="How low resolutions are made: bicubic, classic (blur, noise, JPEG) or real (all of it twice), with haze,"
        " rain, lowlight and motion joined by +. Default: the recipe's (srgan: bicubic).",
        rich_help_panel=PICTURES,
    ),
]
Crop = Annotated[
    int | None,
    typer.Option(
        "--crop",
        help="Side of a crop in low-resolution pixels. Default: the recipe's (srgan: 24).",
        rich_help_panel=PICTURES,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        help="Keep decoded pictures there, for the next run too. Default: memory; beside the result where they do not"
        " fit.",
        rich_help_panel=PICTURES,
    ),
]
ShowData = Annotated[
    Path | None,
    typer.Option(
        "--show-data", metavar="PNG", help="Draw pairs as training will see them, and end.", rich_help_panel=PICTURES
    ),
]

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="srcnn, espcn, srresnet or srgan, by the recipe of that name. Default: srgan.",
        rich_help_panel=NETWORK,
    ),
]
Scale = Annotated[
    int | None,
    typer.Option("--scale", "-s", help="2, 3 or 4; espcn and srcnn to 8. Default: 4.", rich_help_panel=NETWORK),
]
Init = Annotated[
    str | None,
    typer.Option(
        "--init",
        help="Weights to start from: a path, a shipped name, of another factor too, or none. Default: the recipe's"
        " (srgan: srgan); where it names none, a GAN starts from srresnet.",
        rich_help_panel=NETWORK,
    ),
]
FromScratch = Annotated[
    bool,
    typer.Option("--from-scratch", help="Let a GAN begin without trained weights.", rich_help_panel=NETWORK),
]

Recipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|TOML",
        help="A shipped recipe, such as srgan-vgg54, or a file; flags override it. Default: that of --model.",
        rich_help_panel=RUN,
    ),
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", help="Number of steps. Default: the recipe's (srgan: by --minutes).", rich_help_panel=RUN),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes",
        help="As many steps as fit into this time. Default: the recipe's (srgan: 60).",
        rich_help_panel=RUN,
    ),
]
StopAt = Annotated[
    int | None,
    typer.Option("--stop-at", help="Stop after this step, with the state saved for --resume.", rich_help_panel=RUN),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where the run that writes the same --out stopped.", rich_help_panel=RUN),
]
Extend = Annotated[
    bool,
    typer.Option(
        "--extend",
        help="With --resume: another number of --steps than planned, or so many --minutes more.",
        rich_help_panel=RUN,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(
        "--batch", help="Crops a step, in each process. Default: the recipe's (srgan: 8).", rich_help_panel=RUN
    ),
]
Accumulate = Annotated[
    int | None,
    typer.Option(
        "--accumulate", help="Take each batch in so many parts, to save memory. Default: 1.", rich_help_panel=RUN
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option("--learning-rate", help="Its peak. Default: the recipe's (srgan: 0.0001).", rich_help_panel=RUN),
]
GradientClip = Annotated[
    float | None,
    typer.Option("--clip-grad", help="The largest norm of a gradient. Default: 100.", rich_help_panel=RUN),
]
Ema = Annotated[
    float | None,
    typer.Option(
        "--ema",
        help="Decay of the averaged weights, which are kept. Default: the recipe's (srgan: 0.995).",
        rich_help_panel=RUN,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Of all random numbers. Default: 0.", rich_help_panel=RUN)]
Device = Annotated[
    str | None,
    typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps. Default: auto.", rich_help_panel=RUN),
]
Dtype = Annotated[str | None, typer.Option("--dtype", help="auto, fp32 or bf16. Default: auto.", rich_help_panel=RUN)]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Tell parameters, memory, steps and time, and end.", rich_help_panel=RUN),
]

Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        help="Losses and their weights: l1=1e-2,vgg54=1,gan=5e-3,tv=2e-8. Also mse, charbonnier, any vgg layer (vgg22,"
        " vgg34-pre-l1), colour, cx, tv-squared, tv-l1, fm. Default: the recipe's (srgan:"
        " l1=0.3,vgg54=1,colour=30,gan=0.002).",
        rich_help_panel=LOSSES,
    ),
]
VggWeights = Annotated[
    Path | None,
    typer.Option(
        "--vgg-weights",
        help="VGG16 or VGG19 weights for vgg and cx losses. Default: downloaded once, 574 MB.",
        rich_help_panel=LOSSES,
    ),
]

Gan = Annotated[
    str | None,
    typer.Option(
        "--gan",
        help="vanilla, saturating, lsgan, hinge, wgan, wgan-gp, wgan-qc, rsgan, ragan, ralsgan or rahinge."
        " Default: the recipe's (srgan: vanilla).",
        rich_help_panel=ADVERSARY,
    ),
]
Discriminator = Annotated[
    str | None,
    typer.Option(
        "--discriminator",
        help="pooled, dense, patch or unet; several joined by +, @2 and @4 for shrunk pictures: patch+patch@2."
        " Default: the recipe's (srgan: pooled).",
        rich_help_panel=ADVERSARY,
    ),
]
DNorm = Annotated[
    str | None,
    typer.Option(
        "--d-norm",
        help="auto, batch, instance, spectral, virtual or none. Default: the recipe's (srgan: auto).",
        rich_help_panel=ADVERSARY,
    ),
]
DLearningRate = Annotated[
    float | None,
    typer.Option(
        "--d-learning-rate",
        help="Its peak. Default: the recipe's (srgan: 0.0002); of a WGAN chosen by --gan its paper's.",
        rich_help_panel=ADVERSARY,
    ),
]
DSteps = Annotated[
    int | None,
    typer.Option(
        "--d-steps", help="Its steps for one of the network. Default: 1; wgan, wgan-gp: 5.", rich_help_panel=ADVERSARY
    ),
]
SkipD = Annotated[
    float | None,
    typer.Option(
        "--skip-d",
        help="Skip its step while it tells more than this share right. Default: 1, never.",
        rich_help_panel=ADVERSARY,
    ),
]
LabelSmoothing = Annotated[
    float | None,
    typer.Option(
        "--label-smoothing",
        help="Its target for real pictures, such as 0.9, with vanilla, saturating and lsgan. Default: 1.",
        rich_help_panel=ADVERSARY,
    ),
]
InstanceNoise = Annotated[
    float | None,
    typer.Option(
        "--instance-noise",
        help="Noise on what it sees, such as 0.1, falling to 0. Default: 0.",
        rich_help_panel=ADVERSARY,
    ),
]
Unroll = Annotated[
    int | None,
    typer.Option("--unroll", help="Look so many of its steps ahead. Default: 0.", rich_help_panel=ADVERSARY),
]
Kernels = Annotated[
    int | None,
    typer.Option(
        "--kernels",
        help="Kernels of minibatch discrimination, such as 100. Default: 0.",
        rich_help_panel=ADVERSARY,
    ),
]

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="The .safetensors to write. Default: DATA_MODEL_xSCALE.safetensors.",
        rich_help_panel=RESULTS,
    ),
]
Best = Annotated[
    str | None,
    typer.Option(
        "--best",
        help="What the best network on the way is kept by: psnr or niqe. Default: the recipe's (srgan: niqe).",
        rich_help_panel=RESULTS,
    ),
]
ValidateEvery = Annotated[
    int | None, typer.Option("--val-every", help="Steps between validations. Default: 500.", rich_help_panel=RESULTS)
]
SaveEvery = Annotated[
    int | None, typer.Option("--save-every", help="Steps between saved states. Default: 500.", rich_help_panel=RESULTS)
]
FoldBn = Annotated[
    bool,
    typer.Option("--fold-bn", help="Write the network with its BatchNorm folded away.", rich_help_panel=RESULTS),
]
Licence = Annotated[str | None, typer.Option("--licence", help="Told with the weights.", rich_help_panel=RESULTS)]
