"""The hosted CI serves what docker-compose.yml serves."""

import yaml

from playground.compose_file import COMPOSE_FILE
from playground.virtual_environment import REPOSITORY


def test_service_containers_are_those_of_the_compose_file() -> None:
    workflow = yaml.safe_load((REPOSITORY / '.github' / 'workflows' / 'ci.yml').read_text())
    containers = workflow['jobs']['test']['services']
    services = yaml.safe_load(COMPOSE_FILE.read_text())['services']
    assert set(containers) == {'rabbitmq', 'redis'}
    for name, container in containers.items():
        assert container['image'] == services[name]['image']
        assert container['ports'] == services[name]['ports']
        assert container.get('env') == services[name].get('environment')
