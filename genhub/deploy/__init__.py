"""GenHub, or one adapter, as a Space of the Hub: the folder is built and checked here, then set up, uploaded and watched.

    folder = build.space("cpu", into)            # what is uploaded, file by file as the Space will see it
    checks.check(folder, "cpu")                  # raises UserError that lists everything the Hub would choke on
    for event in publish.deploy(folder, Target("me/genhub", token=…), settings): …

`spaces/` holds what is particular to a variant: the README with its header, the requirements, the Dockerfile.
"""
