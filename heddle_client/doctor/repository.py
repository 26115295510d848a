"""Checks of the repository itself."""

from __future__ import annotations

from collections.abc import Iterator

from heddle_client.doctor.finding import Finding, failure, ok, warning
from heddle_client.doctor.subject import Subject
from heddle_client.git_command import GitError, git
from heddle_client.hook_report import HookState, hook_reports, problems
from heddle_client.hooks_directory import hooks_directory_of
from heddle_client.shim import own_interpreter
from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError


def check_repository(subject: Subject) -> Iterator[Finding]:
    """Can git and libgit2 read it, and is there something to read?"""
    shown = visible(str(subject.location.root))
    try:
        ids = git(subject.repo, "rev-parse", "--show-object-format").decode().strip()
    except GitError as error:
        remedy = ""
        if "ownership" in str(error):
            remedy = f"run `git config --global --add safe.directory {shown}`"
        yield failure("repository", str(error), remedy)
        return
    if ids != "sha1":
        yield failure(
            "repository",
            f"{shown} has {visible(ids)} ids, which libgit2 does not read",
            "use heddle with a repository that has SHA-1 ids",
        )
        return
    try:
        git(subject.repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitError:
        yield warning(
            "repository", f"{shown} has no commit yet", "make one: a transaction begins from it"
        )
        return
    yield ok("repository", shown)


def check_excluded(subject: Subject) -> Iterator[Finding]:
    """Does git leave `.heddle` alone?"""
    beside = subject.location.heddle_dir.parent
    if beside == subject.location.common_dir or not subject.location.heddle_dir.exists():
        return
    try:
        git(beside, "check-ignore", "--quiet", "--", subject.location.heddle_dir.name)
    except GitError:
        yield warning(
            "exclude",
            "git does not ignore .heddle, and might commit it",
            "add `/.heddle/` to .git/info/exclude",
            subject.location.exclude_heddle_dir,
        )
        return
    yield ok("exclude", "git ignores .heddle")


def check_hooks(subject: Subject) -> Iterator[Finding]:
    """Do the hooks run that were installed?"""
    try:
        directory = hooks_directory_of(subject.repo)
        reports = hook_reports(directory, own_interpreter())
    except (HeddleError, OSError) as error:
        yield warning("hooks", visible(f"they cannot be looked at: {error}"))
        return
    wrong = list(problems(directory, reports))
    for problem in wrong:
        text, _, remedy = problem.partition(": run ")
        yield warning("hooks", text, f"run {remedy}" if remedy else "see `heddle hook list`")
    if wrong:
        return
    installed = sum(report.state is HookState.INSTALLED for report in reports)
    if installed:
        yield ok("hooks", f"{installed} of git's hooks ask heddle")
    else:
        yield ok("hooks", "none is installed")
