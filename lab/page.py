"""The part of a lab's page that is made from its results."""

BEGIN, END = '<!-- results -->', '<!-- end of results -->'


def with_results(page: str, made: str) -> str:
    """Put the results in the place of those on a page, or at its end.

    Args:
        page: the text of README.md.
        made: the results, as Markdown.
    """
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(f'{END}\n')
    return f'{before.rstrip()}\n\n{BEGIN}\n{made}\n{END}\n{after}'
