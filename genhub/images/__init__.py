"""Image models: autoencoders, VAEs and the judge that measures what they make. One model a file, in the words of its paper."""
