"""What `QUALITY.md` says beside its figures."""

from quality_published import EDSR_BASELINE, SRGAN_PAPER, VDSR_PAPER

OPENING = """
Written by `python benchmarks/quality.py`, which measures the shipped files; nothing here is typed by hand. Figures
are in fp32 unless said otherwise.
"""
PROTOCOL = """
How, everywhere: the result is rounded to 8 bits, as a file would hold it; PSNR in dB on Y of BT.601 in studio
range, as many pixels of border cut as the factor, mean of the pictures' decibels; low resolutions are the published
files of Set5 and Set14 and MATLAB's bicubic for BSD100. SSIM by the 11 x 11 Gaussian of Wang et al. NIQE by the
authors' model, lower looks more natural; Set5's pictures are too small for it. `upscale eval --dtype fp32` measures
the same.
"""
GRAY = """
Gray pictures: Set14 has one, `bridge`. Most papers compare its gray levels; `upscale eval`, like EDSR, expands it
to RGB, where the same error is 1.32 dB smaller, because Y spans 219 levels only. Set14's mean is 0.09 dB higher for
that. Figures called *gray* count as those papers do, so that like stands beside like.
"""
DECK_WORDS = f"""
{SRGAN_PAPER}, table 2; x4. Protocol: Y, 4 pixels cut, Set14 *gray*. Their SSIM is not that of Wang et al. but that
of a tool of the video codec Daala, which gives other numbers (bicubic on Set5: 0.820 instead of 0.811). The second
table has ours in that form (`upscale eval --ssim daala`): compare it with theirs and with nothing else.
"""
OTHERS_WORDS = f"""
Bicubic and SRCNN: {VDSR_PAPER}; gray pictures as in our column *gray*. EDSR-baseline: {EDSR_BASELINE}; gray
pictures as in our other column. Protocol: Y, as many pixels cut as the factor, SSIM of Wang et al. on both sides,
in ours with gray as RGB.
"""
