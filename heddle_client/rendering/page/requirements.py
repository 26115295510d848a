"""What has to be met before a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heddle_client.rendering.page.elements import EMPTY, element, joined, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.sections import listed, paragraph, section, tag
from heddle_client.values import RequirementStatus

if TYPE_CHECKING:
    from heddle_client.values import MergeRequirement, ReviewPayload


def requirements(review: ReviewPayload) -> Html:
    """Return each requirement for a merge, with what became of it and why; unmet ones first."""
    found = sorted(review.merge_requirements, key=lambda each: each.satisfied)
    content = listed("ul", map(_requirement, found), "requirements")
    return section(
        "requirements",
        "Merge requirements",
        content or paragraph(words("Nothing is required."), class_="none"),
    )


def _requirement(requirement: MergeRequirement) -> Html:
    if requirement.status == RequirementStatus.NOT_APPLICABLE:
        standing = tag("", "does not apply")
    elif requirement.satisfied:
        standing = tag("good", "met")
    else:
        standing = tag("bad", "not met")
    explanation = requirement.explanation
    why = paragraph(name(explanation), class_="why") if explanation else EMPTY
    wanted = element("strong", name(requirement.description))
    return joined((standing, element("div", wanted, why)))
