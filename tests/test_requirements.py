"""Versions are exact, and the same in each place that names them."""

import re

import yaml

from playground.compose_file import COMPOSE_FILE
from playground.virtual_environment import REPOSITORY

PIN = re.compile(r'([A-Za-z0-9_.-]+(?:\[[a-z,-]+\])?)==([A-Za-z0-9.]+)')


def pins(name: str) -> dict[str, str]:
    """What a requirements file asks for, line by line, without the files that it includes."""
    lines = (REPOSITORY / name).read_text().splitlines()
    wanted = [line.split('#')[0].strip() for line in lines]
    wanted = [line for line in wanted if line and not line.startswith('-r ')]
    matches = [PIN.fullmatch(line) for line in wanted]
    assert all(matches), f'{name} has a line that is not an exact pin'
    return {match[1]: match[2] for match in matches if match}


def test_requirements_are_exact() -> None:
    readers = pins('requirements.txt')
    assert readers['celery[redis]'].startswith('5.7.')
    assert {'amqp', 'redis', 'flower'} <= set(readers)
    assert pins('requirements-production.txt')
    assert pins('requirements-dev.txt')


def test_compose_pins_its_images_and_publishes_on_loopback_only() -> None:
    services = yaml.safe_load(COMPOSE_FILE.read_text())['services']
    always = {name for name, service in services.items() if 'profiles' not in service}
    assert always == {'rabbitmq', 'redis', 'flower'}
    for name, service in services.items():
        assert re.search(r':\d+\.\d+(-[a-z]+)?$', service.get('image', '')) or service['build']
        assert service.get('healthcheck') or name == 'beat'
        assert all(entry.startswith('127.0.0.1:') for entry in service.get('ports', []))
        assert service['restart'] == 'on-failure'
        assert service['mem_limit']
        assert service['logging']['options'] == {'max-size': '10m', 'max-file': '3'}
    assert services['flower']['depends_on']['rabbitmq'] == {'condition': 'service_healthy'}


def test_the_image_has_the_versions_of_requirements_txt() -> None:
    dockerfile = (REPOSITORY / 'containers' / 'Dockerfile').read_text()
    assert re.search(r'^FROM python:3\.\d+-slim$', dockerfile, re.MULTILINE)
    assert 'pip install --no-cache-dir -r requirements.txt' in dockerfile
