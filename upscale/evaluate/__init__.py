"""Measured quality: PSNR, SSIM, NIQE and the protocols behind published figures."""
