"""Encoder–decoders that translate: trained on pairs, scored, decoded."""
