"""Makes what a page shows true again, and changes no more of it than it must."""

import re
from collections.abc import Collection, Sequence

from tests.notes import comparison, varying
from tests.notes.alignment import Kind, Step, align_lines, align_tokens, tokens
from tests.notes.comparison import ANYTHING, PART_OF_A_NUMBER, TRACEBACK, How


def rewrite(
    how: How, expected: str, printed: Sequence[str], hidden: Collection[str] = ()
) -> str | None:
    """Make what a page shows hold for all that was printed.

    Lines that hold stay as they are. A line that does not becomes what the first run printed, with
    ``...`` where it has one and for what changes from run to run. What the other runs printed
    otherwise becomes ``...`` too.

    Args:
        how: what of the printed text the page has to show.
        expected: what the page shows.
        printed: what each run printed; of an excerpt, the file.
        hidden: texts that the page hides, such as versions.

    Returns:
        The new text, or None if nothing that was printed is like the page.
    """
    text: str | None = expected
    must_cover = False
    for _ in range(2 * len(printed) + 1):
        if text is None:
            return None
        others = [one for one in printed if not comparison.holds(how, text, one)]
        if not others:
            return text
        text = _adapted(how, text, others[0], hidden, must_cover)
        must_cover = True
    return None


def _adapted(
    how: How, expected: str, printed: str, hidden: Collection[str], must_cover: bool
) -> str | None:
    if how is How.EXCERPT:
        return _excerpt(expected, printed)
    if how is How.EXCEPTION:
        return _exception(expected, printed, hidden, must_cover)
    if TRACEBACK in printed and how is How.WHOLE and _is_python(printed):
        return '\n'.join([TRACEBACK, '  ...', *comparison.exception(printed).splitlines()[1:], ''])
    return _lines(expected, printed, hidden, must_cover, is_part=how is How.PART)


def _is_python(printed: str) -> bool:
    """Tell a traceback at the prompt, where page and runner leave out the stack."""
    return '  File "<page>", line' in printed


def _exception(
    expected: str, printed: str, hidden: Collection[str], must_cover: bool
) -> str | None:
    if TRACEBACK not in printed:
        return f'{comparison.tidy(printed)}\n' if printed.strip() else ''
    old = expected.splitlines()
    stack = 1
    while stack < len(old) and (old[stack].startswith(' ') or old[stack] == ANYTHING):
        stack += 1
    after = '\n'.join(old[stack:])
    new = '\n'.join(comparison.exception(printed).splitlines()[1:])
    error = _lines(after, new, hidden, must_cover, is_part=False)
    return None if error is None else '\n'.join([*old[:stack], error])


def _lines(
    expected: str, printed: str, hidden: Collection[str], must_cover: bool, is_part: bool
) -> str | None:
    body = expected.strip('\n')
    before = expected[: len(expected) - len(expected.lstrip('\n'))]
    after = expected[len(expected.rstrip('\n')) :] or '\n'
    shown = body.split('\n') if body else []
    old = [comparison.readable(line) for line in shown]
    new = (comparison.readable if is_part else comparison.tidy)(printed).splitlines()
    if is_part:
        new = [line for line in new if not _comes_anywhere(line)]
    lines: list[str] = []
    steps = align_lines(old, new, is_part)
    if is_part and all(step.old is None or step.new is None for step in steps):
        return None
    for step in steps:
        lines += _line(step, shown, new, hidden, must_cover)
    merged = _without_repeated_anything(lines)
    return before + '\n'.join(merged) + after if merged else ''


def _line(
    step: Step, old: list[str], new: list[str], hidden: Collection[str], must_cover: bool
) -> list[str]:
    match step:
        case Step(Kind.KEPT, int(old_index), _):
            return [old[old_index]]
        case Step(Kind.CHANGED, int(old_index), int(new_index)):
            return [merge(old[old_index], new[new_index], hidden, must_cover)]
        case Step(Kind.ADDED, _, int(new_index)):
            return [ANYTHING if must_cover else merge('', new[new_index], hidden, must_cover)]
        case Step(Kind.REMOVED, _, _):
            return [ANYTHING] if must_cover else []
    return []


def merge(old: str, new: str, hidden: Collection[str] = (), must_cover: bool = False) -> str:
    """Make a line of a page cover a printed one.

    Args:
        old: the page's line.
        new: the printed line.
        hidden: texts that the page hides.
        must_cover: whether to cover both, with ``...`` where they differ.
    """
    before, after = tokens(old), tokens(new)
    varies = _varying_tokens(after, varying.spans(new, hidden))
    parts: list[str] = []
    for step in align_tokens(before, after):
        match step:
            case Step(Kind.KEPT, int(index), _):
                parts.append(before[index])
            case Step(Kind.ADDED, _, int(index)):
                parts.append(ANYTHING if must_cover or varies[index] else after[index])
            case Step(Kind.REMOVED, _, _) if must_cover:
                parts.append(ANYTHING)
    return PART_OF_A_NUMBER.sub(ANYTHING, ''.join(_without_repeated_anything(parts)))


def _varying_tokens(line: list[str], spans: list[tuple[int, int]]) -> list[bool]:
    varies = []
    position = 0
    for token in line:
        end = position + len(token)
        varies.append(any(begin < end and position < stop for begin, stop in spans))
        position = end
    return varies


def _without_repeated_anything(parts: list[str]) -> list[str]:
    """Lines of a page, or parts of a line, with one ``...`` where several would follow."""
    is_anything = [part.strip() == ANYTHING for part in parts]
    return [
        part
        for place, part in enumerate(parts)
        if not (place and is_anything[place] and is_anything[place - 1])
    ]


def _comes_anywhere(line: str) -> bool:
    return any(re.fullmatch(pattern, line) for pattern in comparison.ANYWHERE)


def _excerpt(expected: str, file: str) -> str | None:
    """The lines of a file that have become of an excerpt's."""
    old, new = expected.splitlines(), file.splitlines()
    steps = align_lines([line.replace(ANYTHING, '') for line in old], new, is_part=True)
    places = [step.new for step in steps if step.old is not None and step.new is not None]
    if not places:
        return None
    begin, end = min(places), max(places) + 1
    # Lines at either end that became others are as many as before, up to an empty line.
    removed = [step.kind is Kind.REMOVED for step in steps]
    for is_removed in removed:
        if not is_removed or begin == 0 or not new[begin - 1].strip():
            break
        begin -= 1
    for is_removed in reversed(removed):
        if not is_removed or end == len(new) or not new[end].strip():
            break
        end += 1
    return '\n'.join(new[begin:end]) + '\n'
