"""What the rungs of `advise.smk` and `tune.smk` ask of each other; no rules."""

PATCHES, MASKS = advising.RUNGS


def looked(wildcards):
    return advising.read(checkpoints.look_at_images.get(study=config["study"]).output.look)


def ranked(rung):
    """What a rung's file says, once it is there."""
    found = checkpoints.rank_settings.get(study=config["study"], rung=rung)
    return advising.read(found.output.decision)


def before(wildcards):
    return looked(wildcards) if wildcards.rung == PATCHES else ranked(PATCHES)


def block(wildcards):
    return json.dumps(advising.block(config))


def kept_by(rung):
    """What the file of a rung of `tune.smk` says, once it is there."""
    found = checkpoints.rank_recipes.get(study=config["study"], rung=rung)
    return advising.read(found.output.decision)


def kept_before(wildcards):
    """What the rung before says; None for the first."""
    before = tuning.rung_before(config, wildcards.rung)
    return kept_by(before) if before else None


def kept_last():
    return kept_by(tuning.last_rung(config))
