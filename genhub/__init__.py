"""GenHub: do generative AI in the browser, on real models, with figures that were measured.

The package imports nothing heavy: `import genhub` is safe in a web process, a test or a notebook.
"""

__version__ = "0.1.0"
