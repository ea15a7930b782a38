"""examples/kubernetes/: no cluster runs it here, so it is compared with what would read it."""

import re
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml
from celery.bin.base import CLIContext
from celery.bin.celery import celery

from examples import in_a_container
from playground.compose_file import COMPOSE_FILE, VARIABLE
from playground.virtual_environment import REPOSITORY
from tests.page_tables import texts

FOLDER = REPOSITORY / 'examples' / 'kubernetes'
VERSION = '1.37'

# The fields of KEDA 2.20 that are used, by kind; Kubernetes' schemas do not have them.
OF_KEDA: dict[str, dict[str, Any]] = {
    'TriggerAuthentication': {'secretTargetRef': {'parameter', 'name', 'key'}},
    'ScaledObject': {
        'scaleTargetRef': {'name'},
        'minReplicaCount': int,
        'maxReplicaCount': int,
        'triggers': {'type', 'metadata', 'authenticationRef'},
    },
}
OF_ITS_RABBITMQ_TRIGGER = {'queueName', 'mode', 'value'}

RESOURCES: dict[tuple[str, str], Any] = {
    (resource['kind'], resource['metadata']['name']): resource
    for path in sorted(FOLDER.glob('*.yaml'))
    for resource in yaml.safe_load_all(path.read_text())
}
COMPOSE = yaml.safe_load(VARIABLE.sub(r'\g<default>', COMPOSE_FILE.read_text()))['services']
DEPLOYMENTS = ('worker', 'beat', 'flower')


def pod(name: str) -> Any:
    return RESOURCES['Deployment', name]['spec']['template']['spec']


def container(name: str) -> Any:
    [container] = pod(name)['containers']
    return container


def secrets() -> dict[str, set[str]]:
    """The keys of each Secret that the folder's README.md has a reader make."""
    text = (FOLDER / 'README.md').read_text().replace('\\\n', ' ')
    made = re.findall(r'create secret generic (\S+)(.*)', text)
    return {name: set(re.findall(r'--from-literal=([\w-]+)=', keys)) for name, keys in made}


@pytest.mark.parametrize('key', RESOURCES, ids=' '.join)
def test_it_is_what_the_schema_says(key: tuple[str, str]) -> None:
    resource = RESOURCES[key]
    if fields := OF_KEDA.get(key[0]):
        assert resource['apiVersion'] == 'keda.sh/v1alpha1'
        assert resource['spec'].keys() == fields.keys()
        for name, inner in fields.items():
            value = resource['spec'][name]
            if isinstance(inner, type):
                assert isinstance(value, inner)
                continue
            for one in value if isinstance(value, list) else [value]:
                assert one.keys() == inner
        return
    assert kubernetes_validate.validate(resource, VERSION, strict=True) == VERSION


def test_a_misspelt_field_is_found() -> None:
    worker = yaml.safe_load((FOLDER / 'worker.yaml').read_text())
    worker['spec']['template']['spec']['terminationGracePeriod'] = 30
    with pytest.raises(kubernetes_validate.ValidationError, match='terminationGracePeriod'):
        kubernetes_validate.validate(worker, VERSION, strict=True)


def test_the_page_names_the_version() -> None:
    assert any(f'Kubernetes {VERSION}' in text for text in texts())
    assert f'Kubernetes {VERSION}' in (FOLDER / 'README.md').read_text()


@pytest.mark.parametrize('name', DEPLOYMENTS)
def test_labels_lead_to_the_pods(name: str) -> None:
    spec = RESOURCES['Deployment', name]['spec']
    assert spec['selector']['matchLabels'] == spec['template']['metadata']['labels']
    mounts = {mount['name']: mount['mountPath'] for mount in container(name)['volumeMounts']}
    assert mounts.keys() == {volume['name'] for volume in pod(name)['volumes']}


@pytest.mark.parametrize('name', DEPLOYMENTS)
def test_it_runs_as_the_image_s_user_and_writes_nowhere_else(name: str) -> None:
    user = re.search(r'--uid (\d+)', (REPOSITORY / 'containers' / 'Dockerfile').read_text())
    assert user
    assert pod(name)['securityContext']['runAsUser'] == int(user[1])
    assert container(name)['securityContext']['readOnlyRootFilesystem'] is True
    assert pod(name)['enableServiceLinks'] is False


@pytest.mark.parametrize('name', DEPLOYMENTS)
def test_its_variables_are_those_that_the_image_reads(name: str) -> None:
    [source] = container(name)['envFrom']
    addresses = (REPOSITORY / 'containers' / 'addresses.py').read_text()
    read = set(re.findall(r'os\.environ\[[\'"](\w+)', addresses))
    assert secrets()[source['secretRef']['name']] == read
    assert 'command' not in container(name), 'it would replace the ENTRYPOINT'


@pytest.mark.parametrize('name', ['beat', 'flower'])
def test_its_command_is_that_of_docker_compose(name: str) -> None:
    assert container(name)['args'] == COMPOSE[name]['command'].split()
    data = next(m['mountPath'] for m in container(name)['volumeMounts'] if m['name'] == 'data')
    assert COMPOSE[name]['volumes'] == [f'{name}:{data}']


def test_celery_understands_the_worker_s_command() -> None:
    program, *arguments = container('worker')['args']
    assert [program, *arguments[:3]] == ['celery', '-A', in_a_container.__name__, 'worker']
    context = click.Context(
        celery, obj=CLIContext(app=in_a_container.app, no_color=True, workdir=None)
    )
    worker = celery.commands['worker'].make_context('worker', arguments[3:], parent=context)
    assert worker.args == []
    assert worker.params['concurrency'] == 'auto'
    # What the probes look at.
    assert worker.params['include'] == ['containers.heartbeat']
    probes = [container('worker')[probe] for probe in ('startupProbe', 'livenessProbe')]
    asked = [probe['exec']['command'] for probe in probes]
    assert asked == [COMPOSE['worker']['healthcheck']['test'][1:]] * 2


def test_one_beat_runs_at_a_time() -> None:
    spec = RESOURCES['Deployment', 'beat']['spec']
    assert (spec['replicas'], spec['strategy']) == (1, {'type': 'Recreate'})
    [volume] = pod('beat')['volumes']
    claim = volume['persistentVolumeClaim']['claimName']
    assert ('PersistentVolumeClaim', claim) in RESOURCES


def test_a_service_leads_to_flower() -> None:
    service = RESOURCES['Service', 'flower']['spec']
    labels = RESOURCES['Deployment', 'flower']['spec']['template']['metadata']['labels']
    assert service['selector'] == labels
    [port] = service['ports']
    [own] = container('flower')['ports']
    assert (port['targetPort'], port['port']) == (own['name'], own['containerPort'])
    assert f':{own["containerPort"]}"' in COMPOSE['flower']['ports'][0] + '"'


def test_the_queue_of_the_worker_is_what_it_is_scaled_by() -> None:
    scaled = RESOURCES['ScaledObject', 'worker']['spec']
    assert ('Deployment', scaled['scaleTargetRef']['name']) in RESOURCES
    assert 'replicas' not in RESOURCES['Deployment', 'worker']['spec']
    [trigger] = scaled['triggers']
    assert trigger['metadata'].keys() == OF_ITS_RABBITMQ_TRIGGER
    assert trigger['metadata']['queueName'] == in_a_container.app.conf.task_default_queue
    # KEDA takes text only.
    assert isinstance(trigger['metadata']['value'], str)
    authentication = RESOURCES['TriggerAuthentication', trigger['authenticationRef']['name']]
    [reference] = authentication['spec']['secretTargetRef']
    assert reference['key'] in secrets()[reference['name']]
