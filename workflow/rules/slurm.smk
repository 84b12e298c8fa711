"""What happens before the first job, and the message when jobs failed; no rules."""

from snakemake.exceptions import WorkflowError

from spatial_mae import slurm


onstart:
    gc.enable()
    prepare_results()
    if older := older_results(Path("results") / config["study"]):
        print(older, file=sys.stderr)
    if workflow.executor_plugin.name == "slurm":
        prepare_submission()


onerror:
    failures = map(failure, failed_jobs())
    keep_going = workflow.scheduler.keepgoing
    print(slurm.failure_report(failures, keep_going, was_stopped()), file=sys.stderr)


def prepare_results():
    """Reject places that results or temporary files cannot be written to."""
    try:
        user_files.check_temporary()
        user_files.check_writable(Path("results"))
    except ValueError as error:
        raise WorkflowError(f"nothing was run: {error}")


def prepare_submission():
    """Reject jobs that the cluster cannot run, and make sure that Snakemake waits for no lost job."""
    import snakemake_executor_plugin_slurm as plugin

    settings = workflow.executor_settings
    try:
        settings.status_command = slurm.status_command(settings.init_seconds_before_status_checks)
        problems = slurm.problems(request(job) for job in jobs_to_submit())
    except slurm.SlurmError as error:
        problems = [str(error)]
    if problems:
        raise WorkflowError("nothing was submitted:\n" + "\n".join(f"  - {p}" for p in problems))
    plugin.query_job_status = slurm.watched(plugin.query_job_status)


def jobs_to_submit():
    for job in workflow.dag.get_jobs_or_groups():
        if job.is_group() or (workflow.dag.needrun(job) and not job.is_local):
            yield job


def members(job):
    return list(job.jobs) if job.is_group() else [job]


def request(job):
    name = ", ".join(sorted({part.rule.name for part in members(job)}))
    return slurm.Request.of(name, dict(job.resources))


def was_stopped():
    """Whether a signal or a fault of the executor kept jobs from being started."""
    names = ("_user_kill", "_executor_error")
    return any(getattr(workflow.scheduler, name, None) for name in names)


def failed_jobs():
    return [part for job in workflow.scheduler.failed for part in members(job)]


def failure(job):
    wildcards, state = dict(job.wildcards_dict), job.params.get("state")
    return slurm.Failure(job.rule.name, wildcards, tuple(map(str, job.log)), state)
