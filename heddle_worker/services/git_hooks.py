"""GitHookService: git's own hooks, brought before those who want to have a say."""

from __future__ import annotations

import asyncio
import os

from heddle_api.local.v1 import git_hook_pb2
from heddle_worker.domain import Domain
from heddle_worker.hooks.answers import Answer, Decision
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.git_runs import GitRun, events_of
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.services.hook_requests import check_git_hook, payload_of
from heddle_worker.services.repo_path import head_root
from heddle_worker.serving.dispatch import Call


class GitHookService:
    """Turns runs of git's hooks into events, and answers with what became of them."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._hub = domain.hooks.hub

    async def RunGitHook(
        self, request: git_hook_pb2.RunGitHookRequest, _call: Call
    ) -> git_hook_pb2.HookVerdict:
        """Ask about what a run of one of git's hooks announces; the first veto ends it.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            WorkerUnavailableError: another worker has to be asked.
        """
        check_git_hook(request)
        events = await asyncio.to_thread(self._events, request)
        answers: list[Answer] = []
        for event in events:
            decision = await self._hub.ask(event)
            answers += decision.answers
            if decision.vetoed:
                return _verdict(decision, answers)
            if event.name == "pre_capture":
                await self._domain.hooks.extra_signals.expect(
                    event, decision.answers, is_commit=request.hook == "commit-msg"
                )
            elif event.name == "pre_push":
                self._domain.hooks.url_pushes.expect(event)
        return _verdict(Decision(), answers)

    async def TestHookEvent(
        self, request: git_hook_pb2.TestHookEventRequest, _call: Call
    ) -> git_hook_pb2.HookVerdict:
        """Ask about an event that is made up, and wait for all answers whatever the event is.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            WorkerUnavailableError: another worker has to be asked.
        """
        payload = payload_of(request)
        directory = await asyncio.to_thread(head_root, self._domain, request.repo_path)
        decision = await self._hub.ask(Event(request.event_name, payload, directory))
        return _verdict(decision, decision.answers)

    def _events(self, request: git_hook_pb2.RunGitHookRequest) -> list[Event]:
        directory = head_root(self._domain, request.repo_path)
        index = directory / os.fsdecode(request.index_file) if request.index_file else None
        run = GitRun(
            hook=request.hook,
            arguments=list(request.arguments),
            given=request.input,
            message=request.message,
            environment=dict(request.environment),
            directory=directory,
            index=index,
        )
        return events_of(run, self._domain.repository)


def _verdict(
    decision: Decision, answers: list[Answer] | tuple[Answer, ...]
) -> git_hook_pb2.HookVerdict:
    return git_hook_pb2.HookVerdict(
        vetoed=decision.vetoed,
        reason=decision.reason,
        author=decision.author,
        answers=[
            git_hook_pb2.HookAnswer(
                author=answer.author,
                event_name=answer.event,
                outcome=answer.outcome.value,
                detail=one_line(answer.detail),
                duration_ms=round(answer.seconds * 1000),
            )
            for answer in answers
        ],
    )
