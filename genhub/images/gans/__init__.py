"""Generative adversarial networks: pictures from two networks that learn against each other, and what helps when they do not."""
