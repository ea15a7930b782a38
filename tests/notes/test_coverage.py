"""How many blocks of a page are run, as its foot and the end of make test say."""

from pathlib import Path

import pytest

from tests.notes import coverage
from tests.notes.nested_run import NestedRun
from tests.pages import PAGES

PAGE = """\
# A page

```bash
true
```

<!-- skip: next if(backend == 'embedded', reason="needs RabbitMQ") -->
```bash
true
```

<!-- skip: next if(True, reason="needs a Docker engine") -->
```bash
true
```

<!-- skip: next if(True, reason="needs a Docker engine") -->
<!-- file: vege.py -->
```python
true
```

```mermaid
flowchart LR
```

"""
FOOT = (
    '<sub>Of the 4 blocks of this page, the tests run 1 on embedded, 2 on native, 2 on compose.'
    ' The others: needs RabbitMQ; needs a Docker engine.</sub>'
)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_the_foot_of_a_page_says_how_much_of_it_is_run(page: Path) -> None:
    text = page.read_text()
    assert text.endswith(f'\n\n{coverage.foot(text)}\n'), coverage.foot(text)


def test_blocks_are_counted_by_back_end() -> None:
    assert coverage.foot(PAGE) == FOOT
    assert coverage.with_foot(f'{PAGE}<sub>Of the 9 …</sub>\n') == f'{PAGE}{FOOT}\n'
    assert coverage.with_foot(PAGE) == PAGE


def test_a_chapter_about_containers_is_run_on_compose() -> None:
    page = f'{PAGE}## Containers\n\n<!-- needs: Docker -->\n\n```bash\ntrue\n```\n'
    run = [coverage.of_page(page, backend).run for backend in coverage.BACKENDS]
    assert run == [1, 2, 3]


def test_the_end_of_a_run_says_the_same(tmp_path: Path) -> None:
    nested = NestedRun(tmp_path)
    assert nested.run(PAGE) == {}
    reasons = '2: needs a Docker engine; 1: needs RabbitMQ'
    assert f'page.md on embedded: 1 blocks run, 3 skipped ({reasons}).\n' in nested.output
