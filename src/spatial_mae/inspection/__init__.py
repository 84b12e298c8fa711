"""What a trained MAE sees in whole images, as in Kong et al. (2023), Sec. 3."""
