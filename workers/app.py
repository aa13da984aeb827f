"""The Celery application. Its settings are part of the protocol: see docs/adr/0004-celery-settings.md."""

import gc
from ssl import CERT_REQUIRED
from typing import Any
from uuid import UUID

from celery import Celery
from celery.app.amqp import AMQP
from celery.signals import celeryd_init, worker_before_create_process
from celery.utils.text import str_to_list
from kombu import Connection, Exchange, Queue

from domain.ids import TrainingSessionId
from storage.settings import settings
from workers.logs import set_up_logs
from workers.queues import SESSION_QUEUE_PREFIX, QueueName, session_queue_name

SWEEP_EVERY_SECONDS = 1.0
EXPIRE_OFFERS_EVERY_SECONDS = 2.0
DELIVER_EVERY_SECONDS = 2.0
REMIND_EVERY_SECONDS = 10.0
PLAN_EVERY_SECONDS = 600.0  # beat counts from its own start, so it may be less than a day, and never more


_EVERY_SECOND: dict[str, Any] = {"interval_start": 1, "interval_step": 0, "interval_max": 1}

# Bound to the default exchange, queues leave no binding key in Redis.
DIRECT = Exchange("")
TASK_QUEUES = tuple(Queue(str(name), DIRECT, routing_key=str(name)) for name in QueueName)


def _configuration() -> dict[str, Any]:
    return {
        "broker_url": settings().redis_url,
        # Else kombu would take any certificate where the address says nothing about them; redis-py takes none.
        "broker_use_ssl": {"ssl_cert_reqs": CERT_REQUIRED} if settings().redis_url.startswith("rediss:") else None,
        # The queue is a trigger and the command log the truth, so early and unacknowledged delivery is safe; late
        # acknowledgement reorders, and under it Celery 5.7.0 workers exit when the broker goes away.
        "task_acks_late": False,
        "worker_disable_prefetch": True,
        "worker_prefetch_multiplier": 1,
        "broker_transport_options": {
            "ack_emulation": False,
            "priority_steps": [0],
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A Redis without memory, on a full disk or turned into a replica answers with an error; that too passes.
        "broker_channel_error_retry": True,
        "task_ignore_result": True,
        "task_create_missing_queues": False,
        "task_publish_retry": False,
        "task_queues": TASK_QUEUES,
        "task_default_queue": QueueName.UPKEEP,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # In memory: the file that beat keeps otherwise may be torn when it is stopped, and it never starts again.
        "beat_scheduler": "workers.beat:Scheduler",
        "beat_schedule": {
            "sweep": {
                "task": "seatline.sweep",
                "schedule": SWEEP_EVERY_SECONDS,
                "options": {"queue": str(QueueName.UPKEEP)},
            },
            "expire offers": {
                "task": "seatline.expire_offers",
                "schedule": EXPIRE_OFFERS_EVERY_SECONDS,
                "options": {"queue": str(QueueName.UPKEEP)},
            },
            "deliver": {
                "task": "seatline.deliver_due",
                "schedule": DELIVER_EVERY_SECONDS,
                "options": {"queue": str(QueueName.NOTIFICATIONS)},
            },
            "remind": {
                "task": "seatline.remind",
                "schedule": REMIND_EVERY_SECONDS,
                "options": {"queue": str(QueueName.NOTIFICATIONS)},
            },
            "plan": {
                "task": "seatline.plan_ahead",
                "schedule": PLAN_EVERY_SECONDS,
                "options": {"queue": str(QueueName.UPKEEP)},
            },
        },
    }


class _Connection(Connection):
    """Is back within a second once the broker is: kombu's own waits two seconds more after each try, up to thirty."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        # Celery, which calls this, asks for no interval of its own.
        return super().ensure_connection(*args, **{**options, **_EVERY_SECOND})


class _Amqp(AMQP):
    Connection = _Connection


set_up_logs()
app = Celery("seatline", include=["workers.tasks"], amqp=_Amqp)
app.add_defaults(_configuration)


@celeryd_init.connect
def _know_pinned_queues(options: dict[str, Any], **_: Any) -> None:
    """Let `celery worker -Q session.<id>` pin a worker to one session, although no other queue is made up."""
    wanted: Any = options.get("queues") or []
    for name in str_to_list(wanted):
        if name.startswith(SESSION_QUEUE_PREFIX):
            own = session_queue_name(TrainingSessionId(UUID(name.removeprefix(SESSION_QUEUE_PREFIX))))
            app.amqp.queues.add(Queue(own, DIRECT, routing_key=own))


@worker_before_create_process.connect
def _freeze_what_is_loaded(**_: Any) -> None:
    """Keep what the program is made of out of the garbage collector, which else goes through all of it in some batch.

    Before the fork, so that collecting writes to no page that the processes share.
    """
    gc.collect()
    gc.freeze()
