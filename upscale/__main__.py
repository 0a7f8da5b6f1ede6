"""`python -m upscale` is the `upscale` command."""

from upscale.cli.app import main

main()
