"""Takes pages of Flower and of RabbitMQ's management, in both themes."""

import io
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from playground.pictures.themes import THEMES, picture
from playground.services.running import Services

SECONDS = 180.0
WIDTH = 1000
# In less, its row of tabs is broken in two.
MANAGEMENT_WIDTH = 1080
HEIGHT = 400
COLOURS = 256
QUEUES = '^(celery|slow|queue.)$'

expect.set_options(timeout=SECONDS * 1000)


def open_page(browser: Browser, services: Services) -> Page:
    """Open an empty page as one who knows the password.

    Args:
        browser: runs it.
        services: have the password.
    """
    user, _, password = services.credentials.partition(':')
    context = browser.new_context(
        viewport={'width': WIDTH, 'height': HEIGHT},
        device_scale_factor=2,
        http_credentials={'username': user, 'password': password},
    )
    context.set_default_timeout(SECONDS * 1000)
    return context.new_page()


def wait_for_workers(page: Page, services: Services, workers: Iterable[str]) -> None:
    """Wait until Flower has heard of workers, and misses none of their tasks.

    Args:
        page: of the browser.
        services: have the Flower.
        workers: the nodes.
    """
    page.goto(f'{services.flower_url}/workers')
    for worker in workers:
        row = page.locator('#workers-table').get_by_role('row').filter(has_text=worker)
        expect(row).to_contain_text('Online')


def take_workers(page: Page, services: Services, succeeded: int) -> None:
    """Take Flower's page of the workers.

    Args:
        page: of the browser.
        services: have the Flower.
        succeeded: how many tasks are to have succeeded.
    """
    page.goto(f'{services.flower_url}/workers')
    expect(page.locator('#workers-succeeded')).to_have_text(str(succeeded))
    expect(page.locator('#workers-active')).to_have_text('1')
    _take(page, 'flower-workers')


def take_task(page: Page, services: Services, task: str) -> None:
    """Take Flower's page of a task.

    Args:
        page: of the browser.
        services: have the Flower.
        task: its id.
    """
    page.goto(f'{services.flower_url}/task/{task}')
    expect(page.locator('.task-uuid-value')).to_contain_text(task)
    _take(page, 'flower-task')


def take_queues(page: Page, services: Services, messages: dict[str, int]) -> None:
    """Take the queues on the pages of RabbitMQ's management.

    Args:
        page: of the browser.
        services: have the address and the password.
        messages: how many each queue is to have, the unacknowledged ones included.
    """
    address = urlsplit(services.management_url or '')
    user, _, password = services.credentials.partition(':')
    page.set_viewport_size({'width': MANAGEMENT_WIDTH, 'height': HEIGHT})
    page.goto(f'http://{address.hostname}:{address.port}/')
    page.locator('input[name=username]').fill(user)
    page.locator('input[name=password]').fill(password)
    page.get_by_role('button', name='Login').click()
    page.get_by_role('link', name='Queues and Streams').click()
    # Not those of the workers' own, for events and remote commands. A page that loads itself
    # again forgets what is being typed.
    every = page.locator('#update-every')
    every.select_option(label='Do not refresh')
    page.locator('#queues-name').fill(QUEUES)
    page.locator('#queues-filter-regex-mode').click()
    expect(page.get_by_text('filtered down to')).to_be_visible()
    every.select_option(label='Refresh every 5 seconds')
    for queue, number in messages.items():
        row = page.get_by_role('row').filter(has=page.get_by_role('link', name=queue, exact=True))
        expect(row).to_contain_text(re.compile(rf'\b{number}\b'))
    _take(page, 'rabbitmq-queues')


def _take(page: Page, name: str) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion='reduce')
        taken = io.BytesIO(page.screenshot(full_page=True, animations='disabled'))
        # Such a page has few colours: with a palette its file is a third as large.
        smaller = Image.open(taken).convert('RGB').quantize(COLOURS)
        smaller.save(picture(name, theme, 'png'), optimize=True)
