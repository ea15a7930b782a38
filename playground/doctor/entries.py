"""The entries of troubleshooting.md that findings lead to, by their anchors: the only list."""

import enum

PAGE = 'troubleshooting.md'


class Entry(enum.Enum):
    """What a finding leads to, and its anchor on the page; two may share one."""

    ALARM = 'an-alarm-of-memory-or-disk'
    ALWAYS_EAGER = 'tasks-run-in-the-caller'
    APP_NOT_FOUND = 'unable-to-load-celery-application'
    APP_RAISES = 'unable-to-load-celery-application'
    BEAT_ENTRY = 'couldnt-apply-scheduled-task'
    CLOCKS_DIFFER = 'substantial-drift'
    CONNECTION_REFUSED = 'connection-refused'
    CONTENT_DISALLOWED = 'refusing-to-deserialize-untrusted-content'
    CRONTAB_EACH_MINUTE = 'beat-is-silent-or-double'
    DIFFERENT_SETTINGS = 'a-setting-that-has-no-effect'
    DUPLICATE_NODES = 'duplicatenodenamewarning'
    ENVIRONMENT_WINS = 'variables-that-win'
    ETA_TOO_FAR = 'runs-twice'
    EVENTS_OFF = 'flower-is-empty'
    HIDDEN_MODULE = 'cannot-import-name-celery-from-partially-initialized-module'
    HOST_UNKNOWN = 'name-or-service-not-known'
    LOGIN_REFUSED = 'access_refused'
    MISSPELT_SETTING = 'a-setting-that-has-no-effect'
    NO_ANSWER = 'timed-out-with-an-address-of-amqp'
    NO_REDIS_PACKAGE = 'no-module-named-redis'
    NO_RESULT_BACKEND = 'unknown-result-backend'
    NO_WORKER = 'no-nodes-replied'
    OLD_AND_NEW_SETTINGS = 'cannot-mix-new-and-old-setting-keys'
    PASSWORD_NEEDED = 'authentication-required'
    PERMISSIONS = 'access_refused'
    QUEUE_NOBODY_READS = 'always-pending'
    REDIS_FULL = 'command-not-allowed-when-used-memory--maxmemory'
    REDIS_MISCONF = 'misconf'
    REDIS_READ_ONLY = 'you-cant-write-against-a-read-only-replica'
    RESULT_BACKEND_DIFFERS = 'always-pending'
    SETTING_IGNORED = 'a-setting-that-has-no-effect'
    TLS_WANTED = 'tls-at-one-end-only'
    TRANSIENT_QUEUES = 'transient-queues'
    TWO_BEATS = 'beat-is-silent-or-double'
    UNACKNOWLEDGED = 'a-full-queue-and-an-idle-worker'
    UNKNOWN_BACKEND = 'unknown-result-backend'
    UNKNOWN_SCHEME = 'no-such-transport'
    UNREGISTERED_TASK = 'received-unregistered-task-of-type'
    URL_ENCODING = 'port-could-not-be-cast-to-integer-value'
    VERSIONS = 'other-versions'
    VHOST_NOT_FOUND = 'not_allowed---vhost-not-found'

    @property
    def address(self) -> str:
        """Where a reader finds it, as in ``troubleshooting.md#connection-refused``."""
        return f'{PAGE}#{self.value}'
