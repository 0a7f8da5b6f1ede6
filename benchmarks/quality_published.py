"""Published figures and their sources, and what this project wants to reach. PSNR on Y in dB."""

from dataclasses import dataclass

SETS = ("Set5", "Set14", "BSD100")
SRGAN_PAPER = "Ledig et al., Photo-Realistic Single Image Super-Resolution Using a GAN, CVPR 2017"
VDSR_PAPER = "Kim et al., Accurate Image Super-Resolution Using Very Deep Convolutional Networks, CVPR 2016, table 3"
EDSR_BASELINE = "the baseline of Lim et al., EDSR, CVPRW 2017, as later papers quote it"


@dataclass(frozen=True)
class Published:
    """A method's means over Set5, Set14 and BSD100, and our model of its kind, if we have one."""

    method: str
    ours: str
    psnr: tuple[float, ...]
    ssim: tuple[float, ...]


# SRGAN_PAPER, table 2: x4, SSIM by Daala's tool.
DECK = (
    Published("nearest", "nearest", (26.26, 24.64, 25.02), (0.7552, 0.7100, 0.6606)),
    Published("bicubic", "bicubic", (28.43, 25.99, 25.94), (0.8211, 0.7486, 0.6935)),
    Published("SRCNN", "srcnn", (30.07, 27.18, 26.68), (0.8627, 0.7861, 0.7291)),
    Published("SelfExSR", "", (30.33, 27.45, 26.83), (0.872, 0.7972, 0.7387)),
    Published("DRCN", "", (31.52, 28.02, 27.21), (0.8938, 0.8074, 0.7493)),
    Published("ESPCN", "espcn", (30.76, 27.66, 27.02), (0.8784, 0.8004, 0.7442)),
    Published("SRResNet", "srresnet", (32.05, 28.49, 27.58), (0.9019, 0.8184, 0.7620)),
    Published("SRGAN", "srgan", (29.40, 26.02, 25.16), (0.8472, 0.7397, 0.6688)),
)
# Ours that the paper does not know.
OURS_ALONE = ("lanczos", "srresnet-light", "srgan-real")

# VDSR_PAPER for bicubic and SRCNN, then EDSR_BASELINE: SSIM as ours.
OTHERS = {
    2: (
        Published("bicubic", "bicubic", (33.66, 30.24, 29.56), (0.9299, 0.8688, 0.8431)),
        Published("SRCNN", "srcnn", (36.66, 32.42, 31.36), (0.9542, 0.9063, 0.8879)),
        Published("EDSR-baseline", "srresnet", (37.99, 33.57, 32.16), (0.9604, 0.9175, 0.8994)),
    ),
    3: (
        Published("bicubic", "bicubic", (30.39, 27.55, 27.21), (0.8682, 0.7742, 0.7385)),
        Published("SRCNN", "srcnn", (32.75, 29.28, 28.41), (0.9090, 0.8209, 0.7863)),
        Published("EDSR-baseline", "srresnet", (34.37, 30.28, 29.09), (0.9270, 0.8417, 0.8052)),
    ),
    4: (
        Published("bicubic", "bicubic", (28.42, 26.00, 25.96), (0.8104, 0.7027, 0.6675)),
        Published("SRCNN", "srcnn", (30.48, 27.49, 26.90), (0.8628, 0.7503, 0.7101)),
        Published("EDSR-baseline", "srresnet", (32.09, 28.58, 27.57), (0.8938, 0.7813, 0.7357)),
    ),
}

# SRGAN_PAPER, table 1: PSNR, SSIM by Daala's tool, opinion score of people, on Set5 and on Set14.
ABLATION = {
    "SRResNet-MSE": ((32.05, 0.9019, 3.37), (28.49, 0.8184, 2.98)),
    "SRResNet-VGG22": ((30.51, 0.8803, 3.46), (27.19, 0.7807, 3.15)),
    "SRGAN-MSE": ((30.64, 0.8701, 3.77), (26.92, 0.7611, 3.43)),
    "SRGAN-VGG22": ((29.84, 0.8468, 3.78), (26.44, 0.7518, 3.57)),
    "SRGAN-VGG54": ((29.40, 0.8472, 3.58), (26.02, 0.7397, 3.72)),
}


@dataclass(frozen=True)
class Target:
    """The least PSNR on Set5, Set14 and BSD100, and what it is to stand beside.

    `gray`: whether the source counts gray pictures in gray levels, see the page's protocol.
    """

    model: str
    scale: int
    psnr: tuple[float, float, float]
    beside: str
    gray: bool = True


TARGETS = (
    Target("srcnn", 4, (30.4, 27.4, 26.8), "SRCNN 30.07 / 27.18 / 26.68"),
    Target("espcn", 4, (30.8, 27.7, 27.0), "ESPCN 30.76 / 27.66 / 27.02"),
    Target("srresnet", 4, (32.1, 28.5, 27.5), "SRResNet 32.05 / 28.49 / 27.58"),
    Target("srresnet", 2, (37.8, 33.4, 32.0), "EDSR-baseline 37.99 / 33.57 / 32.16", gray=False),
    Target("srgan", 4, (29.4, 26.0, 25.2), "SRGAN 29.40 / 26.02 / 25.16"),
    Target("srresnet-light", 4, (31.6, 28.2, 27.3), ""),
)
# How much less natural than the originals srgan x4 may look on BSD100.
NIQE_MARGIN = 0.5
# By how many levels a mean colour may move.
DRIFT_LEVELS = 0.5
