"""Who was asked, and what they said: the lines that come before an explanation."""

from goproxy_check import module
from goproxy_check.origin import Origin
from goproxy_check.proxy import Answer, Kind
from goproxy_check.verdict import Evidence


def said(evidence: Evidence) -> tuple[str, ...]:
    """Return who was asked and what they said, a line each."""
    ref, origin = evidence.reference, origin_of(evidence)
    lines = []
    for answer in one_each(evidence.fetched or evidence.held):
        # Told not to fetch, a proxy finds odd words for what it merely does not hold.
        odd = answer.kind is Kind.ABSENT and not evidence.fetched
        detail = "does not hold it" if odd else answer.detail.removeprefix("not found: ").removeprefix(f"{ref}: ")
        what = " (the archive)" if answer.resource == ".zip" else ""
        lines.append(f"{answer.proxy.shown}{what}: {status(answer._replace(detail=detail))}")
    if origin:
        name = f"{origin.url} (its origin)" if origin.url else "its origin"
        what = "the commit of " if module.is_pseudo(ref.version) else ""
        if origin.published is None:
            lines.append(f"{name}: could not be asked: {origin.error}")
        elif origin.unfit:
            lines.append(f"{name}: {origin.error}")
        else:
            lines.append(
                f"{name}: has {what}{ref.version}" if origin.published else f"{name}: does not have {what}{ref.version}"
            )
    return tuple(lines)


def one_each(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Return one answer of each proxy: the one that says most against the version."""
    order = [Kind.SERVED, Kind.ABSENT, Kind.UNAVAILABLE, Kind.REFUSED]
    worst: dict[str, Answer] = {}
    for answer in answers:
        if answer.resource == "list":
            continue
        known = worst.get(answer.proxy.url)
        if not known or order.index(answer.kind) > order.index(known.kind):
            worst[answer.proxy.url] = answer
    return tuple(worst.values())


def status(answer: Answer) -> str:
    """Return the status of ANSWER and its words, or why there is none."""
    code = f"{answer.status} {answer.reason}".strip() if answer.status else ""
    return ": ".join(filter(None, (code, answer.detail)))


def origin_of(evidence: Evidence) -> Origin | None:
    """Return the last word of the origin: what its go.mod says outweighs its tag."""
    look = evidence.last_look
    return look if look and look.published is False else evidence.origin
